//! Which problem a failed TLS handshake shows.

use super::Message;
use super::date::utc;
use super::explain::at_hub;
use super::local::CLOCK_MIN_MS;
use crate::config::Config;
use rustls::{AlertDescription, CertificateError, Error};
use std::io;

pub fn explain_tls(error: &io::Error, config: &Config, now_ms: i64) -> Message {
    let found = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match found {
        Some(Error::InvalidCertificate(reason)) => certificate(reason, config, now_ms),
        Some(Error::InvalidMessage(_) | Error::InappropriateMessage { .. }) => at_hub("not_tls", config),
        Some(Error::AlertReceived(
            AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure,
        )) => at_hub("client_certificate", config),
        Some(error) => at_hub("tls_failed", config).with("error", error),
        // The other side hung up without a word of TLS.
        None => at_hub("not_tls", config),
    }
}

fn certificate(reason: &CertificateError, config: &Config, now_ms: i64) -> Message {
    let problem = |name| at_hub(name, config).with("now", utc(now_ms / 1000));
    let date =
        |time: &rustls::pki_types::UnixTime| utc(i64::try_from(time.as_secs()).unwrap_or(i64::MAX / 2));
    match reason {
        // Of a clock that was never set, either date says nothing about the certificate.
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. }
            if now_ms < CLOCK_MIN_MS =>
        {
            problem("certificate_clock")
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            problem("certificate_expired").with("until", date(not_after))
        }
        CertificateError::Expired => problem("certificate_expired").with("until", "?"),
        CertificateError::NotValidYetContext { not_before, .. } => {
            problem("clock_behind").with("from", date(not_before))
        }
        CertificateError::NotValidYet => problem("clock_behind").with("from", "?"),
        CertificateError::NotValidForNameContext { presented, .. } => {
            problem("certificate_name").with("names", presented.join(", "))
        }
        CertificateError::NotValidForName => problem("certificate_name").with("names", "?"),
        // An authority of the same name with another key, such as one that was made anew.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            problem("issuer_unknown").with("trusted", trusted(config))
        }
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            problem("certificate_is_authority")
        }
        other => problem("certificate_invalid").with("error", other),
    }
}

fn trusted(config: &Config) -> String {
    match &config.ca {
        Some(path) => format!("ca = {}", path.display()),
        None => "ca-certificates".to_owned(),
    }
}
