//! Lists as CSV, for spreadsheets: UTF-8 with a byte order mark and CRLF. Without the mark, Excel on a Chinese Windows
//! takes the file for GBK and shows nonsense; with it, Excel and WPS open it by a double click, and other programs
//! know it too.
//!
//! Times are `2026-11-22 18:05:09` in the zone of `[calendar]`, which spreadsheets take for times; the heading names the
//! zone: `starts_at (Asia/Shanghai)`. With an offset behind it they would take it for text.

use super::Problem;
use crate::calendar::Zone;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// Columns that hold times, in every file.
const TIMES: [&str; 6] = ["time", "received_at", "starts_at", "ends_at", "from", "to"];

const BYTE_ORDER_MARK: &str = "\u{feff}";
/// The cursor of the next page, for there is no place for it in the file.
const NEXT: HeaderName = HeaderName::from_static("waystation-next");

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(String),
    Number(f64),
    Integer(i64),
    /// ms since the Unix epoch; under one of [`TIMES`].
    Time(i64),
    Empty,
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl Cell {
    fn written(self, zone: &Zone) -> String {
        match self {
            // A spreadsheet runs what begins like a formula, and a text may be a stranger's.
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Time(ts_ms) => zone.show_seconds(ts_ms),
            Self::Empty => String::new(),
        }
    }
}

/// The answer with a file of this name; times in it are those of this zone.
pub fn answer(
    file: &str,
    zone: &Zone,
    columns: &[impl AsRef<str>],
    rows: impl Iterator<Item = Vec<Cell>>,
    next: Option<&str>,
) -> Result<Response, Problem> {
    let mut body = BYTE_ORDER_MARK.as_bytes().to_vec();
    write(&mut body, zone, columns, rows).map_err(|error| {
        tracing::error!(%error, "a CSV file could not be written");
        Problem::internal()
    })?;
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{file}\""));
    let mut response = ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, disposition.map_err(|_| Problem::internal())?);
    if let Some(next) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
        headers.insert(NEXT, next);
    }
    Ok(response)
}

fn write(
    body: &mut Vec<u8>,
    zone: &Zone,
    columns: &[impl AsRef<str>],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<(), csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(body);
    writer.write_record(columns.iter().map(|name| heading(name.as_ref(), zone)))?;
    for row in rows {
        writer.write_record(row.into_iter().map(|cell| cell.written(zone)))?;
    }
    writer.flush()?;
    Ok(())
}

fn heading(name: &str, zone: &Zone) -> String {
    if TIMES.contains(&name) { format!("{name} ({})", zone.name()) } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_reads_it_and_runs_nothing() {
        let rows = vec![
            vec!["jb-001".into(), "红谷滩,\"南\"".into(), (-1.5).into(), Cell::Time(1_763_800_000_999)],
            vec!["=1+1".into(), Cell::Empty, Some(7_i64).into(), Cell::Empty],
        ];
        let mut body = Vec::new();
        let zone = Zone::parse("Asia/Shanghai").expect("a zone");
        write(&mut body, &zone, &["id", "name", "value", "starts_at"], rows.into_iter()).expect("memory");
        let expected = "id,name,value,starts_at (Asia/Shanghai)\r\n\
                        jb-001,\"红谷滩,\"\"南\"\"\",-1.5,2025-11-22 16:26:40\r\n'=1+1,,7,\r\n";
        assert_eq!(String::from_utf8(body).expect("UTF-8"), expected);
    }
}
