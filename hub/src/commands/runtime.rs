//! Async runtimes for commands.

use tokio::runtime::{Builder, Runtime};

/// One thread: for a request or two.
pub(super) fn small() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
