//! One MQTT 3.1.1 connection to the hub, owned by one task.
//!
//! Packets and their codec are rumqttc's. Its event loop is not used, on purpose: after a disconnect it sends what
//! was in flight again by itself, under packet ids that may collide with new ones, while the agent's outbox is the
//! one place that knows what is still unacknowledged; it flushes every publish alone; its state holds a bit for each of
//! 65,536 packet ids, times thousands of simulated stations; and its TLS brings an outdated webpki. Here a connection lives once: when it breaks, everything about
//! it is dropped, and the next one starts from what was acknowledged.
//!
//! Invariants: a packet id is in use from [`Connection::publish`] until its [`Event::Acknowledged`]; the caller
//! bounds what is in flight, and with it the buffer of what waits to be written.

mod address;
mod error;
mod oversize;
mod stream;
mod tls;

pub use address::{AddressError, HubAddress};
pub use error::{ConnectError, ConnectionLost};
pub use tls::{TlsError, client_config};

/// The steps of [`Connection::open`] one by one, for the installer's check.
pub mod trial {
    pub use super::stream::{connect, resolve, secure};
}

use bytes::{Bytes, BytesMut};
use oversize::{Front, Oversize};
use rumqttc::{Connect, ConnectReturnCode, LastWill, Login, Packet, Publish, QoS, Subscribe};
use std::sync::Arc;
use std::time::Duration;
use stream::Stream;
use tokio::time::{Instant, sleep_until, timeout};

/// From the first DNS question to CONNACK.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Largest packet taken; commands are small, a swap cabinet's status behind a local broker may not be.
const INCOMING_BYTES_MAX: usize = 256 * 1024;
/// The hub's default limit on a packet.
const OUTGOING_BYTES_MAX: usize = 256 * 1024;
/// How long an answer to a ping may take before the link counts as dead.
const PING_ANSWER_MAX: Duration = Duration::from_secs(20);

/// Where the hub is, and how to speak TLS with it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub address: HubAddress,
    /// Used when the address asks for TLS.
    pub tls: Option<Arc<rustls::ClientConfig>>,
}

/// Who connects.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub client_id: String,
    pub username: String,
    /// Absent only against a broker without logins.
    pub password: Option<String>,
    pub keep_alive: Duration,
    /// Topic and payload of the retained will.
    pub will: Option<(String, Vec<u8>)>,
}

/// What the hub said.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// The publish with this packet id is on the hub's disk.
    Acknowledged(u16),
    /// The answer to [`Connection::subscribe`].
    Subscribed { granted: bool },
    Message {
        topic: String,
        payload: Bytes,
        /// The message was there before the subscription.
        is_retained: bool,
        /// To be given to [`Connection::acknowledge`] in a session that was resumed; elsewhere the answer has been given.
        packet_id: Option<u16>,
    },
    /// A message was larger than we take; it is gone, and acknowledged.
    TooLarge { topic: String },
}

/// What came in whole.
enum Incoming {
    Packet(Packet),
    /// Too large to be taken; it has passed.
    TooLarge {
        topic: String,
    },
}

/// An open connection; dropping it closes the socket without a word, so that the hub publishes the will.
pub struct Connection {
    stream: Stream,
    inbound: BytesMut,
    outbound: BytesMut,
    last_packet_id: u16,
    keep_alive: Duration,
    ping_at: Instant,
    ping_answer_until: Option<Instant>,
    /// Messages are acknowledged by the caller.
    is_manual: bool,
    /// A message that is too large, while it passes.
    oversize: Option<Oversize>,
}

impl Connection {
    /// Opens the socket, TLS if asked for, and logs in, all within [`CONNECT_TIMEOUT`].
    pub async fn open(endpoint: &Endpoint, credentials: &Credentials) -> Result<Self, ConnectError> {
        timeout(CONNECT_TIMEOUT, async {
            let stream = stream::open(endpoint).await?;
            Self::log_in(stream, credentials).await
        })
        .await
        .map_err(|_| ConnectError::Timeout(CONNECT_TIMEOUT))?
    }

