//! Tables of medians, as Markdown, on the terminal and between two marks in a document.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";
/// Begins a table.
const TITLE: &str = "### ";

/// One table.
#[derive(Debug)]
pub struct Table {
    title: String,
    note: String,
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// `note` says under the title what is measured.
    pub fn new(title: &str, note: &str, heading: &[&str]) -> Self {
        let heading = heading.iter().map(|cell| (*cell).to_owned()).collect();
        Self { title: title.to_owned(), note: note.to_owned(), heading, rows: Vec::new() }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = vec!["---".to_owned(); self.heading.len()];
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{TITLE}{}\n\n{}\n\n{}{}{rows}", self.title, self.note, line(&self.heading), line(&rule))
    }
}

/// All tables of a run, and what it was run on.
#[derive(Debug)]
pub struct Report {
    pub machine: Vec<String>,
    pub tables: Vec<Table>,
}

impl Report {
    pub fn markdown(&self) -> String {
        let machine: String = self.machine.iter().map(|line| format!("- {line}\n")).collect();
        let tables: Vec<String> = self.tables.iter().map(Table::markdown).collect();
        format!("{machine}\n{}", tables.join("\n"))
    }

    /// Puts the tables between the marks in `path`: each in place of the one of the same title, a new one at the end. Tables
    /// that were not measured now stay.
    pub fn write_into(&self, path: &Path) -> Result<()> {
        let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let marks = text.find(BEGIN).zip(text.find(END));
        let (begin, end) =
            marks.with_context(|| format!("{} has no lines {BEGIN:?} and {END:?}", path.display()))?;
        let (before, after) = (&text[..begin + BEGIN.len()], &text[end..]);
        let measured = self.merged(&text[begin + BEGIN.len()..end]);
        fs::write(path, format!("{before}\n\n{measured}\n{after}"))
            .with_context(|| format!("writing {}", path.display()))
    }

    /// What stood between the marks, with these tables.
    fn merged(&self, old: &str) -> String {
        let title = |section: &str| section.lines().next().unwrap_or_default().to_owned();
        let mut sections: Vec<String> =
            old.split(TITLE).skip(1).map(|text| text.trim_end().to_owned()).collect();
        for table in &self.tables {
            let new = table.markdown().trim_start_matches(TITLE).trim_end().to_owned();
            match sections.iter_mut().find(|section| title(section) == table.title) {
                Some(section) => *section = new,
                None => sections.push(new),
            }
        }
        let machine: String = self.machine.iter().map(|line| format!("- {line}\n")).collect();
        sections.iter().fold(machine, |text, section| format!("{text}\n{TITLE}{section}\n"))
    }
}

/// The middle one of several runs.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
}

/// Median, and the range if there was more than one run.
pub fn spread(values: &[f64], show: impl Fn(f64) -> String) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if values.len() < 2 {
        return show(median(values));
    }
    format!("**{}** ({}–{})", show(median(values)), show(least), show(most))
}

/// A rate in thousands or millions.
pub fn rate(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.2}M", value / 1e6),
        value if value >= 1e5 => format!("{:.0}k", value / 1e3),
        value if value >= 1e3 => format!("{:.1}k", value / 1e3),
        value => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_rates_read_as_expected() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        let shown = [999.0, 34_560.0, 449_600.0, 1_234_567.0].map(rate);
        assert_eq!(shown, ["999", "34.6k", "450k", "1.23M"]);
        assert_eq!(spread(&[1.0, 3.0, 2.0], rate), "**2** (1–3)");
    }

    #[test]
    fn only_the_measured_part_of_a_document_is_replaced() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let old = "### Other\n\nkept\n\n### T\n\nold";
        fs::write(file.path(), format!("prose\n{BEGIN}\nslow\n{old}\n{END}\nend\n")).unwrap();
        let mut table = Table::new("T", "note", &["a", "b"]);
        table.row(vec!["1".into(), "2".into()]);
        let report = Report { machine: vec!["fast".into()], tables: vec![table] };
        report.write_into(file.path()).unwrap();
        report.write_into(file.path()).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert_eq!(
            text,
            format!(
                "prose\n{BEGIN}\n\n- fast\n\n### Other\n\nkept\n\n### T\n\nnote\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n{END}\nend\n"
            )
        );
    }
}
