//! Small text files that are replaced in one step: a reader sees the old content or the new one, never a mixture.
//!
//! The last line is `crc XXXXXXXX`, the CRC-32C of everything before it.

use std::io;
use std::path::Path;

use crate::disk::{Disk, read_full_at, write_all_at};

pub(crate) const TEMPORARY: &str = "tmp";
/// More than any of the log's small files can hold; protects against reading something else into memory.
const BYTES_MAX: u64 = 16 << 20;

pub(crate) enum Content {
    Absent,
    Damaged,
    Text(String),
}

/// Durable when it returns.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension(TEMPORARY);
    let file = disk.create(&temporary)?;
    let sealed = format!("{text}\ncrc {:08x}\n", crc32c::crc32c(text.as_bytes()));
    write_all_at(&*file, sealed.as_bytes(), 0)?;
    file.sync()?;
    disk.rename(&temporary, path)?;
    disk.sync_dir(path.parent().unwrap_or(Path::new(".")))
}

pub(crate) fn read(disk: &dyn Disk, path: &Path) -> io::Result<Content> {
    let file = match disk.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Content::Absent),
        Err(error) => return Err(error),
    };
    let mut bytes = vec![0; file.length()?.min(BYTES_MAX) as usize];
    let filled = read_full_at(&*file, &mut bytes, 0)?;
    bytes.truncate(filled);
    Ok(unsealed(bytes).map_or(Content::Damaged, Content::Text))
}

fn unsealed(bytes: Vec<u8>) -> Option<String> {
    let mut text = String::from_utf8(bytes).ok()?;
    let at = text.rfind("\ncrc ")?;
    let crc = u32::from_str_radix(text[at + 5..].trim_end(), 16).ok()?;
    text.truncate(at);
    (crc32c::crc32c(text.as_bytes()) == crc).then_some(text)
}
