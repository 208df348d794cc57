//! A session: one logged-in client, from CONNACK to its end.
//!
//! One task owns everything of a connection. It waits for whichever comes first: bytes, room to write, a commit, a
//! message for a reader, its own deadline, or a word from the shard.

mod downlink;
mod handle_packet;
mod io;
mod publish;

use super::acks::AckQueue;
use super::codec::{self, Connect, Version, reason};
use super::connect::Registration;
use super::reader::ReaderSide;
use super::shard::{Handle, Shard};
use super::transport::Transport;
use super::will::OwnWill;
use crate::access::{Admitted, Identity};
use crate::broker::{Delivery, LinkEnd};
use crate::intake::Message;
use crate::recorder::Ticket;
use downlink::Downlink;
use io::{Io, poll_io};
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use waystation_protocol::Channel;

/// Bytes for a client that may wait to be written; above, nothing more is read from it nor fetched for it.
const OUT_BYTES_MAX: usize = 64 << 10;
/// A client that takes nothing for this long while bytes wait for it is cut off.
const WRITE_STALL_MAX: Duration = Duration::from_secs(60);
/// How long acknowledgements may take to leave when the hub stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// Why a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// DISCONNECT; 5.0 clients may want their will published all the same.
    Left {
        with_will: bool,
    },
    /// The connection broke or was closed without DISCONNECT.
    Lost,
    KeepAlive,
    TakenOver,
    ShuttingDown,
    /// Station or token was removed or changed.
    Revoked,
    /// Took nothing of what was written for too long.
    Stalled,
    /// Broke a rule; the reason code of 5.0 and the label for the counter.
    Refused(u8, &'static str),
}

impl End {
    fn label(self) -> &'static str {
        match self {
            Self::Left { .. } => "left",
            Self::Lost => "lost",
            Self::KeepAlive => "keep_alive",
            Self::TakenOver => "taken_over",
            Self::ShuttingDown => "shutting_down",
            Self::Revoked => "revoked",
            Self::Stalled => "stalled",
            Self::Refused(_, label) => label,
        }
    }

    /// The reason of a DISCONNECT, where one is owed.
    fn reason(self) -> Option<u8> {
        match self {
            Self::Left { .. } | Self::Lost => None,
            Self::KeepAlive => Some(reason::KEEP_ALIVE_TIMEOUT),
            Self::TakenOver => Some(reason::SESSION_TAKEN_OVER),
            Self::ShuttingDown => Some(reason::SERVER_SHUTTING_DOWN),
            Self::Revoked => Some(reason::NOT_AUTHORIZED),
            Self::Stalled => Some(reason::QUOTA_EXCEEDED),
            Self::Refused(code, _) => Some(code),
        }
    }

    /// Whether the will is published. A take-over is not an outage, and neither is a restart of the hub.
    fn publishes(self, will: &OwnWill) -> bool {
        match self {
            Self::Left { with_will } => with_will,
            Self::ShuttingDown => false,
            Self::TakenOver => will.channel != Channel::Presence,
            Self::Lost | Self::KeepAlive | Self::Revoked | Self::Stalled | Self::Refused(..) => true,
        }
    }
}

/// What woke a session.
enum Event {
    /// So many bytes were read, behind `partial`, into the shard's buffer.
    Read(usize),
    Written,
    Woken,
    Room,
    Deadline,
    Delivery(Option<Delivery>),
    Broken(std::io::Error),
}

/// Bytes on their way to the client.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    pub(super) bytes: Vec<u8>,
    written: usize,
    needs_flush: bool,
}

impl Outgoing {
    pub(super) fn waiting(&self) -> usize {
        self.bytes.len() - self.written
    }
}

pub(super) struct Session {
    registration: Registration,
    handle: Rc<Handle>,
    transport: Transport,
    version: Version,
    admitted: Admitted,
    will: Option<Box<OwnWill>>,
    pub(super) reader: Option<Box<ReaderSide>>,
    /// Of a station that is subscribed to what the hub sends to it.
    downlink: Option<Box<Downlink>>,
    /// QoS 1 messages that the client takes at once.
    receive_maximum: u16,
    /// The start of a packet whose rest has not arrived, or packets that must wait for acknowledgements.
    partial: Vec<u8>,
    acks: AckQueue,
    out: Outgoing,
    /// QoS 2 packet ids that wait for PUBREL.
    unreleased: Vec<u16>,
    /// Ticket at which the shard was last asked to wake this session.
    wake_asked: Ticket,
    idle_limit: Duration,
    heard: Instant,
    wrote: Instant,
    rate: Rate,
    since_ms: i64,
    /// Where the client is; the fleet asks what stations that go together have in common.
    address: Option<IpAddr>,
}

/// Publishes within the current second.
#[derive(Debug)]
struct Rate {
    second: Instant,
    count: u32,
}

