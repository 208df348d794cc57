//! The thread that alone talks to the router: batches of messages, links made and taken off.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rumqttd::local::LinkTx;
use tokio::sync::mpsc;

use super::inbox::Item;
use super::pump::{Job, Tap};
use super::reader::LinkEnd;
use super::router::{Feed, Router, RouterLost, disconnect};
use super::subscription::Counted;
use super::{BrokerError, Shared};

/// Messages and orders handed to the router at once.
const BATCH: usize = 512;
/// While there are links, the router is woken at least this often; see [`Feed::flush`].
const HEARTBEAT: Duration = Duration::from_millis(100);
/// How often sessions of readers that are away are looked through.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);

pub(super) fn start(shared: Arc<Shared>, jobs: mpsc::Sender<Job>) -> Result<JoinHandle<()>, BrokerError> {
    let thread = "broker-feeder";
    std::thread::Builder::new()
        .name(thread.into())
        .spawn(move || run(&shared, &jobs))
        .map_err(|source| BrokerError::Thread { thread, source })
}

fn run(shared: &Arc<Shared>, jobs: &mpsc::Sender<Job>) {
    let mut next_link = 0;
    loop {
        let mut feeder = Feeder { shared, jobs, links: Links { next: next_link, ..Links::default() } };
        match feeder.serve(&Router::start(&shared.options)) {
            Ok(()) => return,
            Err(error) => {
                tracing::error!(%error, "the reader router ended: all readers are disconnected, a new one starts");
                next_link = feeder.links.next;
                shared.subscriptions.forget_filters();
                shared.sessions.end_all(LinkEnd::RouterLost);
            }
        }
    }
}

struct Feeder<'a> {
    shared: &'a Arc<Shared>,
    jobs: &'a mpsc::Sender<Job>,
    links: Links,
}

impl Feeder<'_> {
    /// Serves one router until the broker stops, or until the router does, which is the error.
    fn serve(&mut self, router: &Router) -> Result<(), RouterLost> {
        let mut feed = Feed::open(router)?;
        let mut items = Vec::with_capacity(BATCH);
        let mut expired_at = Instant::now();
        loop {
            let wait = (!self.links.open.is_empty()).then_some(HEARTBEAT);
            if !self.shared.inbox.take(&mut items, BATCH, wait) {
                return Ok(());
            }
            if expired_at.elapsed() >= EXPIRY_INTERVAL {
                expired_at = Instant::now();
                self.shared.sessions.expire();
            }
            for item in items.drain(..) {
                self.handle(item, router, &mut feed)?;
            }
            feed.flush(router)?;
        }
    }

    fn handle(&mut self, item: Item, router: &Router, feed: &mut Feed) -> Result<(), RouterLost> {
        match item {
            Item::Publish { topic, payload } if routable(&topic) => feed.push(topic, payload),
            Item::Publish { .. } => self.shared.counts.skipped.inc(),
            Item::Connect(tap) => {
                // The log of a new filter starts here: what came before must be in before.
                feed.flush(router)?;
                self.connect(*tap, router)?;
            }
            Item::Join(member) => self.pump(Job::Member(member)),
            Item::Leave(remains) => self.pump(Job::Leave(remains)),
            Item::Detach(id) => self.links.detach(id)?,
            #[cfg(test)]
            Item::EndRouter => {
                let (mut tx, rx) = router.connect("ended")?;
                disconnect(&mut tx)?;
                rx.ready().map_err(Box::new)?;
            }
        }
        Ok(())
    }

    fn connect(&mut self, tap: Tap, router: &Router) -> Result<(), RouterLost> {
        let Tap { filter, out, stop, link } = tap;
        let (id, name) = self.links.reserve();
        let (mut tx, rx) = router.connect(&name)?;
        tx.subscribe(filter)?;
        self.links.open.insert(id, Link { tx, name, _counted: link });
        self.pump(Job::Link { id, rx, out, stop, shared: Arc::clone(self.shared) });
        Ok(())
    }

    fn pump(&self, job: Job) {
        // The pump takes jobs at once and ends after the feeder, which holds this sender.
        if self.jobs.blocking_send(job).is_err() {
            tracing::error!("the pump of the reader broker is gone; a subscription gets nothing");
        }
    }
}

/// What the router takes. It slices the first byte off every topic, which panics on a longer character, and drops
/// the link of whoever publishes to a topic that is not UTF-8.
fn routable(topic: &[u8]) -> bool {
    topic.first().is_some_and(|first| first.is_ascii() && *first != b'$')
        && std::str::from_utf8(topic).is_ok()
}

/// The links to the router. Their names are used again, because the router remembers every name for ever.
#[derive(Default)]
struct Links {
    open: HashMap<u64, Link>,
    free_names: Vec<String>,
    names: usize,
    next: u64,
}

struct Link {
    tx: LinkTx,
    name: String,
    _counted: Counted,
}

impl Links {
    fn reserve(&mut self) -> (u64, String) {
        self.next += 1;
        let name = self.free_names.pop().unwrap_or_else(|| {
            self.names += 1;
            format!("tap-{}", self.names)
        });
        (self.next, name)
    }

    /// An id that is not open belonged to a router that ended.
    fn detach(&mut self, id: u64) -> Result<(), RouterLost> {
        if let Some(mut link) = self.open.remove(&id) {
            disconnect(&mut link.tx)?;
            self.free_names.push(link.name);
        }
        Ok(())
    }
}
