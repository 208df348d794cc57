//! A UPS, asked of a NUT server (Network UPS Tools' network protocol, `GET VAR`).

use crate::config::NutSource;
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// An answer is one short line.
const LINE_BYTES_MAX: u64 = 1024;

/// A UPS at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ups {
    pub mains: Option<bool>,
    pub charge_pct: Option<f64>,
}

/// The UPS cannot be asked.
#[derive(Debug, Error)]
pub enum NutError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("the server says {0}")]
    Refused(String),
}

/// Asks for the status and the charge.
pub async fn ask(source: &NutSource) -> Result<Ups, NutError> {
    let mut server = BufReader::new(TcpStream::connect(source.address.as_str()).await?);
    let status = variable(&mut server, &source.ups, "ups.status").await?;
    // A UPS without a gauge has no charge; that is no failure.
    let charge = variable(&mut server, &source.ups, "battery.charge").await.ok();
    server.write_all(b"LOGOUT\n").await?;
    Ok(Ups { mains: mains(&status), charge_pct: charge.and_then(|charge| charge.parse().ok()) })
}

async fn variable(server: &mut BufReader<TcpStream>, ups: &str, name: &str) -> Result<String, NutError> {
    server.write_all(format!("GET VAR {ups} {name}\n").as_bytes()).await?;
    let mut line = String::new();
    server.take(LINE_BYTES_MAX).read_line(&mut line).await?;
    value_of(&line, ups, name)
}

/// `VAR su700 ups.status "OL"`, or `ERR UNKNOWN-UPS`.
fn value_of(line: &str, ups: &str, name: &str) -> Result<String, NutError> {
    let value = line.trim_end().strip_prefix(&format!("VAR {ups} {name} \""));
    match value.and_then(|value| value.strip_suffix('"')) {
        Some(value) => Ok(value.to_owned()),
        None => Err(NutError::Refused(line.trim().strip_prefix("ERR ").unwrap_or("nothing").to_owned())),
    }
}

/// `OL` on line, `OB` on battery; anything else (such as `OFF`) does not say.
fn mains(status: &str) -> Option<bool> {
    status.split_ascii_whitespace().find_map(|word| match word {
        "OL" => Some(true),
        "OB" => Some(false),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_the_server() {
        let check = |line: &str, expected: Result<&str, &str>| {
            let found = value_of(line, "su700", "ups.status").map_err(|error| error.to_string());
            assert_eq!(found.as_deref().map_err(String::as_str), expected);
        };
        check("VAR su700 ups.status \"OL CHRG\"\n", Ok("OL CHRG"));
        check("ERR UNKNOWN-UPS\n", Err("the server says UNKNOWN-UPS"));
        check("VAR other ups.status \"OL\"\n", Err("the server says nothing"));
        check("", Err("the server says nothing"));
        assert_eq!([mains("OL CHRG"), mains("OB DISCHRG LB"), mains("OFF")], [Some(true), Some(false), None]);
    }
}
