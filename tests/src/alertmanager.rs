//! A real Prometheus Alertmanager on a free port.

use crate::http;
use crate::ports::free_address;
use crate::process::Process;
use crate::programs;
use crate::wait::until;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

pub struct Alertmanager {
    process: Option<Process>,
    address: SocketAddr,
    // Removed after the process has ended: fields are dropped in this order.
    folder: TempDir,
}

impl Alertmanager {
    /// Its address is taken; it is not started yet.
    pub fn prepare() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { process: None, address: free_address(), folder }
    }

    /// Starts it, grouping by rule and district; what it is told goes to nobody.
    pub fn run(&mut self) {
        let config = self.folder.path().join("alertmanager.yml");
        let text = "route:\n  receiver: nobody\n  group_by: [alertname, district]\n  group_wait: 1s\n\
                    receivers:\n- name: nobody\n";
        std::fs::write(&config, text).expect("alertmanager.yml");
        self.run_with(&config);
    }

    /// Starts it with this configuration.
    pub fn start_with(config: &Path) -> Self {
        let mut alertmanager = Self::prepare();
        alertmanager.run_with(config);
        alertmanager
    }

    fn run_with(&mut self, config: &Path) {
        let path = |name: &str| self.folder.path().join(name);
        let mut command =
            Command::new(programs::system("prometheus-alertmanager", "prometheus-alertmanager"));
        command.arg("--config.file").arg(config).arg("--storage.path").arg(path("data"));
        command.arg(format!("--web.listen-address={}", self.address)).arg("--cluster.listen-address=");
        let mut process = Process::start("alertmanager", &mut command, &path("output.log"));
        let address = self.address;
        until("Alertmanager is ready", || {
            process.assert_running();
            http::get(address, "/-/ready").is_ok_and(|answer| answer.status == 200)
        });
        self.process = Some(process);
    }

    pub fn start() -> Self {
        let mut alertmanager = Self::prepare();
        alertmanager.run();
        alertmanager
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The alerts of this name that fire.
    pub fn firing(&self, name: &str) -> Vec<Value> {
        let filter = http::escape(&format!("alertname=\"{name}\""));
        let answer = http::get(self.address, &format!("/api/v2/alerts?active=true&filter={filter}"));
        answer.expect("Alertmanager answers").good().as_array().cloned().unwrap_or_default()
    }

    /// Tells it of these alerts, as Prometheus would.
    pub fn post(&self, alerts: &Value) {
        let headers = "Content-Type: application/json\r\n";
        let answer =
            http::ask(self.address, "POST", "/api/v2/alerts", headers, alerts.to_string().as_bytes());
        assert_eq!(answer.expect("Alertmanager answers").status, 200);
    }

    /// The alerts that another one inhibits.
    pub fn inhibited(&self) -> Vec<Value> {
        let path = "/api/v2/alerts?active=false&silenced=false&unprocessed=false&inhibited=true";
        let answer = http::get(self.address, path).expect("Alertmanager answers").good();
        answer.as_array().cloned().unwrap_or_default()
    }

    /// Its groups.
    pub fn groups(&self) -> Vec<Value> {
        let answer = http::get(self.address, "/api/v2/alerts/groups").expect("Alertmanager answers");
        answer.good().as_array().cloned().unwrap_or_default()
    }
}
