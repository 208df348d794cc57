//! Prometheus' Alertmanager, API v2: it is told the state. What fires is sent again before its `endsAt`, so that an
//! alert ends by itself there when the hub is gone. Grouping, repeats and people are its own business.
//! <https://prometheus.io/docs/alerting/latest/alerts_api/>

use jiff::Timestamp;
use reqwest::{Client, Url};
use serde_json::{Map, Value, json};

use super::super::client;
use super::super::notice::{Event, Notice};
use super::super::outcome::Outcome;
use super::super::words::{Lang, Words, languages};
use super::{authorised, with_json};
use crate::config::{Channel, Severity};

/// How often what fires is sent again, ms. Prometheus itself does so every minute.
pub const REFRESH_MS: i64 = 60_000;
/// How long an alert lasts there without being sent again, ms: four may be lost.
const LASTS_MS: i64 = 5 * REFRESH_MS;
/// Stations named in an annotation.
const STATIONS_NAMED: usize = 50;

pub(super) async fn send(
    http: &Client,
    url: &Url,
    config: &Channel,
    notices: &[Notice],
    words: &Words,
    now_ms: i64,
) -> Outcome {
    let mut alerts = Vec::with_capacity(notices.len());
    for notice in notices {
        alerts.push(alert(notice, notice.alert.severity, ends_at(notice, now_ms), config, words));
        if let Some(was) = notice.was.filter(|was| *was != notice.alert.severity) {
            // The severity is a label, and another label is another alert: the old one is over.
            alerts.push(alert(notice, was, now_ms, config, words));
        }
    }
    let request = authorised(http.post(join(url, &["api", "v2", "alerts"])), config);
    client::send(with_json(request, &Value::Array(alerts)), None).await
}

/// Whether it says that it is ready.
pub(super) async fn probe(http: &Client, url: &Url, config: &Channel) -> Outcome {
    let request = authorised(http.get(join(url, &["-", "ready"])), config);
    client::send(request, None).await
}

fn ends_at(notice: &Notice, now_ms: i64) -> i64 {
    match (notice.event, notice.alert.ends_at) {
        (Event::Test, _) => now_ms + REFRESH_MS,
        // It refuses what ends before it begins.
        (_, Some(ends_at)) => ends_at.max(notice.alert.starts_at),
        (_, None) => now_ms + LASTS_MS,
    }
}

fn alert(notice: &Notice, severity: Severity, ends_at: i64, config: &Channel, words: &Words) -> Value {
    let alert = &notice.alert;
    let name = if notice.event == Event::Test { "waystation_test" } else { notice.rule() };
    let mut labels = Map::new();
    let mut label = |name: &str, value: &str| labels.insert(name.to_owned(), value.into());
    label("alertname", name);
    label("severity", severity.as_str());
    label("job", "waystation");
    label("fingerprint", &alert.fingerprint);
    if let Some(station) = &alert.station {
        label("station", station.as_str());
    }
    if let Some(district) = &alert.district {
        label("district", district);
    }
    if let Some(device) = &alert.device {
        label("device", device);
    }
    if let Some(common) = &alert.common {
        label("factor", common.factor.as_str());
        label("common", &common.value);
    }
    let lang = languages(config.language)[0];
    let stations = alert.stations.iter().take(STATIONS_NAMED).map(|id| words.station(id.as_str(), Lang::Zh));
    let mut posted = json!({
        "labels": labels,
        "annotations": {
            "summary": words.title(notice, lang),
            "description": words.advice(notice, lang),
            "title_zh": words.title(notice, Lang::Zh), "title_en": words.title(notice, Lang::En),
            "advice_zh": words.advice(notice, Lang::Zh), "advice_en": words.advice(notice, Lang::En),
            "stations": stations.collect::<Vec<_>>().join(", "),
            "stations_count": alert.stations.len().to_string(),
        },
        "startsAt": rfc3339(alert.starts_at),
        "endsAt": rfc3339(ends_at),
    });
    if let Some(link) = words.link(notice) {
        posted["generatorURL"] = link.into();
    }
    posted
}

fn rfc3339(ts_ms: i64) -> String {
    Timestamp::from_millisecond(ts_ms).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// The base's own path is kept.
fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    // Only addresses without a host have no path segments, and those were refused.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}
