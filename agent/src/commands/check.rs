//! `waystation-agent check`: one trial after the other, each with its time and, if it fails, what to do.

use super::runtime;
use crate::clock::now_ms;
use crate::config::{Config, Mistakes};
use crate::diagnosis::{Finding, Findings, Message, check_clock, check_disk, check_network, check_sources};
use crate::texts::{Language, find};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The installer's doctor: clock, disk, sources, DNS, TCP, TLS, login, and one round trip to the hub's disk.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  waystation-agent check
  waystation-agent check --config /etc/waystation/agent.toml --lang zh
  waystation-agent check --json

Exit code 0 only if all is well. It logs in beside a running agent and does not disturb it.
With --json each trial is {trial, subject?, ok, took_ms, problem?, detail, fix?}; the names under trial and problem stay.")]
pub struct Check {
    /// The configuration [default: agent.toml, else /etc/waystation/agent.toml, if there is one]
    #[arg(long)]
    config: Option<PathBuf>,
    /// The language [default: that of the environment]
    #[arg(long)]
    lang: Option<Language>,
    #[arg(long)]
    json: bool,
}

/// A trial for programs.
#[derive(Serialize)]
struct Entry<'a> {
    trial: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    ok: bool,
    took_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Check {
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        let language = self.lang.unwrap_or_else(Language::of_environment);
        let mut findings = Findings::default();
        if let Some(config) = findings.measure("configuration", || load(self.config.as_deref(), language)) {
            findings.measure("clock", || check_clock(now_ms()));
            findings.measure("disk", || check_disk(&config));
            let runtime = runtime()?;
            runtime.block_on(check_sources(&config, &mut findings));
            runtime.block_on(check_network(&config, &mut findings));
        }
        if self.json {
            let entries: Vec<_> = findings.0.iter().map(|finding| entry(finding, language)).collect();
            println!("{}", serde_json::to_string(&entries)?);
        } else {
            print!("{}", describe(&findings, language));
        }
        Ok(if findings.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn load(path: Option<&Path>, language: Language) -> Result<(Config, Message), Message> {
    let wrong = |mistakes: Mistakes| Message::new("configuration").with("mistakes", mistakes.text(language));
    let config = Config::load(path).map_err(wrong)?;
    let message = Message::new("configuration").with("station", &config.station).with("hub", &config.hub);
    Ok((config, message))
}

fn took_ms(finding: &Finding) -> f64 {
    (finding.took.as_secs_f64() * 10_000.0).round() / 10.0
}

fn entry(finding: &Finding, language: Language) -> Entry<'_> {
    Entry {
        trial: finding.trial,
        subject: finding.subject.as_deref(),
        ok: finding.outcome.is_ok(),
        took_ms: took_ms(finding),
        problem: finding.outcome.as_ref().err().map(|problem| problem.name),
        detail: finding.detail(language),
        fix: finding.fix(language),
    }
}

/// A line a trial, what to do below those that failed, and what it all comes to.
fn describe(findings: &Findings, language: Language) -> String {
    let text = |group, name| find(group, name, language).unwrap_or(name);
    let mut lines = Vec::new();
    for finding in &findings.0 {
        let mark = text("mark", if finding.outcome.is_ok() { "ok" } else { "failed" });
        let trial = text("trial", finding.trial);
        let subject = finding.subject.iter().map(|subject| format!("{subject}: ")).collect::<String>();
        let detail = finding.detail(language).replace('\n', "\n      ");
        lines.push(format!(
            "{} {} {:>8.1} ms  {subject}{detail}",
            pad(mark, 5),
            pad(trial, 13),
            took_ms(finding),
        ));
        lines.extend(finding.fix(language).map(|fix| format!("      → {}: {fix}", text("mark", "fix"))));
    }
    let failed = findings.failures().count();
    if failed == 0 {
        lines.push(text("summary", "well").to_owned());
    } else {
        if findings.0.last().is_some_and(|last| last.outcome.is_err() && last.trial != "round_trip") {
            lines.push(text("summary", "skipped").to_owned());
        }
        lines.push(text("summary", "failed").replace("{count}", &failed.to_string()));
    }
    lines.join("\n") + "\n"
}

/// Pads to a width in columns; a Chinese character takes two.
fn pad(text: &str, width: usize) -> String {
    let columns: usize = text.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum();
    format!("{text}{}", " ".repeat(width.saturating_sub(columns)))
}
