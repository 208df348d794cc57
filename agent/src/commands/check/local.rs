//! What can be tried without a hub: clock, disk, sources.

use crate::config::Config;
use std::fs::{DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// 2025-01-01: a clock before it has not been set since the machine was made.
const CLOCK_MIN_MS: i64 = 1_735_689_600_000;
/// An outbox on a card slower than this holds the devices up.
const FSYNC_SLOW: Duration = Duration::from_millis(500);

pub fn check_clock(now_ms: i64) -> Result<((), String), String> {
    if now_ms < CLOCK_MIN_MS {
        return Err(
            "the clock was never set: start a time service (systemctl enable --now systemd-timesyncd)".into(),
        );
    }
    Ok(((), format!("{} s since 1970; the hub refuses readings more than 120 s ahead of it", now_ms / 1000)))
}

/// The folder can be written, has room for the whole outbox, and an fsync takes a bearable time.
pub fn check_disk(config: &Config) -> Result<((), String), String> {
    let dir = &config.data_dir;
    let wrong = |error: std::io::Error| format!("{}: {error}; check data_dir and its owner", dir.display());
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(wrong)?;
    let fsync = time_fsync(&dir.join("check.tmp")).map_err(wrong)?;
    let found = rustix::fs::statvfs(dir).map_err(|error| wrong(error.into()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let used = used_bytes(&dir.join("outbox"));
    if free + used < config.outbox.max_bytes {
        return Err(format!(
            "{} MiB are free, outbox.max_bytes is {} MiB: make it smaller, or free the disk",
            free >> 20,
            config.outbox.max_bytes >> 20
        ));
    }
    if fsync > FSYNC_SLOW {
        return Err(format!("an fsync takes {} ms: the card is worn out or too slow", fsync.as_millis()));
    }
    Ok(((), format!("{} MiB free, fsync {:.1} ms", free >> 20, fsync.as_secs_f64() * 1000.0)))
}

fn time_fsync(path: &Path) -> std::io::Result<Duration> {
    let mut file = File::create(path)?;
    file.write_all(&[0; 4096])?;
    let started = Instant::now();
    file.sync_all()?;
    let took = started.elapsed();
    drop(file);
    std::fs::remove_file(path)?;
    Ok(took)
}

fn used_bytes(folder: &Path) -> u64 {
    let sizes = std::fs::read_dir(folder).into_iter().flatten().flatten();
    sizes.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// The folder of the socket exists, and the port is free or taken by an agent that runs.
pub fn check_sources(config: &Config) -> Result<((), String), String> {
    let sources = &config.sources;
    let mut found = Vec::new();
    if let Some(path) = &sources.jsonl_path {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(format!("sources.jsonl.path: the folder {} is missing: make it", folder.display()));
        }
        found.push(format!("JSON lines on {}", path.display()));
    }
    if let Some(address) = sources.jsonl_listen {
        let taken = std::net::TcpListener::bind(address).is_err();
        found.push(format!(
            "JSON lines on {address}{}",
            if taken { " (in use: the agent runs?)" } else { "" }
        ));
    }
    if sources.stdin {
        found.push("standard input".to_owned());
    }
    if found.is_empty() {
        return Err(
            "no source is configured: set sources.jsonl.path, sources.jsonl.listen or sources.stdin".into()
        );
    }
    Ok(((), found.join(", ")))
}
