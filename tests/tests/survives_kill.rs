//! Kill -9 of the hub at random moments under load, InfluxDB absent half of the time: every reading that was
//! acknowledged ends in InfluxDB, once, and the ledger of every outbox is whole.
//!
//! `WAYSTATION_ROUNDS` says how often (default 6), `WAYSTATION_SEED` repeats a run.

use std::time::Duration;
use waystation_tests::load::{Style, check_stored};
use waystation_tests::{HubSettings, Influxd, Load, Random, Version};

const STYLES: [Style; 6] = [
    Style::Single { version: Version::V311, window: 20 },
    Style::Single { version: Version::V5, window: 20 },
    Style::Single { version: Version::V311, window: 1 },
    Style::Single { version: Version::V5, window: 100 },
    Style::Batch { version: Version::V5, window: 2, readings: 10, zstd: false },
    Style::Batch { version: Version::V311, window: 3, readings: 25, zstd: true },
];

fn rounds() -> u64 {
    std::env::var("WAYSTATION_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

#[test]
fn every_acknowledged_reading_ends_in_influxdb() {
    let mut random = Random::from_environment();
    let mut influxd = Influxd::start();
    let mut hub = HubSettings::default().influx(&influxd).start();
    let logins = hub.import_stations("dx", 24);
    let load = Load::start(hub.mqtt, &logins, &STYLES);
    for round in 0..rounds() {
        if round % 2 == 1 {
            influxd.kill();
        } else if !influxd.is_running() {
            influxd.run();
        }
        load.wait_acknowledged(random.within(1..1_500));
        // Not only right after an acknowledgement: anywhere between two.
        std::thread::park_timeout(Duration::from_micros(random.within(0..20_000)));
        hub.kill();
        hub.start();
        eprintln!("round {round}: {} readings acknowledged", load.acknowledged());
    }
    if !influxd.is_running() {
        influxd.run();
    }
    load.wait_acknowledged(1_000);
    let sent = load.finish();
    check_stored(&influxd, &sent);
    for station in sent.iter().filter(|station| station.outbox.is_some()) {
        let login = logins.iter().find(|login| login.name == station.station).unwrap();
        let ledger = hub.ledger_once(login, |ledger| ledger["durable_up_to"] == station.count());
        assert_eq!(ledger["outbox"].as_str(), station.outbox.as_deref());
        assert_eq!(
            (ledger["received"].as_i64(), &ledger["missing_total"]),
            (Some(station.count()), &0.into())
        );
    }
    hub.stop();
}
