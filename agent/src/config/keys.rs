//! Reads keys one by one, so that all mistakes come up at once: a wrong value, a missing key, an unknown one.

use super::size::parse_bytes;
use config::{Config, ConfigError, Environment, File, FileFormat, Value, ValueKind};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use thiserror::Error;

/// Sections of hub.toml. Their environment variables carry the same prefix, and both programs may share one
/// environment, so they are no mistake here when they come from it.
const HUB_SECTIONS: [&str; 9] =
    ["alerts", "commands", "history", "http", "influx", "log", "metrics", "mqtt", "presence"];

/// Every mistake in a configuration.
#[derive(Debug, Error)]
pub struct Mistakes {
    file: PathBuf,
    list: Vec<String>,
}

impl Mistakes {
    pub fn list(&self) -> &[String] {
        &self.list
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} mistake(s) in the configuration ({}):", self.list.len(), self.file.display())?;
        self.list.iter().try_for_each(|mistake| write!(formatter, "\n  {mistake}"))
    }
}

/// What the file and the environment say, by dotted key; a key leaves when it is read.
pub struct Keys {
    file: PathBuf,
    values: BTreeMap<String, Value>,
    mistakes: Vec<String>,
}

impl Keys {
    pub fn load(path: Option<&Path>, default: &Path) -> Result<Self, Mistakes> {
        let file = path.unwrap_or(default).to_owned();
        let read = Config::builder()
            .add_source(File::from(file.as_path()).format(FileFormat::Toml).required(path.is_some()))
            .add_source(Environment::with_prefix("WAYSTATION").prefix_separator("_").separator("__"))
            .build();
        Self::of_tree(file, read)
    }

    fn of_tree(file: PathBuf, read: Result<Config, ConfigError>) -> Result<Self, Mistakes> {
        match read {
            Ok(read) => {
                let mut values = BTreeMap::new();
                flatten("", read.cache, &mut values);
                Ok(Self { file, values, mistakes: Vec::new() })
            }
            Err(error) => Err(Mistakes { list: vec![error.to_string()], file }),
        }
    }

    /// Keys of a TOML text that came with the program or from a file of its own.
    pub fn of_text(file: &Path, text: &str) -> Result<Self, Mistakes> {
        let read = Config::builder().add_source(File::from_str(text, FileFormat::Toml)).build();
        Self::of_tree(file.to_owned(), read)
    }

    /// The result, or all mistakes; what is left over was never asked for.
    pub fn finish<T>(mut self, result: Option<T>) -> Result<T, Mistakes> {
        let left: Vec<_> = self.values.iter().filter(|(key, value)| !is_hubs(key, value)).collect();
        let unknown = left.iter().map(|(key, value)| format!("{key}{}: unknown key", origin(value)));
        self.mistakes.extend(unknown.collect::<Vec<_>>());
        match result {
            Some(result) if self.mistakes.is_empty() => Ok(result),
            _ => Err(Mistakes { file: self.file, list: self.mistakes }),
        }
    }

    pub fn mistake(&mut self, key: &str, what: &str) {
        self.mistakes.push(format!("{key}: {what}"));
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        self.values.remove(key)?.into_string().ok()
    }

    /// The keys of a list's items, in order: `sources.modbus` gives `sources.modbus[0]`, `sources.modbus[1]` …
    pub fn items(&self, list: &str) -> Vec<String> {
        let of_item = |index: usize| format!("{list}[{index}]");
        (0..).map(of_item).take_while(|item| self.has(item)).collect()
    }

    /// The names of the members of a table, such as the keys of `[sources.modbus.names]`.
    pub fn names(&self, table: &str) -> Vec<String> {
        let prefix = format!("{table}.");
        let mut names: Vec<_> = self
            .values
            .keys()
            .filter_map(|key| key.strip_prefix(&prefix)?.split(['.', '[']).next())
            .map(str::to_owned)
            .collect();
        names.dedup();
        names
    }

