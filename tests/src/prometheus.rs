//! A real Prometheus that scrapes one hub.

use crate::http;
use crate::ports::free_address;
use crate::process::Process;
use crate::programs;
use crate::wait::until;
use serde_json::Value;
use std::net::SocketAddr;
use std::process::Command;
use tempfile::TempDir;

pub struct Prometheus {
    _process: Process,
    address: SocketAddr,
    // Removed after the process has ended: fields are dropped in this order.
    _folder: TempDir,
}

/// One series of an answer: its labels, and every value that is a number.
#[derive(Debug)]
pub struct Series {
    pub labels: Value,
    pub values: Vec<f64>,
}

impl Prometheus {
    /// Starts it; it looks at the hub every second.
    pub fn scraping(hub: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let address = free_address();
        let text = format!(
            "global:\n  scrape_interval: 1s\nscrape_configs:\n- job_name: waystation\n  static_configs:\n  - targets: ['{hub}']\n"
        );
        std::fs::write(path("prometheus.yml"), text).expect("prometheus.yml");
        let mut command = Command::new(programs::system("prometheus", "prometheus"));
        command.arg("--config.file").arg(path("prometheus.yml"));
        command.arg("--storage.tsdb.path").arg(path("data"));
        command.arg(format!("--web.listen-address={address}"));
        let mut process = Process::start("prometheus", &mut command, &path("output.log"));
        until("Prometheus is ready", || {
            process.assert_running();
            http::get(address, "/-/ready").is_ok_and(|answer| answer.status == 200)
        });
        Self { _process: process, address, _folder: folder }
    }

    /// What an expression is now.
    pub fn instant(&self, expression: &str) -> Vec<Series> {
        self.ask(&format!("query?query={}", http::escape(expression)))
    }

    /// What an expression was, from and to in seconds.
    pub fn range(&self, expression: &str, from: i64, to: i64, step: i64) -> Vec<Series> {
        let query = http::escape(expression);
        self.ask(&format!("query_range?query={query}&start={from}&end={to}&step={step}"))
    }

    fn ask(&self, question: &str) -> Vec<Series> {
        let answer = http::get(self.address, &format!("/api/v1/{question}")).expect("Prometheus answers");
        assert_eq!(answer.status, 200, "{question}: {}", answer.text());
        let found = answer.json()["data"]["result"].as_array().cloned().unwrap_or_default();
        found.iter().map(series).collect()
    }
}

fn series(found: &Value) -> Series {
    let samples = found["values"].as_array().cloned().unwrap_or_else(|| vec![found["value"].clone()]);
    let number = |sample: &Value| sample[1].as_str()?.parse::<f64>().ok().filter(|value| !value.is_nan());
    Series { labels: found["metric"].clone(), values: samples.iter().filter_map(number).collect() }
}
