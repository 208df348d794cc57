//! The records that a fleet of plain stations leaves in the hub's log, by the profile of docs/benchmarks.md: gateway,
//! environment and occupancy each 60 s, a door and an amenity each 300 s, each in a batch of its own.

use crate::servers::station_name;
use anyhow::{Context, Result};
use waystation_hub::entry::{Entry, Place, What};
use waystation_protocol::{
    Body, Decoded, DeviceId, Kind, Limits, OutboxId, Reading, StationId, decode_channel,
};

/// One device: its kind, a reading of it, and how often it reports, seconds.
const DEVICES: [(Kind, usize, &str); 5] = [
    (
        Kind::Gateway,
        60,
        r#"{"device":"gateway","agent":"1.2.0","uptime_s":86400,"outbox_records":3,"outbox_bytes":600,"outbox_horizon_s":9e6,"lost_total":0,"clock_offset_ms":12,"cpu_pct":7,"memory_mb":61,"disk_free_mb":9000,"rssi_dbm":-71,"mains":true,"ups_pct":100}"#,
    ),
    (
        Kind::Environment,
        60,
        r#"{"device":"env-1","temperature_c":23.4,"humidity_pct":46.1,"co2_ppm":812,"pm2_5_ugm3":33.2,"pm10_ugm3":54.1,"hcho_mgm3":0.02,"tvoc_mgm3":0.31,"noise_dba":48.5}"#,
    ),
    (
        Kind::Occupancy,
        60,
        r#"{"device":"hall","people":4,"capacity":10,"seats_taken":3,"entries_total":1234,"exits_total":1230}"#,
    ),
    (
        Kind::Door,
        300,
        r#"{"device":"front","event":"close","contact":"closed","lock":"locked","access":"controlled"}"#,
    ),
    (
        Kind::Amenity,
        300,
        r#"{"device":"microwave","amenity":"microwave","state":"ok","uses_total":532,"power_w":3}"#,
    ),
];

/// After this many seconds every device of every station has reported once.
pub const ROUND_S: usize = 300;

/// The stations, and a reading of each of their devices.
pub struct Fleet {
    stations: Vec<StationId>,
    readings: Vec<(usize, Reading)>,
    outbox: OutboxId,
    /// Of each station's outbox.
    next_seq: Vec<u64>,
}

impl Fleet {
    pub fn new(stations: usize) -> Result<Self> {
        let ids = (0..stations).map(|index| Ok(StationId::try_from(station_name(index).as_str())?));
        let readings = DEVICES.iter().map(|(kind, every_s, json)| Ok((*every_s, reading(*kind, json)?)));
        Ok(Self {
            stations: ids.collect::<Result<_>>()?,
            readings: readings.collect::<Result<_>>()?,
            outbox: OutboxId::try_from("0f8c4711")?,
            next_seq: vec![1; stations],
        })
    }

    /// What arrives in the simulated second `second`, with times counted from `begin_ms`. Stations and devices are spread over
    /// the seconds, which must come in order.
    pub fn second(&mut self, second: usize, begin_ms: i64) -> Vec<Entry> {
        let now_ms = begin_ms + second as i64 * 1000;
        let mut entries = Vec::new();
        for (device, (every_s, reading)) in self.readings.iter().enumerate() {
            // Not all devices of a station in the same second.
            let first = (second + device * 7) % every_s;
            let due = self.stations.iter().zip(&mut self.next_seq).skip(first).step_by(*every_s);
            for (station, next_seq) in due {
                let place =
                    Place { outbox: self.outbox.clone(), first_seq: *next_seq, count: 1, lost: Vec::new() };
                *next_seq += 1;
                let what = What::Batch(place, vec![Reading { ts: now_ms, ..vary(reading, now_ms) }]);
                entries.push(Entry { station: station.clone(), received_ms: now_ms + 50, what });
            }
        }
        entries
    }
}

fn reading(kind: Kind, json: &str) -> Result<Reading> {
    let mut decoded = Decoded::default();
    decode_channel(kind, json.as_bytes(), 0, &Limits::default(), &mut decoded);
    let accepted = decoded.accepted.pop().with_context(|| format!("not a valid reading: {json}"))?;
    DeviceId::try_from(accepted.reading.device.as_str())?;
    Ok(accepted.reading)
}

/// The same reading with values that move, as those of a real device do.
fn vary(reading: &Reading, ts: i64) -> Reading {
    let mut reading = reading.clone();
    let wave = (ts / 1000 % 50) as f64 / 100.0;
    match &mut reading.body {
        Body::Environment(body) => {
            body.temperature_c = body.temperature_c.map(|value| value + wave);
            body.co2_ppm = body.co2_ppm.map(|value| value + wave * 100.0);
        }
        Body::Occupancy(body) => body.people = body.people.map(|people| people + ts / 60_000 % 3),
        _ => {}
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_of_every_station_reports_as_often_as_the_profile_says() {
        let mut fleet = Fleet::new(700).unwrap();
        let all: Vec<Entry> =
            (0..ROUND_S).flat_map(|second| fleet.second(second, 1_763_800_000_000)).collect();
        assert_eq!(all.len(), 700 * (3 * 5 + 2));
        let one = all.iter().filter(|entry| entry.station.as_str() == "bench-00042").count();
        assert_eq!(one, 17);
    }
}
