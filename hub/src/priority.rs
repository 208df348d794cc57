//! Which threads go first when the processors are busy: those that acknowledge.

/// Of the thread that keeps the stations' state: it lags in a burst rather than slow it down.
pub const STATE_NICE: i32 = 5;
/// Of the thread that keeps the history.
pub const HISTORY_NICE: i32 = 10;
/// The highest there is.
const NICE_MAX: i32 = 19;

/// Raises the nice value of the calling thread alone by so much, which any user may do. The program may have been started
/// with one of its own.
pub fn give_way(nice: i32) {
    let thread = Some(rustix::thread::gettid());
    let raised = rustix::process::getpriority_process(thread)
        .and_then(|own| rustix::process::setpriority_process(thread, (own + nice).min(NICE_MAX)));
    if let Err(error) = raised {
        tracing::warn!(%error, "a thread that should give way to those that acknowledge runs at their priority");
    }
}
