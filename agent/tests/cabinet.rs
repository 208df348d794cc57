//! A swap cabinet behind a real HTTP server, and a UPS behind a real NUT server.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod support;

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use support::{Agent, Broker, Collector, Killed, Mosquitto, free_port, source_health};

const MAP: &str = r#"
device = "cab-1"
report = "all"
members = { temperature_c = { pointer = "/box/temp", scale = 0.1 }, smoke = { pointer = "/box/smoke" } }
[sources.cabinet.slots]
pointer = "/box/slots"
members = { slot = { pointer = "/no" }, state = { pointer = "/st", values = { 0 = "empty", 2 = "ready" } }, soc_pct = { pointer = "/soc" } }
[sources.cabinet.swaps]
pointer = "/log"
id = "/seq"
members = { result = { pointer = "/code", values = { 0 = "ok", 3 = "no_ready" } } }
"#;

fn status(soc: u32, swaps: &[(u32, u32)]) -> String {
    let log: Vec<_> = swaps.iter().map(|(seq, code)| json!({"seq": seq, "code": code})).collect();
    let slots = json!([{"no":1,"st":0},{"no":2,"st":2,"soc":soc}]);
    json!({"box":{"temp":215,"smoke":0,"slots":slots},"log":log}).to_string()
}

fn of_kind(collector: &Collector, kind: &str) -> Vec<Value> {
    let mut readings = collector.readings(0);
    readings.retain(|reading| reading["kind"] == kind);
    readings
}

fn cabinet(soc: f64) -> Value {
    json!({"kind":"cabinet","device":"cab-1","temperature_c":21.5,"smoke":false,"snapshot":true,
        "slots":[{"slot":1,"state":"empty"},{"slot":2,"state":"ready","soc_pct":soc}]})
}

fn swap(id: &str, result: &str) -> Value {
    json!({"kind":"swap","device":"cab-1","swap":id,"result":result})
}

