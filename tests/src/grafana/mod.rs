//! Grafana's dashboards without Grafana: what stands in the committed JSON, and what Grafana would ask the stores.

mod columns;
mod macros;

pub use columns::columns_after;
pub use macros::{Choice, Choices};

use serde_json::Value;
use std::path::{Path, PathBuf};

/// One committed dashboard.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// `zh-CN` or `en`.
    pub edition: String,
    /// Of its file, without the extension.
    pub name: String,
    pub json: Value,
}

/// A query of a panel.
#[derive(Debug, Clone)]
pub struct Target {
    pub query: Query,
    /// The shortest interval that its panel asks for.
    pub interval: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// InfluxQL; a table, or lines.
    Influx { text: String, is_table: bool },
    /// `PromQL`; now, or over time.
    Prometheus { text: String, is_instant: bool },
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards/grafana")
}

/// All dashboards of an edition, by name.
pub fn edition(edition: &str) -> Vec<Dashboard> {
    let folder = folder().join(edition);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a dashboard");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Dashboard { edition: edition.to_owned(), name, json }
    };
    paths.iter().map(read).collect()
}

impl Dashboard {
    pub fn uid(&self) -> &str {
        self.json["uid"].as_str().expect("a uid")
    }

    /// Its panels; rows are headings.
    pub fn panels(&self) -> Vec<&Value> {
        let panels = self.json["panels"].as_array().expect("panels");
        panels.iter().filter(|panel| panel["type"] != "row").collect()
    }

    pub fn variables(&self) -> Vec<&Value> {
        self.json["templating"]["list"].as_array().expect("variables").iter().collect()
    }

    /// Where it begins when it is opened, hours before now.
    pub fn hours(&self) -> i64 {
        let from = self.json["time"]["from"].as_str().expect("a time");
        let length = from.strip_prefix("now-").expect("a length");
        let (number, unit) = length.split_at(length.len() - 1);
        number.parse::<i64>().expect("a number") * if unit == "d" { 24 } else { 1 }
    }
}

/// What a panel asks.
pub fn targets(panel: &Value) -> Vec<Target> {
    let interval = panel["interval"].as_str().map(str::to_owned);
    let text = |target: &Value, member: &str| target[member].as_str().unwrap_or_default().to_owned();
    let target = |target: &Value| {
        let query = match target["datasource"]["type"].as_str() {
            Some("influxdb") => {
                Query::Influx { text: text(target, "query"), is_table: target["resultFormat"] == "table" }
            }
            Some("prometheus") => {
                Query::Prometheus { text: text(target, "expr"), is_instant: target["instant"] == true }
            }
            other => panic!("an unknown data source: {other:?}"),
        };
        Target { query, interval: interval.clone() }
    };
    panel["targets"].as_array().expect("targets").iter().map(target).collect()
}

/// Every text in a value, with where it stands.
pub fn texts(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((place.to_owned(), text.clone())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                texts(item, &format!("{place}[{index}]"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                texts(member, &format!("{place}.{name}"), found);
            }
        }
        _ => {}
    }
}
