//! Is there a folder to write to, is there room for the log, and how fast is the disk?

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Subject;
use super::finding::Finding;
use crate::config::{ByteSize, Text};

const SYNCS: usize = 20;
const SYNC_BYTES: usize = 64 << 10;
/// A disk that takes longer to sync delays every acknowledgement noticeably; a healthy SSD takes 1 to 5 ms, a
/// healthy hard disk about 10 ms.
const SYNC_SLOW: Duration = Duration::from_millis(25);
/// Room for registry, state and history beside the log.
const BESIDE_LOG: u64 = 512 << 20;

/// Whether a hub holds the lock of the log in this data folder.
pub(super) fn is_hub_running(data_dir: &Path) -> bool {
    let Ok(lock) = File::options().read(true).write(true).open(data_dir.join("log").join("lock")) else {
        return false;
    };
    matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock))
}

pub(super) fn probe(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let name = || Text::new("数据目录", "data folder");
    let data_dir = &subject.config.data_dir;
    let folder = existing_ancestor(data_dir);
    let shown = data_dir.display();
    match measure_syncs(&folder) {
        Ok(median) => {
            let detail = if folder == *data_dir {
                Text::new(format!("{shown} 可写"), format!("{shown} can be written"))
            } else {
                Text::new(format!("{shown} 将被创建"), format!("{shown} will be created"))
            };
            findings.push(Finding::fine(name(), "data_dir", detail));
            findings.push(speed(subject, median));
        }
        Err(error) => findings.push(Finding::bad(
            name(),
            "data_dir",
            subject.place("data_dir"),
            Text::new(
                format!("无法写入 {}：{error}", folder.display()),
                format!("cannot write into {}: {error}", folder.display()),
            ),
            Text::new(
                "请以运行中枢的用户身份执行本检查，并让该用户可写此目录，或更换 data_dir",
                "run this check as the user that runs the hub, and give that user the folder, or choose another data_dir",
            ),
        )),
    }
    findings.push(room(subject, &folder));
}

/// The folder itself, or the nearest one above it that exists.
fn existing_ancestor(folder: &Path) -> PathBuf {
    let above = folder.ancestors().find(|ancestor| ancestor.is_dir()).unwrap_or(Path::new("."));
    if above.as_os_str().is_empty() { PathBuf::from(".") } else { above.to_owned() }
}

/// Writes and syncs a few times in a file of its own, which is removed; gives the median time.
fn measure_syncs(folder: &Path) -> std::io::Result<Duration> {
    let path = folder.join(format!(".waystation-check-{}", std::process::id()));
    let measured = (|| {
        let mut file = File::options().write(true).create_new(true).open(&path)?;
        let block = vec![0x57; SYNC_BYTES];
        let mut times = Vec::with_capacity(SYNCS);
        for _ in 0..SYNCS {
            file.write_all(&block)?;
            let started = Instant::now();
            file.sync_data()?;
            times.push(started.elapsed());
        }
        times.sort_unstable();
        Ok(times[SYNCS / 2])
    })();
    match std::fs::remove_file(&path) {
        Err(error) if measured.is_ok() => Err(error),
        _ => measured,
    }
}

fn speed(subject: &Subject<'_>, median: Duration) -> Finding {
    let name = Text::new("磁盘速度", "disk speed");
    let shown = format!("{:.1} ms", median.as_secs_f64() * 1000.0);
    let detail =
        Text::new(format!("同步 64 KiB 的中位时间 {shown}"), format!("64 KiB synced in {shown} (median)"));
    if median <= SYNC_SLOW {
        return Finding::fine(name, "data_dir", detail);
    }
    Finding::doubtful(
        name,
        "data_dir",
        subject.place("data_dir"),
        detail,
        Text::new(
            "每个确认都要等一次同步：请把 data_dir 放到 SSD 上，或停掉占用磁盘的程序",
            "every acknowledgement waits for one sync: put data_dir on an SSD, or stop what keeps the disk busy",
        ),
    )
}

fn room(subject: &Subject<'_>, folder: &Path) -> Finding {
    let name = Text::new("磁盘空间", "disk space");
    let key = "log.max_bytes";
    let max_bytes = subject.config.log.max_bytes;
    let free = match rustix::fs::statvfs(folder) {
        Ok(system) => system.f_bavail.saturating_mul(system.f_frsize),
        Err(error) => {
            let detail = Text::new(format!("无法查询：{error}"), format!("cannot be asked for: {error}"));
            let advice = Text::new("请用 `df` 查看", "look with `df`");
            return Finding::doubtful(name, key, subject.place(key), detail, advice);
        }
    };
    let used = bytes_in(&subject.config.data_dir.join("log"));
    let missing = (max_bytes.0 + BESIDE_LOG).saturating_sub(used + free);
    let free = gibibytes(free);
    if missing == 0 {
        let detail = Text::new(
            format!("可用 {free}，日志上限 {max_bytes}"),
            format!("{free} free for a log of at most {max_bytes}"),
        );
        return Finding::fine(name, key, detail);
    }
    Finding::bad(
        name,
        key,
        subject.place(key),
        Text::new(
            format!("可用 {free}，放不下上限 {max_bytes} 的日志"),
            format!("{free} free is too little for a log that may grow to {max_bytes}"),
        ),
        Text::new(
            format!("请再腾出 {}，或减小 log.max_bytes；磁盘满时中枢会停止确认", gibibytes(missing)),
            format!(
                "free {} more, or lower log.max_bytes; on a full disk the hub acknowledges nothing",
                gibibytes(missing)
            ),
        ),
    )
}

/// Bytes of the files right in this folder; 0 when it is not there.
fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|data| data.len()).sum()
}

fn gibibytes(bytes: u64) -> String {
    // One decimal is enough for a person; the loss of precision starts at petabytes.
    #[allow(clippy::cast_precision_loss)]
    let gib = bytes as f64 / ByteSize::gib(1).0 as f64;
    format!("{gib:.1} GiB")
}
