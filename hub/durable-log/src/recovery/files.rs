//! The segments of a log and its identity, from names and headers alone.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use super::io_error;
use crate::disk::{Disk, DiskFile, read_full_at};
use crate::error::OpenError;
use crate::header::{HEADER_BYTES, Header, HeaderError, VERSION};
use crate::identity::{Identity, hex};
use crate::shared::{SEGMENT_EXTENSION, Segment, segment_name};
use crate::{Recovery, Seq, small_file};

const LOG_ID: &str = "log.id";

pub(super) struct Files {
    dir: PathBuf,
    pub identity: Identity,
    pub segments: VecDeque<Segment>,
}

impl Files {
    pub fn first_seq(&self) -> Seq {
        self.segments.front().map_or(1, |segment| segment.first_seq)
    }

    pub fn path_of(&self, segment: &Segment) -> PathBuf {
        self.dir.join(segment_name(segment.first_seq))
    }
}

pub(super) fn read(disk: &dyn Disk, dir: &Path, recovery: &mut Recovery) -> Result<Files, OpenError> {
    let mut first_seqs: Vec<Seq> =
        list_without_leftovers(disk, dir)?.iter().filter_map(|name| first_seq_of(name)).collect();
    first_seqs.sort_unstable();
    let mut identity = read_identity(disk, dir, recovery)?;
    let known = identity.is_some();
    let mut segments = VecDeque::with_capacity(first_seqs.len());
    for first_seq in first_seqs {
        let path = dir.join(segment_name(first_seq));
        let (header, length) = read_header(disk, &path)?;
        let (created_ms, level) = match header {
            Ok(header) => {
                same_log(&path, identity.get_or_insert_with(|| header.identity.clone()), &header.identity)?;
                (header.created_ms, header.level)
            }
            Err(HeaderError::Version(version)) => {
                return Err(OpenError::Version { path, version, supported: VERSION });
            }
            Err(HeaderError::Damaged) => {
                recovery.files_damaged.push(path);
                (segments.back().map_or(0, |before: &Segment| before.created_ms), 0)
            }
        };
        segments.push_back(Segment { first_seq, created_ms, end: length, disk_bytes: length, level });
    }
    let identity = match identity {
        Some(identity) => identity,
        None if segments.is_empty() => Identity::random().map_err(io_error("draw an id for", dir))?,
        None => return Err(OpenError::IdentityLost { dir: dir.to_owned() }),
    };
    if !known {
        let path = dir.join(LOG_ID);
        small_file::replace(disk, &path, &identity.to_line()).map_err(io_error("write", &path))?;
    }
    Ok(Files { dir: dir.to_owned(), identity, segments })
}

/// File names in `dir`, once the temporary files of a crash are gone.
pub(super) fn list_without_leftovers(disk: &dyn Disk, dir: &Path) -> Result<Vec<String>, OpenError> {
    let names = disk.list(dir).map_err(io_error("list", dir))?;
    let leftover =
        |name: &String| Path::new(name).extension().is_some_and(|end| end == small_file::TEMPORARY);
    let (leftovers, names): (Vec<_>, Vec<_>) = names.into_iter().partition(leftover);
    for name in leftovers {
        let path = dir.join(name);
        disk.remove(&path).map_err(io_error("delete", &path))?;
    }
    Ok(names)
}

fn first_seq_of(name: &str) -> Option<Seq> {
    let digits = name.strip_suffix(SEGMENT_EXTENSION)?.strip_suffix('.')?;
    let first_seq = digits.parse().ok().filter(|&first_seq| first_seq > 0)?;
    (segment_name(first_seq) == name).then_some(first_seq)
}

fn read_identity(
    disk: &dyn Disk,
    dir: &Path,
    recovery: &mut Recovery,
) -> Result<Option<Identity>, OpenError> {
    let path = dir.join(LOG_ID);
    let identity = match small_file::read(disk, &path).map_err(io_error("read", &path))? {
        small_file::Content::Absent => return Ok(None),
        small_file::Content::Damaged => None,
        small_file::Content::Text(text) => Identity::from_line(&text),
    };
    if identity.is_none() {
        recovery.files_damaged.push(path);
    }
    Ok(identity)
}

fn same_log(path: &Path, expected: &Identity, found: &Identity) -> Result<(), OpenError> {
    if expected == found {
        return Ok(());
    }
    let (found, expected) = (hex(&found.id), hex(&expected.id));
    Err(OpenError::Foreign { path: path.to_owned(), found, expected })
}

fn read_header(disk: &dyn Disk, path: &Path) -> Result<(Result<Header, HeaderError>, u64), OpenError> {
    let read = |file: &dyn DiskFile| -> io::Result<_> {
        let mut bytes = [0; HEADER_BYTES];
        let filled = read_full_at(file, &mut bytes, 0)?;
        Ok((Header::decode(&bytes[..filled]), file.length()?))
    };
    disk.open(path).and_then(|file| read(&*file)).map_err(io_error("read the header of", path))
}
