//! TLS with certificates that can be renewed while the hub runs.

use crate::config::{ClientAuth, Tls};
use crate::shutdown::Shutdown;
use arc_swap::ArcSwap;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use thiserror::Error;

/// How often the files are looked at.
const RELOAD_CHECK: Duration = Duration::from_secs(2);

/// Certificates that cannot be used; names the file and what to do.
#[derive(Debug, Error)]
pub enum TlsError {
    #[error("{path}: {source}; it must hold {what} in PEM and be readable by the hub")]
    Read { path: PathBuf, what: &'static str, source: pem::Error },
    #[error("{path}: no certificate in it; it must hold the server's certificate chain in PEM")]
    NoCertificate { path: PathBuf },
    #[error("mqtt.tls.client_ca is missing; it names the authorities whose client certificates are accepted")]
    NoClientCa,
    #[error("{cert}: {source}; the key in mqtt.tls.key must belong to this certificate")]
    Mismatch { cert: PathBuf, source: rustls::Error },
    #[error("{path}: {reason}")]
    ClientCa { path: PathBuf, reason: String },
}

/// The current TLS configuration.
#[derive(Debug)]
pub struct ReloadingTls {
    files: Tls,
    current: ArcSwap<ServerConfig>,
}

impl ReloadingTls {
    /// Reads the files.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(files: &Tls) -> Result<Arc<Self>, TlsError> {
        let current = ArcSwap::new(Arc::new(read(files)?));
        Ok(Arc::new(Self { files: files.clone(), current }))
    }

    /// What the next handshake uses.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    /// Looks at the files until the hub stops; certificates that cannot be used leave the old ones in place.
    pub async fn watch(self: Arc<Self>, mut shutdown: Shutdown) {
        let mut seen = self.modified().await;
        loop {
            tokio::select! {
                () = shutdown.stopped() => return,
                () = tokio::time::sleep(RELOAD_CHECK) => {}
            }
            let now = self.modified().await;
            if now == seen {
                continue;
            }
            seen = now;
            let files = self.files.clone();
            match tokio::task::spawn_blocking(move || read(&files)).await {
                Ok(Ok(config)) => {
                    self.current.store(Arc::new(config));
                    tracing::info!(cert = %self.files.cert.display(), "TLS certificates read again");
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "new TLS certificates cannot be used, the old ones stay");
                }
                Err(error) => tracing::error!(%error, "reading TLS certificates failed"),
            }
        }
    }

    async fn modified(&self) -> Vec<Option<SystemTime>> {
        let mut times = Vec::new();
        for path in [Some(&self.files.cert), Some(&self.files.key), self.files.client_ca.as_ref()] {
            let Some(path) = path.cloned() else { continue };
            let modified =
                tokio::task::spawn_blocking(move || std::fs::metadata(path).and_then(|data| data.modified()));
            times.push(modified.await.ok().and_then(Result::ok));
        }
        times
    }
}

fn read(files: &Tls) -> Result<ServerConfig, TlsError> {
    let chain = certificates(&files.cert)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|source| TlsError::Read {
        path: files.key.clone(),
        what: "the private key",
        source,
    })?;
    let builder = ServerConfig::builder();
    let builder = match files.client_auth {
        ClientAuth::None => builder.with_no_client_auth(),
        ClientAuth::Optional | ClientAuth::Required => {
            builder.with_client_cert_verifier(client_verifier(files)?)
        }
    };
    builder
        .with_single_cert(chain, key)
        .map_err(|source| TlsError::Mismatch { cert: files.cert.clone(), source })
}

fn client_verifier(files: &Tls) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, TlsError> {
    let path = files.client_ca.as_ref().ok_or(TlsError::NoClientCa)?;
    let wrong = |reason: String| TlsError::ClientCa { path: path.clone(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    let builder = WebPkiClientVerifier::builder(Arc::new(roots));
    let builder = match files.client_auth {
        ClientAuth::Required => builder,
        ClientAuth::None | ClientAuth::Optional => builder.allow_unauthenticated(),
    };
    builder.build().map_err(|error| wrong(error.to_string()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |source| TlsError::Read { path: path.to_owned(), what: "certificates", source };
    let found: Vec<_> =
        CertificateDer::pem_file_iter(path).map_err(wrong)?.collect::<Result<_, _>>().map_err(wrong)?;
    if found.is_empty() {
        return Err(TlsError::NoCertificate { path: path.to_owned() });
    }
    Ok(found)
}

/// The CN of a client's certificate, which TLS has verified.
pub(super) fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let name = parsed.subject().iter_common_name().next()?.as_str().ok()?;
    Some(name.to_owned())
}
