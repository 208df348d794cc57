//! `compose.yaml` as far as it can be tried without Docker: its secrets and stations are made by its own script, the hub
//! runs with its configuration, ten stations report, and a real Prometheus scrapes the hub with its token and evaluates
//! every rule. `scripts/compose/rehearse.py` goes further, as root.

// clippy.toml allows these in tests, but sees helpers of an integration test as no test.
#![allow(clippy::expect_used)]

use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use waystation_tests::ports::free_address;
use waystation_tests::process::{self, Process};
use waystation_tests::{Alertmanager, Influxd, http, programs, until};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn report(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}

/// The installation in a folder instead of containers: what compose.yaml says of names and paths is said by variables.
struct Stage {
    folder: TempDir,
    mqtt: SocketAddr,
    http: SocketAddr,
    influxd: Influxd,
    alertmanager: Alertmanager,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("data")).expect("a folder");
        let (influxd, alertmanager) = (Influxd::start_without_database(), Alertmanager::start());
        Self { folder, mqtt: free_address(), http: free_address(), influxd, alertmanager }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What differs from compose.yaml: addresses, folders, and InfluxDB 1.x, which is what Debian has.
    fn variables<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("WAYSTATION_DATA_DIR", self.path("data"))
            .env("WAYSTATION_INFLUX__TOKEN_FILE", self.path("keys/hub/influx-token"))
            .env("WAYSTATION_INFLUX__API", "v1")
            .env("WAYSTATION_INFLUX__URL", format!("http://{}", self.influxd.address()))
            .env("WAYSTATION_MQTT__LISTEN", self.mqtt.to_string())
            .env("WAYSTATION_HTTP__LISTEN", self.http.to_string())
            .env("WAYSTATION_HTTP__REQUIRE_TOKEN", "true")
            .env("WAYSTATION_ALERTS__CHANNELS__ALERTMANAGER__URL", self.alertmanager.url())
    }

    fn hub(&self, arguments: &[&str]) -> Command {
        let mut command = programs::ours("waystation-hub");
        command.args(arguments).arg("--config").arg(root().join("scripts/compose/hub.toml"));
        self.variables(&mut command);
        command
    }

    fn prepare(&self) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("bash");
        programs::unconfigured(&mut command);
        command
            .arg(root().join("scripts/compose/prepare.sh"))
            .env("AS_MYSELF", "yes")
            .env("PATH", format!("{}:{path}", programs::folder().display()))
            .env("KEYS", self.path("keys"))
            .env("CONFIGURATION", root().join("scripts/compose/hub.toml"))
            .env("STATIONS", root().join("scripts/compose/stations.csv"));
        process::run(self.variables(&mut command))
    }

    fn key(&self, name: &str) -> String {
        fs::read_to_string(self.path("keys").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Prometheus with the configuration and the rules of compose.yaml, every second instead of every 15.
    fn prometheus(&self) -> (Process, SocketAddr) {
        let (from, to) = (root().join("dashboards/prometheus"), self.path("prometheus"));
        fs::create_dir_all(to.join("rules")).expect("a folder");
        fs::create_dir_all(to.join("keys")).expect("a folder");
        for entry in fs::read_dir(from.join("rules")).expect("the rules") {
            let entry = entry.expect("a file");
            fs::copy(entry.path(), to.join("rules").join(entry.file_name())).expect("a rule");
        }
        fs::copy(self.path("keys/prometheus/hub-token"), to.join("keys/hub-token")).expect("the token");
        let config = read("dashboards/prometheus/prometheus.yml")
            .replace("hub:8080", &self.http.to_string())
            .replace("alertmanager:9093", self.alertmanager.url().trim_start_matches("http://"))
            .replace("interval: 15s", "interval: 1s")
            .replace("scrape_timeout: 10s", "scrape_timeout: 1s");
        fs::write(to.join("prometheus.yml"), config).expect("prometheus.yml");
        let address = free_address();
        let mut command = Command::new(programs::system("prometheus", "prometheus"));
        command.arg("--config.file").arg(to.join("prometheus.yml"));
        command
            .arg("--storage.tsdb.path")
            .arg(to.join("data"))
            .arg(format!("--web.listen-address={address}"));
        let process = Process::start("prometheus", &mut command, &to.join("output.log"));
        (process, address)
    }
}

/// Prometheus' answer; none until it has started.
fn ask(prometheus: SocketAddr, path: &str) -> Option<Value> {
    http::get(prometheus, path).ok().filter(|answer| answer.status == 200).map(|answer| answer.json())
}

/// The value of an instant query over one series.
fn query(prometheus: SocketAddr, text: &str) -> Option<String> {
    ask(prometheus, &format!("/api/v1/query?query={}", http::escape(text)))?["data"]["result"][0]["value"][1]
        .as_str()
        .map(str::to_owned)
}

/// Health of each rule, by name.
fn health(prometheus: SocketAddr) -> Vec<(String, String)> {
    let Some(answer) = ask(prometheus, "/api/v1/rules") else { return Vec::new() };
    let groups = answer["data"]["groups"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default());
    rules.map(|rule| (text(&rule["name"]), text(&rule["health"]))).collect()
}

#[test]
fn it_comes_up_with_ten_stations() {
    let stage = Stage::new();
    stage.prepare();
    let tokens = stage.key("stations/tokens.csv");
    assert_eq!(
        tokens.lines().filter(|line| line.contains(",wst_")).count(),
        10,
        "{}",
        tokens.lines().count()
    );
    stage.prepare();
    assert_eq!(stage.key("stations/tokens.csv"), tokens, "a second start changes nothing");

    process::run(&mut stage.hub(&["influx", "init"]));
    let mut hub = Process::start("waystation-hub", &mut stage.hub(&["run"]), &stage.path("hub.log"));
    let healthcheck = || {
        let mut command = Command::new("bash");
        command.arg(root().join("scripts/compose/healthcheck.sh"));
        command.env("WAYSTATION_HTTP__LISTEN", stage.http.to_string());
        command.output().is_ok_and(|output| output.status.success())
    };
    until("the hub is healthy", || {
        hub.assert_running();
        healthcheck()
    });
    assert_eq!(
        http::get(stage.http, "/metrics").expect("the hub").status,
        401,
        "nothing is read without a token"
    );

    let mut stations = programs::ours("waystation-agent");
    stations
        .args(["simulate", "--seed", "1", "--stations", "10", "--hub"])
        .arg(format!("mqtt://{}", stage.mqtt));
    stations.arg("--token-file").arg(stage.path("keys/stations/tokens.csv"));
    let mut stations = Process::start("waystation-agent", &mut stations, &stage.path("stations.log"));
    let (mut prometheus, address) = stage.prometheus();
    until("ten stations are online in Prometheus", || {
        stations.assert_running();
        prometheus.assert_running();
        query(address, "waystation_stations{state=\"online\"}").as_deref() == Some("10")
    });
    until("InfluxDB has points", || query(address, "waystation_influx_up").as_deref() == Some("1"));
    until("every rule was evaluated", || {
        let health = health(address);
        health.len() > 40 && health.iter().all(|(_, health)| health == "ok")
    });
    assert_eq!(query(address, "count(ALERTS{alertstate=\"firing\"})"), None, "a healthy hub wakes nobody");
    assert!(hub.terminate().success());
    assert!(!healthcheck(), "a hub that is gone is not healthy");
}

#[test]
fn the_hub_takes_its_configuration() {
    let stage = Stage::new();
    stage.prepare();
    process::run(&mut stage.hub(&["influx", "init"]));
    let output = stage.hub(&["check", "--json"]).output().expect("the hub's check");
    let report_: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let items = report_["items"].as_array().expect("items");
    // The room on this machine's disk is none of the configuration's business.
    let wrong = items.iter().filter(|item| item["outcome"] == "failed" && item["key"] != "log.max_bytes");
    report("what the hub does not accept", &wrong.map(ToString::to_string).collect::<Vec<_>>());
}

#[test]
fn compose_pins_images_and_publishes_on_this_machine_only() {
    let compose = read("compose.yaml");
    let mut wrong = Vec::new();
    let images = compose.lines().filter_map(|line| line.trim().strip_prefix("image: "));
    let dockerfile = read("Dockerfile");
    let bases = dockerfile.lines().filter_map(|line| line.strip_prefix("FROM ")?.split(' ').next());
    for image in images.chain(bases) {
        let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
        if tag.matches('.').count() < 1 || !tag.chars().any(|c| c.is_ascii_digit()) {
            wrong.push(format!("{image}: no exact version"));
        }
    }
    // Published ports are written in quotes, in lists.
    let lists = compose
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("- \"") || line.starts_with("ports: ["));
    let ports = lists
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .filter(|port| port.ends_with(char::is_numeric));
    let mut published = 0;
    for port in ports {
        published += 1;
        if !port.starts_with("127.0.0.1:") {
            wrong.push(format!("{port}: reachable from elsewhere"));
        }
    }
    assert!(published >= 5, "the test no longer understands compose.yaml");
    for source in compose.split("- ./").skip(1).filter_map(|after| after.split(':').next()) {
        if !root().join(source).exists() {
            wrong.push(format!("./{source}: does not exist"));
        }
    }
    if !dockerfile
        .lines()
        .any(|line| line.starts_with("USER ") && !line.contains("root") && !line.contains(" 0"))
    {
        wrong.push("Dockerfile: runs as root".into());
    }
    report("compose.yaml and Dockerfile", &wrong);
}
