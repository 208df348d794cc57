//! Outages as points for InfluxDB: one for each time without contact, at its start, written again whenever it changes.
//!
//! The parts of an outage (the link was down, then the station) come and go while late readings arrive, and InfluxDB
//! forgets no point that is not written any more. So a point is the whole of it, whose start never moves: it says what
//! most of it was, and how long each part.

use super::availability::{Outage, OutageKind};
use super::silences::Silence;
use super::store::Store;
use crate::influx::{DerivedError, DerivedPoint, DerivedSource, Measurement};
use crate::registry::SharedDirectory;
use std::sync::Arc;
use waystation_protocol::{StationId, Value};

/// The source of the points; its numbers are the revisions of `state.db`.
pub struct OutagePoints {
    store: Arc<Store>,
    directory: SharedDirectory,
    now_ms: fn() -> i64,
}

impl OutagePoints {
    #[must_use]
    pub fn new(store: Arc<Store>, directory: SharedDirectory, now_ms: fn() -> i64) -> Self {
        Self { store, directory, now_ms }
    }
}

impl DerivedSource for OutagePoints {
    fn name(&self) -> &'static str {
        "outages"
    }

    fn points_after(
        &self,
        place: i64,
        limit: usize,
        take: &mut dyn FnMut(&DerivedPoint<'_>),
    ) -> Result<i64, DerivedError> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let changed = self.store.silences_since(place, limit);
        let changed = changed.map_err(|error| DerivedError(error.to_string()))?;
        let (directory, now_ms) = (self.directory.load(), (self.now_ms)());
        for (_, station, silence) in &changed {
            let known = directory.station(station.as_str());
            take(&DerivedPoint {
                measurement: Measurement::Outage,
                station: Some(station.as_str()),
                district: known.and_then(|known| known.district.as_deref()),
                fields: fields(&Spans::of(station, silence, now_ms), silence.ends_at().is_none()),
                ts: silence.starts_at(),
                ..DerivedPoint::default()
            });
        }
        Ok(changed.last().map_or(place, |(revision, ..)| *revision))
    }
}

/// How long it was what, ms; of one that lasts, until now.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Spans {
    down: i64,
    link_down: i64,
    unknown: i64,
}

impl Spans {
    fn of(station: &StationId, silence: &Silence, now_ms: i64) -> Self {
        let mut spans = Self::default();
        silence.outages(station, |Outage { starts_at, ends_at, kind, .. }| {
            let ms = ends_at.unwrap_or(now_ms).saturating_sub(starts_at).max(0);
            match kind {
                OutageKind::StationDown => spans.down += ms,
                OutageKind::LinkDown => spans.link_down += ms,
                OutageKind::Unknown => spans.unknown += ms,
            }
        });
        spans
    }

    /// What it was for the longest time; of equals what blames the station more, the careful reading.
    fn kind(&self) -> OutageKind {
        if self.down >= self.link_down.max(self.unknown) {
            OutageKind::StationDown
        } else if self.unknown >= self.link_down {
            OutageKind::Unknown
        } else {
            OutageKind::LinkDown
        }
    }
}

fn fields(spans: &Spans, open: bool) -> Vec<(&'static str, Value<'static>)> {
    let seconds = |ms: i64| Value::Float(ms as f64 / 1_000.0);
    vec![
        ("kind", Value::Text(spans.kind().as_str())),
        ("open", Value::Bool(open)),
        ("duration_s", seconds(spans.down + spans.link_down + spans.unknown)),
        ("down_s", seconds(spans.down)),
        ("link_down_s", seconds(spans.link_down)),
        ("unknown_s", seconds(spans.unknown)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::schema;
    use crate::registry::{Directory, NewStation, TokenHash};

    const NOW: i64 = 10_000_000;

    struct Case {
        folder: tempfile::TempDir,
        source: OutagePoints,
        place: i64,
    }

    impl Case {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Arc::new(Store::open(folder.path(), || NOW).unwrap());
            let station = NewStation { district: "江北区".into(), ..NewStation::named("jb-1") };
            let directory = Directory::new(vec![(station.check().unwrap(), TokenHash::of(b"x"))], vec![]);
            let source = OutagePoints::new(store, directory.shared(), || NOW);
            Self { folder, source, place: 0 }
        }

        /// Saves a silence, and checks the points that are due then.
        fn check(&mut self, station: &str, silence: Silence, expected: &[&str]) {
            let mut connection = schema::open_writer(&self.folder.path().join("state.db")).unwrap();
            let transaction = connection.transaction().unwrap();
            super::super::outage_rows::save(&transaction, [(station, [silence].as_slice())], NOW).unwrap();
            transaction.commit().unwrap();
            self.due(expected);
        }

        fn due(&mut self, expected: &[&str]) {
            let mut found = Vec::new();
            let mut take = |point: &DerivedPoint<'_>| {
                let fields = point.fields.iter().map(|(name, value)| match value {
                    Value::Text(text) => format!("{name}={text}"),
                    Value::Float(number) => format!("{name}={number}"),
                    Value::Bool(truth) => format!("{name}={truth}"),
                    Value::Count(_) => panic!("{name} is a count"),
                });
                let fields = fields.collect::<Vec<_>>().join(" ");
                let (station, district) = (point.station.unwrap(), point.district.unwrap_or("-"));
                found.push(format!("{station} {district} {} {fields}", point.ts));
            };
            self.place = self.source.points_after(self.place, 100, &mut take).unwrap();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_outage_is_one_point_that_tells_how_it_goes_on() {
        let mut case = Case::new();
        case.due(&[]);
        let begins = Silence::restored(9_000_000, None, vec![], vec![]);
        case.check(
            "jb-1",
            begins,
            &["jb-1 江北区 9000000 kind=station_down open=true duration_s=1000 down_s=1000 link_down_s=0 unknown_s=0"],
        );
        case.due(&[]);
        let ends = Silence::restored(9_000_000, Some(9_900_000), vec![(9_800_000, 9_900_000)], vec![]);
        case.check(
            "jb-1",
            ends,
            &["jb-1 江北区 9000000 kind=station_down open=false duration_s=900 down_s=800 link_down_s=0 unknown_s=100"],
        );
        // The outbox comes, and shows that the hut worked nearly all the time.
        let late = Silence::restored(9_000_000, Some(9_900_000), vec![], vec![(9_000_000, 9_850_000)]);
        case.check(
            "jb-1",
            late,
            &["jb-1 江北区 9000000 kind=link_down open=false duration_s=900 down_s=50 link_down_s=850 unknown_s=0"],
        );
        let blind = Silence::restored(9_990_000, None, vec![(9_990_000, i64::MAX)], vec![]);
        case.check(
            "jb-9",
            blind,
            &["jb-9 - 9990000 kind=unknown open=true duration_s=10 down_s=0 link_down_s=0 unknown_s=10"],
        );
    }

    #[test]
    fn outages_from_before_there_were_points_become_points() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let connection = schema::open_writer(&path).unwrap();
        connection
            .execute_batch(
                "DROP INDEX outage_by_revision; ALTER TABLE outage DROP COLUMN revision; PRAGMA user_version = 3;
                 INSERT INTO outage (station, starts_at, ends_at) VALUES ('jb-1', 5, 9), ('jb-1', 2, 3);",
            )
            .unwrap();
        drop(connection);
        let store = Store::open(folder.path(), || NOW).unwrap();
        let starts: Vec<i64> =
            store.silences_since(0, 9).unwrap().iter().map(|(_, _, silence)| silence.starts_at()).collect();
        assert_eq!(starts, [5, 2]);
    }
}
