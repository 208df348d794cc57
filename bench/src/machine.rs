//! The machine that a report was measured on, in one line each.

use crate::servers::Places;
use std::fs;
use std::process::Command;

/// Lines of Markdown.
pub fn describe(places: &Places) -> Vec<String> {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let memory_kib = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    vec![
        format!("Processor: {}, {cpus} cores", field("/proc/cpuinfo", "model name").unwrap_or_default()),
        format!("Memory: {memory_kib}"),
        format!("Kernel: {}", first_line("/proc/sys/kernel/osrelease")),
        format!(
            "Disk of the servers' data: {}",
            output("df", &["--output=source,fstype", &places.data.to_string_lossy()])
        ),
        format!(
            "Compared with: mosquitto {}, rumqttd 0.20, {}",
            output("dpkg-query", &["-W", "-f=${Version}", "mosquitto"]),
            output("influxd", &["version"])
        ),
    ]
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn first_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// The last line that a program prints; empty if it is not there.
fn output(program: &str, arguments: &[&str]) -> String {
    let printed =
        Command::new(program).args(arguments).output().map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&printed).into_owned();
    text.lines().last().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}
