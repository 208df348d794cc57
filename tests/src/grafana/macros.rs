//! Macros and variables in queries, as Grafana puts them in.

use std::collections::BTreeMap;

/// Points that a panel of usual width has room for.
const POINTS_MAX: i64 = 1_000;
/// `timeInterval` of the provisioned Prometheus, s.
const SCRAPE_S: i64 = 15;
/// Grafana rounds to one of these, s.
const INTERVALS_S: [i64; 12] = [1, 5, 10, 15, 30, 60, 300, 600, 1_800, 3_600, 10_800, 86_400];

/// What somebody chose at the top of a dashboard.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// ms since the Unix epoch.
    pub from: i64,
    pub to: i64,
    /// Values of variables; of one that has "all" chosen, its `allValue`.
    pub variables: BTreeMap<String, Choice>,
}

#[derive(Debug, Clone)]
pub enum Choice {
    Values(Vec<String>),
    /// Not escaped: it is a pattern already.
    All(String),
}

impl Choices {
    pub fn choose(&mut self, name: &str, values: &[&str]) {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.variables.insert(name.to_owned(), Choice::Values(values));
    }

    pub fn choose_all(&mut self, name: &str, pattern: &str) {
        self.variables.insert(name.to_owned(), Choice::All(pattern.to_owned()));
    }

    /// The interval of a panel, s.
    pub fn interval_s(&self, shortest: Option<&str>) -> i64 {
        let wanted = (self.to - self.from) / 1_000 / POINTS_MAX;
        let rounded = INTERVALS_S.into_iter().find(|interval| *interval >= wanted).unwrap_or(86_400);
        rounded.max(shortest.map_or(0, seconds))
    }

    /// The query as it reaches the store; panics if something in it is left that nothing stands for.
    pub fn put_in(&self, query: &str, shortest: Option<&str>) -> String {
        let interval = self.interval_s(shortest);
        let range = (self.to - self.from) / 1_000;
        let mut text = query.to_owned();
        for (name, value) in [
            ("$timeFilter", format!("time >= {}ms and time <= {}ms", self.from, self.to)),
            ("$__rate_interval", format!("{}s", (interval + SCRAPE_S).max(4 * SCRAPE_S))),
            ("$__interval_ms", (interval * 1_000).to_string()),
            ("$__interval", format!("{interval}s")),
            ("$__range_s", range.to_string()),
            ("$__range", format!("{range}s")),
        ] {
            text = text.replace(name, &value);
        }
        for (name, choice) in &self.variables {
            text = text.replace(&format!("${{{name}:regex}}"), &choice.as_pattern());
            text = text.replace(&format!("${{{name}}}"), &choice.plain());
            text = text.replace(&format!("${name}"), &choice.plain());
        }
        let left = text
            .split('$')
            .skip(1)
            .find(|after| after.starts_with(|c: char| c.is_alphanumeric() || c == '{'));
        assert!(left.is_none(), "nothing stands for ${} in {query}", left.unwrap_or_default());
        text
    }
}

impl Choice {
    fn as_pattern(&self) -> String {
        match self {
            Self::All(pattern) => pattern.clone(),
            Self::Values(values) => {
                let escaped: Vec<String> = values.iter().map(|value| escape(value)).collect();
                if let [one] = escaped.as_slice() { one.clone() } else { format!("({})", escaped.join("|")) }
            }
        }
    }

    fn plain(&self) -> String {
        match self {
            Self::All(pattern) => pattern.clone(),
            Self::Values(values) => values.join(","),
        }
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if "\\^$*+?.()|[]{}/".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// `15s`, `5m`, `1h`, `1d`.
fn seconds(interval: &str) -> i64 {
    let (number, unit) = interval.split_at(interval.len() - 1);
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        other => panic!("an unknown unit: {other}"),
    };
    number.parse::<i64>().expect("a number") * factor
}
