//! Keeps the shared snapshot up to date with the file.

use std::sync::Arc;
use std::time::Duration;

use super::{DataVersion, Directory, Registry, RegistryError, SharedDirectory};
use crate::shutdown::Shutdown;

/// Four looks a second: a station that was just added can log in well within a second.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Looks for changes of the registry until shutdown, and swaps in a new snapshot for each. When the file cannot
/// be read, the last snapshot stays in use and the failure is logged once.
pub async fn watch(registry: Arc<Registry>, shared: SharedDirectory, mut shutdown: Shutdown) {
    let mut seen = None;
    let mut failing = false;
    loop {
        match look(&registry, seen).await {
            Ok(Some((version, directory))) => {
                tracing::info!(stations = directory.len(), "registry loaded");
                shared.store(Arc::new(directory));
                seen = Some(version);
                failing = false;
            }
            Ok(None) => failing = false,
            Err(error) => {
                if !failing {
                    tracing::error!(%error, "the registry cannot be read; the stations known so far stay in use");
                }
                failing = true;
            }
        }
        tokio::select! {
            () = shutdown.stopped() => return,
            () = tokio::time::sleep(POLL_INTERVAL) => {}
        }
    }
}

/// A snapshot if there is a newer one than `seen`. The version is read before the data: a change in between is
/// found again by the next look, and none is missed.
async fn look(
    registry: &Arc<Registry>,
    seen: Option<DataVersion>,
) -> Result<Option<(DataVersion, Directory)>, LookError> {
    let registry = Arc::clone(registry);
    let read = move || {
        let version = registry.data_version()?;
        if seen == Some(version) {
            return Ok(None);
        }
        Ok::<_, RegistryError>(Some((version, registry.load()?)))
    };
    Ok(tokio::task::spawn_blocking(read).await??)
}

#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("reading stopped half-way: {0}")]
    Thread(#[from] tokio::task::JoinError),
}
