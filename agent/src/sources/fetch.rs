//! One HTTP request, over TLS if the address asks for it.

use crate::connection::client_config;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::path::Path;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// A cabinet's status is far smaller.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Nothing was fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    #[error("the address is no http:// or https:// address")]
    Address,
    #[error("{0}")]
    Connect(#[from] std::io::Error),
    #[error("TLS: {0}")]
    Tls(String),
    #[error("HTTP: {0}")]
    Http(#[from] hyper::Error),
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("its answer broke off, or is larger than 1 MiB")]
    Body,
    #[error("no answer within {} ms", .0.as_millis())]
    Silent(Duration),
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub method: &'a Method,
    pub url: &'a str,
    /// Empty: none. One that begins like JSON says that it is.
    pub body: &'a str,
    pub token: Option<&'a str>,
    /// What an `https://` address is trusted by, else what the system trusts.
    pub ca: Option<&'a Path>,
}

/// Gets a document.
pub async fn get(
    url: &str,
    token: Option<&str>,
    ca: Option<&Path>,
    limit: Duration,
) -> Result<Bytes, FetchError> {
    let ask = Ask { method: &Method::GET, url, body: "", token, ca };
    let asked = send(ask, || Ok::<_, FetchError>(()));
    timeout(limit, asked).await.map_err(|_| FetchError::Silent(limit))?.map(|((), body)| body)
}

/// Sends a request. Once the server is reached and before it is told anything, `right_before` may call it off; what that
/// gives comes back with the answer's body. The caller bounds the time.
pub async fn send<T, E: From<FetchError>>(
    ask: Ask<'_>,
    right_before: impl FnOnce() -> Result<T, E>,
) -> Result<(T, Bytes), E> {
    let uri: Uri = ask.url.parse().map_err(|_| FetchError::Address)?;
    let host = uri.host().ok_or(FetchError::Address)?.trim_matches(['[', ']']).to_owned();
    let is_tls = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let tcp = TcpStream::connect((host.as_str(), port)).await.map_err(FetchError::from)?;
    if !is_tls {
        let given = right_before()?;
        return Ok((given, exchange(tcp, &uri, ask).await?));
    }
    let wrong = |error: &dyn std::fmt::Display| FetchError::Tls(error.to_string());
    let config = client_config(ask.ca, None).map_err(|error| wrong(&error))?;
    let name = ServerName::try_from(host).map_err(|error| wrong(&error))?;
    let tls = TlsConnector::from(config).connect(name, tcp).await.map_err(|error| wrong(&error))?;
    let given = right_before()?;
    Ok((given, exchange(tls, &uri, ask).await?))
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    uri: &Uri,
    ask: Ask<'_>,
) -> Result<Bytes, FetchError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::builder().method(ask.method).uri(path);
    request = request.header(HOST, host).header(ACCEPT, "application/json");
    if let Some(token) = ask.token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    if !ask.body.is_empty() {
        let is_json = ask.body.trim_start().starts_with(['{', '[']);
        request = request.header(CONTENT_TYPE, if is_json { "application/json" } else { "text/plain" });
    }
    let body = Full::new(Bytes::copy_from_slice(ask.body.as_bytes()));
    let request = request.body(body).map_err(|_| FetchError::Address)?;
    let answer = async {
        let answer = sender.send_request(request).await?;
        if !answer.status().is_success() {
            return Err(FetchError::Status(answer.status()));
        }
        let body = Limited::new(answer.into_body(), BODY_BYTES_MAX).collect().await;
        body.map(http_body_util::Collected::to_bytes).map_err(|_| FetchError::Body)
    };
    tokio::pin!(connection, answer);
    tokio::select! {
        answer = &mut answer => answer,
        // The connection may be through before the answer has been taken from it.
        ended = &mut connection => {
            ended?;
            answer.await
        }
    }
}