    /// Whether something is said under this key: a value, a table or a list.
    pub fn has(&self, key: &str) -> bool {
        let inside = |found: &String| found[key.len()..].starts_with(['.', '[']);
        self.values
            .range(key.to_owned()..)
            .take_while(|(found, _)| found.starts_with(key))
            .any(|(found, _)| found == key || inside(found))
    }

    /// Drops what is said under a key that is wrong as a whole.
    pub fn forget(&mut self, key: &str) {
        let inside = |found: &str| found.strip_prefix(key).is_some_and(|rest| rest.starts_with(['.', '[']));
        self.values.retain(|found, _| found != key && !inside(found));
    }

    /// A list of texts.
    pub fn texts(&mut self, key: &str) -> Vec<String> {
        self.items(key).iter().filter_map(|item| self.text(item)).collect()
    }

    /// A finite number.
    pub fn number(&mut self, key: &str, default: f64, range: RangeInclusive<f64>) -> Option<f64> {
        let Some(text) = self.text(key) else { return Some(default) };
        let good = text.parse().ok().filter(|number| range.contains(number));
        if good.is_none() {
            let (least, most) = (range.start(), range.end());
            let wanted = match *most == f64::MAX {
                true => format!("must be a number of at least {least}"),
                false => format!("must be a number from {least} to {most}"),
            };
            self.mistake(key, &wanted);
        }
        good
    }

    pub fn path(&mut self, key: &str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    pub fn optional<T: FromStr<Err: fmt::Display>>(&mut self, key: &str) -> Option<T> {
        let text = self.text(key)?;
        text.parse().map_err(|error| self.mistake(key, &format!("{error}"))).ok()
    }

    pub fn required<T: FromStr<Err: fmt::Display>>(&mut self, key: &str) -> Option<T> {
        if !self.values.contains_key(key) {
            self.mistake(key, "is missing");
        }
        self.optional(key)
    }

    pub fn switch(&mut self, key: &str, default: bool) -> bool {
        match self.text(key).as_deref() {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(_) => {
                self.mistake(key, "must be true or false");
                default
            }
        }
    }

    pub fn whole(&mut self, key: &str, default: u64, range: RangeInclusive<u64>) -> Option<u64> {
        let Some(text) = self.text(key) else { return Some(default) };
        self.within(key, text.parse().ok(), range, "")
    }

    pub fn bytes(&mut self, key: &str, default: u64, range: RangeInclusive<u64>) -> Option<u64> {
        let Some(text) = self.text(key) else { return Some(default) };
        self.within(key, parse_bytes(&text), range, " bytes, such as \"512MiB\"")
    }

    fn within(
        &mut self,
        key: &str,
        value: Option<u64>,
        range: RangeInclusive<u64>,
        unit: &str,
    ) -> Option<u64> {
        let good = value.filter(|value| range.contains(value));
        if good.is_none() {
            self.mistake(key, &format!("must be {} to {}{unit}", range.start(), range.end()));
        }
        good
    }
}

fn flatten(prefix: &str, value: Value, out: &mut BTreeMap<String, Value>) {
    match value.kind {
        ValueKind::Table(table) => {
            for (key, value) in table {
                let dotted = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
                flatten(&dotted, value, out);
            }
        }
        ValueKind::Array(items) => {
            for (index, item) in items.into_iter().enumerate() {
                flatten(&format!("{prefix}[{index}]"), item, out);
            }
        }
        _ => {
            out.insert(prefix.to_owned(), value);
        }
    }
}

fn origin(value: &Value) -> String {
    value.origin().map_or_else(String::new, |origin| format!(" (from {origin})"))
}

fn is_hubs(key: &str, value: &Value) -> bool {
    let section = key.split(['.', '[']).next().unwrap_or(key);
    HUB_SECTIONS.contains(&section) && value.origin().is_some_and(|origin| origin.contains("environment"))
}
