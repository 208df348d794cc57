//! Moves messages from the router's links into the queues of readers and groups, on a thread of its own.
//!
//! A pump waits while its reader's queue is full; the router then pauses the link and the messages stay in its log.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;

use rumqttd::Notification;
use rumqttd::local::LinkRx;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::handoff::Handoff;
use super::session::{Queued, Remains};
use super::subscription::{Counted, Group};
use super::{BrokerError, Shared};

/// Jobs that may wait to be started; each is a subscription being made.
const JOBS_WAITING_MAX: usize = 64;

/// Resolves when the subscription is given up: its other end is dropped.
pub(super) type Stop = oneshot::Receiver<()>;

/// A subscription that needs a link to the router.
pub(super) struct Tap {
    pub filter: String,
    pub out: Out,
    pub stop: Stop,
    pub link: Counted,
}

/// Where a link's messages go.
pub(super) enum Out {
    Reader { queue: mpsc::Sender<Queued>, qos: Arc<AtomicU8> },
    Group(Arc<Handoff<Queued>>),
}

/// A reader's part in a shared group.
pub(super) struct Member {
    pub group: Arc<Group>,
    pub queue: mpsc::Sender<Queued>,
    pub qos: Arc<AtomicU8>,
    pub stop: Stop,
}

pub(super) enum Job {
    Link { id: u64, rx: LinkRx, out: Out, stop: Stop, shared: Arc<Shared> },
    Member(Box<Member>),
    Leave(Box<Remains>),
}

/// Starts the thread; it ends when the sender is dropped.
pub(super) fn start() -> Result<(mpsc::Sender<Job>, JoinHandle<()>), BrokerError> {
    let thread = "broker-pump";
    let error = |source| BrokerError::Thread { thread, source };
    let (sender, jobs) = mpsc::channel(JOBS_WAITING_MAX);
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(error)?;
    let handle = std::thread::Builder::new()
        .name(thread.into())
        .spawn(move || runtime.block_on(run(jobs)))
        .map_err(error)?;
    Ok((sender, handle))
}

async fn run(mut jobs: mpsc::Receiver<Job>) {
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            job = jobs.recv() => match job {
                Some(Job::Link { id, rx, out, stop, shared }) => { tasks.spawn(pump_link(id, rx, out, stop, shared)); }
                Some(Job::Leave(remains)) => { tasks.spawn(remains.give_back()); }
                Some(Job::Member(member)) => { tasks.spawn(pump_member(*member)); }
                None => break,
            },
            Some(ended) = tasks.join_next() => if let Err(error) = ended {
                tracing::error!(%error, "a pump of the reader broker panicked; its subscription gets nothing more");
            },
        }
    }
    tasks.shutdown().await;
}

async fn pump_link(id: u64, mut rx: LinkRx, out: Out, mut stop: Stop, shared: Arc<Shared>) {
    let mut offsets = Offsets::default();
    loop {
        let notification = tokio::select! {
            biased;
            _ = &mut stop => break,
            notification = rx.next() => notification,
        };
        match notification {
            Ok(Some(Notification::Forward(forward))) => {
                if let Some((_segment, offset)) = forward.cursor {
                    shared.counts.skipped.inc_by(offsets.skipped_before(offset));
                }
                let message = Queued::new(forward.publish.topic, forward.publish.payload);
                tokio::select! {
                    biased;
                    _ = &mut stop => break,
                    () = out.send(message) => {}
                }
            }
            // Not cancelled by `stop`: the router must get exactly one answer to each pause.
            Ok(Some(Notification::Unschedule)) => {
                if rx.wake().await.is_err() {
                    break;
                }
            }
            Ok(_) => {}
            // The router is gone; the feeder finds that out by itself.
            Err(_) => break,
        }
    }
    shared.inbox.detach(id);
}

impl Out {
    /// Waits for room. When the receiving end is gone, `stop` is about to resolve.
    async fn send(&self, mut message: Queued) {
        let sent = match self {
            Self::Reader { queue, qos } => {
                message.qos = qos.load(Ordering::Relaxed);
                queue.send(message).await.is_ok()
            }
            Self::Group(group) => group.send(message).await.is_ok(),
        };
        if !sent {
            pending().await
        }
    }
}

async fn pump_member(member: Member) {
    let Member { group, queue, qos, mut stop } = member;
    let messages = group.messages();
    let give = async {
        // Room first, then the message: a member that is slow leaves it to the others.
        while let Ok(room) = queue.reserve().await {
            let Ok(mut message) = messages.receive().await else { break };
            message.qos = qos.load(Ordering::Relaxed);
            message.group = Some(Arc::downgrade(&group));
            room.send(message);
        }
    };
    tokio::select! {
        _ = &mut stop => {}
        () = give => {}
    }
}

/// Tells from the offsets in a filter's log, which count up by one, how many messages were jumped over.
#[derive(Default)]
struct Offsets {
    expected: Option<u64>,
}

impl Offsets {
    fn skipped_before(&mut self, offset: u64) -> u64 {
        let skipped = offset.saturating_sub(self.expected.unwrap_or(offset));
        self.expected = Some(offset + 1);
        skipped
    }
}
