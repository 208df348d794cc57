//! What is used of rumqttd's router: its thread, and links to it.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rumqttd::local::{LinkBuilder, LinkError, LinkRx, LinkTx};
use rumqttd::protocol::{Disconnect, DisconnectReasonCode, Packet, PingReq, Publish};
use rumqttd::{Notification, RouterConfig};

use super::Options;

/// A log is kept in this many segments; when it is full the oldest one goes.
const SEGMENTS: usize = 4;
/// The router reads this many messages of a log for one link at a time; it pauses a link at 199.
const READ_AT_ONCE: u64 = 100;
/// A router that has not answered for this long is taken for dead. It answers within milliseconds; a new filter on
/// a fleet of two million topics takes it a fraction of a second.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The router counts the messages of each publishing link by topic, for ever; a new link forgets them.
const FEED_MESSAGES_MAX: usize = 100_000;
const FEED_NAME: &str = "feed";

/// The router's thread has ended, or answers no more. Boxed: it carries the router's largest event.
pub(super) type RouterLost = Box<LinkError>;

/// The type of the router's channel cannot be named outside rumqttd, so a closure holds it.
type Connect = Box<dyn Fn(&str) -> Result<(LinkTx, LinkRx), RouterLost> + Send>;

pub(super) struct Router {
    connect: Connect,
}

impl Router {
    pub fn start(options: &Options) -> Self {
        let config = RouterConfig {
            // One more for the feed, and one for its successor.
            max_connections: options.subscriptions_max + 2,
            max_outgoing_packet_count: READ_AT_ONCE,
            max_segment_size: (options.filter_log_bytes_max / SEGMENTS).max(1024),
            max_segment_count: SEGMENTS,
            ..RouterConfig::default()
        };
        let events = rumqttd::Router::new(0, config).spawn();
        let connect = move |name: &str| {
            LinkBuilder::new(name, events.clone()).build().map(|(tx, rx, _)| (tx, rx)).map_err(Box::new)
        };
        Self { connect: Box::new(connect) }
    }

    /// A new link. `name` must be free: the router drops an earlier link of the same name.
    pub fn connect(&self, name: &str) -> Result<(LinkTx, LinkRx), RouterLost> {
        (self.connect)(name)
    }
}

/// Takes a link off the router.
pub(super) fn disconnect(link: &mut LinkTx) -> Result<(), RouterLost> {
    send(
        link,
        Packet::Disconnect(Disconnect { reason_code: DisconnectReasonCode::NormalDisconnection }, None),
    )
}

/// The link that messages are published on.
pub(super) struct Feed {
    tx: LinkTx,
    rx: LinkRx,
    messages: usize,
}

impl Feed {
    pub fn open(router: &Router) -> Result<Self, RouterLost> {
        let (tx, rx) = router.connect(FEED_NAME)?;
        Ok(Self { tx, rx, messages: 0 })
    }

    /// Adds a message to the batch.
    pub fn push(&mut self, topic: Bytes, payload: Bytes) {
        self.messages += 1;
        self.tx.buffer().push_back(Packet::Publish(Publish::new(topic, payload, false), None));
    }

    /// Hands the batch over and waits until the router has put it into its logs. An empty batch wakes the router,
    /// which it needs: having met a link that is gone among those that are ready, it sleeps until something
    /// happens, ready links or not.
    pub fn flush(&mut self, router: &Router) -> Result<(), RouterLost> {
        send(&mut self.tx, Packet::PingReq(PingReq))?;
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        while !matches!(self.rx.recv_deadline(deadline)?, Some(Notification::DeviceAck(_))) {}
        if self.messages >= FEED_MESSAGES_MAX {
            disconnect(&mut self.tx)?;
            *self = Self::open(router)?;
        }
        Ok(())
    }
}

/// `LinkTx::send` is asynchronous in name only: it has no await, and blocks while the router's channel is full.
fn send(link: &mut LinkTx, packet: Packet) -> Result<(), RouterLost> {
    match pin!(link.send(packet)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(sent) => sent.map(|_| ()).map_err(Box::new),
        Poll::Pending => Err(Box::new(LinkError::NotConnectionAck)),
    }
}
