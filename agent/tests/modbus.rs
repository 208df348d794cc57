//! Modbus against a server process of another make (pymodbus): over TCP, and as RTU over a pair of pseudo-terminals.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod support;

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use support::{Agent, Collector, Killed, Mosquitto, free_port, source_health};

const DEVICES: &str = r#"
[[sources.modbus]]
name = "climate"
url = "URL"
unit = 1
every_s = 1
map = "climate-rs485"
device = "env-1"
report = "all"
[[sources.modbus]]
name = "meter"
url = "URL"
unit = 2
every_s = 1
map = "sdm120"
device = "cab-1"
report = "all"
[[sources.modbus]]
name = "hall"
url = "URL"
unit = 3
every_s = 1
device = "hall"
kind = "occupancy"
registers = [{ member = "entries_total", table = "holding", address = 10, type = "u32", words = "little" }]
report = "all"
[[sources.modbus]]
name = "contact"
url = "URL"
unit = 3
every_s = 1
device = "front"
kind = "door"
registers = [{ member = "contact", table = "discrete", address = 4, values = { true = "open", false = "closed" } }]
report = "all"
[[sources.modbus]]
name = "absent"
url = "URL"
unit = 9
every_s = 1
timeout_ms = 100
map = "climate-rs485"
device = "env-9"
[[sources.modbus]]
name = "beyond"
url = "URL"
unit = 3
device = "env-8"
kind = "environment"
registers = [{ member = "temperature_c", table = "input", address = 5000 }]
"#;

fn serve(arguments: &[&str]) -> Killed {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/modbus_server.py");
    let mut command = Command::new("/usr/bin/python3");
    command.arg(script).args(arguments).stdout(Stdio::null());
    Killed(
        command
            .spawn()
            .expect("python3 with the Debian packages python3-pymodbus and python3-serial-asyncio"),
    )
}

/// What `check` says of each source, a line each: its name, whether it is well, and what was found.
fn sources_of(agent: &Agent, language: &str) -> String {
    let check = agent.command("check").args(["--json", "--lang", language]).output().unwrap();
    let findings: Vec<Value> = serde_json::from_slice(&check.stdout).unwrap();
    let of_sources = findings.iter().filter(|finding| finding["trial"] == "source");
    let line = |finding: &Value| {
        let text = |member: &str| finding[member].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}\n", text("subject"), finding["ok"], text("detail"))
    };
    of_sources.map(line).collect()
}

/// Every device's reading arrives, the absent one fails, and the line comes back after its server was away.
async fn check(url: &str, mut start: impl FnMut() -> Killed) {
    let folder = tempfile::tempdir().unwrap();
    let hub = Mosquitto::start(folder.path()).await;
    let mut collector = Collector::subscribe(hub.port).await;
    let mut agent = Agent::new(folder.path(), hub.port, &DEVICES.replace("URL", url));
    let server = start();
    support::until("the server listens", || sources_of(&agent, "en").contains("climate true")).await;
    let found = sources_of(&agent, "zh");
    for (source, what) in [
        ("climate true", "Modbus 地址 1 应答，读到 2 个量"),
        ("contact true", "Modbus 地址 3 应答，读到 1 个量"),
        ("absent false", "Modbus 地址 9 "),
        ("beyond false", "Modbus 地址 3 拒绝读取 input 表的寄存器 5000（异常码 2）。"),
    ] {
        assert!(found.contains(&format!("{source} {what}")), "{source} {what} in\n{found}");
    }
    agent.start();
    let expected = [
        json!({"kind":"environment","device":"env-1","temperature_c":-20.5,"humidity_pct":54.6}),
        json!({"kind":"cabinet","device":"cab-1","mains_v":230.5,"power_w":1234.5,"energy_kwh":4321.25}),
        json!({"kind":"occupancy","device":"hall","entries_total":65_538}),
        json!({"kind":"door","device":"front","contact":"open"}),
    ];
    let has_all = |readings: &[Value]| expected.iter().all(|reading| readings.contains(reading));
    collector.collect_until("all devices", |c| has_all(&c.readings(0))).await;
    assert!(
        collector.readings(0).iter().all(|reading| expected.contains(reading)),
        "{:?}",
        collector.readings(0)
    );
    support::until("the absent one fails", || source_health(&agent, "absent")["state"] == "failing").await;
    assert_eq!(source_health(&agent, "climate")["state"], "ok");

    drop(server);
    support::until("the line fails", || source_health(&agent, "climate")["state"] == "failing").await;
    let before = collector.readings(0).len();
    let _server = start();
    collector.collect_until("all devices again", |c| has_all(&c.readings(0)[before..])).await;
}

#[tokio::test]
async fn over_tcp() {
    let port = free_port().to_string();
    check(&format!("tcp://127.0.0.1:{port}"), || serve(&["tcp", &port])).await;
}

#[tokio::test]
async fn over_a_serial_line() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    let end = |path: &Path| format!("pty,raw,echo=0,link={}", path.display());
    let cable = Command::new("socat").args([end(&ours), end(&theirs)]).spawn();
    let _cable = Killed(cable.expect("the Debian package socat"));
    support::until("the cable lies", || ours.exists() && theirs.exists()).await;
    let theirs = theirs.display().to_string();
    check(&format!("rtu://{}?baud=19200", ours.display()), || serve(&["rtu", &theirs])).await;
}
