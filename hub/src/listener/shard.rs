//! One thread and its connections.

use super::commands::Mail;
use super::session::{self, End};
use super::sessions::SessionId;
use super::tls::ReloadingTls;
use super::{Shared, connect};
use crate::access::Place;
use crate::intake::{Intake, Ledgers};
use crate::recorder::{Chunk, ChunkSender, Done, Ticket};
use crate::shutdown::Shutdown;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::{JoinSet, LocalSet};
use waystation_protocol::Limits;

/// Connections and words to sessions that may wait for a shard.
const INBOX_MAX: usize = 1024;
/// What one read takes from a socket at most.
const READ_BYTES_MAX: usize = 128 << 10;
/// Commands that may wait for one session to wake up.
const MAIL_MAX: usize = 16;
/// How soon sessions notice that their station or token was removed.
const RECHECK_INTERVAL: Duration = Duration::from_millis(500);
/// How long sessions may take to leave when the hub stops.
const LEAVE_DEADLINE: Duration = Duration::from_secs(5);

/// What carries a listener's connections.
#[derive(Debug, Clone)]
pub enum Carrier {
    Plain,
    Tls(Arc<ReloadingTls>),
    WebSocket,
    SecureWebSocket(Arc<ReloadingTls>),
}

/// What other threads say to a shard.
pub(super) enum Inbox {
    Accepted {
        stream: std::net::TcpStream,
        place: Place,
        carrier: Carrier,
    },
    /// Another connection took the session's client id.
    TakenOver(SessionId),
    Command(SessionId, Mail),
}

/// The threads that serve connections.
pub struct Shards {
    inboxes: Vec<flume::Sender<Inbox>>,
    next: AtomicUsize,
}

/// A shard that cannot be started.
#[derive(Debug, Error)]
#[error("cannot start a connection thread: {0}")]
pub struct ShardsError(#[from] std::io::Error);

impl Shards {
    /// Gives a connection to the next shard in turn.
    pub(super) async fn hand_over(&self, message: Inbox) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.inboxes.len();
        self.tell(turn, message).await;
    }

    /// Says something to one shard. A shard that has ended has no connections left to hear it.
    pub(super) async fn tell(&self, shard: usize, message: Inbox) {
        if self.inboxes[shard].send_async(message).await.is_err() {
            tracing::debug!(shard, "connection thread has ended");
        }
    }
}

/// Starts `count` shards (at least one). Each ends once the hub stops and its connections have left; only then are
/// its chunk senders dropped, so that the recorder outlives them.
///
/// # Errors
/// If a thread or its runtime cannot be started.
pub fn start(
    count: usize,
    shared: &Arc<Shared>,
    ledgers: &Arc<Ledgers>,
    chunks: &ChunkSender,
    shutdown: &Shutdown,
) -> Result<(Arc<Shards>, Vec<JoinHandle<()>>), ShardsError> {
    let (inboxes, outboxes): (Vec<_>, Vec<_>) = (0..count.max(1)).map(|_| flume::bounded(INBOX_MAX)).unzip();
    let shards = Arc::new(Shards { inboxes, next: AtomicUsize::new(0) });
    shared.commands.set_shards(&shards);
    let mut threads = Vec::new();
    for (index, inbox) in outboxes.into_iter().enumerate() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (shared, ledgers, chunks) = (shared.clone(), ledgers.clone(), chunks.clone());
        let (shards, shutdown) = (Arc::downgrade(&shards), shutdown.clone());
        let run = move || {
            let shard = Rc::new(Shard::new(index, shared, ledgers, chunks, shards));
            LocalSet::new().block_on(&runtime, shard.run(inbox, shutdown));
        };
        threads.push(std::thread::Builder::new().name(format!("mqtt-{index}")).spawn(run)?);
    }
    Ok((shards, threads))
}

