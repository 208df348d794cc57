//! TLS towards the hub: rustls with ring, trusting the given authority or those that the system trusts.

use crate::clock::Clock;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// The TLS configuration cannot be made.
#[derive(Debug, Error)]
pub enum TlsError {
    #[error(
        "{path}: {reason}; `ca` must name a PEM file with the authority that signed the hub's certificate"
    )]
    Authority { path: PathBuf, reason: String },
    #[error(
        "this system trusts no authority at all: install ca-certificates, or name the hub's authority in `ca`"
    )]
    NoSystemAuthorities,
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

/// Certificates are judged by the agent's clock, so that a gateway whose own was lost in a power cut still gets in.
#[derive(Debug)]
struct CertificateTime(Clock);

impl TimeProvider for CertificateTime {
    fn current_time(&self) -> Option<UnixTime> {
        let since = u64::try_from(self.0.now_or_last_ms()).ok().map(Duration::from_millis)?;
        Some(UnixTime::since_unix_epoch(since))
    }
}

/// Trusts the certificates in `ca`; without it, the authorities that the operating system trusts. Their dates are
/// judged by `clock`; without it, by the system clock.
pub fn client_config(ca: Option<&Path>, clock: Option<Clock>) -> Result<Arc<ClientConfig>, TlsError> {
    let roots = match ca {
        Some(path) => read_authorities(path)?,
        None => system_authorities()?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let time: Arc<dyn TimeProvider> = match clock {
        Some(clock) => Arc::new(CertificateTime(clock)),
        None => Arc::new(DefaultTimeProvider),
    };
    let config = ClientConfig::builder_with_details(provider, time)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn read_authorities(path: &Path) -> Result<RootCertStore, TlsError> {
    let wrong = |reason: String| TlsError::Authority { path: path.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))? {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("no certificate in it".into()));
    }
    Ok(roots)
}

fn system_authorities() -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(TlsError::NoSystemAuthorities) } else { Ok(roots) }
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
