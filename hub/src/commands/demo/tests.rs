use clap::Parser;

use super::super::{Cli, Command};
use super::{loopback, play, stations};

/// The whole demo in one process: hub, registry, stations over real MQTT, report.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulated_stations_are_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let line = [
        "waystation-hub",
        "demo",
        "--stations",
        "3",
        "--seconds",
        "3",
        "--json",
        "--http",
        "127.0.0.1:0",
        "--mqtt",
        "127.0.0.1:0",
        "--data",
        data,
    ];
    let Ok(Cli { command: Command::Demo(arguments) }) = Cli::try_parse_from(line) else {
        panic!("not a demo")
    };
    let config = arguments.hub_config().unwrap();
    assert!(!config.alerts.rules.of(crate::config::Rule::CellRise).enabled, "heat in a time-lapse");
    let registered = stations::register(&config.data_dir, 3).unwrap();
    let mut out = Vec::new();
    play(&arguments, config, registered, &mut out).await.unwrap();
    let lines: Vec<serde_json::Value> =
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[0]["http"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{lines:?}");
    let report = &lines[1];
    assert!(report["acknowledged"].as_u64().unwrap() > 0, "{report}");
    assert_eq!((&report["left"], &report["refusals"]), (&0.into(), &0.into()), "{report}");
}

#[test]
fn a_listener_on_all_addresses_is_reached_on_loopback() {
    let check =
        |address: &str, expected: &str| assert_eq!(loopback(address.parse().unwrap()).to_string(), expected);
    check("0.0.0.0:80", "127.0.0.1:80");
    check("[::]:80", "[::1]:80");
    check("192.0.2.1:80", "192.0.2.1:80");
}
