//! `maintenance`: planned work, also while the hub runs.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use waystation_protocol::StationId;

use super::user::{ROLE, user};
use super::{ConfigFile, output};
use crate::calendar::Zone;
use crate::clock::now_ms;
use crate::operations::{Maintenance, Operations, new_id};
use crate::registry::Registry;

/// Say where work is planned: silence there is no outage and wakes nobody
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Works while the hub runs, which knows it within a second. Everything is noted in the audit log.

Examples:
  waystation-hub maintenance add --station dx-0001 --for 2h --why 换电池
  waystation-hub maintenance add --district 大兴区 --until \"2026-11-22 18:00\" --why 停电检修
  waystation-hub maintenance list
  waystation-hub maintenance end 3f0c9a1b5d7e2468")]
pub(super) enum Command {
    /// Plan work from now on
    Add {
        #[command(flatten)]
        whom: Whom,
        #[command(flatten)]
        end: End,
        /// Why, for whoever asks later
        #[arg(long)]
        why: String,
        /// Print the window as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Show the windows that have not ended
    List {
        /// Ended ones too: they are kept for 400 days
        #[arg(long)]
        all: bool,
        /// Print a JSON array
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// End a window now
    End {
        id: String,
        #[command(flatten)]
        config: ConfigFile,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Whom {
    #[arg(long, value_name = "ID")]
    station: Option<StationId>,
    /// Every station of a district
    #[arg(long)]
    district: Option<String>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct End {
    /// Like 90m, 2h or 3d
    #[arg(long = "for", value_name = "TIME")]
    length: Option<String>,
    /// Like "2026-11-22 18:00", by the clocks of [calendar] time_zone
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl End {
    fn ends_at(&self, now_ms: i64, zone: &Zone) -> anyhow::Result<i64> {
        match (&self.length, &self.until) {
            (Some(length), _) => Ok(now_ms + length_ms(length)?),
            (None, Some(until)) => zone.read(until).map_err(anyhow::Error::msg),
            (None, None) => bail!("give --for or --until"),
        }
    }
}

pub(super) fn run(command: Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add { whom, end, why, json, config } => {
            let config = config.load()?;
            let now_ms = now_ms();
            check_known(&whom, &Registry::open(&config.data_dir)?)?;
            let zone = config.calendar.zone();
            let Whom { station, district } = whom;
            let ends_at = end.ends_at(now_ms, &zone)?;
            let window =
                Maintenance { id: new_id()?, station, district, starts_at: now_ms, ends_at, by: user(), why };
            Operations::open(&config.data_dir, now_ms)?.add_maintenance(&window, ROLE, now_ms)?;
            if json {
                output::json(out, &window)?;
            } else {
                output::line(out, &format!("Until {}: {}", zone.show(ends_at), window.id))?;
            }
        }
        Command::List { all, json, config } => {
            let config = config.load()?;
            let now_ms = now_ms();
            let mut windows = Operations::open(&config.data_dir, now_ms)?.maintenance()?;
            windows.retain(|window| all || window.ends_at > now_ms);
            if json {
                output::json(out, &windows)?;
            } else {
                let zone = config.calendar.zone();
                windows.iter().try_for_each(|window| output::line(out, &shown(window, &zone)))?;
            }
        }
        Command::End { id, config } => {
            let now_ms = now_ms();
            let operations = Operations::open(&config.load()?.data_dir, now_ms)?;
            if !operations.end_maintenance(&id, &user(), ROLE, now_ms)? {
                bail!("there is no maintenance `{id}` that has not ended; `maintenance list` shows them all");
            }
            output::line(out, &format!("{id} has ended."))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A window for a mistyped name would protect nobody.
fn check_known(whom: &Whom, registry: &Registry) -> anyhow::Result<()> {
    let stations = registry.list()?;
    let known = |station: &StationId| stations.iter().any(|known| known.id == *station);
    if let Some(id) = whom.station.as_ref().filter(|id| !known(id)) {
        bail!("there is no station `{id}`; `station list` shows them all");
    }
    let Some(district) = &whom.district else { return Ok(()) };
    if !stations.iter().any(|station| station.district.as_deref() == Some(district.as_str())) {
        bail!("there is no station of district `{district}`; `station list` shows which there are");
    }
    Ok(())
}

fn shown(window: &Maintenance, zone: &Zone) -> String {
    let whom = window.station.as_ref().map(ToString::to_string);
    let whom = whom.or_else(|| window.district.clone()).unwrap_or_default();
    let (from, to) = (zone.show(window.starts_at), zone.show(window.ends_at));
    format!("{}  {from} – {to}  {whom}  {} ({})", window.id, window.why, window.by)
}

/// `90m`, `2h`, `3d` in ms.
fn length_ms(text: &str) -> anyhow::Result<i64> {
    let units = [("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let parsed = units.iter().find_map(|(unit, ms)| {
        let count: i64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        (count > 0).then_some(count)?.checked_mul(*ms)
    });
    parsed.with_context(|| format!("`{text}` is no length of time; write it like 90m, 2h or 3d"))
}