/// State of one shard; everything in it stays on its thread.
pub(super) struct Shard {
    pub(super) index: usize,
    pub(super) shared: Arc<Shared>,
    pub(super) intake: RefCell<Intake>,
    /// All sockets are read into this, in turn: the front takes what a session had left over from its last read.
    pub(super) scratch: RefCell<Vec<u8>>,
    /// Last ticket known to be on disk.
    pub(super) committed: Cell<Ticket>,
    /// The open chunk has something in it.
    pub(super) dirty: Notify,
    /// There is room for more publishes.
    pub(super) room: Notify,
    pub(super) shards: std::sync::Weak<Shards>,
    done: Arc<Done>,
    chunks: ChunkSender,
    /// The flusher holds chunks that wait for a place.
    flushing: Cell<bool>,
    held: Cell<Option<Chunk>>,
    /// Sessions whose acknowledgements wait, by ticket.
    waiting: RefCell<VecDeque<(Ticket, Rc<Handle>)>>,
    handles: RefCell<HashMap<SessionId, Rc<Handle>>>,
    next_session: Cell<SessionId>,
}

/// How the shard reaches a session.
#[derive(Default)]
pub(super) struct Handle {
    pub(super) wake: Notify,
    pub(super) end: Cell<Option<End>>,
    /// The registry changed: credentials must be looked at again.
    pub(super) recheck: Cell<bool>,
    /// Commands for the session, at most [`MAIL_MAX`].
    pub(super) mail: Cell<Vec<Mail>>,
}

impl Shard {
    fn new(
        index: usize,
        shared: Arc<Shared>,
        ledgers: Arc<Ledgers>,
        chunks: ChunkSender,
        shards: std::sync::Weak<Shards>,
    ) -> Self {
        let done = Arc::new(Done::default());
        let limits =
            Limits { decompressed_bytes: shared.config.batch_bytes_max.as_usize(), ..Limits::default() };
        let intake =
            Intake::new(limits, ledgers, shared.broker.clone(), shared.metrics.clone(), done.clone());
        let scratch = vec![0; shared.config.packet_bytes_max.as_usize() + READ_BYTES_MAX];
        Self {
            index,
            shared,
            intake: RefCell::new(intake),
            scratch: RefCell::new(scratch),
            committed: Cell::new(0),
            dirty: Notify::new(),
            room: Notify::new(),
            shards,
            done,
            chunks,
            flushing: Cell::new(false),
            held: Cell::new(None),
            waiting: RefCell::default(),
            handles: RefCell::default(),
            next_session: Cell::new(1),
        }
    }

    async fn run(self: Rc<Self>, inbox: flume::Receiver<Inbox>, shutdown: Shutdown) {
        let flusher = tokio::task::spawn_local(self.clone().flush());
        let releaser = tokio::task::spawn_local(self.clone().release());
        let rechecker = tokio::task::spawn_local(self.clone().recheck());
        self.serve(inbox, shutdown).await;
        for task in [flusher, releaser, rechecker] {
            task.abort();
            if task.await.is_err_and(|error| error.is_panic()) {
                tracing::error!(shard = self.index, "a task of the connection thread panicked");
            }
        }
        tracing::debug!(shard = self.index, "connection thread ends");
    }

