//! Small files: read whole, and replaced in one step.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

/// The most that a file of the configuration holds: a secret, or a map of members.
const SMALL_BYTES_MAX: u64 = 1 << 20;

/// The text of a small file. What is no file, such as a pipe, or does not end soon, is an error: it would be read for
/// ever.
pub fn read_small(path: &Path) -> io::Result<String> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut text = String::new();
    File::open(path)?.take(SMALL_BYTES_MAX + 1).read_to_string(&mut text)?;
    match text.len() as u64 > SMALL_BYTES_MAX {
        true => Err(io::Error::other("it is larger than 1 MiB")),
        false => Ok(text),
    }
}

/// After a power cut the old content or the new one is there; durable when it returns.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    sync_folder(path)
}

/// As [`replace`], with the mode and the owner of a file that is there; nobody else can read it meanwhile.
///
/// # Errors
/// Also if this process may not give the file to that owner.
pub fn replace_like(path: &Path, content: &[u8], like: &Path) -> io::Result<()> {
    let like = std::fs::metadata(like)?;
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    // What a kill has left there may have another mode.
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(content)?;
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
        fchown(&file, Some(like.uid()), Some(like.gid()))?;
    }
    file.set_permissions(like.permissions())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "wst_1\n").unwrap();
        assert_eq!(read_small(&path).unwrap(), "wst_1\n");
        std::fs::write(&path, vec![b'x'; (1 << 20) + 1]).unwrap();
        for path in [path.as_path(), folder.path(), Path::new("/dev/zero"), Path::new("/no/such")] {
            assert!(read_small(path).is_err(), "{}", path.display());
        }
    }
}