#[tokio::test]
async fn slots_and_swaps_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Mosquitto::start(folder.path()).await;
    let mut collector = Collector::subscribe(hub.port).await;
    let (port, file) = (free_port().to_string(), folder.path().join("status"));
    let write = |text: String| {
        std::fs::write(folder.path().join("fresh"), text).unwrap();
        std::fs::rename(folder.path().join("fresh"), &file).unwrap();
    };
    write(status(80, &[(6, 0)]));
    let mut agent = Agent::new(
        folder.path(),
        hub.port,
        &format!("[[sources.cabinet]]\nurl = \"http://127.0.0.1:{port}/status\"\nevery_s = 1\n{MAP}"),
    );
    agent.start();
    support::until("it fails", || source_health(&agent, "cabinet-1")["state"] == "failing").await;
    let _server = serve(&port, folder.path());
    collector.collect_until("the cabinet", |c| of_kind(c, "cabinet").contains(&cabinet(80.0))).await;
    write(status(81, &[(6, 0), (7, 3)]));
    collector.collect_until("the swap", |c| of_kind(c, "swap") == [swap("7", "no_ready")]).await;
    collector.collect_until("the slot", |c| of_kind(c, "cabinet").contains(&cabinet(81.0))).await;

    let kept = folder.path().join("data/swaps-cabinet-1");
    support::until("it is remembered", || std::fs::read_to_string(&kept).is_ok_and(|ids| ids == "6\n7\n"))
        .await;
    // A kill would have the outbox send again what the hub knows by its numbers.
    agent.terminate().await;
    write(status(82, &[(7, 3), (8, 0)]));
    agent.start();
    collector.collect_until("the next swap", |c| of_kind(c, "swap").len() >= 2).await;
    collector.collect_until("the last slot", |c| of_kind(c, "cabinet").contains(&cabinet(82.0))).await;
    assert_eq!(of_kind(&collector, "swap"), [swap("7", "no_ready"), swap("8", "ok")]);
    let check = agent.command("check").args(["--json", "--lang", "en"]).output().unwrap();
    let check = String::from_utf8(check.stdout).unwrap();
    assert!(check.contains(r#""subject":"cabinet-1","ok":true"#), "{check}");
}

#[tokio::test]
async fn an_answer_that_is_no_status_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Mosquitto::start(folder.path()).await;
    let (port, file) = (free_port().to_string(), folder.path().join("status"));
    let write = |text: &str| {
        std::fs::write(folder.path().join("fresh"), text).unwrap();
        std::fs::rename(folder.path().join("fresh"), &file).unwrap();
    };
    write(&status(80, &[]));
    let mut agent = Agent::new(
        folder.path(),
        hub.port,
        &format!("[[sources.cabinet]]\nurl = \"http://127.0.0.1:{port}/status\"\nevery_s = 1\n{MAP}"),
    );
    let _server = serve(&port, folder.path());
    agent.start();
    support::until("it works", || source_health(&agent, "cabinet-1")["state"] == "ok").await;
    for (answer, error) in [
        ("<html>Log in</html>", "is no JSON object"),
        ("", "is no JSON object"),
        ("null", "is no JSON object"),
        ("[]", "has nothing that the map points to"),
        (r#"{"error":"busy"}"#, "has nothing that the map points to"),
    ] {
        write(answer);
        support::until(answer, || {
            let health = source_health(&agent, "cabinet-1");
            let told = health["last_error"].as_str().unwrap_or_default();
            health["state"] == "failing" && told.contains(error)
        })
        .await;
        let found = support::check_of(&agent);
        let found = found.iter().find(|finding| finding["subject"] == "cabinet-1").unwrap();
        assert!(
            found["ok"] == false && found["detail"].as_str().unwrap().contains(error),
            "{answer}: {found}"
        );
    }
    write(&status(80, &[]));
    support::until("it works again", || source_health(&agent, "cabinet-1")["state"] == "ok").await;
}

#[tokio::test]
async fn a_swap_that_the_map_did_not_know_is_told_once_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Mosquitto::start(folder.path()).await;
    let mut collector = Collector::subscribe(hub.port).await;
    let (port, file) = (free_port().to_string(), folder.path().join("status"));
    let access = format!("[[sources.cabinet]]\nurl = \"http://127.0.0.1:{port}/status\"\nevery_s = 1\n");
    let kept = folder.path().join("data/swaps-cabinet-1");
    let _server = serve(&port, folder.path());
    std::fs::write(&file, status(80, &[(6, 0)])).unwrap();
    let mut agent = Agent::new(folder.path(), hub.port, &format!("{access}{MAP}"));
    agent.start();
    support::until("the first one is remembered", || {
        std::fs::read_to_string(&kept).is_ok_and(|ids| ids == "6\n")
    })
    .await;
    // 9 stands for nothing.
    std::fs::write(&file, status(80, &[(6, 0), (7, 9), (8, 3)])).unwrap();
    collector.collect_until("the known one", |c| !of_kind(c, "swap").is_empty()).await;
    support::until("it is remembered", || std::fs::read_to_string(&kept).is_ok_and(|ids| ids == "6\n8\n"))
        .await;
    assert!(source_health(&agent, "cabinet-1")["refused"].as_u64() >= Some(1));
    agent.terminate().await;
    let mended = MAP.replace("3 = \"no_ready\"", "3 = \"no_ready\", 9 = \"timeout\"");
    let mut agent = Agent::new(folder.path(), hub.port, &format!("{access}{mended}"));
    agent.start();
    collector.collect_until("the other one", |c| of_kind(c, "swap").len() >= 2).await;
    assert_eq!(of_kind(&collector, "swap"), [swap("8", "no_ready"), swap("7", "timeout")]);
}