    async fn serve(self: &Rc<Self>, inbox: flume::Receiver<Inbox>, mut shutdown: Shutdown) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = shutdown.stopped() => break,
                message = inbox.recv_async() => match message {
                    Ok(Inbox::Accepted { stream, place, carrier }) => self.adopt(stream, place, carrier, &mut connections),
                    Ok(Inbox::TakenOver(session)) => self.end(session, End::TakenOver),
                    Ok(Inbox::Command(session, mail)) => self.post(session, mail),
                    Err(_) => break,
                },
                Some(ended) = connections.join_next(), if !connections.is_empty() => report_panic(ended),
            }
        }
        self.handles.borrow().values().for_each(|handle| end(handle, End::ShuttingDown));
        let leaving = async {
            while let Some(ended) = connections.join_next().await {
                report_panic(ended)
            }
        };
        if tokio::time::timeout(LEAVE_DEADLINE, leaving).await.is_err() {
            tracing::warn!(shard = self.index, left = connections.len(), "connections cut at shutdown");
            connections.shutdown().await;
        }
    }

    fn adopt(
        self: &Rc<Self>,
        stream: std::net::TcpStream,
        place: Place,
        carrier: Carrier,
        connections: &mut JoinSet<()>,
    ) {
        match TcpStream::from_std(stream) {
            Ok(stream) => {
                connections.spawn_local(connect::serve(self.clone(), stream, place, carrier));
            }
            Err(error) => tracing::warn!(%error, "accepted connection lost"),
        }
    }

    /// Registers a session, so that the shard can reach it.
    pub(super) fn register(&self) -> (SessionId, Rc<Handle>) {
        let id = self.next_session.replace(self.next_session.get() + 1);
        let handle = Rc::new(Handle::default());
        self.handles.borrow_mut().insert(id, handle.clone());
        (id, handle)
    }

    pub(super) fn unregister(&self, session: SessionId) {
        self.handles.borrow_mut().remove(&session);
    }

    fn end(&self, session: SessionId, reason: End) {
        if let Some(handle) = self.handles.borrow().get(&session) {
            end(handle, reason);
        }
    }

    /// Gives a command to a session; one that does not fit is dropped, which its sender notices.
    fn post(&self, session: SessionId, mail: Mail) {
        if let Some(handle) = self.handles.borrow().get(&session) {
            let mut waiting = handle.mail.take();
            if waiting.len() < MAIL_MAX {
                waiting.push(mail);
            }
            handle.mail.set(waiting);
            handle.wake.notify_one();
        }
    }

    /// Wakes the session once `ticket` is on disk.
    pub(super) fn wake_at(&self, ticket: Ticket, handle: &Rc<Handle>) {
        self.waiting.borrow_mut().push_back((ticket, handle.clone()));
    }

    /// Notes that the open chunk has something in it; hands it over at once if it is large and there is room.
    pub(super) fn took(&self) {
        let mut intake = self.intake.borrow_mut();
        if intake.is_worth_handing_over() && !self.flushing.get() && !self.chunks.is_full() {
            self.hand_over_now(&mut intake);
        }
        self.dirty.notify_one();
    }

    /// Chunks go out in the order of their tickets: nothing is sent past one that the flusher holds.
    fn hand_over_now(&self, intake: &mut Intake) {
        let Some(chunk) = intake.seal() else { return };
        match self.chunks.try_send(chunk) {
            Ok(()) => {}
            // Another thread took the last place; the flusher waits for the next.
            Err(flume::TrySendError::Full(chunk)) => {
                self.flushing.set(true);
                self.held.set(Some(chunk));
            }
            Err(flume::TrySendError::Disconnected(_)) => report_no_recorder(),
        }
    }

    /// Hands the open chunk over once the sockets that were ready have been read: tasks run in the order in which
    /// they were woken, and the first publish of a round wakes this one.
    async fn flush(self: Rc<Self>) {
        loop {
            self.dirty.notified().await;
            self.flushing.set(true);
            if let Some(held) = self.held.take()
                && self.chunks.send_async(held).await.is_err()
            {
                return report_no_recorder();
            }
            let sealed = self.intake.borrow_mut().seal();
            if let Some(chunk) = sealed
                && self.chunks.send_async(chunk).await.is_err()
            {
                return report_no_recorder();
            }
            self.flushing.set(false);
            self.room.notify_waiters();
        }
    }

    /// When a commit is done: first the ledger and the readers, then the acknowledgements.
    async fn release(self: Rc<Self>) {
        loop {
            self.done.changed().await;
            let committed = self.done.committed();
            self.intake.borrow_mut().committed();
            self.committed.set(committed);
            let mut waiting = self.waiting.borrow_mut();
            while waiting.front().is_some_and(|(ticket, _)| *ticket <= committed) {
                if let Some((_, handle)) = waiting.pop_front() {
                    handle.wake.notify_one();
                }
            }
        }
    }

    async fn recheck(self: Rc<Self>) {
        let mut seen = self.shared.directory.load_full();
        loop {
            tokio::time::sleep(RECHECK_INTERVAL).await;
            let now = self.shared.directory.load_full();
            if Arc::ptr_eq(&now, &seen) {
                continue;
            }
            seen = now;
            for handle in self.handles.borrow().values() {
                handle.recheck.set(true);
                handle.wake.notify_one();
            }
        }
    }
}

fn end(handle: &Handle, reason: End) {
    handle.end.set(Some(reason));
    handle.wake.notify_one();
}

fn report_no_recorder() {
    tracing::error!("the recorder has ended: nothing more is acknowledged");
}

fn report_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        // One connection's panic costs that connection alone; the text has no payload in it.
        tracing::error!(%error, "a connection's task panicked; the others go on");
    }
}

/// Kept here so that the type of a session's future is named in one place.
pub(super) use session::run as run_session;
