//! `station configure`: what a station reports and how often, set and shown.

use std::io::Write;

use anyhow::bail;
use clap::Args;
use waystation_protocol::{INTERVAL_S_MAX, Kind, Reporting, StationId};

use super::user::{ROLE, user};
use super::{ConfigFile, output};
use crate::calendar::Zone;
use crate::clock::now_ms;
use crate::operations::{Operations, StationConfiguration};
use crate::registry::Registry;

/// What to change; nothing: show what is set.
#[derive(Debug, Args)]
pub(super) struct Settings {
    /// Longest silence of the devices of a kind, in seconds, such as environment=60
    #[arg(long = "interval", value_name = "KIND=SECONDS", value_parser = interval)]
    intervals: Vec<(Kind, u32)>,
    /// Smallest change of a number that is told, in its unit, such as environment.temperature_c=0.2
    #[arg(long = "deadband", value_name = "KIND.MEMBER=CHANGE", value_parser = deadband)]
    deadbands: Vec<(Kind, String, f64)>,
    /// Least time between two readings of a device that differ in measured numbers only
    #[arg(long, value_name = "SECONDS")]
    min_interval: Option<u32>,
    /// Forget what was set before; alone, the station reports by its own configuration again
    #[arg(long)]
    reset: bool,
}

impl Settings {
    fn is_empty(&self) -> bool {
        self.intervals.is_empty() && self.deadbands.is_empty() && self.min_interval.is_none() && !self.reset
    }

    fn report(self) -> Reporting {
        let mut report = Reporting {
            intervals_s: self.intervals.into_iter().collect(),
            min_interval_s: self.min_interval,
            ..Reporting::default()
        };
        for (kind, member, deadband) in self.deadbands {
            report.deadbands.entry(kind).or_default().insert(member, deadband);
        }
        report
    }
}

/// Sets what is named over what was set before, or shows what is set.
pub(super) fn run(
    out: &mut impl Write,
    id: &StationId,
    settings: Settings,
    json: bool,
    config: &ConfigFile,
) -> anyhow::Result<()> {
    let config = config.load()?;
    if !Registry::open(&config.data_dir)?.list()?.iter().any(|station| station.id == *id) {
        bail!("there is no station `{id}`; `station list` shows them all");
    }
    let now_ms = now_ms();
    let operations = Operations::open(&config.data_dir, now_ms)?;
    let kept = operations.configuration(id.as_str())?.unwrap_or_else(StationConfiguration::unset);
    let shown = if settings.is_empty() {
        kept
    } else {
        let before = if settings.reset { Reporting::default() } else { kept.report };
        let report = before.with(&settings.report());
        check(&report)?;
        operations.configure(id.as_str(), &report, (&user(), ROLE), now_ms)?
    };
    if json {
        return output::json(out, &shown);
    }
    output::line(out, &text(id, &shown, &config.calendar.zone()))
}

fn check(report: &Reporting) -> anyhow::Result<()> {
    let mistakes: Vec<String> = report.mistakes().iter().map(ToString::to_string).collect();
    anyhow::ensure!(mistakes.is_empty(), "{}", mistakes.join("; "));
    Ok(())
}

/// What is set as the options that set it, and what became of it.
fn text(id: &StationId, kept: &StationConfiguration, zone: &Zone) -> String {
    let (Some(by), Some(at)) = (&kept.by, kept.at) else {
        return format!("Nothing was ever set for station {id} from here.");
    };
    let Reporting { intervals_s, deadbands, min_interval_s } = &kept.report;
    let mut options: Vec<String> =
        intervals_s.iter().map(|(kind, seconds)| format!("--interval {kind}={seconds}")).collect();
    for (kind, members) in deadbands {
        options.extend(
            members.iter().map(|(member, deadband)| format!("--deadband {kind}.{member}={deadband}")),
        );
    }
    options.extend(min_interval_s.iter().map(|seconds| format!("--min-interval {seconds}")));
    if options.is_empty() {
        options.push("nothing: the station reports by its own configuration".into());
    }
    let state = match kept.state.as_str() {
        "pending" => "pending: the station has not answered yet",
        "acknowledged" => "acknowledged: it is in force",
        "rolled_back" => "rolled_back: the station could not reach the hub with it, and went back",
        _ => "refused: the station did not take it",
    };
    let answer = kept.answered_at.map(|at| format!(", {}", zone.show(at))).unwrap_or_default();
    let detail = kept.detail.as_deref().filter(|detail| !detail.is_empty());
    let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!(
        "Station {id}, version {} by {by}, {}:\n  {}\n{state}{detail}{answer}",
        kept.version,
        zone.show(at),
        options.join("\n  ")
    )
}

fn kind(text: &str) -> Result<Kind, String> {
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    text.parse().map_err(|_| format!("`{text}` is no kind of reading; there are {}", kinds.join(", ")))
}

fn interval(text: &str) -> Result<(Kind, u32), String> {
    let (name, seconds) = text.split_once('=').ok_or("write it like environment=60")?;
    let kind = kind(name)?;
    let seconds = seconds.parse().map_err(|_| format!("give whole seconds, 1 to {INTERVAL_S_MAX}"))?;
    Ok((kind, seconds))
}

fn deadband(text: &str) -> Result<(Kind, String, f64), String> {
    let parts = text.split_once('=').and_then(|(place, change)| Some((place.split_once('.')?, change)));
    let ((name, member), change) = parts.ok_or("write it like environment.temperature_c=0.2")?;
    let kind = kind(name)?;
    let change = change.parse().map_err(|_| format!("`{change}` is no number"))?;
    Ok((kind, member.to_owned(), change))
}
