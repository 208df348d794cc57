//! What can be tried without a hub: clock, disk, sources.

use super::date::utc;
use super::{Message, storage};
use crate::config::{Config, SystemSource};
use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// 2025-01-01: a clock before it has not been set since the machine was made.
pub const CLOCK_MIN_MS: i64 = 1_735_689_600_000;
/// An outbox on a card slower than this holds the devices up.
const FSYNC_SLOW: Duration = Duration::from_millis(500);
/// The middle one of so many is judged, so that a moment's other writing is not.
const FSYNCS: usize = 5;

pub fn check_clock(now_ms: i64) -> Result<((), Message), Message> {
    let message = |name| Message::new(name).with("now", utc(now_ms / 1000));
    if now_ms < CLOCK_MIN_MS { Err(message("clock_never_set")) } else { Ok(((), message("clock"))) }
}

/// The folder can be written, has room for the whole outbox, an fsync takes a bearable time, and the card does not
/// complain. Blocks.
pub fn check_disk(config: &Config) -> Result<((), Message), Message> {
    let dir = &config.data_dir;
    let wrong = |error: io::Error| unusable(dir, &error);
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(wrong)?;
    let fsync = time_fsync(&dir.join("check.tmp")).map_err(wrong)?;
    let found = rustix::fs::statvfs(dir).map_err(|error| wrong(error.into()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let message = |name| {
        Message::new(name)
            .with("free_mib", free >> 20)
            .with("max_mib", config.outbox.max_bytes >> 20)
            .with("fsync_ms", format!("{:.1}", fsync.as_secs_f64() * 1000.0))
    };
    if free + used_bytes(&dir.join("outbox")) < config.outbox.max_bytes {
        return Err(message("disk_small"));
    }
    if fsync > FSYNC_SLOW {
        return Err(message("disk_slow"));
    }
    match storage::complaint(dir) {
        Some(complaint) => Err(complaint),
        None => Ok(((), message("disk"))),
    }
}

fn unusable(dir: &Path, error: &io::Error) -> Message {
    let name = match error.kind() {
        ErrorKind::PermissionDenied => "data_dir_denied",
        ErrorKind::ReadOnlyFilesystem => "disk_read_only",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "disk_full",
        _ => "data_dir",
    };
    Message::new(name).with("path", dir.display()).with("error", error)
}

fn time_fsync(path: &Path) -> io::Result<Duration> {
    let mut file = File::create(path)?;
    let mut took = [Duration::ZERO; FSYNCS];
    for took in &mut took {
        file.write_all(&[0; 4096])?;
        let started = Instant::now();
        file.sync_all()?;
        *took = started.elapsed();
    }
    drop(file);
    std::fs::remove_file(path)?;
    took.sort();
    Ok(took[FSYNCS / 2])
}

fn used_bytes(folder: &Path) -> u64 {
    let sizes = std::fs::read_dir(folder).into_iter().flatten().flatten();
    sizes.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// The folder of the socket exists, and the port is free or taken by an agent that runs.
pub async fn check_sources(config: &Config, findings: &mut super::Findings) {
    let sources = &config.sources;
    let ready = || Message::new("source_ready");
    if let Some(path) = &sources.jsonl_path {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let missing = || Message::new("source_folder").with("folder", folder.display());
        let outcome = if folder.is_dir() { Ok(ready()) } else { Err(missing()) };
        findings.note_source(format!("jsonl {}", path.display()), Duration::ZERO, outcome);
    }
    if let Some(address) = sources.jsonl_listen {
        let outcome = match std::net::TcpListener::bind(address) {
            Ok(_) => Ok(ready()),
            Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(Message::new("source_running")),
            Err(error) => Err(Message::new("source_address").with("address", address).with("error", error)),
        };
        findings.note_source(format!("jsonl {address}"), Duration::ZERO, outcome);
    }
    if sources.stdin {
        findings.note_source("stdin".to_owned(), Duration::ZERO, Ok(ready()));
    }
    for source in crate::sources::trials(sources) {
        // The gateway itself is a source without being asked for.
        if source.name() == "system" && sources.system == SystemSource::default() {
            continue;
        }
        let started = Instant::now();
        let silent = || Message::new("source_silent").with("seconds", super::TRIAL_MAX.as_secs());
        let outcome = timeout(super::TRIAL_MAX, source.try_once()).await.unwrap_or_else(|_| Err(silent()));
        findings.note_source(source.name().to_owned(), started.elapsed(), outcome);
    }
    if !findings.0.iter().any(|finding| finding.trial == super::SOURCE) {
        findings.measure(super::SOURCE, || Err::<((), _), _>(Message::new("source_none")));
    }
}
