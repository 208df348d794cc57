//! InfluxDB 1.6.7 as Debian packages it, with its defaults except for addresses, folders and request logging.

use super::Places;
use crate::http;
use crate::process::{Process, free_address};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::net::SocketAddr;
use std::process::Command;
use tempfile::TempDir;

/// The database that every run writes to.
pub const DATABASE: &str = "waystation";

pub struct InfluxDb {
    process: Process,
    address: SocketAddr,
    // Removed when the process has ended: fields are dropped in this order.
    folder: TempDir,
}

impl InfluxDb {
    pub fn start(places: &Places) -> Result<Self> {
        let folder = places.folder()?;
        let (address, rpc) = (free_address()?, free_address()?);
        let path = |name: &str| folder.path().join(name);
        let config = path("influxdb.conf");
        std::fs::write(
            &config,
            format!(
                "reporting-disabled = true\nbind-address = \"{rpc}\"\n[meta]\ndir = {:?}\n[data]\ndir = {:?}\n\
                 wal-dir = {:?}\n[http]\nbind-address = \"{address}\"\nlog-enabled = false\n[logging]\n\
                 level = \"warn\"\n[monitor]\nstore-enabled = false\n",
                path("meta"),
                path("data"),
                path("wal")
            ),
        )?;
        let process = influxd(&folder, address)?;
        let influxdb = Self { process, address, folder };
        influxdb.query(&format!("CREATE DATABASE {DATABASE}"))?;
        Ok(influxdb)
    }

    /// Starts it again, with the same data on the same port.
    pub fn restart(&mut self) -> Result<()> {
        self.process = influxd(&self.folder, self.address)?;
        Ok(())
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Points taken so far, by InfluxDB's own counter: cheap enough to look at under load.
    pub fn points_written(&self) -> Result<u64> {
        let vars: Value = serde_json::from_slice(&http::get(self.address, "/debug/vars")?)?;
        // The entry's name holds the address: `httpd:127.0.0.1:8086`.
        let servers = vars.as_object().context("/debug/vars is no object")?.iter();
        let mut httpd = servers.filter(|(name, _)| name.starts_with("httpd"));
        let (_, httpd) = httpd.next().context("/debug/vars has no httpd")?;
        httpd["values"]["pointsWrittenOK"].as_u64().context("httpd has no pointsWrittenOK")
    }

    /// Environment points that stand in the database, counted by a query.
    pub fn points_stored(&self) -> Result<u64> {
        let answer = self.query("SELECT count(temperature_c) FROM environment")?;
        Ok(answer["results"][0]["series"][0]["values"][0][1].as_u64().unwrap_or(0))
    }

    fn query(&self, text: &str) -> Result<Value> {
        let path = format!("/query?db={DATABASE}&q={}", http::escape(text));
        let answer: Value = serde_json::from_slice(&http::post(self.address, &path)?)
            .with_context(|| format!("reading the answer to {text:?}"))?;
        match answer["results"][0]["error"].as_str() {
            Some(error) => bail!("InfluxDB refused {text:?}: {error}"),
            None => Ok(answer),
        }
    }
}

/// Starts the server on what stands in the folder; returns once it takes connections.
fn influxd(folder: &TempDir, address: SocketAddr) -> Result<Process> {
    let mut command = Command::new("/usr/bin/influxd");
    command.arg("-config").arg(folder.path().join("influxdb.conf"));
    let mut process = Process::start("influxd", &mut command, &folder.path().join("output.log"))?;
    process.wait_listening(address)?;
    Ok(process)
}
