//! The HTTP client of one channel.

use std::path::Path;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{RequestBuilder, Url, redirect};

use super::outcome::{OfBody, Outcome, of_answer, of_status};
use super::trust;
use crate::influx::{beginning, explain};

/// The channel cannot be used as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[alerts.channels.{channel}] cannot be used: {what}")]
pub struct ChannelError {
    pub channel: String,
    pub what: String,
}

/// A client with a time limit that follows no redirects: a signature is for one address. `ca`: the authorities to trust
/// instead of the system's.
pub fn client(url: &Url, ca: Option<&Path>, timeout_s: u64) -> Result<reqwest::Client, String> {
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
    let wrong = |error| format!("TLS cannot be set up: {error}");
    if let Some(ca) = ca {
        let authorities = trust::authorities(ca)?;
        let certificates = authorities.iter().map(|der| reqwest::Certificate::from_der(der));
        builder = builder.tls_certs_only(certificates.collect::<Result<Vec<_>, _>>().map_err(wrong)?);
    } else if url.scheme() == "http" {
        // Without TLS no CA certificates are needed, and a machine without any must not fail.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(wrong)
}

/// Sends a request. `of_body` knows the service's own codes, if it has any.
pub async fn send(request: RequestBuilder, of_body: Option<OfBody>) -> Outcome {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return unsent(error),
    };
    let status = response.status().as_u16();
    let retry_after =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = beginning(response).await;
    match of_body {
        Some(of_body) => of_answer(status, retry_after.as_deref(), &body, of_body),
        None => of_status(status, retry_after.as_deref(), &body),
    }
}

/// Whether anything answers there; what it says does not matter.
pub async fn reach(http: &reqwest::Client, url: &Url) -> Outcome {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    match http.head(origin).send().await {
        Ok(_) => Outcome::Delivered,
        Err(error) => unsent(error),
    }
}

/// Nothing was answered.
fn unsent(error: reqwest::Error) -> Outcome {
    match trust::advice(&error) {
        Some(advice) => Outcome::Held { message: explain(error), advice },
        None => Outcome::Failed { message: explain(error) },
    }
}
