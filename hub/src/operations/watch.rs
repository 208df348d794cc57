//! Keeps the mirror up to date with the file.

use std::time::Duration;

use super::store::DataVersion;
use super::{Operations, OperationsError};
use crate::shutdown::Shutdown;

/// Four looks a second: a maintenance window that was just added counts well within a second.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// What has ended leaves the mirror at the latest after this many looks: a minute.
const LOOKS_PER_REFRESH: u32 = 240;

/// Looks for changes by other programs until shutdown. When the file cannot be read, the last mirror stays in use
/// and the failure is logged once.
pub async fn watch(operations: Operations, now_ms: fn() -> i64, mut shutdown: Shutdown) {
    let mut seen = None;
    let mut failing = false;
    let mut looks = 0;
    loop {
        looks = (looks + 1) % LOOKS_PER_REFRESH;
        let expected = seen.filter(|_| looks != 0);
        let operations = operations.clone();
        match tokio::task::spawn_blocking(move || look(&operations, expected, now_ms())).await {
            Ok(Ok(version)) => {
                seen = Some(version);
                failing = false;
            }
            Ok(Err(error)) => {
                if !failing {
                    tracing::error!(%error, "operations.db cannot be read; what was known stays in use");
                }
                failing = true;
            }
            Err(error) => tracing::error!(%error, "reading operations.db stopped half-way"),
        }
        tokio::select! {
            () = shutdown.stopped() => return,
            () = tokio::time::sleep(POLL_INTERVAL) => {}
        }
    }
}

/// The version is read before the data: a change in between is found again by the next look, and none is missed.
fn look(
    operations: &Operations,
    seen: Option<DataVersion>,
    now_ms: i64,
) -> Result<DataVersion, OperationsError> {
    let version = operations.data_version()?;
    if seen != Some(version) {
        operations.reload(now_ms)?;
    }
    Ok(version)
}
