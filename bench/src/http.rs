//! As much of HTTP as loopback needs: one request a connection for questions, one connection for many writes.

use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// The body that answers a GET.
pub fn get(address: SocketAddr, path: &str) -> Result<Vec<u8>> {
    ask(address, "GET", path)
}

/// The body that answers a POST without one.
pub fn post(address: SocketAddr, path: &str) -> Result<Vec<u8>> {
    ask(address, "POST", path)
}

/// HTTP/1.0, so that the answer is not chunked and ends with the connection.
fn ask(address: SocketAddr, method: &str, path: &str) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(format!("{method} {path} HTTP/1.0\r\nContent-Length: 0\r\n\r\n").as_bytes())?;
    let mut reader = BufReader::new(stream);
    let status = status(&mut reader)?;
    skip_headers(&mut reader)?;
    let mut body = Vec::new();
    reader.read_to_end(&mut body)?;
    ensure!(status == 200, "{method} {path}: status {status}: {}", String::from_utf8_lossy(&body));
    Ok(body)
}

/// One kept-alive connection that writes line protocol.
pub struct LineWriter {
    reader: BufReader<TcpStream>,
    head: String,
}

impl LineWriter {
    pub fn connect(address: SocketAddr, database: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let head =
            format!("POST /write?db={database}&precision=ms HTTP/1.1\r\nHost: {address}\r\nContent-Length: ");
        Ok(Self { reader: BufReader::new(stream), head })
    }

    /// Writes `lines` and waits for the 204.
    pub fn write(&mut self, lines: &[u8]) -> Result<()> {
        let stream = self.reader.get_mut();
        stream.write_all(format!("{}{}\r\n\r\n", self.head, lines.len()).as_bytes())?;
        stream.write_all(lines)?;
        let status = status(&mut self.reader)?;
        skip_headers(&mut self.reader)?;
        if status != 204 {
            bail!("InfluxDB answered a write with status {status}");
        }
        Ok(())
    }
}

fn status(reader: &mut impl BufRead) -> Result<u16> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let code = line.split(' ').nth(1).and_then(|code| code.parse().ok());
    code.with_context(|| format!("no HTTP status in {line:?}"))
}

fn skip_headers(reader: &mut impl BufRead) -> Result<()> {
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    Ok(())
}

/// Percent-encoding of everything that is not a letter or a digit.
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
