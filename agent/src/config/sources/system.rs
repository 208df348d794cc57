//! `[sources.system]`: the gateway's own health, which goes into its `gateway` readings.

use crate::config::keys::Keys;
use crate::texts::Message;
use std::path::PathBuf;

/// What the machine is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemSource {
    /// Processor, memory, and the signal of a wireless interface.
    pub is_enabled: bool,
    /// A file that holds the signal in dBm, such as a modem's helper writes.
    pub signal_file: Option<PathBuf>,
    /// A command that prints it.
    pub signal_command: Vec<String>,
    pub nut: Option<NutSource>,
}

/// A UPS behind a NUT server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NutSource {
    pub ups: String,
    /// HOST:PORT.
    pub address: String,
}

impl Default for SystemSource {
    fn default() -> Self {
        Self { is_enabled: true, signal_file: None, signal_command: Vec::new(), nut: None }
    }
}

pub(super) fn read(keys: &mut Keys) -> SystemSource {
    SystemSource {
        is_enabled: keys.switch("sources.system.enabled", true),
        signal_file: keys.path("sources.system.signal_file"),
        signal_command: keys.texts("sources.system.signal_command"),
        nut: nut(keys, "sources.system.nut"),
    }
}

fn nut(keys: &mut Keys, key: &str) -> Option<NutSource> {
    let text = keys.text(key)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match text.split_once('@') {
        Some((ups, host)) if !ups.is_empty() && !host.is_empty() && ups.chars().all(allowed) => {
            let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            let address = if has_port { host.to_owned() } else { format!("{host}:3493") };
            Some(NutSource { ups: ups.to_owned(), address })
        }
        _ => {
            keys.mistake(key, Message::new("ups"));
            None
        }
    }
}
