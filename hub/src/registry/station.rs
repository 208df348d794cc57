//! What the registry knows about a station, and the checks that a new one passes.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::Serialize;
use waystation_protocol::StationId;

use super::Mistake;
use crate::calendar::{Calendar, Hours, Zone};
use crate::texts::Said;

/// Longest name, address part or host type, in characters.
const TEXT_CHARS_MAX: usize = 100;
/// Largest room that is believed; the largest known holds some 500 m².
const CAPACITY_MAX: u32 = 100_000;

/// Columns of the CSV import, in the order of the documentation; only `id` is required.
pub const COLUMNS: [&str; 14] = [
    "id",
    "name_zh",
    "name_en",
    "city",
    "district",
    "street",
    "grid",
    "latitude",
    "longitude",
    "kind",
    "host_type",
    "opening_hours",
    "capacity",
    "time_zone",
];

/// A registered station.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Station {
    pub id: StationId,
    /// May be empty, as may `name_en`.
    pub name_zh: CompactString,
    pub name_en: CompactString,
    pub city: Option<CompactString>,
    pub district: Option<CompactString>,
    pub street: Option<CompactString>,
    pub grid: Option<CompactString>,
    /// WGS-84 degrees; present together with the longitude or not at all.
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub kind: StationKind,
    /// Who runs the room: a union, a bank, a petrol station…
    pub host_type: Option<CompactString>,
    /// `24h`, or `HH:MM-HH:MM` in the station's own time; past midnight when the end is before the start.
    pub opening_hours: Option<CompactString>,
    /// People that the room is made for.
    pub capacity: Option<u32>,
    /// IANA name; absent: that of the configuration.
    pub time_zone: Option<CompactString>,
}

impl Station {
    /// When it is open, in its own time; without hours of its own all day.
    #[must_use]
    pub fn calendar(&self, default_zone: &Zone) -> Calendar {
        // Both passed `NewStation::check`; what a hand wrote into the file is as good as absent.
        let hours = self.opening_hours.as_deref().and_then(|hours| Hours::parse(hours).ok());
        let zone = self.time_zone.as_deref().and_then(|zone| Zone::parse(zone).ok());
        Calendar::new(zone.unwrap_or_else(|| default_zone.clone()), hours.unwrap_or_default())
    }
}

/// What sort of station it is. Figures of different kinds are never added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StationKind {
    /// 暖心驿站
    #[default]
    Rest,
    /// 心灵驿站
    Counselling,
    /// 工间活动站
    InFactory,
}

impl StationKind {
    pub const ALL: [StationKind; 3] = [StationKind::Rest, StationKind::Counselling, StationKind::InFactory];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StationKind::Rest => "rest",
            StationKind::Counselling => "counselling",
            StationKind::InFactory => "in_factory",
        }
    }

    /// The name that operators use.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            StationKind::Rest => "暖心驿站",
            StationKind::Counselling => "心灵驿站",
            StationKind::InFactory => "工间活动站",
        }
    }
}

impl fmt::Display for StationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for StationKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        StationKind::ALL.into_iter().find(|kind| kind.as_str() == text || kind.zh() == text).ok_or_else(|| {
            format!("`{text}` is no kind; write rest (暖心驿站), counselling (心灵驿站) or in_factory (工间活动站)")
        })
    }
}

/// A station as somebody typed it: text that nobody has looked at. Empty is absent.
#[derive(Debug, Clone, Default)]
pub struct NewStation {
    pub id: String,
    pub name_zh: String,
    pub name_en: String,
    pub city: String,
    pub district: String,
    pub street: String,
    pub grid: String,
    pub latitude: String,
    pub longitude: String,
    pub kind: String,
    pub host_type: String,
    pub opening_hours: String,
    pub capacity: String,
    pub time_zone: String,
}

