//! `agent.toml`: every key with its default, and every mistake in one run.
//!
//! ```toml
//! station = "jb-001"
//! token_file = "/var/lib/waystation-agent/token"   # or token = "wst_…"
//! hub = "mqtts://hub.example:8883"
//! ca = "/etc/waystation/ca.pem"          # default: what the system trusts
//! data_dir = "/var/lib/waystation-agent"
//!
//! [outbox]
//! max_bytes = "1GiB"                     # beyond it old readings are thinned, then dropped, and reported as lost
//! max_hours = 168                        # the hub refuses what is older
//! segment_bytes = "1MiB"
//! commit_delay_ms = 20                   # gathers readings that somebody waits for into one fsync
//! commit_interval_s = 10                 # and those that nobody waits for
//!
//! [batch]
//! readings_max = 500
//! bytes_max = "190KiB"
//! zstd = true
//!
//! [sources.jsonl]
//! path = "/run/waystation-agent/readings.sock"
//! listen = "127.0.0.1:7070"              # loopback only: there is no login
//!
//! [sources.stdin]
//! enabled = false
//! exit_at_end = false
//!
//! [report]                               # of sources that are polled; the defaults are listed in docs/agent/outbox.md
//! intervals_s = { environment = 60 }     # what is unchanged is told again after so long
//! min_interval_s = 5
//! [report.environment]
//! temperature_c = 0.2                    # smaller changes are not told
//!
//! [[doors]]                              # those that a command may open
//! device = "front"                       # a source must tell its contact or lock, or nothing confirms that it opened
//! unlock = { exec = ["/usr/local/bin/open-door"] }   # or { mqtt = "name of a source", topic = "…", payload = "…" }
//!                                        # or { http = { url = "…", method = "POST", body = "…", token_file = "…", ca = "…" } }
//! confirm_s = 10
//!
//! [gateway]
//! interval_s = 60                        # the agent's own readings; 0: none
//! device = "gateway"
//! ```

mod doors;
mod keys;
mod mistake;
mod places;
mod report;
mod size;
mod sources;
#[cfg(test)]
mod tests;

pub use doors::{Door, HttpLock, Unlock};
pub use mistake::Mistakes;
pub use sources::*;

use crate::connection::HubAddress;
use crate::files;
use crate::intake::Reporting;
use crate::texts::Message;
use keys::Keys;
use std::path::{Path, PathBuf};
use std::time::Duration;
use waystation_protocol::{DeviceId, StationId};

/// Where the configuration is looked for when no path is given: in the working directory, then where the package
/// has it.
pub const DEFAULT_PATHS: [&str; 2] = ["agent.toml", "/etc/waystation/agent.toml"];

/// The configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub station: StationId,
    pub token: Option<String>,
    /// Where the token came from; the hub's new one goes there.
    pub token_file: Option<PathBuf>,
    pub hub: HubAddress,
    pub ca: Option<PathBuf>,
    pub data_dir: PathBuf,
    pub outbox: Outbox,
    pub batch: Batch,
    pub sources: Sources,
    pub doors: Vec<Door>,
    pub report: Reporting,
    pub gateway: Gateway,
}

/// The outbox on disk.
#[derive(Debug, Clone)]
pub struct Outbox {
    pub max_bytes: u64,
    pub segment_bytes: u64,
    /// The oldest reading that is kept.
    pub age_max: Duration,
    /// How long readings that somebody waits for, or that are vital, wait for others to share an fsync.
    pub commit_delay: Duration,
    /// How long all others do.
    pub commit_interval: Duration,
}

/// Batches on the wire.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    pub readings_max: usize,
    /// Before compression.
    pub bytes_max: usize,
    pub zstd: bool,
}

/// The agent's own readings.
#[derive(Debug, Clone)]
pub struct Gateway {
    pub device: DeviceId,
    /// None: no readings of its own.
    pub interval: Option<Duration>,
}

