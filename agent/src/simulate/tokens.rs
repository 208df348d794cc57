//! Who the simulated stations are.

use std::path::{Path, PathBuf};
use thiserror::Error;
use waystation_protocol::{IdError, StationId};

/// A station and what it logs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationLogin {
    pub station: StationId,
    /// Absent: no login, for a broker without accounts.
    pub token: Option<String>,
}

/// The token file cannot be used.
#[derive(Debug, Error)]
pub enum TokensError {
    #[error("{path}: {error}; it must be a CSV file with the columns station and token")]
    Csv { path: PathBuf, error: csv::Error },
    #[error("{path}, line {line}: {error}")]
    Station { path: PathBuf, line: u64, error: IdError },
    #[error("{path}, line {line}: a line must be STATION,TOKEN")]
    Columns { path: PathBuf, line: u64 },
    #[error(
        "{path} holds {held} stations, {wanted} are wanted: import more, or ask for fewer with --stations"
    )]
    TooFew { path: PathBuf, held: usize, wanted: usize },
}

/// Reads `station,token` lines, with or without a heading, as `waystation-hub station import --tokens-out` writes
/// them; the first `wanted` of them, or all.
pub fn read(path: &Path, wanted: Option<usize>) -> Result<Vec<StationLogin>, TokensError> {
    let csv_error = |error| TokensError::Csv { path: path.to_owned(), error };
    let mut lines =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(path).map_err(csv_error)?;
    let mut stations = Vec::new();
    for line in lines.records() {
        let record = line.map_err(csv_error)?;
        let at = record.position().map_or(0, csv::Position::line);
        let (Some(station), Some(token)) = (record.get(0), record.get(1)) else {
            return Err(TokensError::Columns { path: path.to_owned(), line: at });
        };
        if (station, token) == ("station", "token") {
            continue;
        }
        let station = StationId::try_from(station.trim()).map_err(|error| TokensError::Station {
            path: path.to_owned(),
            line: at,
            error,
        })?;
        stations.push(StationLogin { station, token: Some(token.trim().to_owned()) });
        if wanted == Some(stations.len()) {
            return Ok(stations);
        }
    }
    match wanted {
        Some(wanted) => Err(TokensError::TooFew { path: path.to_owned(), held: stations.len(), wanted }),
        None => Ok(stations),
    }
}

/// `sim-00001`, `sim-00002` … without tokens.
pub fn anonymous(prefix: &str, count: usize) -> Result<Vec<StationLogin>, IdError> {
    (1..=count)
        .map(|number| {
            let station = StationId::try_from(format!("{prefix}{number:05}").as_str())?;
            Ok(StationLogin { station, token: None })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wanted: Option<usize>, expected: Result<&[(&str, &str)], &str>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        match (read(file.path(), wanted), expected) {
            (Ok(found), Ok(expected)) => {
                let found: Vec<_> = found
                    .iter()
                    .map(|login| (login.station.as_str(), login.token.as_deref().unwrap_or("")))
                    .collect();
                assert_eq!(found, expected);
            }
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn token_files() {
        check("station,token\na,1\nb,2\n", None, Ok(&[("a", "1"), ("b", "2")]));
        check("a,1\nb,2\n", Some(1), Ok(&[("a", "1")]));
        check("a,1\n", Some(2), Err("holds 1 stations, 2 are wanted"));
        check("a,1\nB,2\n", None, Err("line 2"));
        check("a\n", None, Err("line 1"));
    }
}
