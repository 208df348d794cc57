//! `check`: is everything in place for the hub to run? Every mistake of the configuration in one run, and every
//! dependency tried.

mod channels;
mod coverage;
mod disk;
mod finding;
mod gbfs;
mod influx;
mod limits;
mod ports;
mod registry;
mod tls;

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use super::ConfigFile;
use super::language::Language;
use crate::config::{Config, ConfigMistake, Examined, Place, Places, Text, environment, examine};
use channels::Trying;
use finding::{Finding, Outcome};

/// Read the configuration and try every dependency; exit code 0 only if all is well
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  waystation-hub check
  waystation-hub check --config /etc/waystation/hub.toml --lang zh
  waystation-hub check --send                     also send a test message through every alert channel
  waystation-hub check --json")]
pub(super) struct Arguments {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// Send a test message through every alert channel
    #[arg(long)]
    send: bool,
    /// Language; without it that of LC_ALL, LC_MESSAGES or LANG
    #[arg(long, value_enum)]
    lang: Option<Language>,
    #[command(flatten)]
    config: ConfigFile,
}

/// What the probes look at.
struct Subject<'a> {
    config: &'a Config,
    places: &'a Places,
    mistakes: &'a [ConfigMistake],
    /// Whether a hub runs on this data folder: then its ports and its log are taken, and that is well.
    hub_runs: bool,
}

impl Subject<'_> {
    fn place(&self, key: &str) -> Place {
        self.places.of(key)
    }

    /// Whether something in this section is wrong.
    fn is_mistaken(&self, section: &str) -> bool {
        self.mistakes.iter().any(|mistake| is_within(&mistake.key, section))
    }
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let examined = examine(arguments.config.path.as_deref(), environment());
    let trying = if arguments.send { Trying::Send } else { Trying::Reach };
    let findings = findings(&examined, trying);
    let well = findings.iter().all(|finding| finding.outcome != Outcome::Failed);
    if arguments.json {
        finding::print_json(out, &findings, well)?;
    } else {
        finding::print(out, &findings, arguments.lang.unwrap_or_else(Language::of_environment))?;
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn findings(examined: &Examined, trying: Trying) -> Vec<Finding> {
    let mut findings = of_configuration(examined);
    let Some(config) = &examined.config else { return findings };
    let hub_runs = disk::is_hub_running(&config.data_dir);
    let subject = Subject { config, places: &examined.places, mistakes: &examined.mistakes, hub_runs };
    let mut tried = Vec::new();
    ports::probe(&subject, &mut tried);
    disk::probe(&subject, &mut tried);
    tls::probe(&subject, &mut tried);
    registry::probe(&subject, &mut tried);
    limits::probe(&subject, &mut tried);
    influx::probe(&subject, &mut tried);
    gbfs::probe(&subject, &mut tried);
    coverage::probe(&subject, &mut tried);
    channels::probe(&subject, trying, &mut tried);
    // A key that is wrong has its default here, and how that fares says nothing about what was meant.
    let meant = |finding: &Finding| {
        !examined
            .mistakes
            .iter()
            .any(|mistake| !mistake.key.is_empty() && is_within(&finding.key, &mistake.key))
    };
    findings.extend(tried.into_iter().filter(meant));
    findings
}

/// Whether a key is this one or belongs to this section.
fn is_within(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn of_configuration(examined: &Examined) -> Vec<Finding> {
    let file = examined.file.as_ref().map_or_else(
        || Text::new("没有配置文件，使用默认值", "no file, all defaults"),
        |file| Text::new(file.display().to_string(), file.display().to_string()),
    );
    let name = Text::new("配置", "configuration");
    if examined.mistakes.is_empty() {
        return vec![Finding::fine(name, "", file)];
    }
    let failed = examined.mistakes.iter().map(|mistake| Finding {
        name: name.clone(),
        key: mistake.key.clone(),
        place: mistake.place.clone(),
        outcome: Outcome::Failed,
        detail: Text::new(mistake.zh(), mistake.to_string()),
        advice: None,
    });
    failed.collect()
}

#[cfg(test)]
mod tests;
