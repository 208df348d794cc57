//! Line protocol: what one entry of the log looks like in InfluxDB.
//!
//! One measurement a kind; `slot` has a line for each slot of a cabinet; `presence` one for each change. Tags stand
//! in the order of their names, as InfluxDB wants them. A tag is never repeated as a field. `door` has one field of
//! its own, `events` (integer, always 1, on every line with an `event`): an event whose members are all tags would
//! have no field, and InfluxDB knows no point without one; `sum("events")` counts them by any tag.
//! Timestamps are milliseconds. No line holds a control character, so a newline ends a line and nothing else.

use super::batch::Lines;
use crate::entry::{Entry, PresenceChange, What};
use waystation_protocol::{Body, Reading, Slot, Value, VoltageClass};

/// The measurements that the hub writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Measurement {
    #[default]
    Door,
    Cabinet,
    Slot,
    Swap,
    Occupancy,
    Environment,
    Amenity,
    Fund,
    Gateway,
    Presence,
    /// Derived: what the registry says, outages, utilisation of an hour and of a day, and alerts.
    Station,
    Outage,
    UtilisationHour,
    UtilisationDay,
    Alert,
}

impl Measurement {
    /// The name in InfluxDB.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Door => "door",
            Self::Cabinet => "cabinet",
            Self::Slot => "slot",
            Self::Swap => "swap",
            Self::Occupancy => "occupancy",
            Self::Environment => "environment",
            Self::Amenity => "amenity",
            Self::Fund => "fund",
            Self::Gateway => "gateway",
            Self::Presence => "presence",
            Self::Station => "station",
            Self::Outage => "outage",
            Self::UtilisationHour => "utilisation_1h",
            Self::UtilisationDay => "utilisation_1d",
            Self::Alert => "alert",
        }
    }

    const fn of(body: &Body) -> Self {
        match body {
            Body::Door(_) => Self::Door,
            Body::Cabinet(_) => Self::Cabinet,
            Body::Swap(_) => Self::Swap,
            Body::Occupancy(_) => Self::Occupancy,
            Body::Environment(_) => Self::Environment,
            Body::Amenity(_) => Self::Amenity,
            Body::Fund(_) => Self::Fund,
            Body::Gateway(_) => Self::Gateway,
        }
    }
}

/// The tags that every line of an entry has: where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    pub station: &'a str,
    /// Free text of the registry; absent for a station that is not (or no longer) registered.
    pub district: Option<&'a str>,
}

/// Appends the lines of one reading.
pub fn write_reading(origin: Origin<'_>, reading: &Reading, lines: &mut Lines) {
    lines.station(origin.station);
    let (before, after) = body_tags(&reading.body);
    let tags = Tags { origin, before, device: Some(reading.device.as_str()), after, slot: None };
    lines.line(Measurement::of(&reading.body), |out| {
        let mut line = Line::begin(out, Measurement::of(&reading.body), &tags);
        if matches!(&reading.body, Body::Door(door) if door.event.is_some()) {
            line.field("events", Value::Count(1));
        }
        reading.body.visit(&mut |name, value| {
            if !tags.has(name) {
                line.field(name, value);
            }
        });
        line.end(reading.ts)
    });
    if let Body::Cabinet(cabinet) = &reading.body {
        for slot in cabinet.slots.iter().flatten() {
            write_slot(origin, reading, slot, lines);
        }
    }
}

/// Appends the line of a presence entry; other entries without readings have no place in InfluxDB.
pub fn write_other(origin: Origin<'_>, entry: &Entry, lines: &mut Lines) {
    if let What::Presence(PresenceChange { state, ts, agent }) = &entry.what {
        lines.station(origin.station);
        let tags = Tags { origin, before: None, device: None, after: [None; 3], slot: None };
        lines.line(Measurement::Presence, |out| {
            let mut line = Line::begin(out, Measurement::Presence, &tags);
            line.field("state", Value::Text(state.as_str()));
            if let Some(agent) = agent {
                line.field("agent", Value::Text(agent));
            }
            line.end(*ts)
        });
    }
}

/// A point that the hub has worked out, with a timestamp that stays the same when it is worked out again.
#[derive(Debug, Clone, Default)]
pub struct DerivedPoint<'a> {
    pub measurement: Measurement,
    /// Absent for what is no single station's.
    pub station: Option<&'a str>,
    pub district: Option<&'a str>,
    /// Tag of utilisation: what sort of station it is, which no query may mix.
    pub kind: Option<&'static str>,
    /// Tags of alerts: a station may have several at one time.
    pub rule: Option<&'static str>,
    /// What tells alerts of one rule and device apart.
    pub fingerprint: Option<&'a str>,
    pub device: Option<&'a str>,
    pub class: Option<VoltageClass>,
    pub slot: Option<i64>,
    pub fields: Vec<(&'static str, Value<'a>)>,
    /// ms since the Unix epoch.
    pub ts: i64,
}

