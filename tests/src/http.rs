//! As much of HTTP as a question on loopback needs.

use crate::wait::PATIENCE;
use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Status and body.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The JSON of a 200.
    pub fn good(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }
}

/// # Errors
/// If nobody answers there.
pub fn get(address: SocketAddr, path: &str) -> io::Result<Answer> {
    ask(address, "GET", path, "", b"")
}

/// # Errors
/// If nobody answers there.
pub fn post(address: SocketAddr, path: &str) -> io::Result<Answer> {
    ask(address, "POST", path, "", b"")
}

/// HTTP/1.0, so that the answer is not chunked and ends with the connection. Each line of `headers` ends with CRLF.
///
/// # Errors
/// If nobody answers there.
pub fn ask(address: SocketAddr, method: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {length}\r\n{headers}\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let body = answer.split_off(end + 4);
    let head = String::from_utf8_lossy(&answer).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Answer { status: status.ok_or(io::ErrorKind::InvalidData)?, head, body })
}

/// Percent-encoding of everything that is not a letter or a digit.
pub fn escape(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(letter).collect()
}
