//! `[[sources.exec]]`: a command that prints readings.

use super::{SourceName, seconds};
use crate::config::keys::Keys;
use crate::texts::Message;
use std::time::Duration;

/// A command whose lines are readings.
#[derive(Debug, Clone)]
pub struct ExecSource {
    pub name: SourceName,
    /// Program and arguments; no shell.
    pub command: Vec<String>,
    /// Run so often; `None`: it stays, and is started again when it ends.
    pub every: Option<Duration>,
    /// How long a run of one that does not stay may take.
    pub timeout: Duration,
}

pub(super) fn read(keys: &mut Keys, item: &str, name: SourceName) -> Option<ExecSource> {
    let key = format!("{item}.command");
    let command = keys.texts(&key);
    if command.is_empty() {
        keys.mistake(&key, Message::new("command"));
    }
    let every_key = format!("{item}.every_s");
    let every =
        if keys.has(&every_key) { seconds(keys, &every_key, 60, 1..=86_400).map(Some) } else { Some(None) };
    let timeout = seconds(keys, &format!("{item}.timeout_s"), 30, 1..=3600);
    Some(ExecSource { name, command, every: every?, timeout: timeout? })
}