/// Appends the line of a derived point; one without a field is none.
pub fn write_derived(point: &DerivedPoint<'_>, lines: &mut Lines) {
    let station = point.station.unwrap_or_default();
    lines.station(station);
    let rule = point.rule.map(|rule| ("rule", rule));
    let origin = Origin { station, district: point.district };
    let fingerprint = point.fingerprint.map(|fingerprint| ("fingerprint", fingerprint));
    let before = point.class.map(|class| ("class", class.as_str()));
    let kind = point.kind.map(|kind| ("kind", kind));
    let after = [fingerprint, kind, rule];
    let tags = Tags { origin, before, device: point.device, after, slot: point.slot };
    lines.line(point.measurement, |out| {
        let mut line = Line::begin(out, point.measurement, &tags);
        for (name, value) in &point.fields {
            line.field(name, *value);
        }
        line.end(point.ts)
    });
}

/// A slot of which nothing but its number and class is known has no field, hence no line.
fn write_slot(origin: Origin<'_>, reading: &Reading, slot: &Slot, lines: &mut Lines) {
    let before = slot.class.map(|class| ("class", class.as_str()));
    let device = Some(reading.device.as_str());
    let tags = Tags { origin, before, device, after: [None; 3], slot: slot.slot };
    lines.line(Measurement::Slot, |out| {
        let mut line = Line::begin(out, Measurement::Slot, &tags);
        slot.visit(&mut |name, value| {
            if name != "slot" && name != "class" {
                line.field(name, value);
            }
        });
        line.end(reading.ts)
    });
}

type Tag = Option<(&'static str, &'static str)>;

/// The members of a reading that are tags: one that sorts before `device`, those that sort after `district`.
fn body_tags(body: &Body) -> (Tag, [Tag; 3]) {
    match body {
        Body::Door(door) => {
            let event = door.event.map(|event| ("event", event.as_str()));
            (None, [event, door.method.map(|method| ("method", method.as_str())), None])
        }
        Body::Swap(swap) => {
            let class = swap.class.map(|class| ("class", class.as_str()));
            (class, [swap.result.map(|result| ("result", result.as_str())), None, None])
        }
        Body::Amenity(amenity) => (amenity.amenity.map(|which| ("amenity", which.as_str())), [None; 3]),
        _ => (None, [None; 3]),
    }
}

/// The tags of a line, in the order in which they are written.
struct Tags<'a> {
    origin: Origin<'a>,
    before: Tag,
    device: Option<&'a str>,
    after: [Option<(&'static str, &'a str)>; 3],
    slot: Option<i64>,
}

impl Tags<'_> {
    fn has(&self, name: &str) -> bool {
        self.before.iter().chain(self.after.iter().flatten()).any(|(tag, _)| *tag == name)
    }

    /// Ids and choices are plain words by their patterns; only the district is free text.
    fn write(&self, out: &mut Vec<u8>) {
        let tag = |out: &mut Vec<u8>, name: &str, value: &str| {
            out.push(b',');
            out.extend_from_slice(name.as_bytes());
            out.push(b'=');
            out.extend_from_slice(value.as_bytes());
        };
        if let Some((name, value)) = self.before {
            tag(out, name, value);
        }
        if let Some(device) = self.device {
            tag(out, "device", device);
        }
        if let Some(district) = self.origin.district.filter(|district| !district.is_empty()) {
            out.extend_from_slice(b",district=");
            write_tag_text(out, district);
        }
        for (name, value) in self.after.iter().flatten() {
            tag(out, name, value);
        }
        if let Some(slot) = self.slot {
            tag(out, "slot", itoa::Buffer::new().format(slot));
        }
        // Only a derived point may be of no station.
        if !self.origin.station.is_empty() {
            tag(out, "station", self.origin.station);
        }
    }
}

/// A line that is being written.
struct Line<'a> {
    out: &'a mut Vec<u8>,
    fields: usize,
}

impl<'a> Line<'a> {
    fn begin(out: &'a mut Vec<u8>, measurement: Measurement, tags: &Tags<'_>) -> Self {
        out.extend_from_slice(measurement.as_str().as_bytes());
        tags.write(out);
        Self { out, fields: 0 }
    }

    fn field(&mut self, name: &str, value: Value<'_>) {
        if matches!(value, Value::Float(number) if !number.is_finite()) {
            return; // InfluxDB has no way to write it; the protocol lets none in.
        }
        self.out.push(if self.fields == 0 { b' ' } else { b',' });
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'=');
        self.fields += 1;
        match value {
            Value::Float(number) => {
                self.out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
            }
            Value::Count(count) => {
                self.out.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
                self.out.push(b'i');
            }
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            Value::Text(text) => write_field_text(self.out, text),
        }
    }

    /// Whether it is a line: one without a field is none, and is taken back by the caller.
    fn end(self, ts_ms: i64) -> bool {
        self.out.push(b' ');
        self.out.extend_from_slice(itoa::Buffer::new().format(ts_ms).as_bytes());
        self.out.push(b'\n');
        self.fields > 0
    }
}

/// Text of a tag. A backslash has no form that every store reads alike (1.x keeps it before most characters, others
/// unescape it, at the end it would swallow the comma), so it is written as a slash.
fn write_tag_text(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b',' | b'=' | b' ' => out.extend_from_slice(&[b'\\', byte]),
            b'\\' => out.push(b'/'),
            0..=0x1f | 0x7f => out.extend_from_slice(b"\\ "),
            _ => out.push(byte),
        }
    }
}

fn write_field_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..=0x1f | 0x7f => out.push(b' '),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
