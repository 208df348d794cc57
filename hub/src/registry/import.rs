//! Stations from a CSV file: all of them or none, and every mistake named in one run.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use waystation_protocol::StationId;

use super::{COLUMNS, NewStation, Registry, RegistryError, Station, Token};

/// What to do with a station that is registered already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    Refuse,
    /// Overwrite its columns; its token stays.
    Update,
}

/// What an import did.
#[derive(Debug)]
pub struct ImportReport {
    /// New stations, in the order of the file, with their tokens.
    pub added: Vec<(StationId, Token)>,
    /// Stations that were there and have new columns.
    pub updated: Vec<StationId>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{} mistake(s); nothing was imported:\n{}", .0.len(), lines(.0))]
    Mistakes(Vec<LineMistake>),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// A mistake in one line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineMistake {
    /// Counted from 1, as an editor does.
    pub line: u64,
    /// Column and what is wrong with it.
    pub text: String,
}

impl fmt::Display for LineMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

fn lines(mistakes: &[LineMistake]) -> String {
    mistakes.iter().map(|mistake| format!("  {mistake}")).collect::<Vec<_>>().join("\n")
}

impl Registry {
    /// Registers every station of a CSV file (UTF-8, with a header of [`COLUMNS`] in any order, of which only
    /// `id` is required) in one transaction, or none when there is any mistake.
    pub fn import(&self, csv: impl Read, existing: Existing) -> Result<ImportReport, ImportError> {
        let rows = read(csv).map_err(ImportError::Mistakes)?;
        if existing == Existing::Refuse {
            let known = self.load()?;
            let taken = |(line, station): &(u64, Station)| {
                known.station(station.id.as_str()).map(|station| LineMistake {
                    line: *line,
                    text: format!(
                        "id: station `{}` exists already; remove the line, or use --update",
                        station.id
                    ),
                })
            };
            let mistakes: Vec<_> = rows.iter().filter_map(taken).collect();
            if !mistakes.is_empty() {
                return Err(ImportError::Mistakes(mistakes));
            }
        }
        let mut report = ImportReport { added: Vec::new(), updated: Vec::new() };
        for (id, token) in self.add_all(rows.into_iter().map(|(_, station)| station).collect(), existing)? {
            match token {
                Some(token) => report.added.push((id, token)),
                None => report.updated.push(id),
            }
        }
        Ok(report)
    }
}

/// The stations of a file with their lines, or every mistake in it.
fn read(csv: impl Read) -> Result<Vec<(u64, Station)>, Vec<LineMistake>> {
    // Rows of another length than the header are reported by us, with the others.
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(csv);
    let header = reader.byte_headers().map_err(|error| vec![unreadable(1, &error)])?;
    let columns = columns_of(header)?;
    let mut rows = Rows { columns, stations: Vec::new(), mistakes: Vec::new(), lines: HashMap::new() };
    let mut record = csv::ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => rows.take(&record),
            Ok(false) => break,
            Err(error) => {
                let line = error.position().map_or(reader.position().line(), csv::Position::line);
                rows.mistakes.push(unreadable(line, &error));
                break;
            }
        }
    }
    if rows.mistakes.is_empty() { Ok(rows.stations) } else { Err(rows.mistakes) }
}

struct Rows {
    columns: Vec<&'static str>,
    stations: Vec<(u64, Station)>,
    mistakes: Vec<LineMistake>,
    /// Where an id was first seen.
    lines: HashMap<StationId, u64>,
}

impl Rows {
    fn take(&mut self, record: &csv::ByteRecord) {
        let line = record.position().map_or(0, csv::Position::line);
        let mut mistaken = |text: String| self.mistakes.push(LineMistake { line, text });
        if record.len() != self.columns.len() {
            let (found, expected) = (record.len(), self.columns.len());
            return mistaken(format!(
                "{found} values for {expected} columns; a value with a comma needs double quotes around it"
            ));
        }
        let mut new = NewStation::default();
        for (column, value) in self.columns.iter().zip(record) {
            match (std::str::from_utf8(value), new.column_mut(column)) {
                (Ok(text), Some(member)) => text.clone_into(member),
                _ => return mistaken(format!("{column}: {NOT_UTF8}")),
            }
        }
        match new.check() {
            Ok(station) => match self.lines.insert(station.id.clone(), line) {
                Some(first) => {
                    mistaken(format!("id: station `{}` stands in line {first} already", station.id))
                }
                None => self.stations.push((line, station)),
            },
            Err(mistakes) => mistakes.iter().for_each(|mistake| mistaken(mistake.to_string())),
        }
    }
}

const NOT_UTF8: &str = "not UTF-8; save the file as \"CSV UTF-8\"";

fn columns_of(header: &csv::ByteRecord) -> Result<Vec<&'static str>, Vec<LineMistake>> {
    let mut columns = Vec::new();
    let mut mistakes = Vec::new();
    for name in header {
        let name = String::from_utf8_lossy(name);
        match COLUMNS.into_iter().find(|column| *column == name) {
            Some(column) if columns.contains(&column) => {
                mistakes.push(format!("column `{column}` stands twice"))
            }
            Some(column) => columns.push(column),
            None => {
                mistakes.push(format!("there is no column `{name}`; the columns are {}", COLUMNS.join(",")))
            }
        }
    }
    if !columns.contains(&"id") {
        mistakes.push("the column `id` is missing; the first line must name the columns".into());
    }
    if mistakes.is_empty() {
        return Ok(columns);
    }
    Err(mistakes.into_iter().map(|text| LineMistake { line: 1, text }).collect())
}

fn unreadable(line: u64, error: &csv::Error) -> LineMistake {
    LineMistake { line, text: format!("cannot be read: {error}") }
}
