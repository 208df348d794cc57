//! One POST to the hub, without a client library: the answer of HTTP/1.0 is not chunked and ends with the connection.

use crate::connection::{ConnectError, ConnectionLost, Endpoint, client_config, trial};
use anyhow::{Context, bail};
use bytes::BytesMut;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

/// For the whole exchange.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest answer taken; one holds a certificate at most.
const ANSWER_BYTES_MAX: usize = 256 << 10;

/// Where the hub's HTTP server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAddress {
    is_tls: bool,
    host: String,
    port: u16,
}

impl HttpAddress {
    /// `https://host[:port]`; `http://` on a loopback address only, since the answer holds a token.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let text = text.trim_end_matches('/');
        let (is_tls, rest, port) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest, 443),
            Some(("http", rest)) => (false, rest, 80),
            _ => bail!("the hub's address must be https://HOST[:PORT], not \"{text}\""),
        };
        // Host and port are taken apart as those of an MQTT address are.
        let has_port =
            rest.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        let full = if has_port { rest.to_owned() } else { format!("{rest}:{port}") };
        let address = format!("mqtt://{full}").parse::<crate::connection::HubAddress>();
        let address = address
            .map_err(|_| anyhow::anyhow!("the hub's address must be https://HOST[:PORT], not \"{text}\""))?;
        let host = address.host().to_owned();
        let is_loopback =
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if !is_tls && !is_loopback {
            bail!("http:// would show the token to everybody on the way: use https://");
        }
        Ok(Self { is_tls, host, port: address.port() })
    }

    fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// Posts JSON, for an answer in a language of BCP 47; gives the status and the body of the answer.
pub async fn post(
    to: &HttpAddress,
    ca: Option<&Path>,
    path: &str,
    language: &str,
    json: &str,
) -> anyhow::Result<(u16, Vec<u8>)> {
    let authority = to.authority();
    let scheme = if to.is_tls { "mqtts" } else { "mqtt" };
    let tls = if to.is_tls { Some(client_config(ca, None)?) } else { None };
    let endpoint = Endpoint { address: format!("{scheme}://{authority}").parse()?, tls };
    let request = format!(
        "POST {path} HTTP/1.0\r\nHost: {authority}\r\nContent-Type: application/json\r\nAccept-Language: {language}\r\nContent-Length: {}\r\n\r\n{json}",
        json.len()
    );
    let answer = timeout(PATIENCE, exchange(&endpoint, request.as_bytes())).await;
    let answer = answer
        .map_err(|_| anyhow::anyhow!("{authority} did not answer within {} s", PATIENCE.as_secs()))??;
    read(&answer).with_context(|| format!("{authority} gave no answer of a hub"))
}

async fn exchange(endpoint: &Endpoint, request: &[u8]) -> Result<BytesMut, ConnectError> {
    let addresses = trial::resolve(endpoint).await?;
    let tcp = trial::connect(&addresses).await?;
    let mut stream = trial::secure(endpoint, tcp).await?;
    let (mut outbound, mut inbound) = (BytesMut::from(request), BytesMut::new());
    loop {
        match stream.exchange(&mut outbound, &mut inbound).await {
            Ok(()) if inbound.len() > ANSWER_BYTES_MAX => {
                return Err(ConnectionLost::Protocol("an answer that is too long").into());
            }
            Ok(()) => {}
            // Whether it is whole is seen by its length.
            Err(_) if !inbound.is_empty() => return Ok(inbound),
            Err(error) => return Err(error.into()),
        }
    }
}

fn read(answer: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").context("its head does not end")?;
    let head = std::str::from_utf8(&answer[..end]).context("its head is no text")?;
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
    let body = &answer[end + 4..];
    let length = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    if length.is_some_and(|length| length != body.len()) {
        bail!("it is cut off");
    }
    Ok((status.context("it is no HTTP")?, body.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_fetched_in_the_clear() {
        let check = |text: &str, expected: Option<&str>| {
            let found = HttpAddress::parse(text).map(|address| address.authority()).ok();
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check("https://hub.example", Some("hub.example:443"));
        check("https://hub.example:8443/", Some("hub.example:8443"));
        check("http://127.0.0.1:8080", Some("127.0.0.1:8080"));
        check("http://[::1]:8080", Some("[::1]:8080"));
        check("http://localhost", Some("localhost:80"));
        check("http://hub.example:8080", None);
        check("http://127.0.0.1.example", None);
        check("mqtts://hub.example", None);
        check("https://hub/path", None);
    }

    #[test]
    fn an_answer_is_whole_or_none() {
        let check = |text: &str, expected: Option<(u16, &str)>| {
            let found = read(text.as_bytes()).ok();
            let found = found.map(|(status, body)| (status, String::from_utf8(body).unwrap()));
            assert_eq!(found, expected.map(|(status, body)| (status, body.to_owned())), "{text}");
        };
        check("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", Some((200, "{}")));
        check("HTTP/1.1 404 Not Found\r\n\r\n", Some((404, "")));
        check("HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\n{}", None);
        check("HTTP/1.0 200 OK\r\n", None);
        check("SSH-2.0\r\n\r\n", None);
    }
}
