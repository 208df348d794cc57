//! Fan-out to MQTT readers, over rumqttd's `Router`, of what is durable already.
//!
//! ```text
//! publish() ─▶ inbox ─▶ feeder ─▶ Router: one log a filter ─▶ pump ─▶ queue of the reader ─▶ ReaderLink::next()
//!   intake     bounded   thread    thread, bounded logs       thread    bounded              QoS 1 window
//! ```
//!
//! Invariants:
//! - `publish` never waits: a full inbox drops the message and counts it (`skipped`).
//! - Behind the inbox nothing is dropped by us: a reader that does not keep up leaves its messages in the router's
//!   log of its filter. When that log runs over, the router moves the reader on to the oldest message that is left,
//!   and the pump counts what was jumped over from the log's offsets.
//! - Only the feeder sends to the router, in lock-step, so at most one batch waits in there.
//! - Every subscription is a router link of its own, at QoS 0. Packet ids, acknowledgements, sessions, shared
//!   groups and retained presence are kept here. The router's own versions stall or panic: an acknowledgement out of
//!   order drops the link, a session that was in a shared group panics the router when it leaves, unsubscribing
//!   from a shared filter keeps delivering, and a new subscriber gets at most 200 retained messages.
//! - A link is detached only after its pump has ended: `Ready` from a link that is gone panics the router.
//! - The router forgets no filter, so their number is bounded (`filters_max`). Should its thread ever end, all
//!   readers are disconnected and the feeder starts another router.

mod feeder;
mod filter;
mod handoff;
mod inbox;
mod presence;
mod pump;
mod reader;
mod router;
mod session;
mod sessions;
mod subscription;

pub use reader::{AttachError, LinkEnd, ReaderLink};
pub use session::Delivery;
pub use subscription::{Refused, Request, Retained};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use prometheus::IntCounter;
use thiserror::Error;
use waystation_protocol::{Channel, StationId, topic_name};

use crate::metrics::Metrics;
use inbox::Inbox;
use presence::PresenceTable;
use sessions::Sessions;
use subscription::Subscriptions;

/// See [`Options::session_expiry_max`]; what CONNACK tells a reader that asked for more.
pub const SESSION_EXPIRY_MAX: Duration = Duration::from_secs(3_600);

/// The bounds of the broker.
#[derive(Debug, Clone)]
pub struct Options {
    /// Messages that may wait for the router.
    pub inbox_messages_max: usize,
    /// Topics and payloads that may wait for the router.
    pub inbox_bytes_max: usize,
    /// Subscriptions of all readers together, those of disconnected sessions included.
    pub subscriptions_max: usize,
    /// Subscriptions of one reader.
    pub reader_subscriptions_max: usize,
    /// Different filters since the router started: it keeps a log for each.
    pub filters_max: usize,
    /// What the router keeps of one filter for readers that fall behind.
    pub filter_log_bytes_max: usize,
    /// Messages that wait for one reader outside the router.
    pub reader_queue_messages_max: usize,
    /// Sessions that are kept for readers that are away.
    pub sessions_max: usize,
    /// The longest that a session is kept for a reader that is away; the reader may ask for less.
    pub session_expiry_max: Duration,
    /// How long a take-over waits for the earlier connection to let go of the session.
    pub take_over_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            inbox_messages_max: 16_384,
            inbox_bytes_max: 32 << 20,
            subscriptions_max: 2_048,
            reader_subscriptions_max: 512,
            filters_max: 1_024,
            filter_log_bytes_max: 512 << 10,
            reader_queue_messages_max: 64,
            sessions_max: 256,
            session_expiry_max: SESSION_EXPIRY_MAX,
            take_over_timeout: Duration::from_secs(5),
        }
    }
}

/// The broker could not start.
#[derive(Debug, Error)]
pub enum BrokerError {
    #[error(
        "cannot start the reader broker's thread {thread}: {source}; check the limit on processes (ulimit -u)"
    )]
    Thread { thread: &'static str, source: std::io::Error },
}

