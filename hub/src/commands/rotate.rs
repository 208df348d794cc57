//! `station rotate-token --online`: a new token that nobody carries.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use tokio::time::sleep;
use waystation_protocol::StationId;

use super::user::{ROLE, user};
use super::{ConfigFile, output, runtime};
use crate::clock::now_ms;
use crate::operations::{Operations, OperationsError, Rotation};
use crate::registry::Registry;

/// How often is looked whether the station has it.
const LOOK: Duration = Duration::from_millis(250);

/// Whether the token goes over the station's own connection.
#[derive(Debug, Args)]
pub(super) struct Online {
    /// Send it to the station over its own connection, instead of showing it
    #[arg(long)]
    pub online: bool,
    /// Wait so many seconds for the station to log in with it; exit code 1 if it has not
    #[arg(long, value_name = "SECONDS", requires = "online")]
    wait: Option<u64>,
}

/// Notes that the station was given a token by hand. That is done, and stands, should the note fail.
pub(super) fn overtake(id: &StationId, config: &ConfigFile) {
    note(config, |operations| operations.rotation_overtaken(id.as_str()));
}

/// Forgets what was set for a station that is removed.
pub(super) fn forget(id: &StationId, config: &ConfigFile) {
    note(config, |operations| operations.forget_station(id.as_str()));
}

fn note(config: &ConfigFile, change: impl FnOnce(&Operations) -> Result<(), OperationsError>) {
    let noted = || -> anyhow::Result<()> {
        let folder = config.load()?.data_dir;
        Ok(change(&Operations::open(&folder, now_ms())?)?)
    };
    if let Err(error) = noted() {
        eprintln!("waystation-hub: a rotation that is under way could not be ended: {error:#}");
    }
}

/// Asks for it, and waits if wanted.
pub(super) fn run(
    out: &mut impl Write,
    id: &StationId,
    online: &Online,
    json: bool,
    config: &ConfigFile,
) -> anyhow::Result<ExitCode> {
    let config = config.load()?;
    if !Registry::open(&config.data_dir)?.list()?.iter().any(|station| station.id == *id) {
        bail!("there is no station `{id}`; `station list` shows them all");
    }
    let operations = Operations::open(&config.data_dir, now_ms())?;
    let asked = operations.ask_rotation(id.as_str(), (&user(), ROLE), now_ms())?;
    let rotation = match online.wait {
        Some(seconds) => wait(&operations, id, Duration::from_secs(seconds))?,
        None => asked,
    };
    match json {
        true => output::json(out, &rotation)?,
        false => output::line(out, &text(&rotation))?,
    }
    let is_good = online.wait.is_none() || rotation.state == "done";
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The rotation once it has ended, or as it stands when the time is up.
fn wait(operations: &Operations, id: &StationId, most: Duration) -> anyhow::Result<Rotation> {
    let until = Instant::now() + most;
    let ended = async {
        loop {
            let rotation = operations.rotation(id.as_str())?;
            let is_over = |found: &Rotation| matches!(found.state.as_str(), "done" | "refused");
            if rotation.as_ref().is_none_or(is_over) || Instant::now() >= until {
                return Ok::<_, OperationsError>(rotation);
            }
            sleep(LOOK).await;
        }
    };
    let rotation = runtime::small().context("no runtime")?.block_on(ended)?;
    rotation.with_context(|| format!("the station `{id}` was removed meanwhile"))
}

fn text(rotation: &Rotation) -> String {
    let said = match rotation.state.as_str() {
        "done" => "has logged in with its new token; the old one has ended.",
        "sent" => "was sent a new token, and has not logged in with it yet; the old one is still good.",
        "insecure" => {
            "is connected without TLS, so that others could read a token on its way: connect it by mqtts://. It is sent one \
             then; the old one is still good."
        }
        "refused" => "refused the new token; the old one is still good.",
        _ => {
            "gets a new token from a running hub when it is connected and listens; the old one is good until then."
        }
    };
    let detail = rotation.detail.as_deref().filter(|detail| !detail.is_empty());
    let detail = detail.map(|detail| format!(" It says: {detail}")).unwrap_or_default();
    format!("Station {} {said}{detail}", rotation.station)
}
