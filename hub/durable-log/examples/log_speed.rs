//! How fast the log is on the disk at hand: `cargo run --release -p waystation-durable-log --example log_speed [DIR]`.
//!
//! Prints what a sync costs in differently prepared files, appends per second by size of the commit, and how long a
//! log of 10 GiB takes to open and to read. Needs 11 GiB of room in DIR (default: the system's temporary directory)
//! and leaves nothing behind. `--gib N` writes a smaller or larger log.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use waystation_durable_log::{Disk, DiskFile, Options, RealDisk, open};

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let mut gib = 10;
    let mut parent = std::env::temp_dir();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--gib" => gib = arguments.next().ok_or("--gib needs a number")?.parse()?,
            dir => parent = dir.into(),
        }
    }
    let dir = tempfile::tempdir_in(parent)?;
    sync_by_preparation(dir.path())?;
    appends_by_commit_size(dir.path())?;
    large_log(dir.path(), gib)
}

/// Sorts, and picks the median and the 99th percentile.
fn median_and_p99(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn ms(time: Duration) -> String {
    format!("{:8.3} ms", time.as_secs_f64() * 1e3)
}

const FILE_BYTES: u64 = 64 << 20;
type Prepare = fn(&dyn DiskFile) -> std::io::Result<()>;
const PREPARATIONS: [(&str, Prepare); 4] = [
    ("growing", |_| Ok(())),
    ("length set", |file| file.set_len(FILE_BYTES)),
    ("fallocate", |file| file.allocate(FILE_BYTES)),
    ("zeros written", |file| {
        let zeros = vec![0; 1 << 20];
        (0..FILE_BYTES >> 20).try_for_each(|mib| file.write_at(&zeros, mib << 20).map(|_| ()))
    }),
];

/// All preparations take turns, so that a busy machine slows each of them alike.
fn sync_by_preparation(dir: &Path) -> Outcome {
    println!("write + fdatasync into a file of 64 MiB that is");
    for bytes in [4 << 10, 64 << 10, 1 << 20] {
        let mut times = vec![Vec::new(); PREPARATIONS.len()];
        let mut preparing = vec![Vec::new(); PREPARATIONS.len()];
        for _ in 0..6 {
            for (index, (_, prepare)) in PREPARATIONS.iter().enumerate() {
                let (prepared, written) = time_writes(dir, *prepare, bytes)?;
                preparing[index].push(prepared);
                times[index].extend(written);
            }
        }
        for (((name, _), times), preparing) in PREPARATIONS.iter().zip(times).zip(preparing) {
            let ((median, p99), (prepare, _)) = (median_and_p99(times), median_and_p99(preparing));
            let (median, p99, prepare) = (ms(median), ms(p99), ms(prepare));
            println!("  {name:13} {:5} KiB: median {median}, p99 {p99}; prepared in {prepare}", bytes >> 10);
        }
    }
    Ok(())
}

fn time_writes(
    dir: &Path,
    prepare: Prepare,
    bytes: usize,
) -> Result<(Duration, Vec<Duration>), Box<dyn Error>> {
    let path = dir.join("file");
    let file = RealDisk.create(&path)?;
    let begun = Instant::now();
    prepare(&*file)?;
    file.sync()?;
    let prepared = begun.elapsed();
    let payload = vec![0x5a; bytes];
    let mut times = Vec::new();
    for index in 0..(FILE_BYTES / bytes as u64).min(60) {
        let begun = Instant::now();
        file.write_at(&payload, index * bytes as u64)?;
        file.sync()?;
        times.push(begun.elapsed());
    }
    RealDisk.remove(&path)?;
    Ok((prepared, times))
}

fn appends_by_commit_size(dir: &Path) -> Outcome {
    println!("records of 100 bytes, by records in a commit");
    for records in [1, 10, 100, 1_000, 10_000, 100_000] {
        let dir = dir.join(format!("commits-of-{records}"));
        let (mut writer, log, _) = open(&dir, Options::default())?;
        let begun = Instant::now();
        let mut times = Vec::new();
        let mut appending = Duration::ZERO;
        while begun.elapsed() < Duration::from_secs(3) && log.bytes() < 2 << 30 {
            let start = Instant::now();
            for _ in 0..records {
                writer.append(&[0x5a; 100])?;
            }
            appending += start.elapsed();
            let start = Instant::now();
            writer.commit()?;
            times.push(start.elapsed());
        }
        let rate = log.durable() as f64 / begun.elapsed().as_secs_f64();
        let append_ns = appending.as_nanos() as u64 / log.durable();
        let (median, p99) = median_and_p99(times);
        println!(
            "  {records:7}: {rate:11.0} records/s; commit median {}, p99 {}; an append {append_ns} ns",
            ms(median),
            ms(p99)
        );
        drop((writer, log));
        std::fs::remove_dir_all(dir)?;
    }
    Ok(())
}

fn large_log(dir: &Path, gib: u64) -> Outcome {
    println!("a log of {gib} GiB, records of 1,000 bytes");
    let dir = dir.join("large");
    let begun = Instant::now();
    let (mut writer, log, _) = open(&dir, Options::default())?;
    let mut times = Vec::new();
    while log.bytes() < gib << 30 {
        for _ in 0..4000 {
            writer.append(&[0x5a; 1000])?;
        }
        let start = Instant::now();
        writer.commit()?;
        times.push(start.elapsed());
    }
    let (median, p99) = median_and_p99(times);
    println!(
        "  written in {:.1} s; commit of 4 MB median {}, p99 {}",
        begun.elapsed().as_secs_f64(),
        ms(median),
        ms(p99)
    );
    drop((writer, log));

    let resident = resident_kib()?;
    let begun = Instant::now();
    let (_writer, log, recovery) = open(&dir, Options::default())?;
    let opened = begun.elapsed();
    let grown = resident_kib()?.saturating_sub(resident);
    println!("  {} segments opened in {}, {grown} KiB more resident", recovery.segments, ms(opened));

    let begun = Instant::now();
    let mut reader = log.reader(log.first());
    let (mut records, mut bytes) = (0_u64, 0_u64);
    while let Some((_, record)) = reader.next()? {
        records += 1;
        bytes += record.len() as u64;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let (rate, mib) = (records as f64 / seconds, bytes as f64 / seconds / (1 << 20) as f64);
    println!(
        "  {records} records read at {rate:.0} records/s, {mib:.0} MiB/s (from memory where the system kept it)"
    );
    Ok(())
}

fn resident_kib() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS in /proc")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
