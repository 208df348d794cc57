//! Reads keys one by one, so that all mistakes come up at once: a wrong value, a missing key, an unknown one.

use super::mistake::{Mistake, Mistakes, What};
use super::places::{Place, Places};
use super::size::parse_bytes;
use crate::connection::HubAddress;
use crate::texts::Message;
use config::builder::DefaultState;
use config::{Config, ConfigBuilder, Environment, File, FileFormat, Value, ValueKind};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use waystation_protocol::{DeviceId, Kind, StationId};

type Builder = ConfigBuilder<DefaultState>;

/// Sections of hub.toml. Their environment variables carry the same prefix, and both programs may share one
/// environment, so they are no mistake here when they come from it.
const HUB_SECTIONS: [&str; 9] =
    ["alerts", "commands", "history", "http", "influx", "log", "metrics", "mqtt", "presence"];

/// A type that a key's text stands for.
pub trait Wanted: FromStr {
    /// The name of the text, of the group `mistake`, that says what it must be.
    const TEXT: &'static str;
}

impl Wanted for StationId {
    const TEXT: &'static str = "station";
}
impl Wanted for DeviceId {
    const TEXT: &'static str = "device";
}
impl Wanted for HubAddress {
    const TEXT: &'static str = "hub";
}
impl Wanted for Kind {
    const TEXT: &'static str = "kind";
}
impl Wanted for SocketAddr {
    const TEXT: &'static str = "socket";
}
impl Wanted for u16 {
    const TEXT: &'static str = "word";
}
impl Wanted for String {
    const TEXT: &'static str = "text";
}

/// What the file and the environment say, by dotted key; a key leaves when it is read.
pub struct Keys {
    file: PathBuf,
    values: BTreeMap<String, Value>,
    places: Places,
    mistakes: Vec<Mistake>,
}

impl Keys {
    pub fn load(path: Option<&Path>, default: &Path) -> Result<Self, Mistakes> {
        let file = path.unwrap_or(default);
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && path.is_none() => String::new(),
            Err(error) => return Err(of_file(file, Message::new("file").with("error", error))),
        };
        let environment = Environment::with_prefix("WAYSTATION").prefix_separator("_").separator("__");
        Self::read(file, &text, |builder| builder.add_source(environment))
    }

    /// Keys of a TOML text that came with the program or from a file of its own.
    pub fn of_text(file: &Path, text: &str) -> Result<Self, Mistakes> {
        Self::read(file, text, |builder| builder)
    }

    fn read(file: &Path, text: &str, more: impl FnOnce(Builder) -> Builder) -> Result<Self, Mistakes> {
        let mut places = Places::of_text(text).map_err(|errors| {
            let mistake = |(place, error)| whole(place, Message::new("no_toml").with("error", error));
            Mistakes { file: file.to_owned(), list: errors.into_iter().map(mistake).collect() }
        })?;
        let builder = more(Config::builder().add_source(File::from_str(text, FileFormat::Toml)));
        let read =
            builder.build().map_err(|error| of_file(file, Message::new("other").with("error", error)))?;
        let mut values = BTreeMap::new();
        flatten("", read.cache, &mut values);
        let set = values.iter().filter(|(_, value)| is_variable(value));
        set.for_each(|(key, _)| places.add_variable(key));
        Ok(Self { file: file.to_owned(), values, places, mistakes: Vec::new() })
    }

    /// The result, or all mistakes; what is left over was never asked for.
    pub fn finish<T>(mut self, result: Option<T>) -> Result<T, Mistakes> {
        let unknown =
            std::mem::take(&mut self.values).into_iter().filter(|(key, value)| !is_hubs(key, value));
        unknown.for_each(|(key, _)| self.mistake(&key, Message::new("unknown")));
        // In the order of the file.
        self.mistakes.sort_by(|left, right| left.place.cmp(&right.place));
        match result {
            Some(result) if self.mistakes.is_empty() => Ok(result),
            _ => Err(Mistakes { file: self.file, list: self.mistakes }),
        }
    }

    pub fn mistake(&mut self, key: &str, what: Message) {
        self.push(key, What::Here(what));
    }

    /// Mistakes in a file that the key names.
    pub fn mistakes_inside(&mut self, key: &str, Mistakes { file, list }: Mistakes) {
        list.into_iter().for_each(|mistake| self.push(key, What::Inside(file.clone(), Box::new(mistake))));
    }

    fn push(&mut self, key: &str, what: What) {
        self.mistakes.push(Mistake { key: key.to_owned(), place: self.places.of(key), what });
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
            let wanted = if *most == f64::MAX { "number_least" } else { "number" };
            self.mistake(key, Message::new(wanted).with("from", least).with("to", most));
        }
        good
    }

    pub fn path(&mut self, key: &str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    pub fn optional<T: Wanted>(&mut self, key: &str) -> Option<T> {
        let text = self.text(key)?;
        text.parse().map_err(|_| self.mistake(key, Message::new(T::TEXT))).ok()
    }

    pub fn required<T: Wanted>(&mut self, key: &str) -> Option<T> {
        if !self.values.contains_key(key) {
            self.mistake(key, Message::new("missing"));
        }
        self.optional(key)
    }

    pub fn switch(&mut self, key: &str, default: bool) -> bool {
        match self.text(key).as_deref() {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(_) => {
                self.mistake(key, Message::new("switch"));
                default
            }
        }
    }

    pub fn whole(&mut self, key: &str, default: u64, range: RangeInclusive<u64>) -> Option<u64> {
        let Some(text) = self.text(key) else { return Some(default) };
        self.within(key, text.parse().ok(), range, "whole")
    }

    pub fn bytes(&mut self, key: &str, default: u64, range: RangeInclusive<u64>) -> Option<u64> {
        let Some(text) = self.text(key) else { return Some(default) };
        self.within(key, parse_bytes(&text), range, "bytes")
    }

    fn within(
        &mut self,
        key: &str,
        value: Option<u64>,
        range: RangeInclusive<u64>,
        what: &'static str,
    ) -> Option<u64> {
        let good = value.filter(|value| range.contains(value));
        if good.is_none() {
            self.mistake(key, Message::new(what).with("from", range.start()).with("to", range.end()));
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

fn is_variable(value: &Value) -> bool {
    value.origin().is_some_and(|origin| origin.contains("environment"))
}

fn whole(place: Option<Place>, what: Message) -> Mistake {
    Mistake { key: String::new(), place, what: What::Here(what) }
}

fn of_file(file: &Path, what: Message) -> Mistakes {
    Mistakes { file: file.to_owned(), list: vec![whole(None, what)] }
}

fn is_hubs(key: &str, value: &Value) -> bool {
    let section = key.split(['.', '[']).next().unwrap_or(key);
    HUB_SECTIONS.contains(&section) && is_variable(value)
}
