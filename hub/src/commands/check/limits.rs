//! May the process hold as many connections as there are stations, and does the machine know the time?

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Subject;
use super::finding::Finding;
use crate::config::Text;
use crate::listener::BESIDE_CONNECTIONS;
use crate::registry::Registry;

/// 2025-01-01: a clock before it was never set.
const EARLIEST: Duration = Duration::from_secs(1_735_689_600);

pub(super) fn probe(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    findings.push(open_files(stations(subject)));
    findings.push(clock(SystemTime::now()));
}

fn stations(subject: &Subject<'_>) -> u64 {
    let data_dir = &subject.config.data_dir;
    if !data_dir.join("registry.db").exists() {
        return 0;
    }
    let directory = Registry::open(data_dir).and_then(|registry| registry.load());
    directory.map_or(0, |directory| directory.len() as u64)
}

fn open_files(stations: u64) -> Finding {
    let name = Text::new("连接上限", "open files");
    // The hub raises its soft limit to the hard one.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let needed = stations + BESIDE_CONNECTIONS;
    let shown = if limit == u64::MAX { "∞".to_owned() } else { limit.to_string() };
    if limit >= needed {
        let detail =
            Text::new(format!("最多 {shown}"), format!("{shown} allowed, enough for {stations} station(s)"));
        return Finding::fine(name, "", detail);
    }
    Finding::bad(
        name,
        "",
        crate::config::Place::Default,
        Text::new(
            format!("最多 {shown}，而 {stations} 个驿站需要 {needed}"),
            format!("{shown} allowed, but {stations} stations need {needed}"),
        ),
        Text::new(
            format!("请提高上限：systemd 中写 LimitNOFILE={}", needed * 2),
            format!("raise the limit: LimitNOFILE={} in the systemd unit, or `ulimit -n`", needed * 2),
        ),
    )
}

fn clock(now: SystemTime) -> Finding {
    let name = Text::new("时钟", "clock");
    if now >= UNIX_EPOCH + EARLIEST {
        return Finding::fine(name, "", Text::new("已校准", "is set"));
    }
    Finding::bad(
        name,
        "",
        crate::config::Place::Default,
        Text::new("本机时间早于 2025 年", "this machine believes it is before 2025"),
        Text::new(
            "请启用时间同步（chrony 或 systemd-timesyncd）；时间不对会隔离所有读数",
            "turn on time synchronisation (chrony or systemd-timesyncd); with a wrong clock every reading is set aside",
        ),
    )
}