impl NewStation {
    /// A station of which only the id is known.
    pub fn named(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// The member that goes by a column's name.
    pub fn column_mut(&mut self, column: &str) -> Option<&mut String> {
        Some(match column {
            "id" => &mut self.id,
            "name_zh" => &mut self.name_zh,
            "name_en" => &mut self.name_en,
            "city" => &mut self.city,
            "district" => &mut self.district,
            "street" => &mut self.street,
            "grid" => &mut self.grid,
            "latitude" => &mut self.latitude,
            "longitude" => &mut self.longitude,
            "kind" => &mut self.kind,
            "host_type" => &mut self.host_type,
            "opening_hours" => &mut self.opening_hours,
            "capacity" => &mut self.capacity,
            "time_zone" => &mut self.time_zone,
            _ => return None,
        })
    }

    /// The checked station, or every mistake in it.
    pub fn check(&self) -> Result<Station, Vec<Mistake>> {
        let mut checker = Checker::default();
        checker.pair(&self.latitude, &self.longitude);
        let id = checker.parse("id", &self.id, station_id);
        let station = Station {
            name_zh: checker.text("name_zh", &self.name_zh).unwrap_or_default(),
            name_en: checker.text("name_en", &self.name_en).unwrap_or_default(),
            city: checker.text("city", &self.city),
            district: checker.text("district", &self.district),
            street: checker.text("street", &self.street),
            grid: checker.text("grid", &self.grid),
            latitude: checker.optional("latitude", &self.latitude, |text| degrees(text, 90.0)),
            longitude: checker.optional("longitude", &self.longitude, |text| degrees(text, 180.0)),
            kind: checker.optional("kind", &self.kind, kind).unwrap_or_default(),
            host_type: checker.text("host_type", &self.host_type),
            opening_hours: checker.optional("opening_hours", &self.opening_hours, opening_hours),
            capacity: checker.optional("capacity", &self.capacity, capacity),
            time_zone: checker.optional("time_zone", &self.time_zone, time_zone),
            id: match id {
                Some(id) => id,
                None => return Err(checker.mistakes),
            },
        };
        if checker.mistakes.is_empty() { Ok(station) } else { Err(checker.mistakes) }
    }
}

#[derive(Default)]
struct Checker {
    mistakes: Vec<Mistake>,
}

impl Checker {
    fn parse<T>(
        &mut self,
        column: &'static str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, Said>,
    ) -> Option<T> {
        parse(text.trim()).map_err(|text| self.mistakes.push(Mistake { column, text })).ok()
    }

    fn optional<T>(
        &mut self,
        column: &'static str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, Said>,
    ) -> Option<T> {
        if text.trim().is_empty() { None } else { self.parse(column, text, parse) }
    }

    fn text(&mut self, column: &'static str, text: &str) -> Option<CompactString> {
        self.optional(column, text, |text| {
            if text.chars().count() > TEXT_CHARS_MAX {
                Err(Said::new("refusal.text_too_long").with("most", TEXT_CHARS_MAX))
            } else if text.chars().any(char::is_control) {
                Err(Said::new("refusal.control_character"))
            } else {
                Ok(CompactString::new(text))
            }
        })
    }

    fn pair(&mut self, latitude: &str, longitude: &str) {
        let column = match (latitude.trim().is_empty(), longitude.trim().is_empty()) {
            (true, false) => "latitude",
            (false, true) => "longitude",
            _ => return,
        };
        let text = Said::new("refusal.half_position");
        self.mistakes.push(Mistake { column, text });
    }
}

fn station_id(text: &str) -> Result<StationId, Said> {
    StationId::try_from(text).map_err(|error| Said::new("refusal.station_id").with("pattern", error.pattern))
}

fn kind(text: &str) -> Result<StationKind, Said> {
    StationKind::from_str(text).map_err(|_| Said::new("refusal.no_kind").with("text", text))
}

fn degrees(text: &str, limit: f64) -> Result<f64, Said> {
    match text.parse::<f64>() {
        Ok(degrees) if degrees.abs() <= limit => Ok(degrees),
        Ok(_) => Err(Said::new("refusal.degrees_range").with("text", text).with("limit", limit)),
        Err(_) => Err(Said::new("refusal.no_degrees").with("text", text)),
    }
}

fn capacity(text: &str) -> Result<u32, Said> {
    text.parse()
        .ok()
        .filter(|people| (1..=CAPACITY_MAX).contains(people))
        .ok_or_else(|| Said::new("refusal.no_capacity").with("text", text).with("most", CAPACITY_MAX))
}

fn opening_hours(text: &str) -> Result<CompactString, Said> {
    let hours = Hours::parse(text).map_err(|_| Said::new("refusal.no_hours").with("text", text));
    hours.map(|_| CompactString::new(text))
}

fn time_zone(text: &str) -> Result<CompactString, Said> {
    let zone = Zone::parse(text).map_err(|_| Said::new("refusal.no_time_zone").with("text", text));
    zone.map(|_| CompactString::new(text))
}
