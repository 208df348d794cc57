//! `[[sources.line]]`: a door contact as a file, FIFO or character device.

use super::conversion::Conversion;
use super::map::spec;
use super::{SourceName, modbus::choice, seconds};
use crate::config::keys::Keys;
use crate::texts::Message;
use std::path::PathBuf;
use std::time::Duration;
use waystation_protocol::{DeviceId, Kind, members};

/// A file whose lines or bytes are states.
#[derive(Debug, Clone)]
pub struct LineSource {
    pub name: SourceName,
    pub path: PathBuf,
    pub device: DeviceId,
    pub kind: Kind,
    pub member: &'static str,
    pub conversion: Conversion,
    /// Each byte is a state, instead of each line.
    pub by_byte: bool,
    /// A state counts once it has lasted so long: contacts bounce.
    pub debounce: Duration,
    /// How often a regular file (such as a GPIO's `value`) is read.
    pub poll: Duration,
    /// The state is said again so often, changed or not.
    pub every: Duration,
}

pub(super) fn read(keys: &mut Keys, item: &str, name: SourceName) -> Option<LineSource> {
    let path = keys.required::<String>(&format!("{item}.path")).map(PathBuf::from);
    let device = keys.required(&format!("{item}.device"));
    let kind_key = format!("{item}.kind");
    let kind = if keys.has(&kind_key) { keys.optional(&kind_key) } else { Some(Kind::Door) };
    let member_key = format!("{item}.member");
    let member = keys.text(&member_key).unwrap_or_else(|| "contact".to_owned());
    let by_byte = choice(keys, &format!("{item}.framing"), &[("line", false), ("byte", true)]);
    let debounce_ms = keys.whole(&format!("{item}.debounce_ms"), 50, 0..=10_000);
    let poll_ms = keys.whole(&format!("{item}.poll_ms"), 200, 10..=60_000);
    let every = seconds(keys, &format!("{item}.every_s"), 300, 1..=86_400);
    let member = spec(members(kind?), &member);
    let Some(member) = member else {
        keys.mistake(&member_key, Message::new("member"));
        return None;
    };
    let conversion = Conversion::read(keys, item, member)?;
    if conversion.values.is_empty() && member.name == "contact" {
        keys.mistake(&format!("{item}.values"), Message::new("line_values"));
    }
    Some(LineSource {
        name,
        path: path?,
        device: device?,
        kind: kind?,
        member: member.name,
        conversion,
        by_byte: by_byte?,
        debounce: Duration::from_millis(debounce_ms?),
        poll: Duration::from_millis(poll_ms?),
        every: every?,
    })
}
