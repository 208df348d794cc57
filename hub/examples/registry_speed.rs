//! How long the registry takes for every worker station of the country, 186,100 of them, and what they weigh:
//! `cargo run --release -p waystation-hub --example registry_speed`.

use std::fmt::Write;
use std::time::Instant;

use waystation_hub::registry::{Existing, Registry};

const STATIONS: usize = 186_100;
const LOGINS: usize = 1_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("waystation-registry-speed-{}", std::process::id()));
    let measured = measure(&folder);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn measure(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::open(folder)?;
    let csv = csv()?;
    let started = Instant::now();
    let report = registry.import(csv.as_bytes(), Existing::Refuse)?;
    println!("import   {:>8.0} ms", milliseconds(started));

    let resident_before_kib = resident_kib()?;
    let started = Instant::now();
    let directory = registry.load()?;
    println!("load     {:>8.0} ms", milliseconds(started));
    println!("resident {:>8} KiB more", resident_kib()?.saturating_sub(resident_before_kib));

    let started = Instant::now();
    let mut good = 0;
    for (id, token) in report.added.iter().cycle().take(LOGINS) {
        good += usize::from(directory.login_station(id.as_str(), token.as_str().as_bytes()));
    }
    assert_eq!(good, LOGINS);
    println!("logins   {:>8.0} /s", LOGINS as f64 / started.elapsed().as_secs_f64());
    Ok(())
}

fn csv() -> Result<String, std::fmt::Error> {
    let mut csv = String::from("id,name_zh,city,district,street,latitude,longitude,opening_hours,capacity\n");
    for number in 0..STATIONS {
        writeln!(
            csv,
            "cn-{number:06},第{number}暖心驿站,北京市,大兴区,清源街道,39.7284,116.3394,08:00-18:00,20"
        )?;
    }
    Ok(csv)
}

fn milliseconds(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}

fn resident_kib() -> Result<u64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}