    /// As [`Self::open`], into the session that the broker keeps for the client id; `from_scratch` forgets it first.
    /// What it sends is acknowledged by [`Self::acknowledge`], and comes again until then.
    pub async fn resume(
        endpoint: &Endpoint,
        credentials: &Credentials,
        from_scratch: bool,
    ) -> Result<Self, ConnectError> {
        if from_scratch {
            Self::open(endpoint, credentials).await?.close(CONNECT_TIMEOUT).await?;
        }
        let mut connect = connect_packet(credentials);
        connect.clean_session = false;
        timeout(CONNECT_TIMEOUT, async {
            let stream = stream::open(endpoint).await?;
            Self::enter(stream, connect, credentials.keep_alive, true).await
        })
        .await
        .map_err(|_| ConnectError::Timeout(CONNECT_TIMEOUT))?
    }

    /// CONNECT and CONNACK over a stream that is open. The caller bounds the time.
    pub async fn log_in(stream: Stream, credentials: &Credentials) -> Result<Self, ConnectError> {
        Self::enter(stream, connect_packet(credentials), credentials.keep_alive, false).await
    }

    async fn enter(
        stream: Stream,
        connect: Connect,
        keep_alive: Duration,
        is_manual: bool,
    ) -> Result<Self, ConnectError> {
        let mut connection = Self {
            stream,
            inbound: BytesMut::new(),
            outbound: BytesMut::new(),
            last_packet_id: 0,
            keep_alive,
            ping_at: Instant::now() + keep_alive,
            ping_answer_until: None,
            is_manual,
            oversize: None,
        };
        connection.write(&Packet::Connect(connect));
        loop {
            match connection.next()? {
                Some(Incoming::Packet(Packet::ConnAck(answer)))
                    if answer.code == ConnectReturnCode::Success =>
                {
                    break;
                }
                Some(Incoming::Packet(Packet::ConnAck(answer))) => {
                    return Err(ConnectError::Refused(answer.code));
                }
                Some(_) => return Err(ConnectionLost::Protocol("a packet before CONNACK").into()),
                None => connection.exchange().await?,
            }
        }
        Ok(connection)
    }

    /// Queues a QoS 1 publish and gives its packet id; [`Self::event`] puts it on the wire.
    pub fn publish(&mut self, topic: &str, payload: Bytes, retain: bool) -> u16 {
        let packet_id = self.take_packet_id();
        let mut publish = Publish::from_bytes(topic, QoS::AtLeastOnce, payload);
        publish.pkid = packet_id;
        publish.retain = retain;
        self.write(&Packet::Publish(publish));
        packet_id
    }

    /// Queues a QoS 0 publish: it may be lost.
    pub fn publish_unacknowledged(&mut self, topic: &str, payload: Bytes) {
        self.write(&Packet::Publish(Publish::from_bytes(topic, QoS::AtMostOnce, payload)));
    }

    /// Queues a subscription at QoS 1.
    pub fn subscribe(&mut self, filter: &str) {
        let mut subscribe = Subscribe::new(filter, QoS::AtLeastOnce);
        subscribe.pkid = self.take_packet_id();
        self.write(&Packet::Subscribe(subscribe));
    }

    /// Queues the PUBACK of a message that is safe.
    pub fn acknowledge(&mut self, packet_id: u16) {
        self.write(&Packet::PubAck(rumqttc::PubAck::new(packet_id)));
    }

    /// The next event; writes what is queued and keeps the link alive meanwhile. Cancel-safe.
    pub async fn event(&mut self) -> Result<Event, ConnectionLost> {
        loop {
            if let Some(event) = self.buffered_event()? {
                return Ok(event);
            }
            let alarm = self.ping_answer_until.unwrap_or(self.ping_at);
            tokio::select! {
                exchanged = self.exchange() => exchanged?,
                () = sleep_until(alarm) => self.alarm()?,
            }
        }
    }

    /// An event that was received already, without waiting.
    pub fn buffered_event(&mut self) -> Result<Option<Event>, ConnectionLost> {
        while let Some(incoming) = self.next()? {
            let packet = match incoming {
                Incoming::Packet(packet) => packet,
                Incoming::TooLarge { topic } => return Ok(Some(Event::TooLarge { topic })),
            };
            match packet {
                Packet::PubAck(ack) => return Ok(Some(Event::Acknowledged(ack.pkid))),
                Packet::Publish(publish) => return Ok(Some(self.take_message(publish))),
                Packet::SubAck(answer) => {
                    let granted =
                        answer.return_codes.iter().all(|code| *code != rumqttc::SubscribeReasonCode::Failure);
                    return Ok(Some(Event::Subscribed { granted }));
                }
                Packet::PingResp => self.ping_answer_until = None,
                _ => return Err(ConnectionLost::Protocol("a packet that a server does not send")),
            }
        }
        Ok(None)
    }