/// The fan-out; cheap to clone, usable from every thread.
#[derive(Clone)]
pub struct Broker(Arc<Shared>);

/// What the broker's threads, its sessions and its callers share.
struct Shared {
    options: Options,
    inbox: Arc<Inbox>,
    presence: PresenceTable,
    subscriptions: Subscriptions,
    sessions: Sessions,
    counts: Counts,
    readers: prometheus::IntGauge,
}

/// `reader_messages_total`, its label resolved once.
struct Counts {
    sent: IntCounter,
    skipped: IntCounter,
}

impl Broker {
    /// Starts the router and the threads around it.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(options: Options, metrics: Metrics) -> Result<(Self, BrokerThreads), BrokerError> {
        let shared = Arc::new(Shared {
            inbox: Arc::new(Inbox::new(&options)),
            presence: PresenceTable::default(),
            subscriptions: Subscriptions::new(options.subscriptions_max, options.filters_max),
            sessions: Sessions::default(),
            counts: Counts {
                sent: metrics.reader_messages.with_label_values(&["sent"]),
                skipped: metrics.reader_messages.with_label_values(&["skipped"]),
            },
            readers: metrics.readers.clone(),
            options,
        });
        let (jobs, pump) = pump::start()?;
        let threads = match feeder::start(Arc::clone(&shared), jobs) {
            Ok(feeder) => vec![feeder, pump],
            Err(error) => {
                // The channel of jobs closed with the feeder that never was, which ends the pump.
                join(pump);
                return Err(error);
            }
        };
        Ok((Self(Arc::clone(&shared)), BrokerThreads { shared, threads }))
    }

    /// Whether anybody subscribes to anything. While it is false, `publish` returns at once.
    #[must_use]
    pub fn has_readers(&self) -> bool {
        self.0.subscriptions.any()
    }

    /// Hands a message to every reader that subscribed to its topic. Never waits: what does not fit is counted.
    pub fn publish(&self, topic: Bytes, payload: Bytes) {
        if self.has_readers() && !self.0.inbox.publish(topic, payload) {
            self.0.counts.skipped.inc();
        }
    }

    /// Keeps `payload` as the retained message of the station's presence topic (an empty one removes it), and hands
    /// it to the readers that are subscribed already if `fan_out`.
    pub fn set_presence(&self, station: &StationId, payload: Bytes, fan_out: bool) {
        self.0.presence.set(station, payload.clone());
        if fan_out && self.has_readers() {
            self.publish(topic_name(station, Channel::Presence).into(), payload);
        }
    }

    /// Opens the link of one reader; with `clean_session` false the session of an earlier one is taken up. The flag
    /// says whether there was one. A link that is still open under this client id is ended first (its `next`
    /// returns `None`).
    ///
    /// # Errors
    /// When the broker has stopped, or the earlier connection does not let go of the session.
    pub async fn attach(
        &self,
        client_id: &str,
        clean_session: bool,
    ) -> Result<(ReaderLink, bool), AttachError> {
        ReaderLink::attach(Arc::clone(&self.0), client_id, clean_session).await
    }
}

/// The threads of the broker. Rumqttd's router thread is not among them: it has no way to be told to stop, holds
/// nothing that must be kept, and sleeps until the process ends.
pub struct BrokerThreads {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl BrokerThreads {
    /// Ends every reader's link and waits for the threads. Blocks for a moment; not for the async runtime.
    pub fn join(self) {
        drop(self);
    }
}

impl Drop for BrokerThreads {
    fn drop(&mut self) {
        self.shared.inbox.close();
        self.shared.sessions.close();
        self.threads.drain(..).for_each(join);
    }
}

fn join(thread: JoinHandle<()>) {
    let name = thread.thread().name().unwrap_or_default().to_owned();
    if thread.join().is_err() {
        tracing::error!(thread = name, "a thread of the reader broker panicked");
    }
}

/// Locks; what these mutexes guard is valid between any two statements, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
