//! The hub: a release build with the defaults of `hub.toml`, except for addresses and folders.

use super::{Places, Server, station_name};
use crate::load::{Login, Target};
use crate::process::{Process, free_address};
use anyhow::{Context, Result, ensure};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What a hub is started with.
#[derive(Debug, Clone, Copy)]
pub struct HubOptions {
    pub stations: usize,
    /// HTTP address and database of an InfluxDB 1.x that it writes to.
    pub influxdb: Option<(SocketAddr, &'static str)>,
}

/// A hub's folder with its configuration and its stations, which can be started more than once.
pub struct HubFolder {
    program: PathBuf,
    config: PathBuf,
    logins: Vec<Login>,
    pub mqtt: SocketAddr,
    pub http: SocketAddr,
    folder: TempDir,
}

impl HubFolder {
    /// Registers the stations with the hub's own command line.
    pub fn new(places: &Places, options: &HubOptions) -> Result<Self> {
        let folder = places.folder()?;
        let (mqtt, http) = (free_address()?, free_address()?);
        let config = folder.path().join("hub.toml");
        std::fs::write(&config, config_text(folder.path(), mqtt, http, options))?;
        let program = places.programs.join("waystation-hub");
        let logins = import_stations(&program, &config, folder.path(), options.stations)?;
        Ok(Self { program, config, logins, mqtt, http, folder })
    }

    /// Where the hub keeps its data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the hub, and waits until it listens.
    pub fn start(&self) -> Result<Process> {
        let mut command = Command::new(&self.program);
        command.arg("run").arg("--config").arg(&self.config);
        let mut process =
            Process::start("waystation-hub", &mut command, &self.folder.path().join("output.log"))?;
        process.wait_listening(self.mqtt)?;
        Ok(process)
    }
}

/// Registers the stations and starts the hub.
pub fn hub(places: &Places, options: &HubOptions) -> Result<Server> {
    let prepared = HubFolder::new(places, options)?;
    let process = prepared.start()?;
    let target = Target { address: prepared.mqtt, logins: prepared.logins };
    Ok(Server::new(process, target, prepared.folder))
}

fn config_text(folder: &Path, mqtt: SocketAddr, http: SocketAddr, options: &HubOptions) -> String {
    let data = folder.join("data");
    let mut text = format!("data_dir = {data:?}\n[mqtt]\nlisten = \"{mqtt}\"\n[http]\nlisten = \"{http}\"\n");
    if let Some((address, database)) = options.influxdb {
        // Loopback needs no compression; two writers of ten thousand lines are what InfluxDB 1.x likes best.
        text.push_str(&format!(
            "[influx]\nurl = \"http://{address}\"\napi = \"v1\"\ndatabase = \"{database}\"\ngzip = false\n\
             batch_lines = 10000\nwriters = 2\n"
        ));
    }
    text
}

fn import_stations(program: &Path, config: &Path, folder: &Path, stations: usize) -> Result<Vec<Login>> {
    let (list, tokens) = (folder.join("stations.csv"), folder.join("tokens.csv"));
    let mut writer = csv::Writer::from_path(&list)?;
    writer.write_record(["id", "district", "latitude", "longitude", "capacity"])?;
    for index in 0..stations {
        let district = index % 10;
        // Ten towns, a degree apart, with their stations scattered over a third of a degree.
        let scattered = |step: f64| (index as f64 * step).fract() / 3.0;
        let latitude = 29.0 + district as f64 + scattered(0.618);
        let longitude = 112.0 + (district * 3 % 10) as f64 + scattered(0.414);
        let (latitude, longitude) = (format!("{latitude:.5}"), format!("{longitude:.5}"));
        writer.write_record([
            station_name(index),
            format!("district-{district}"),
            latitude,
            longitude,
            "10".into(),
        ])?;
    }
    writer.flush()?;
    let output = Command::new(program)
        .args(["station", "import"])
        .arg(&list)
        .arg("--tokens-out")
        .arg(&tokens)
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("running {}: build it with `cargo build --release`", program.display()))?;
    ensure!(
        output.status.success(),
        "station import failed: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let logins = read_tokens(&tokens)?;
    ensure!(logins.len() == stations, "{} of {stations} stations got a token", logins.len());
    Ok(logins)
}

/// Lines of `station,token`, with or without a heading.
fn read_tokens(path: &Path) -> Result<Vec<Login>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path)?;
    let mut logins = Vec::new();
    for record in reader.records() {
        let record = record?;
        if let (Some(station), Some(token)) = (record.get(0), record.get(1))
            && station.starts_with("bench-")
        {
            logins.push(Login { station: station.to_owned(), token: Some(token.to_owned()) });
        }
    }
    Ok(logins)
}