    /// Says goodbye: the hub drops the will. Bounded by `deadline`; an error only means that the link is gone.
    pub async fn close(mut self, deadline: Duration) -> Result<(), ConnectionLost> {
        self.write(&Packet::Disconnect);
        timeout(deadline, self.stream.write_all(&mut self.outbound))
            .await
            .map_err(|_| ConnectionLost::Silent(deadline))?
    }

    fn take_message(&mut self, publish: Publish) -> Event {
        let packet_id = (publish.qos == QoS::AtLeastOnce).then_some(publish.pkid);
        if let Some(packet_id) = packet_id.filter(|_| !self.is_manual) {
            self.acknowledge(packet_id);
        }
        Event::Message {
            topic: publish.topic,
            payload: publish.payload,
            is_retained: publish.retain,
            packet_id: packet_id.filter(|_| self.is_manual),
        }
    }

    fn take_packet_id(&mut self) -> u16 {
        self.last_packet_id = self.last_packet_id.checked_add(1).unwrap_or(1);
        self.last_packet_id
    }

    /// Keep-alive counts from the last packet sent; a ping that stays unanswered ends the connection.
    fn alarm(&mut self) -> Result<(), ConnectionLost> {
        if self.ping_answer_until.is_some() {
            return Err(ConnectionLost::Silent(PING_ANSWER_MAX));
        }
        self.write(&Packet::PingReq);
        self.ping_answer_until = Some(Instant::now() + PING_ANSWER_MAX);
        Ok(())
    }

    fn write(&mut self, packet: &Packet) {
        let before = self.outbound.len();
        if let Err(error) = packet.write(&mut self.outbound, OUTGOING_BYTES_MAX) {
            // Only a packet above the limit can fail; the batch builder keeps below it. Its id stays unacknowledged.
            self.outbound.truncate(before);
            tracing::error!(%error, "a packet could not be written");
        }
        self.ping_at = Instant::now() + self.keep_alive;
    }

    fn next(&mut self) -> Result<Option<Incoming>, ConnectionLost> {
        // Types that only a client sends are refused before they reach the decoder.
        if let Some(first) = self.inbound.first()
            && self.oversize.is_none()
            && !matches!(first >> 4, 2 | 3 | 4 | 9 | 13)
        {
            return Err(ConnectionLost::Protocol("a packet that a server does not send"));
        }
        if self.oversize.is_none() {
            match oversize::front(&mut self.inbound, INCOMING_BYTES_MAX)? {
                Front::Packet => return self.next_packet().map(|packet| packet.map(Incoming::Packet)),
                Front::Beginning => return Ok(None),
                Front::Oversize(found) => self.oversize = Some(found),
            }
        }
        let Some(passed) = self.oversize.take_if(|oversize| oversize.pass(&mut self.inbound)) else {
            return Ok(None);
        };
        if let Some(packet_id) = passed.packet_id {
            self.acknowledge(packet_id);
        }
        Ok(Some(Incoming::TooLarge { topic: passed.topic }))
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, ConnectionLost> {
        match Packet::read(&mut self.inbound, INCOMING_BYTES_MAX) {
            Ok(packet) => Ok(Some(packet)),
            Err(rumqttc::Error::InsufficientBytes(_)) => Ok(None),
            Err(_) => Err(ConnectionLost::Protocol("bytes that are no MQTT packet")),
        }
    }

    async fn exchange(&mut self) -> Result<(), ConnectionLost> {
        self.stream.exchange(&mut self.outbound, &mut self.inbound).await
    }
}

fn connect_packet(credentials: &Credentials) -> Connect {
    let mut connect = Connect::new(&credentials.client_id);
    connect.keep_alive = u16::try_from(credentials.keep_alive.as_secs()).unwrap_or(u16::MAX);
    connect.clean_session = true;
    connect.login = credentials
        .password
        .as_ref()
        .map(|password| Login { username: credentials.username.clone(), password: password.clone() });
    connect.last_will = credentials
        .will
        .as_ref()
        .map(|(topic, payload)| LastWill::new(topic, payload.clone(), QoS::AtLeastOnce, true));
    connect
}
