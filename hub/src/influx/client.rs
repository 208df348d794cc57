//! One write request: the address with its base path kept, credentials, time limit, and the answer's class.

use super::answer::{Answer, classify};
use crate::config::{Influx, InfluxApi};
use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, Url, redirect};
use std::error::Error;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};
use thiserror::Error;

/// How much of an error's body is read.
const ERROR_BODY_BYTES_MAX: usize = 8 << 10;

/// The configuration cannot be used.
#[derive(Debug, Error)]
pub enum ClientError {
    #[error("`{url}` in [influx] is no address; write it like http://127.0.0.1:8086 ({source})")]
    Url { url: String, source: url_parse::Error },
    #[error("`{0}` in [influx] must begin with http:// or https:// and name a host")]
    Scheme(String),
    #[error("TLS for [influx] cannot be set up: {0}; install the system's CA certificates")]
    Tls(reqwest::Error),
}

/// `url`'s error type, which reqwest does not export by name.
mod url_parse {
    pub type Error = <reqwest::Url as std::str::FromStr>::Err;
}

enum Auth {
    None,
    Basic { username: String, password: Option<String> },
    Token(String),
}

/// A client of one InfluxDB; cheap to share, keeps its connections open.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    write: Url,
    auth: Auth,
    compresses: bool,
}

impl Client {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// If the address is none, or TLS has no CA certificates.
    pub fn new(config: &Influx) -> Result<Self, ClientError> {
        let url = |source| ClientError::Url { url: config.url.clone(), source };
        let base = Url::parse(&config.url).map_err(url)?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(ClientError::Scheme(config.url.clone()));
        }
        let write = write_url(&base, config);
        // Against a server on the same machine compression costs both sides time and saves nothing.
        let compresses = config.gzip && !is_loopback(&base);
        Ok(Self { http: http(&base, config)?, write, base, auth: auth(config), compresses })
    }

    /// Whether bodies should be compressed.
    #[must_use]
    pub fn compresses(&self) -> bool {
        self.compresses
    }

    /// Where lines are written, without credentials.
    #[must_use]
    pub fn address(&self) -> &str {
        self.base.as_str()
    }

    /// Sends lines.
    pub async fn write(&self, body: Bytes, gzip: bool) -> Answer {
        let mut request = self.authorised(self.http.post(self.write.clone())).body(body);
        if gzip {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        match request.send().await {
            Ok(response) => answer(response).await,
            Err(error) => Answer::Failed { message: explain(error) },
        }
    }

    /// The very write that is used for lines, with no line in it: it takes the same way through address,
    /// credentials, rights and database. Some versions answer 200, 2.x 400 (`writing requires points`) to it.
    /// With it comes the version, if the server names it.
    pub async fn write_nothing(&self) -> (Answer, Option<String>) {
        let response = match self.authorised(self.http.post(self.write.clone())).send().await {
            Ok(response) => response,
            Err(error) => return (Answer::Failed { message: explain(error) }, None),
        };
        let version = response.headers().get("x-influxdb-version").and_then(|value| value.to_str().ok());
        let version = version.map(str::to_owned);
        let influx = version.is_some();
        match response.status().as_u16() {
            200 if influx => (Answer::Taken, version),
            _ => match answer(response).await {
                Answer::Refused { .. } if influx => (Answer::Taken, version),
                other => (other, version),
            },
        }
    }

    /// A request to another path of the server, with credentials.
    pub fn request(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = join(&self.base, path);
        url.query_pairs_mut().extend_pairs(query);
        self.authorised(self.http.request(method, url))
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.auth {
            Auth::None => request,
            Auth::Basic { username, password } => request.basic_auth(username, password.as_ref()),
            Auth::Token(token) => request.header("authorization", format!("Token {token}")),
        }
    }
}

/// The error and what lies behind it, without the address, which may hold credentials.
pub fn explain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a String cannot fail.
        if write!(text, ": {cause}").is_err() {
            break;
        }
        source = cause.source();
    }
    text
}

/// The beginning of a body; what comes after, or an error while reading it, changes nothing.
pub async fn beginning(mut response: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk[..chunk.len().min(ERROR_BODY_BYTES_MAX - body.len())]);
        if body.len() == ERROR_BODY_BYTES_MAX {
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

async fn answer(response: Response) -> Answer {
    let status = response.status().as_u16();
    let retry_after =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = if status == 204 { String::new() } else { beginning(response).await };
    classify(status, retry_after.as_deref(), &body, SystemTime::now())
}

fn http(base: &Url, config: &Influx) -> Result<reqwest::Client, ClientError> {
    // The first of several callers installs it; to the others an installed provider is what they wanted.
    if rustls::crypto::CryptoProvider::get_default().is_none()
        && rustls::crypto::ring::default_provider().install_default().is_err()
    {
        tracing::debug!("another part of the program has just installed its crypto provider");
    }
    let timeout = Duration::from_secs(config.timeout_s.max(1));
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("waystation-hub/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(5)))
        .pool_max_idle_per_host(config.writers.max(1));
    if base.scheme() == "http" {
        // Without TLS no CA certificates are needed, and a machine without any must not fail.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(ClientError::Tls)
}

fn write_url(base: &Url, config: &Influx) -> Url {
    let (path, query): (&[&str], _) = match config.api {
        InfluxApi::V1 => (&["write"], vec![("db", config.database.as_str()), ("precision", "ms")]),
        InfluxApi::V2 => (
            &["api", "v2", "write"],
            vec![("org", config.org.as_str()), ("bucket", config.bucket.as_str()), ("precision", "ms")],
        ),
    };
    let mut url = join(base, path);
    url.query_pairs_mut().extend_pairs(query);
    url
}

/// The base's own path is kept.
fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    // Only addresses without a host have no path segments, and those were refused.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

fn auth(config: &Influx) -> Auth {
    match (config.api, &config.token, &config.username) {
        (InfluxApi::V2, Some(token), _) => Auth::Token(token.clone()),
        (InfluxApi::V1, _, Some(username)) => {
            Auth::Basic { username: username.clone(), password: config.password.clone() }
        }
        _ => Auth::None,
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