/// Python's own server of files.
fn serve(port: &str, folder: &Path) -> Killed {
    let mut command = Command::new("python3");
    command.args(["-m", "http.server", port, "--bind", "127.0.0.1", "--directory"]).arg(folder);
    Killed(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

#[tokio::test]
async fn over_mqtt() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, broker) = (Mosquitto::start(folder.path()).await, Broker::start().await);
    let mut collector = Collector::subscribe(hub.port).await;
    let access = format!("url = \"mqtt://127.0.0.1:{}\"\ntopic = \"cabinet/7\"", broker.port());
    let mut agent = Agent::new(folder.path(), hub.port, &format!("[[sources.cabinet]]\n{access}\n{MAP}"));
    agent.start();
    support::until("it listens", || source_health(&agent, "cabinet-1")["state"] == "ok").await;
    broker.publish("cabinet/7", &status(50, &[(1, 0)]), false);
    broker.publish("cabinet/7", &status(51, &[(1, 0), (2, 0)]), false);
    collector
        .collect_until("both", |c| of_kind(c, "cabinet").len() >= 2 && !of_kind(c, "swap").is_empty())
        .await;
    assert_eq!(of_kind(&collector, "cabinet"), [cabinet(50.0), cabinet(51.0)]);
}

#[tokio::test]
async fn the_mains_fail() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Mosquitto::start(folder.path()).await;
    let mut collector = Collector::subscribe(hub.port).await;
    let ups = Ups::start("OL CHRG").await;
    let port = ups.port;
    let system = format!("[sources.system]\nnut = \"ups@127.0.0.1:{port}\"\n");
    let mut agent = Agent::new(folder.path(), hub.port, &system);
    agent.environment("WAYSTATION_GATEWAY__INTERVAL_S", "86400");
    agent.start();
    collector.collect_until("the mains", |c| of_kind(c, "gateway").iter().any(|r| r["mains"] == true)).await;
    ups.set("OB DISCHRG");
    collector.collect_until("the cut", |c| of_kind(c, "gateway").iter().any(|r| r["mains"] == false)).await;
    let mut own = of_kind(&collector, "gateway").into_iter();
    let cut = own.find(|reading| reading["mains"] == false).unwrap();
    assert_eq!(cut["ups_pct"], 87.0);
    assert!(cut["memory_mb"].as_f64().unwrap() > 0.0 && cut["cpu_pct"].is_number(), "{cut}");
}

/// NUT's own server and its driver for a UPS that is not there.
struct Ups {
    port: u16,
    folder: tempfile::TempDir,
    _server: Killed,
    _driver: Killed,
}

impl Ups {
    async fn start(status: &str) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("ups.conf", "[ups]\ndriver = dummy-ups\nport = ups.dev\nmode = dummy-loop\n");
        write("upsd.conf", &format!("LISTEN 127.0.0.1 {port}\nSTATEPATH {}\n", folder.path().display()));
        write("upsd.users", "");
        set(folder.path(), status);
        let start = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).args(["-F", "-u", &user()]);
            for name in ["NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH"] {
                command.env(name, folder.path());
            }
            let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            Killed(child.expect("the Debian package nut-server"))
        };
        let driver = start("/lib/nut/dummy-ups", &["-a", "ups"]);
        let socket = folder.path().join("dummy-ups-ups");
        support::until("the driver listens", || socket.exists()).await;
        // Not the one in /usr/sbin, which looks whether the system has a UPS.
        let server = start("/lib/nut/upsd", &[]);
        support::until("the server listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok())
            .await;
        Self { port, folder, _server: server, _driver: driver }
    }

    fn set(&self, status: &str) {
        set(self.folder.path(), status);
    }
}

/// Replaced in one step: the driver reads it again and again.
fn set(folder: &Path, status: &str) {
    let text = format!("ups.status: {status}\nbattery.charge: 87\nTIMER 1\n");
    std::fs::write(folder.join("ups.new"), text).unwrap();
    std::fs::rename(folder.join("ups.new"), folder.join("ups.dev")).unwrap();
}

/// Who runs the test: NUT's programs would become a user of their own.
fn user() -> String {
    let id = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(id.stdout).unwrap().trim().to_owned()
}
