//! A real influxd 1.x of its own: free ports, data in a temporary folder, gone when dropped.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use waystation_hub_config::{Influx, InfluxApi};

#[cfg(test)]
use crate::config as waystation_hub_config;
#[cfg(not(test))]
use waystation_hub::config as waystation_hub_config;

pub struct Influxd {
    child: Option<Child>,
    dir: TempDir,
    port: u16,
    rpc_port: u16,
    /// `INFLUXDB_…` variables over the defaults.
    settings: Vec<(String, String)>,
}

impl Influxd {
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let dir = tempfile::tempdir().unwrap();
        let mut influxd = Self { child: None, dir, port: free_port(), rpc_port: free_port(), settings };
        influxd.run().await;
        influxd
    }

    /// Starts it (again) on its port and data.
    pub async fn run(&mut self) {
        let path = |name: &str| self.dir.path().join(name);
        std::fs::write(path("influxdb.conf"), "reporting-enabled = false\n").unwrap();
        let child = Command::new("influxd")
            .arg("-config")
            .arg(path("influxdb.conf"))
            .env("INFLUXDB_BIND_ADDRESS", format!("127.0.0.1:{}", self.rpc_port))
            .env("INFLUXDB_HTTP_BIND_ADDRESS", format!("127.0.0.1:{}", self.port))
            .env("INFLUXDB_META_DIR", path("meta"))
            .env("INFLUXDB_DATA_DIR", path("data"))
            .env("INFLUXDB_DATA_WAL_DIR", path("wal"))
            .env("INFLUXDB_HTTP_LOG_ENABLED", "false")
            .env("INFLUXDB_MONITOR_STORE_ENABLED", "false")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("influxd is installed (apt install influxdb)");
        self.child = Some(child);
        let http = client();
        while !http.get(format!("{}/ping", self.url())).send().await.is_ok_and(|ping| ping.status() == 204) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Changes a setting for the next [`Self::run`].
    #[cfg(test)]
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.into(), value.into()));
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    #[cfg(not(test))]
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// How the hub would be told to write to it.
    pub fn config(&self) -> Influx {
        Influx { url: self.url(), api: InfluxApi::V1, batch_age_ms: 20, ..Influx::default() }
    }

    #[cfg(test)]
    /// The rows of a query, each a map from column to value; times in ms.
    pub async fn rows(&self, query: &str) -> Vec<serde_json::Map<String, serde_json::Value>> {
        let answer = self.query(query).await;
        let series = answer["results"][0]["series"].as_array().cloned().unwrap_or_default();
        let rows = series.iter().flat_map(|one| {
            let columns = one["columns"].as_array().cloned().unwrap_or_default();
            let values = one["values"].as_array().cloned().unwrap_or_default();
            values.into_iter().map(move |row| {
                let names = columns.iter().filter_map(|name| name.as_str().map(str::to_owned));
                let row = row.as_array().cloned().unwrap_or_default();
                names.zip(row).filter(|(_, value)| !value.is_null()).collect()
            })
        });
        rows.collect()
    }

    /// The first number of a query such as `SELECT count(x) FROM y`; 0 without a row.
    pub async fn number(&self, query: &str) -> u64 {
        let answer = self.query(query).await;
        answer["results"][0]["series"][0]["values"][0][1].as_u64().unwrap_or(0)
    }

    pub async fn query(&self, query: &str) -> serde_json::Value {
        let mut url = reqwest::Url::parse(&format!("{}/query", self.url())).unwrap();
        url.query_pairs_mut().extend_pairs([("db", "waystation"), ("epoch", "ms"), ("q", query)]);
        let answer = client().post(url).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    /// Sends lines past the hub.
    #[cfg(test)]
    pub async fn write(&self, lines: &'static str) {
        let url = format!("{}/write?db=waystation&precision=ms", self.url());
        let answer = client().post(url).body(lines).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }
}

impl Drop for Influxd {
    fn drop(&mut self) {
        self.kill();
    }
}

pub fn client() -> reqwest::Client {
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
