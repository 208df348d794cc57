//! What one probe found, and how it is shown.

use std::io::Write;

use serde::Serialize;

use super::super::language::Language;
use super::super::output;
use crate::config::{Place, Text};

/// How a probe ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Ok,
    /// It runs, but somebody should look at it.
    Warning,
    Failed,
}

/// One line of the report.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub name: Text,
    /// The configuration key that it comes from; empty when there is none.
    pub key: String,
    pub place: Place,
    pub outcome: Outcome,
    /// What was found.
    pub detail: Text,
    /// What to do about it.
    pub advice: Option<Text>,
}

impl Finding {
    pub(super) fn fine(name: Text, key: &str, detail: Text) -> Self {
        Self { name, key: key.into(), place: Place::Default, outcome: Outcome::Ok, detail, advice: None }
    }

    pub(super) fn bad(name: Text, key: &str, place: Place, detail: Text, advice: Text) -> Self {
        Self { name, key: key.into(), place, outcome: Outcome::Failed, detail, advice: Some(advice) }
    }

    pub(super) fn doubtful(name: Text, key: &str, place: Place, detail: Text, advice: Text) -> Self {
        Self { outcome: Outcome::Warning, ..Self::bad(name, key, place, detail, advice) }
    }
}

pub(super) fn print(out: &mut impl Write, findings: &[Finding], language: Language) -> anyhow::Result<()> {
    for finding in findings {
        print_one(out, finding, language)?;
    }
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
    let (failed, warnings) = (count(Outcome::Failed), count(Outcome::Warning));
    let summary = match (failed, warnings) {
        (0, 0) => Text::new("一切正常。", "All is well."),
        (0, _) => Text::new(
            format!("可以运行，有 {warnings} 项提醒。"),
            format!("The hub can run; {warnings} warning(s)."),
        ),
        _ => Text::new(
            format!("{failed} 项失败，{warnings} 项提醒。"),
            format!("{failed} failed, {warnings} warning(s)."),
        ),
    };
    output::line(out, &format!("\n{}", language.of_text(&summary)))
}

fn print_one(out: &mut impl Write, finding: &Finding, language: Language) -> anyhow::Result<()> {
    let mark = match (finding.outcome, language) {
        (Outcome::Ok, Language::En) => "ok     ",
        (Outcome::Warning, Language::En) => "WARNING",
        (Outcome::Failed, Language::En) => "FAILED ",
        (Outcome::Ok, Language::Zh) => "正常",
        (Outcome::Warning, Language::Zh) => "提醒",
        (Outcome::Failed, Language::Zh) => "失败",
    };
    let (name, detail) = (language.of_text(&finding.name), language.of_text(&finding.detail));
    output::line(out, &format!("{mark}  {name}: {detail}"))?;
    let Some(advice) = &finding.advice else { return Ok(()) };
    let written = where_written(finding, language);
    output::line(out, &format!("         → {}{written}", language.of_text(advice)))
}

/// ` (mqtt.listen, line 3)`, when the finding comes from a key.
fn where_written(finding: &Finding, language: Language) -> String {
    let key = &finding.key;
    match (&finding.place, language) {
        _ if key.is_empty() => String::new(),
        (Place::Line(line), Language::En) => format!(" ({key}, line {line})"),
        (Place::Line(line), Language::Zh) => format!("（{key}，第 {line} 行）"),
        (Place::Variable(name), Language::En) => format!(" ({key}, from {name})"),
        (Place::Variable(name), Language::Zh) => format!("（{key}，来自 {name}）"),
        (Place::Default, Language::En) => format!(" ({key})"),
        (Place::Default, Language::Zh) => format!("（{key}）"),
    }
}

pub(super) fn print_json(out: &mut impl Write, findings: &[Finding], well: bool) -> anyhow::Result<()> {
    output::json(out, &serde_json::json!({ "ok": well, "items": findings }))
}
