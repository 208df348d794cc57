//! `demo`: a hub on loopback and simulated stations that report to it over real MQTT. No configuration, no other
//! server; everything lives in a folder of its own.

mod stations;
mod troubles;

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use waystation_agent::connection::HubAddress;
use waystation_agent::simulate::{self, Report};

use super::language::Language;
use super::{output, process, runtime};
use crate::app::{self, Hub};
use crate::config::{ByteSize, Config, Rule, Text};
use stations::Registered;

const HTTP_DEFAULT: &str = "127.0.0.1:8080";
const MQTT_DEFAULT: &str = "127.0.0.1:1883";
/// How long the stations may take to deliver what is left when the demo ends.
const DRAIN: Duration = Duration::from_secs(3);

/// See it work: a hub on this machine with simulated stations
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  waystation-hub demo
  waystation-hub demo --stations 200 --http 0.0.0.0:8080
  waystation-hub demo --stations 3 --seconds 30 --json

Remove the data folder to begin anew.")]
pub(super) struct Arguments {
    /// How many stations report
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    stations: u32,
    /// Address of page and API; without it 127.0.0.1:8080, or any free port
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    /// Address for MQTT; without it 127.0.0.1:1883, or any free port
    #[arg(long, value_name = "ADDRESS")]
    mqtt: Option<SocketAddr>,
    /// Folder for everything that the demo keeps
    #[arg(long, value_name = "FOLDER", default_value = "demo-data")]
    data: PathBuf,
    /// End after so many seconds; without it at Ctrl-C
    #[arg(long)]
    seconds: Option<u64>,
    /// How many times faster than real the stations' day goes by
    #[arg(long, default_value_t = 60.0)]
    speed: f64,
    /// Print addresses and report as JSON, a line each
    #[arg(long)]
    json: bool,
    /// Language; without it that of LC_ALL, LC_MESSAGES or LANG
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    process::log_to_stderr("warn")?;
    process::raise_open_files();
    let config = arguments.hub_config()?;
    let registered = stations::register(&config.data_dir, arguments.stations)?;
    runtime::large()?.block_on(play(arguments, config, registered, out))
}

impl Arguments {
    fn hub_config(&self) -> anyhow::Result<Config> {
        let mut config = Config { data_dir: self.data.clone(), ..Config::default() };
        config.mqtt.listen = Some(self.mqtt.map_or_else(|| free(MQTT_DEFAULT), Ok)?);
        config.http.listen = Some(self.http.map_or_else(|| free(HTTP_DEFAULT), Ok)?);
        // A demo must not fill the disk of a laptop.
        config.log.max_bytes = ByteSize::mib(512);
        config.log.segment_bytes = ByteSize::mib(16);
        // A domain that is nobody's, for a feed that nobody else sees.
        config.gbfs.contact_email = Some("gbfs@example.com".into());
        // What takes a quarter of an hour in earnest is seen before the coffee is cold.
        (config.presence.warn_after_s, config.presence.offline_after_s) = (30, 120);
        config.alerts.group_window_s = 15;
        // In a day that goes by faster, batteries warm up as much faster; their heat would alarm everybody.
        config.alerts.rules.of_mut(Rule::CellRise).enabled = self.speed <= 1.0;
        Ok(config)
    }
}

/// This address, or one with a port that the system chooses when it is taken.
fn free(address: &str) -> anyhow::Result<SocketAddr> {
    let address: SocketAddr = address.parse()?;
    let taken = TcpListener::bind(address).is_err();
    Ok(if taken { SocketAddr::new(address.ip(), 0) } else { address })
}

async fn play(
    arguments: &Arguments,
    config: Config,
    registered: Registered,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let hub = app::start(config).await?;
    let played = report_to(&hub, arguments, registered, out).await;
    hub.stop().await;
    let report = played?;
    if arguments.json {
        output::json(out, &report)?;
    } else {
        output::line(out, &report.to_string())?;
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lets the stations report until the end; gives what became of it.
async fn report_to(
    hub: &Hub,
    arguments: &Arguments,
    registered: Registered,
    out: &mut impl Write,
) -> anyhow::Result<Report> {
    let mqtt = loopback(hub.listening.mqtt.context("the demo's MQTT listener did not start")?);
    let http = loopback(hub.listening.http.context("the demo's HTTP listener did not start")?);
    announce(arguments, mqtt, http, &registered, out)?;
    let address: HubAddress = format!("mqtt://{mqtt}").parse()?;
    let mut options = simulate::Options::new(address, registered.logins);
    options.speed = arguments.speed;
    options.scenario = troubles::scenario(&options.stations, options.seed)?;
    options.drain = DRAIN;
    Ok(simulate::run(options, end(arguments.seconds)).await?)
}

/// Where to reach a listener from this machine.
fn loopback(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) if address.ip().is_unspecified() => {
            SocketAddr::from(([127, 0, 0, 1], address.port()))
        }
        SocketAddr::V6(_) if address.ip().is_unspecified() => {
            SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, address.port()))
        }
        _ => address,
    }
}

fn announce(
    arguments: &Arguments,
    mqtt: SocketAddr,
    http: SocketAddr,
    registered: &Registered,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let Registered { reader, admin, .. } = registered;
    if arguments.json {
        let value = serde_json::json!({
            "admin": { "name": stations::ADMIN, "token": admin.as_str() },
            "http": format!("http://{http}/"), "mqtt": format!("mqtt://{mqtt}"),
            "stations": arguments.stations, "reader": { "name": stations::READER, "token": reader.as_str() },
        });
        return output::json(out, &value);
    }
    let (stations, reader, admin) = (arguments.stations, reader.as_str(), admin.as_str());
    let watch = format!(
        "mosquitto_sub -h {} -p {} -u {} -P {reader} -t 'v1/stations/#' -v",
        mqtt.ip(),
        mqtt.port(),
        stations::READER
    );
    let text = Text::new(
        format!(
            "{stations} 个模拟驿站正在上报。\n\n  请打开    http://{http}/\n  登录令牌  {admin}\n  旁听数据  {watch}\n\n按 Ctrl-C 结束。"
        ),
        format!(
            "{stations} simulated stations report.\n\n  open       http://{http}/\n  sign in    {admin}\n  listen in  {watch}\n\nCtrl-C ends it."
        ),
    );
    let language = arguments.lang.unwrap_or_else(Language::of_environment);
    output::line(out, language.of_text(&text))
}

async fn end(seconds: Option<u64>) {
    let time_is_up = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = time_is_up => {}
        asked = process::asked_to_stop() => if let Err(error) = asked {
            tracing::error!(%error, "signals cannot be received; the demo ends");
        },
    }
}

#[cfg(test)]
mod tests;
