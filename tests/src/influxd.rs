//! A real InfluxDB 1.x on free ports, with its data in a folder of its own.

use crate::http;
use crate::ports::free_address;
use crate::process::Process;
use crate::programs;
use crate::wait::until;
use serde_json::{Map, Value};
use std::net::SocketAddr;
use std::process::Command;
use tempfile::TempDir;

pub const DATABASE: &str = "waystation";

pub struct Influxd {
    process: Option<Process>,
    address: SocketAddr,
    rpc: SocketAddr,
    // Removed after the process has ended: fields are dropped in this order.
    folder: TempDir,
}

/// A row: column to value, without nulls; `time` in ms.
pub type Row = Map<String, Value>;

impl Influxd {
    /// Starts it with an empty database.
    pub fn start() -> Self {
        let influxd = Self::start_without_database();
        influxd.command(&format!("CREATE DATABASE {DATABASE}"));
        influxd
    }

    pub fn start_without_database() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut influxd = Self { process: None, address: free_address(), rpc: free_address(), folder };
        influxd.run();
        influxd
    }

    /// Starts it (again) on its port and data.
    pub fn run(&mut self) {
        let folder = self.folder.path();
        let path = |name: &str| folder.join(name);
        let config = path("influxdb.conf");
        let text = format!(
            "reporting-disabled = true\nbind-address = \"{}\"\n[meta]\ndir = {:?}\n[data]\ndir = {:?}\n\
             wal-dir = {:?}\n[http]\nbind-address = \"{}\"\nlog-enabled = false\n[logging]\nlevel = \"warn\"\n\
             [monitor]\nstore-enabled = false\n",
            self.rpc,
            path("meta"),
            path("data"),
            path("wal"),
            self.address
        );
        std::fs::write(&config, text).expect("influxdb.conf");
        let mut command = Command::new(programs::system("influxd", "influxdb"));
        command.arg("-config").arg(&config);
        let mut process = Process::start("influxd", &mut command, &path("output.log"));
        let address = self.address;
        until("influxd answers", || {
            process.assert_running();
            http::get(address, "/ping").is_ok_and(|answer| answer.status == 204)
        });
        self.process = Some(process);
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        self.process = None;
    }

    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The rows of a query over all its series, tags of `GROUP BY` included.
    pub fn rows(&self, query: &str) -> Vec<Row> {
        let answer = self.ask("GET", query);
        let series = answer["results"][0]["series"].as_array().cloned().unwrap_or_default();
        series.iter().flat_map(rows_of).collect()
    }

    /// The same series by series, with nulls, as dashboards see it.
    pub fn series(&self, query: &str) -> Vec<Vec<Row>> {
        let answer = self.ask("GET", query);
        let series = answer["results"][0]["series"].as_array().cloned().unwrap_or_default();
        series.iter().map(rows_with_nulls).collect()
    }

    /// The first number of a query such as `SELECT count(x) FROM y`; 0 without a row.
    pub fn number(&self, query: &str) -> u64 {
        self.ask("GET", query)["results"][0]["series"][0]["values"][0][1].as_u64().unwrap_or(0)
    }

    pub fn command(&self, query: &str) {
        self.ask("POST", query);
    }

    /// Writes lines past the hub, times in ms.
    pub fn write(&self, lines: &str) {
        let path = format!("/write?db={DATABASE}&precision=ms");
        let answer = http::ask(self.address, "POST", &path, "", lines.as_bytes()).expect("influxd answers");
        assert_eq!(answer.status, 204, "{}", answer.text());
    }

    fn ask(&self, method: &str, query: &str) -> Value {
        let path = format!("/query?db={DATABASE}&epoch=ms&q={}", http::escape(query));
        let answer = http::ask(self.address, method, &path, "", b"").expect("influxd answers").good();
        assert!(answer["results"][0]["error"].is_null(), "{query}: {answer}");
        answer
    }
}

fn rows_of(series: &Value) -> Vec<Row> {
    let mut rows = rows_with_nulls(series);
    rows.iter_mut().for_each(|row| row.retain(|_, value| !value.is_null()));
    rows
}

fn rows_with_nulls(series: &Value) -> Vec<Row> {
    let columns = series["columns"].as_array().cloned().unwrap_or_default();
    let tags = series["tags"].as_object().cloned().unwrap_or_default();
    let row = |values: &Value| {
        let values = values.as_array().cloned().unwrap_or_default();
        let names = columns.iter().filter_map(|name| name.as_str().map(str::to_owned));
        let mut row: Row = names.zip(values).collect();
        row.extend(tags.clone());
        row
    };
    series["values"].as_array().into_iter().flatten().map(row).collect()
}
