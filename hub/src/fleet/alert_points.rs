//! Alerts as points for InfluxDB: one for each alert, at its start, written again whenever it changes.

use super::alerts::Alert;
use super::store::Store;
use crate::influx::{DerivedError, DerivedPoint, DerivedSource, Measurement};
use waystation_protocol::{StationId, Value};

impl DerivedSource for Store {
    fn name(&self) -> &'static str {
        "alerts"
    }

    fn points_after(
        &self,
        place: i64,
        limit: usize,
        take: &mut dyn FnMut(&DerivedPoint<'_>),
    ) -> Result<i64, DerivedError> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let changed = self.alerts_since(place, limit).map_err(|error| DerivedError(error.to_string()))?;
        for (_, alert) in &changed {
            let titles = [alert.title("zh"), alert.title("en")];
            take(&point(alert, &titles));
        }
        Ok(changed.last().map_or(place, |(revision, _)| *revision))
    }
}

fn point<'a>(alert: &'a Alert, [zh, en]: &'a [String; 2]) -> DerivedPoint<'a> {
    let mut fields = vec![
        ("id", Value::Text(&alert.id)),
        ("state", Value::Text(alert.state().as_str())),
        ("severity", Value::Text(alert.severity.as_str())),
        ("stations", Value::Float(alert.stations.len() as f64)),
        ("title_zh", Value::Text(zh)),
        ("title_en", Value::Text(en)),
    ];
    if let Some(ends_at) = alert.ends_at {
        fields.push(("duration_s", Value::Float((ends_at - alert.starts_at) as f64 / 1_000.0)));
    }
    let value = |name: &str| alert.values.get(name).map(String::as_str);
    DerivedPoint {
        measurement: Measurement::Alert,
        station: alert.station.as_ref().map(StationId::as_str),
        district: alert.district.as_deref(),
        kind: None,
        rule: Some(alert.rule.as_str()),
        fingerprint: Some(&alert.fingerprint),
        device: alert.device.as_deref(),
        class: value("class").and_then(|class| class.parse().ok()),
        slot: value("slot").and_then(|slot| slot.parse().ok()),
        fields,
        ts: alert.starts_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Rule, Severity};
    use std::collections::BTreeMap;

    #[test]
    fn an_alert_is_a_point_at_its_start() {
        let alert = Alert {
            id: "0123456789abcdef".into(),
            fingerprint: "fedcba9876543210".into(),
            rule: Rule::CellHot,
            severity: Severity::Warning,
            station: Some("jb-001".try_into().unwrap()),
            district: Some("江北区".into()),
            device: Some("cabinet-1".into()),
            stations: vec!["jb-001".try_into().unwrap()],
            common: None,
            starts_at: 1_000,
            ends_at: Some(61_500),
            evidence: Vec::new(),
            values: BTreeMap::from([("slot".to_owned(), "7".to_owned())]),
        };
        let titles = [alert.title("zh"), alert.title("en")];
        let point = point(&alert, &titles);
        assert_eq!(
            (point.station, point.device, point.slot, point.class),
            (Some("jb-001"), Some("cabinet-1"), Some(7), None)
        );
        assert_eq!((point.rule, point.ts), (Some("cell_hot"), 1_000));
        // What tells two groups apart that begin at once.
        assert_eq!(point.fingerprint, Some("fedcba9876543210"));
        let field =
            |name: &str| point.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        assert_eq!(field("duration_s"), Some(Value::Float(60.5)));
        assert_eq!(field("state"), Some(Value::Text("resolved")));
        assert!(matches!(field("title_zh"), Some(Value::Text(title)) if !title.is_empty()));
    }
}
