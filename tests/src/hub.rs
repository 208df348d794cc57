//! The hub as its users start it: a configuration file, the command line, MQTT and HTTP.

use crate::http::{self, Answer};
use crate::influxd::{DATABASE, Influxd};
use crate::ports::free_address;
use crate::process::{self, Process};
use crate::programs;
use crate::readings::topic;
use crate::toml::Toml;
use crate::wait::{until, until_some};
use serde_json::Value;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A user name over MQTT with its token.
#[derive(Debug, Clone)]
pub struct Login {
    pub name: String,
    pub token: String,
}

impl Login {
    /// The station's topic of a channel.
    pub fn topic(&self, channel: &str) -> String {
        topic(&self.name, channel)
    }
}

/// What `hub.toml` will say.
pub struct HubSettings(Toml);

impl Default for HubSettings {
    /// Small segments, so that the log turns over within a test.
    fn default() -> Self {
        let mut toml = Toml::default();
        toml.set_text("log", "segment_bytes", "1MiB");
        toml.set_text("mqtt", "batch_bytes_max", "512KiB");
        Self(toml)
    }
}

impl HubSettings {
    pub fn set(mut self, section: &str, key: &str, value: impl Display) -> Self {
        self.0.set(section, key, value);
        self
    }

    pub fn set_text(mut self, section: &str, key: &str, text: impl Display) -> Self {
        self.0.set_text(section, key, text);
        self
    }

    pub fn set_path(mut self, section: &str, key: &str, path: &Path) -> Self {
        self.0.set_path(section, key, path);
        self
    }

    /// Writes to this InfluxDB, soon.
    pub fn influx(mut self, influxd: &Influxd) -> Self {
        self.0.set_text("influx", "url", format_args!("http://{}", influxd.address()));
        self.0.set_text("influx", "api", "v1");
        self.0.set_text("influx", "database", DATABASE);
        self.0.set("influx", "batch_age_ms", 20);
        self
    }

    pub fn start(self) -> Hub {
        let mut hub = self.prepare();
        hub.start();
        hub
    }

    /// Writes the configuration; the hub is not started yet.
    pub fn prepare(self) -> Hub {
        let folder = tempfile::tempdir().expect("a folder");
        let data_dir = folder.path().join("data");
        self.prepare_in(folder, &data_dir)
    }

    /// The same with a data folder elsewhere.
    pub fn prepare_in(mut self, folder: TempDir, data_dir: &Path) -> Hub {
        let (mqtt, http) = (free_address(), free_address());
        self.0.set_path("", "data_dir", data_dir);
        self.0.set_text("mqtt", "listen", mqtt);
        self.0.set_text("http", "listen", http);
        let hub = Hub { process: None, mqtt, http, settings: self.0, folder };
        hub.settings.write(&hub.config());
        hub
    }
}

/// A hub that may be running.
pub struct Hub {
    process: Option<Process>,
    pub mqtt: SocketAddr,
    pub http: SocketAddr,
    settings: Toml,
    // Removed after the process has ended: fields are dropped in this order.
    folder: TempDir,
}

impl Hub {
    /// Starts it (again), on the same ports and data; returns once it takes connections.
    pub fn start(&mut self) {
        self.start_logging(&std::env::var("RUST_LOG").unwrap_or_else(|_| "info".into()));
    }

    /// The same with a log of this level, as `RUST_LOG` names it.
    pub fn start_logging(&mut self, level: &str) {
        let mut command = self.command(&["run"]);
        command.env("RUST_LOG", level);
        let mut process = Process::start("waystation-hub", &mut command, &self.log_path());
        let address = self.http;
        until("the hub answers on /healthz", || {
            process.assert_running();
            http::get(address, "/healthz").is_ok_and(|answer| answer.status == 200)
        });
        process.wait_listening(self.mqtt);
        self.process = Some(process);
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.take().expect("the hub runs").kill();
    }

    /// SIGTERM; panics unless it ends well.
    pub fn stop(&mut self) {
        let status = self.process.take().expect("the hub runs").terminate();
        assert!(status.success(), "{status}");
    }

    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Panics with its last words if it has ended by itself.
    pub fn assert_running(&mut self) {
        self.process.as_mut().expect("the hub was started").assert_running();
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, section: &str, key: &str, value: impl Display) {
        self.settings.set(section, key, value);
        self.settings.write(&self.config());
    }

