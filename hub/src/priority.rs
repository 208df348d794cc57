//! Which threads go first when the processors are busy: those that acknowledge.

/// Of the thread that keeps the stations' state: it lags in a burst rather than slow it down.
pub const STATE_NICE: i32 = 5;
/// Of the thread that keeps the history.
pub const HISTORY_NICE: i32 = 10;

/// Raises the nice value of the calling thread alone, which any user may do.
pub fn give_way(nice: i32) {
    let thread = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(thread), nice) {
        tracing::warn!(%error, "a thread that should give way to those that acknowledge runs at their priority");
    }
}
