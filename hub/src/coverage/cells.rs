//! Demand cells from a CSV file, with every mistake named in one run.

use crate::registry::LineMistake;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

/// Columns of the file, in any order; the first three are required.
const COLUMNS: [&str; 5] = ["id", "latitude", "longitude", "weight", "district"];
const REQUIRED: usize = 3;
/// The most cells [J]: the country in squares of 3 km.
const CELLS_MAX: usize = 1_000_000;
/// Mistakes that are told of one file; who sees these mends the others too.
const MISTAKES_MAX: usize = 100;
const TEXT_CHARS_MAX: usize = 100;

/// A place where people are who may need a station.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Cell {
    pub id: String,
    /// WGS-84 degrees.
    pub latitude: f64,
    pub longitude: f64,
    /// How much it counts, above 0: couriers, orders…
    pub weight: f64,
    pub district: Option<String>,
}

/// The cells of a file, in its order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cells(pub Vec<Cell>);

/// Why there are none.
#[derive(Debug, thiserror::Error)]
pub enum CellsError {
    #[error("{path} cannot be read: {source}; check the path and the file's permissions")]
    Read { path: String, source: std::io::Error },
    #[error("{path} has {} mistake(s):{}", .mistakes.len(), lines(.mistakes))]
    Mistakes { path: String, mistakes: Vec<LineMistake> },
}

fn lines(mistakes: &[LineMistake]) -> String {
    mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect()
}

impl Cells {
    /// Reads a file: UTF-8 with a header.
    ///
    /// # Errors
    /// If it cannot be read, or with every mistake in it, by line.
    pub fn load(path: &Path) -> Result<Self, CellsError> {
        let shown = || path.display().to_string();
        let file = std::fs::File::open(path).map_err(|source| CellsError::Read { path: shown(), source })?;
        Self::read(file).map_err(|mistakes| CellsError::Mistakes { path: shown(), mistakes })
    }

    /// # Errors
    /// Every mistake, at most [`MISTAKES_MAX`].
    pub fn read(csv: impl Read) -> Result<Self, Vec<LineMistake>> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(csv);
        let header = reader.headers().map_err(|error| vec![unreadable(1, &error)])?;
        let columns = columns_of(header)?;
        let mut rows = Rows { columns, cells: Vec::new(), mistakes: Vec::new(), lines: HashMap::new() };
        let mut record = csv::StringRecord::new();
        loop {
            let line = reader.position().line();
            match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => rows.take(&record),
                Err(error) => {
                    let line = error.position().map_or(line, csv::Position::line);
                    rows.mistakes.push(unreadable(line, &error));
                    break;
                }
            }
            if rows.mistakes.len() >= MISTAKES_MAX {
                break;
            }
        }
        if rows.mistakes.is_empty() { Ok(Self(rows.cells)) } else { Err(rows.mistakes) }
    }
}

struct Rows {
    /// Place of each column of [`COLUMNS`].
    columns: [Option<usize>; COLUMNS.len()],
    cells: Vec<Cell>,
    mistakes: Vec<LineMistake>,
    /// Where an id was first seen.
    lines: HashMap<String, u64>,
}

impl Rows {
    fn take(&mut self, record: &csv::StringRecord) {
        let line = record.position().map_or(0, csv::Position::line);
        match self.cell(record) {
            Ok(_) if self.cells.len() == CELLS_MAX => {
                let text = format!("more than {CELLS_MAX} cells; make them larger");
                self.mistakes.push(LineMistake { line, text });
            }
            Ok(cell) => {
                if let Some(first) = self.lines.insert(cell.id.clone(), line) {
                    let text = format!("id: cell `{}` stands in line {first} already", cell.id);
                    self.mistakes.push(LineMistake { line, text });
                }
                self.cells.push(cell);
            }
            Err(texts) => self.mistakes.extend(texts.into_iter().map(|text| LineMistake { line, text })),
        }
    }

    fn cell(&self, record: &csv::StringRecord) -> Result<Cell, Vec<String>> {
        let [id, latitude, longitude, weight, district] =
            self.columns.map(|place| place.and_then(|place| record.get(place)).unwrap_or_default());
        let mut wrong = Vec::new();
        for (name, text) in [("id", id), ("district", district)] {
            if text.chars().count() > TEXT_CHARS_MAX || text.chars().any(char::is_control) {
                wrong.push(format!("{name}: at most {TEXT_CHARS_MAX} characters, none of them a line break"));
            }
        }
        if id.is_empty() {
            wrong.push("id: is missing".to_owned());
        }
        let mut number = |name: &str, text: &str, fine: &dyn Fn(f64) -> bool, expected: &str| {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && fine(*number));
            number.unwrap_or_else(|| {
                wrong.push(format!("{name}: `{}` is {expected}", text.chars().take(40).collect::<String>()));
                f64::NAN
            })
        };
        let degrees = |limit: f64| move |number: f64| number.abs() <= limit;
        let north =
            number("latitude", latitude, &degrees(90.0), "no latitude; write WGS-84 degrees like 39.7284");
        let east =
            number("longitude", longitude, &degrees(180.0), "no longitude; write WGS-84 degrees like 116.33");
        let weight = if weight.is_empty() { "1" } else { weight };
        let weight = number(
            "weight",
            weight,
            &|weight| weight > 0.0 && weight <= 1e9,
            "no weight; write a number above 0",
        );
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let district = (!district.is_empty()).then(|| district.to_owned());
        Ok(Cell { id: id.to_owned(), latitude: north, longitude: east, weight, district })
    }
}

fn columns_of(header: &csv::StringRecord) -> Result<[Option<usize>; COLUMNS.len()], Vec<LineMistake>> {
    let mut found = [None; COLUMNS.len()];
    let mut mistakes = Vec::new();
    for (place, name) in header.iter().enumerate() {
        // A spreadsheet may begin the file with a byte order mark.
        let name = name.trim_start_matches('\u{feff}').trim();
        match COLUMNS.iter().position(|column| *column == name) {
            Some(column) if found[column].is_some() => mistakes.push(format!("column `{name}` stands twice")),
            Some(column) => found[column] = Some(place),
            None => {
                let columns = COLUMNS.join(",");
                mistakes.push(format!("there is no column `{name}`; the columns are {columns}"));
            }
        }
    }
    for (column, place) in COLUMNS.iter().zip(found).take(REQUIRED) {
        if place.is_none() {
            mistakes.push(format!("the column `{column}` is missing; the first line must name the columns"));
        }
    }
    let at_line_1 = |text| LineMistake { line: 1, text };
    if mistakes.is_empty() { Ok(found) } else { Err(mistakes.into_iter().map(at_line_1).collect()) }
}

fn unreadable(line: u64, error: &csv::Error) -> LineMistake {
    LineMistake { line, text: format!("cannot be read: {error}; save the file as \"CSV UTF-8\"") }
}