    /// A command of the hub with this hub's configuration.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = programs::ours("waystation-hub");
        command.args(arguments).arg("--config").arg(self.config()).env("LANG", "C.UTF-8");
        command
    }

    pub fn add_station(&self, id: &str) -> Login {
        let printed =
            process::run(&mut self.command(&["station", "add", id, "--district", "大兴区", "--json"]));
        let token = json_text(&printed, "token");
        Login { name: id.to_owned(), token }
    }

    /// The stations `prefix-0000` and so on.
    pub fn import_stations(&self, prefix: &str, count: usize) -> Vec<Login> {
        let (list, tokens) = (self.folder.path().join("stations.csv"), self.folder.path().join("tokens.csv"));
        let ids: Vec<String> = (0..count).map(|index| format!("{prefix}-{index:04}")).collect();
        let rows: String = ids.iter().map(|id| format!("{id},大兴区\n")).collect();
        std::fs::write(&list, format!("id,district\n{rows}")).expect("the list");
        let mut command = self.command(&["station", "import"]);
        process::run(command.arg(&list).arg("--tokens-out").arg(&tokens));
        let text = std::fs::read_to_string(&tokens).expect("the tokens");
        std::fs::remove_file(&tokens).expect("the tokens");
        let logins = text.lines().filter_map(|line| line.split_once(','));
        let logins = logins.map(|(name, token)| Login { name: name.to_owned(), token: token.to_owned() });
        let logins: Vec<Login> = logins.filter(|login| ids.contains(&login.name)).collect();
        assert_eq!(logins.len(), count);
        self.wait_known(&logins[count - 1]);
        logins
    }

    pub fn remove_station(&self, id: &str) {
        process::run(&mut self.command(&["station", "remove", id]));
    }

    pub fn add_token(&self, name: &str, role: &str) -> Login {
        let printed = process::run(&mut self.command(&["token", "add", name, "--role", role, "--json"]));
        Login { name: name.to_owned(), token: json_text(&printed, "token") }
    }

    /// Returns once the running hub knows the station.
    pub fn wait_known(&self, station: &Login) {
        if self.is_running() {
            let path = format!("/api/v1/stations/{}", station.name);
            until("the hub knows the station", || self.get(&path).status == 200);
        }
    }

    /// A station that the running hub knows.
    pub fn known_station(&self, id: &str) -> Login {
        let login = self.add_station(id);
        self.wait_known(&login);
        login
    }

    pub fn get(&self, path: &str) -> Answer {
        http::get(self.http, path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// All items of a list of the API, over all its pages.
    pub fn items(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{separator}limit=100{cursor}")).good();
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={}", http::escape(next)),
                None => return items,
            }
        }
    }

    /// The parts that `/readyz` names as failing.
    pub fn failing(&self) -> Vec<String> {
        let answer = self.get("/readyz");
        let failing = answer.json()["failing"].as_array().cloned().unwrap_or_default();
        assert_eq!(answer.status == 200, failing.is_empty(), "{}", answer.text());
        failing.iter().filter_map(|part| part["part"].as_str().map(str::to_owned)).collect()
    }

    /// The sum of a metric's series whose line contains `labels`.
    pub fn metric(&self, name: &str, labels: &str) -> f64 {
        let text = self.get("/metrics").text();
        let series = text.lines().filter(|line| {
            let rest = line.strip_prefix(name).unwrap_or("");
            (rest.starts_with(' ') || rest.starts_with('{')) && rest.contains(labels)
        });
        series.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// The only outbox in the ledger of a station, once it is as `is_good` wants it.
    pub fn ledger_once(&self, station: &Login, is_good: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/api/v1/ledger?station={}", station.name);
        let mut last = Value::Null;
        let found = || {
            last = self.items(&path).pop().unwrap_or_default();
            is_good(&last).then(|| last.clone())
        };
        until_some("the ledger", found)
    }

    /// What it has logged so far, over all its starts.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("hub.toml")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("hub.log")
    }
}

fn json_text(printed: &str, member: &str) -> String {
    let value: Value = serde_json::from_str(printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {printed}")).to_owned()
}
