//! How many events a second the fold takes on one core, how long a tick takes, and how much memory a station needs.
//!
//! `cargo run --release -p waystation-hub --example fold_speed -- [STATIONS] [ROUNDS]`

use std::time::Instant;
use waystation_hub::entry::{Entry, What};
use waystation_hub::fleet::{Event, Fleet, Settings};
use waystation_protocol::{Decoded, Kind, Limits, Reading, StationId, decode_channel};

const NOW: i64 = 1_763_800_000_000;

/// What a usual station reports in a minute, its devices named as they are there.
const REPORTS: [(Kind, &str); 6] = [
    (
        Kind::Gateway,
        r#"{"device":"gw","agent":"1.2.0","uptime_s":86400,"outbox_records":3,"outbox_bytes":512,"outbox_horizon_s":864000,"lost_total":0,"clock_offset_ms":12,"cpu_pct":7,"memory_mb":120,"disk_free_mb":4000,"rssi_dbm":-71,"mains":true}"#,
    ),
    (
        Kind::Environment,
        r#"{"device":"env-1","temperature_c":21.5,"humidity_pct":44,"co2_ppm":640,"pm2_5_ugm3":18,"pm10_ugm3":25,"hcho_mgm3":0.02,"tvoc_mgm3":0.2,"noise_dba":41}"#,
    ),
    (Kind::Occupancy, r#"{"device":"hall","people":3,"capacity":10,"entries_total":120,"exits_total":117}"#),
    (
        Kind::Door,
        r#"{"device":"front","contact":"closed","lock":"unlocked","access":"open","lock_battery_pct":80}"#,
    ),
    (Kind::Amenity, r#"{"device":"microwave-1","amenity":"microwave","state":"ok","uses_total":17}"#),
    (Kind::Amenity, r#"{"device":"water-1","amenity":"water_dispenser","state":"ok","water_c":92}"#),
];

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let stations = arguments.next().unwrap_or(186_100);
    let rounds = arguments.next().unwrap_or(3);
    let ids: Vec<StationId> =
        (0..stations).filter_map(|number| StationId::try_from(&*format!("st-{number:06}")).ok()).collect();
    let before = resident_bytes();
    let mut fleet = Fleet::new(Settings::default(), NOW);
    for station in &ids {
        fleet.apply(Event::Connected { station: station.clone(), at_ms: NOW, address: None }, NOW);
    }
    let (mut events, mut seconds) = (0, 0.0);
    for round in 0..rounds {
        let now = NOW + i64::try_from(round).unwrap_or(0) * 60_000;
        let readings: Vec<Reading> =
            REPORTS.iter().filter_map(|(kind, json)| reading(*kind, json, now)).collect();
        // Made beforehand in pieces: what is measured is the fold.
        for piece in ids.chunks(10_000) {
            let entries: Vec<Entry> = piece
                .iter()
                .flat_map(|station| readings.iter().map(|reading| entry(station, now, reading.clone())))
                .collect();
            let begun = Instant::now();
            events += entries.len();
            for entry in entries {
                fleet.apply(Event::Entry(entry), now);
            }
            seconds += begun.elapsed().as_secs_f64();
        }
        let begun = Instant::now();
        let effects = fleet.apply(Event::Tick, now).len();
        println!("round {round}: tick {:.2} ms, {effects} effects", begun.elapsed().as_secs_f64() * 1e3);
    }
    let begun = Instant::now();
    fleet.apply(Event::Tick, NOW + i64::try_from(rounds).unwrap_or(0) * 60_000);
    println!("next tick {:.3} ms", begun.elapsed().as_secs_f64() * 1e3);
    println!("{:.0} events/s", events as f64 / seconds);
    println!("{} bytes a station", (resident_bytes().saturating_sub(before)) / stations.max(1));
}

fn reading(kind: Kind, json: &str, now: i64) -> Option<Reading> {
    let json = json.replacen('{', &format!("{{\"ts\":{now},"), 1);
    let mut decoded = Decoded::default();
    decode_channel(kind, json.as_bytes(), now, &Limits::default(), &mut decoded);
    decoded.accepted.pop().map(|accepted| accepted.reading)
}

fn entry(station: &StationId, received_ms: i64, reading: Reading) -> Entry {
    Entry { station: station.clone(), received_ms, what: What::Readings(vec![reading]) }
}

/// Memory of this process that stands in RAM.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}
