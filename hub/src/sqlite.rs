//! Files of SQLite that the hub and its command line write at the same time.

use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Opens a file that is there to read and write; every commit is synced to disk. A writer waits `busy_timeout` for
/// another one, in this process or in another.
///
/// # Errors
/// If SQLite cannot open it.
pub fn connect(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(busy_timeout)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Creates the file, if it is not there, readable by its owner only.
///
/// # Errors
/// If the folder cannot be written to.
pub fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

/// Whether the file itself is damaged, rather than its disk full, or the file busy or somebody else's.
#[must_use]
pub fn is_damage(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => true,
        // A header full of nonsense looks like one of the future.
        _ => error.to_string().starts_with("unsupported file format"),
    }
}

/// Whether the file ends before its last page, which SQLite finds only when it needs that page. The header counts pages
/// (<https://www.sqlite.org/fileformat.html>, 1.3); pages that a WAL still holds may be missing.
#[must_use]
pub fn is_cut_off(path: &Path) -> bool {
    let mut header = [0; 100];
    let Ok(mut file) = std::fs::File::open(path) else { return false };
    let Ok(len) = file.metadata().map(|found| found.len()) else { return false };
    let has_wal = std::fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0);
    if has_wal || file.read_exact(&mut header).is_err() || !header.starts_with(b"SQLite format 3\0") {
        return false;
    }
    let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    // The count is only good if who wrote last knew of it.
    let is_counted = number(24) == number(92);
    is_counted && len < page_bytes * u64::from(number(28))
}

/// Moves a file away, with what SQLite keeps beside it; gives where it is now. Nobody may have it open.
///
/// # Errors
/// If it cannot be moved.
pub fn set_aside(path: &Path, now_ms: i64) -> std::io::Result<PathBuf> {
    let aside = beside(path, &format!(".damaged-{now_ms}"));
    std::fs::rename(path, &aside)?;
    for ending in ["-wal", "-shm"] {
        match std::fs::rename(beside(path, ending), beside(&aside, ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