impl Config {
    /// Reads the file and the environment (`WAYSTATION_SECTION__KEY`). Without a path, the first of
    /// [`DEFAULT_PATHS`] that is there, or else an empty one.
    ///
    /// # Errors
    /// Every mistake, not only the first.
    pub fn load(path: Option<&Path>) -> Result<Self, Mistakes> {
        let found = DEFAULT_PATHS.map(Path::new).into_iter().find(|path| path.exists());
        let mut keys = Keys::load(path, found.unwrap_or(Path::new(DEFAULT_PATHS[0])))?;
        let config = Self::from_keys(&mut keys);
        keys.finish(config)
    }

    fn from_keys(keys: &mut Keys) -> Option<Self> {
        // Each section is read before any `?`, so that every mistake is met.
        let station = keys.required("station");
        let (token, token_file) = token(keys);
        let hub = keys.required("hub");
        let ca = keys.path("ca");
        let data_dir = keys.path("data_dir").unwrap_or_else(|| "agent-data".into());
        let outbox = outbox(keys);
        let batch = batch(keys);
        let report = report::report(keys);
        let gateway = gateway(keys);
        let sources = sources::read(keys, gateway.as_ref().map(|gateway| &gateway.device));
        let doors = doors::read(keys, sources.as_ref().map(|sources| &*sources.mqtt).unwrap_or_default());
        Some(Self {
            station: station?,
            token,
            token_file,
            hub: hub?,
            ca,
            data_dir,
            outbox: outbox?,
            batch: batch?,
            report: report?,
            sources: sources?,
            doors,
            gateway: gateway?,
        })
    }
}

/// The token, and the file that it came from.
fn token(keys: &mut Keys) -> (Option<String>, Option<PathBuf>) {
    let (token, file) = (keys.text("token"), keys.path("token_file"));
    let read = match (token, &file) {
        (Some(_), Some(_)) => {
            keys.mistake("token", Message::new("token_twice"));
            None
        }
        (Some(token), None) => Some(token),
        (None, Some(path)) => match files::read_small(path) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(error) => {
                keys.mistake(
                    "token_file",
                    Message::new("unreadable").with("path", path.display()).with("error", error),
                );
                None
            }
        },
        (None, None) => None,
    };
    (read, file)
}

fn outbox(keys: &mut Keys) -> Option<Outbox> {
    let max_bytes = keys.bytes("outbox.max_bytes", 1 << 30, 1 << 20..=1 << 50);
    let segment_bytes = keys.bytes("outbox.segment_bytes", 1 << 20, 64 << 10..=1 << 30);
    let max_hours = keys.whole("outbox.max_hours", 168, 1..=8_760);
    let commit_delay_ms = keys.whole("outbox.commit_delay_ms", 20, 0..=10_000);
    let commit_interval_s = keys.whole("outbox.commit_interval_s", 10, 0..=3_600);
    Some(Outbox {
        max_bytes: max_bytes?,
        segment_bytes: segment_bytes?,
        age_max: Duration::from_secs(max_hours? * 3600),
        commit_delay: Duration::from_millis(commit_delay_ms?),
        commit_interval: Duration::from_secs(commit_interval_s?),
    })
}

fn batch(keys: &mut Keys) -> Option<Batch> {
    let readings_max = keys.whole("batch.readings_max", 500, 1..=10_000);
    // A packet of more than 256 KiB is refused by the hub; random bytes grow a little under zstd.
    let bytes_max = keys.bytes("batch.bytes_max", 190 << 10, 1 << 10..=240 << 10);
    let zstd = keys.switch("batch.zstd", true);
    Some(Batch {
        readings_max: usize::try_from(readings_max?).ok()?,
        bytes_max: usize::try_from(bytes_max?).ok()?,
        zstd,
    })
}

fn gateway(keys: &mut Keys) -> Option<Gateway> {
    let interval_s = keys.whole("gateway.interval_s", 60, 0..=86_400)?;
    let device = keys.optional("gateway.device").or_else(|| DeviceId::try_from("gateway").ok())?;
    Some(Gateway { device, interval: (interval_s > 0).then(|| Duration::from_secs(interval_s)) })
}
