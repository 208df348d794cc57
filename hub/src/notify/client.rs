//! The HTTP client of one channel.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{RequestBuilder, Url, redirect};

use super::outcome::{Outcome, of_status};
use crate::influx::{beginning, explain};

/// The channel cannot be used as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[alerts.channels.{channel}] cannot be used: {what}")]
pub struct ChannelError {
    pub channel: String,
    pub what: String,
}

/// A client with a time limit that follows no redirects: a signature is for one address.
pub fn client(url: &Url, timeout_s: u64) -> Result<reqwest::Client, String> {
    // The first of several callers installs it; to the others an installed provider is what they wanted.
    if rustls::crypto::CryptoProvider::get_default().is_none()
        && rustls::crypto::ring::default_provider().install_default().is_err()
    {
        tracing::debug!("another part of the program has just installed its crypto provider");
    }
    let timeout = Duration::from_secs(timeout_s.max(1));
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("waystation-hub/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(5)))
        .pool_max_idle_per_host(1);
    if url.scheme() == "http" {
        // Without TLS no CA certificates are needed, and a machine without any must not fail.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| format!("TLS cannot be set up: {error}"))
}

/// Sends a request; a 2xx's body goes to `of_body`, which knows the service's own codes.
pub async fn send(request: RequestBuilder, of_body: impl FnOnce(&str) -> Outcome) -> Outcome {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Outcome::Failed { message: explain(error) },
    };
    let status = response.status().as_u16();
    let retry_after =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = beginning(response).await;
    match of_status(status, retry_after.as_deref(), &body) {
        Outcome::Delivered => of_body(&body),
        other => other,
    }
}

/// Whether anything answers there; what it says does not matter.
pub async fn reach(http: &reqwest::Client, url: &Url) -> Outcome {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    match http.head(origin).send().await {
        Ok(_) => Outcome::Delivered,
        Err(error) => Outcome::Failed { message: explain(error) },
    }
}
