//! Stations that publish as fast as they are acknowledged, through every crash of the hub, and remember exactly what
//! the hub promised to keep.

mod station;

pub use station::{Sent, Style};

use crate::hub::Login;
use crate::influxd::Influxd;
use crate::wait::{until, until_some};
use station::Station;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

/// Running stations.
pub struct Load {
    stations: Vec<JoinHandle<Sent>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    /// Readings acknowledged, over all stations.
    acknowledged: AtomicU64,
}

impl Load {
    /// Starts one thread a station; the styles are dealt out in turn.
    pub fn start(hub: SocketAddr, logins: &[Login], styles: &[Style]) -> Self {
        let shared = Arc::new(Shared::default());
        let start = |(login, style): (&Login, &Style)| {
            let station = Station::new(hub, login.clone(), *style, shared.clone());
            std::thread::spawn(move || station.run())
        };
        let stations = logins.iter().zip(styles.iter().cycle()).map(start).collect();
        Self { stations, shared }
    }

    pub fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(Ordering::Relaxed)
    }

    /// Returns once so many more readings are acknowledged.
    pub fn wait_acknowledged(&self, more: u64) {
        let goal = self.acknowledged() + more;
        until("readings are acknowledged", || self.acknowledged() >= goal || self.has_failed());
    }

    /// Lets every station wait for its last acknowledgements; gives what each sent.
    pub fn finish(self) -> Vec<Sent> {
        self.shared.stopping.store(true, Ordering::Relaxed);
        let join = |station: JoinHandle<Sent>| station.join().expect("a station's thread panicked");
        self.stations.into_iter().map(join).collect()
    }

    fn has_failed(&self) -> bool {
        assert!(!self.stations.iter().any(JoinHandle::is_finished), "a station's thread panicked");
        false
    }
}

/// Waits until InfluxDB holds every acknowledged reading of these stations; panics if it holds anything that was not
/// sent, or a reading with another value. A reading stands there at most once: InfluxDB's key is the same triple of
/// station, device and time; that nothing else stands there shows that no key was changed on the way.
pub fn check_stored(influxd: &Influxd, sent: &[Sent]) {
    for station in sent {
        let missing = || {
            let stored = stored(influxd, &station.station);
            let missing: Vec<_> = station.acknowledged().filter(|(ts, _)| !stored.contains_key(ts)).collect();
            eprintln!("{}: {} stored, {} missing", station.station, stored.len(), missing.len());
            missing.is_empty().then_some(stored)
        };
        let stored = until_some(&format!("everything of {} is in InfluxDB", station.station), missing);
        for (ts, value) in stored {
            assert_eq!(station.value_at(ts), Some(value), "{} at {ts}", station.station);
        }
    }
}

/// Time to value, over all series of the station.
fn stored(influxd: &Influxd, station: &str) -> BTreeMap<i64, i64> {
    let rows = influxd
        .rows(&format!("SELECT co2_ppm FROM environment WHERE station = '{station}' AND device = 'env-1'"));
    let stored: BTreeMap<i64, i64> = rows
        .iter()
        .map(|row| {
            let value = row["co2_ppm"].as_f64().expect("a float");
            #[allow(clippy::cast_possible_truncation)]
            (row["time"].as_i64().expect("a time"), value as i64)
        })
        .collect();
    assert_eq!(stored.len(), rows.len(), "{station}: a time stands there twice, in two series");
    stored
}
