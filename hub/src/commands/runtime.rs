//! Async runtimes for commands.

use tokio::runtime::{Builder, Runtime};

/// One thread: for a request or two.
pub(super) fn small() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// A thread a processor: for the hub. Its connections have threads of their own.
pub(super) fn large() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().thread_name("hub").build()
}