impl Session {
    #[allow(clippy::too_many_arguments)] // once, from CONNECT's parts
    pub(super) fn new(
        registration: Registration,
        handle: Rc<Handle>,
        transport: Transport,
        connect: &Connect<'_>,
        admitted: Admitted,
        will: Option<OwnWill>,
        reader: Option<Box<ReaderSide>>,
        since_ms: i64,
    ) -> Self {
        let now = Instant::now();
        // A client is silent too long after one and a half times its keep-alive [MQTT-3.1.2-22].
        let idle_limit = match connect.keep_alive_s {
            0 => Duration::from_secs(registration.shard.shared.config.idle_limit_s),
            seconds => Duration::from_millis(u64::from(seconds) * 1500),
        };
        Self {
            registration,
            handle,
            transport,
            version: connect.version,
            admitted,
            will: will.map(Box::new),
            reader,
            downlink: None,
            receive_maximum: connect.receive_maximum,
            partial: Vec::new(),
            acks: AckQueue::default(),
            out: Outgoing::default(),
            unreleased: Vec::new(),
            wake_asked: 0,
            idle_limit,
            heard: now,
            wrote: now,
            rate: Rate { second: now, count: 0 },
            since_ms,
            address: None,
        }
    }

    pub(super) fn with_address(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Bytes that arrived in the same read as CONNECT.
    pub(super) fn with_received(mut self, bytes: Vec<u8>) -> Self {
        self.partial = bytes;
        self
    }

    fn shard(&self) -> &Rc<Shard> {
        &self.registration.shard
    }

    /// Publishes that the client may not yet count as done.
    fn inflight(&self) -> usize {
        self.acks.len() + self.unreleased.len()
    }

    fn may_read(&self) -> bool {
        self.out.waiting() < OUT_BYTES_MAX
            && !self.is_over_rate()
            && (self.version == Version::V5 || self.inflight() < self.inflight_max() || self.acks.is_empty())
            && self.shard().intake.borrow().has_room()
    }

    fn inflight_max(&self) -> usize {
        usize::from(self.shard().shared.config.inflight_max)
    }

    fn is_over_rate(&self) -> bool {
        let limit = self.shard().shared.config.publishes_per_second_max;
        limit != 0 && self.rate.count >= limit && self.rate.second.elapsed() < Duration::from_secs(1)
    }

    /// When the session must look at the clock again.
    fn deadline(&self) -> Instant {
        let silence = self.heard + self.idle_limit;
        let stall = (self.out.waiting() > 0).then(|| self.wrote + WRITE_STALL_MAX);
        let rate = self.is_over_rate().then(|| self.rate.second + Duration::from_secs(1));
        [stall, rate].into_iter().flatten().fold(silence, Instant::min)
    }

    async fn next_event(&mut self, timer: &mut Pin<Box<tokio::time::Sleep>>) -> Event {
        let may_read = self.may_read();
        let has_room = self.shard().intake.borrow().has_room();
        let deadline = tokio::time::Instant::from_std(self.deadline());
        // Moving the timer costs a lock: it is left alone while it is early, and fires once for nothing.
        if timer.deadline() > deadline || timer.is_elapsed() {
            timer.as_mut().reset(deadline);
        }
        let shard = self.registration.shard.clone();
        let Self { handle, transport, out, partial, reader, wrote, .. } = self;
        let fetches = out.waiting() < OUT_BYTES_MAX;
        tokio::select! {
            biased;
            () = handle.wake.notified() => Event::Woken,
            io = poll_fn(|cx| poll_io(cx, transport, out, wrote, may_read.then_some((&*shard, partial.len())))) => match io {
                Ok(Io::Read(len)) => Event::Read(len),
                Ok(Io::Written) => Event::Written,
                Err(error) => Event::Broken(error),
            },
            delivery = next_delivery(reader, fetches) => Event::Delivery(delivery),
            () = shard.room.notified(), if !has_room => Event::Room,
            () = timer => Event::Deadline,
        }
    }

    async fn serve(&mut self) -> End {
        let mut timer = Box::pin(tokio::time::sleep_until(tokio::time::Instant::from_std(self.deadline())));
        if let Some(end) = self.handle_received(0) {
            return end;
        }
        loop {
            let event = self.next_event(&mut timer).await;
            if let Some(end) = self.handle_event(event) {
                return end;
            }
        }
    }

    fn handle_event(&mut self, event: Event) -> Option<End> {
        match event {
            Event::Read(0) => return Some(End::Lost),
            Event::Read(len) => return self.handle_received(len),
            Event::Written => {}
            Event::Woken => return self.handle_wake(),
            Event::Room => self.heard = Instant::now(),
            Event::Deadline => return self.handle_deadline(),
            Event::Delivery(Some(delivery)) => self.deliver(delivery),
            Event::Delivery(None) => return Some(self.end_of_link()),
            Event::Broken(error) => {
                tracing::debug!(%error, who = ?self.admitted.identity, "connection broke");
                return Some(End::Lost);
            }
        }
        self.handle_waiting_packets()
    }

    /// The broker let go of the reader, and says why.
    fn end_of_link(&self) -> End {
        match self.reader.as_ref().and_then(|reader| reader.link.ended()) {
            Some(LinkEnd::TakenOver) => End::TakenOver,
            Some(LinkEnd::Stopped) => End::ShuttingDown,
            Some(LinkEnd::RouterLost) | None => End::Lost,
        }
    }

    fn handle_wake(&mut self) -> Option<End> {
        if let Some(end) = self.handle.end.take() {
            return Some(end);
        }
        if self.handle.recheck.replace(false)
            && !self.admitted.is_still_good(&self.shard().shared.directory.load())
        {
            return Some(End::Revoked);
        }
        self.take_mail();
        self.release_acks();
        self.handle_waiting_packets()
    }

    fn handle_deadline(&mut self) -> Option<End> {
        let now = Instant::now();
        if self.out.waiting() > 0 && now >= self.wrote + WRITE_STALL_MAX {
            return Some(End::Stalled);
        }
        if !self.shard().intake.borrow().has_room() || self.acks.len() >= self.inflight_max() {
            // It is the hub that does not listen: the client's silence proves nothing.
            self.heard = now;
        }
        if now >= self.heard + self.idle_limit {
            return Some(End::KeepAlive);
        }
        self.shrink();
        self.handle_waiting_packets()
    }

    /// Packets that were left in `partial` because something had to happen first.
    fn handle_waiting_packets(&mut self) -> Option<End> {
        if self.partial.is_empty() || !self.may_read() { None } else { self.handle_received(0) }
    }

    /// Gives memory back that a burst took: an idle connection keeps none.
    fn shrink(&mut self) {
        self.acks.shrink();
        if self.out.bytes.is_empty() {
            self.out.bytes = Vec::new();
        }
        if self.partial.is_empty() {
            self.partial = Vec::new();
        }
    }

    fn release_acks(&mut self) {
        let shard = self.registration.shard.clone();
        self.acks.release(shard.committed.get(), &mut self.out.bytes, &shard.shared.metrics.puback_seconds);
    }

    fn deliver(&mut self, delivery: Delivery) {
        if let Some(reader) = &mut self.reader {
            reader.write(self.version, delivery, &mut self.out.bytes);
        }
    }

    /// Publishes the will, says goodbye, and waits for what was promised.
    async fn finish(mut self, end: End) {
        if let Some(will) = self.will.take().filter(|will| end.publishes(will)) {
            let message = Message {
                station: &will.station,
                channel: will.channel,
                topic: &will.topic,
                payload: &will.payload,
                received_ms: super::now_ms(),
                is_will: true,
            };
            self.shard().intake.borrow_mut().take(&message);
            self.shard().took();
        }
        if end == End::ShuttingDown && !self.acks.is_empty() {
            self.wait_for_acks().await;
        }
        self.release_acks();
        if let Some(code) = end.reason() {
            codec::disconnect(self.version, code, &mut self.out.bytes);
        }
        let goodbye = async {
            let Outgoing { bytes, written, .. } = &self.out;
            self.transport.write_all(&bytes[*written..]).await?;
            self.transport.shutdown().await
        };
        if end != End::Lost && tokio::time::timeout(FAREWELL, goodbye).await.is_err() {
            tracing::debug!("client did not take its farewell");
        }
    }

    async fn wait_for_acks(&mut self) {
        let all_released = async {
            while !self.acks.is_empty() {
                self.handle.wake.notified().await;
                self.release_acks();
            }
        };
        if tokio::time::timeout(FAREWELL, all_released).await.is_err() {
            tracing::warn!(
                who = ?self.admitted.identity,
                "stopping before the disk took the last publishes; they were not acknowledged"
            );
        }
    }
}

/// Serves a session to its end.
pub(super) async fn run(mut session: Box<Session>) {
    let shard = session.shard().clone();
    let metrics = &shard.shared.metrics;
    metrics.mqtt_connections.inc();
    let identity = session.admitted.identity.clone();
    if let Identity::Station(station) = &identity {
        shard.shared.events.connected(station, session.since_ms, session.address);
    }
    tracing::debug!(who = ?identity, version = ?session.version, "connected");
    let end = session.serve().await;
    (session.downlink, _) = (None, session.handle.mail.take());
    session.finish(end).await;
    metrics.mqtt_connections.dec();
    if let End::Refused(_, label) = end {
        metrics.mqtt_refusals.with_label_values(&[label]).inc();
        tracing::info!(who = ?identity, reason = label, "connection closed: the client broke a rule");
    }
    if let Identity::Station(station) = &identity {
        shard.shared.events.disconnected(station, super::now_ms());
    }
    tracing::debug!(who = ?identity, end = end.label(), "disconnected");
}

async fn next_delivery(reader: &mut Option<Box<ReaderSide>>, fetches: bool) -> Option<Delivery> {
    match reader {
        Some(reader) if fetches => reader.link.next().await,
        _ => std::future::pending().await,
    }
}
