//! From TCP accept to CONNACK, all under one deadline.

use super::codec::{self, ConnAck, Connect, ConnectError, FrameError, Version, decode_connect, kind, reason};
use super::reader::ReaderSide;
use super::session::Session;
use super::sessions::Seat;
use super::shard::{Carrier, Inbox, Shard, run_session};
use super::tls::{ReloadingTls, common_name};
use super::transport::Transport;
use super::will::OwnWill;
use super::{now_ms, websocket};
use crate::access::{Admitted, Identity, LoginRefusal, Place, login};
use crate::broker::SESSION_EXPIRY_MAX;
use compact_str::{CompactString, format_compact};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A connection that never became a session.
#[derive(Debug, Error)]
enum Failure {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("no complete CONNECT in time")]
    Timeout,
    #[error("the first packet is no CONNECT")]
    NotConnect,
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("refused: {reason}")]
    Refused { reason: &'static str },
}

impl Failure {
    /// Label of `mqtt_refusals_total`.
    fn label(&self) -> &'static str {
        match self {
            Self::Io(_) => "handshake",
            Self::Timeout => "connect_timeout",
            Self::NotConnect | Self::Frame(FrameError::Length) => "malformed",
            Self::Frame(FrameError::TooLarge(_)) => "packet_too_large",
            Self::Connect(ConnectError::UnsupportedVersion(_)) => "protocol_version",
            Self::Connect(ConnectError::Malformed(_)) => "malformed",
            Self::Refused { reason } => reason,
        }
    }
}

/// Serves one connection from its first byte to its last.
pub(super) async fn serve(shard: Rc<Shard>, stream: TcpStream, place: Place, carrier: Carrier) {
    let limit = Duration::from_secs(shard.shared.config.connect_timeout_s);
    let address = place.address();
    // Boxed: the handshake's state is large and short-lived, a session's task should not carry it.
    let admission = Box::pin(admit(&shard, stream, &place, carrier));
    let session = match tokio::time::timeout(limit, admission).await {
        Ok(admitted) => admitted,
        Err(_) => Err(Failure::Timeout),
    };
    match session {
        Ok(session) => {
            shard.shared.metrics.mqtt_connects.with_label_values(&["accepted"]).inc();
            run_session(session).await;
        }
        Err(failure) => {
            let metrics = &shard.shared.metrics;
            metrics.mqtt_connects.with_label_values(&["refused"]).inc();
            metrics.mqtt_refusals.with_label_values(&[failure.label()]).inc();
            tracing::debug!(%address, %failure, "connection refused");
        }
    }
    drop(place);
}

async fn admit(
    shard: &Rc<Shard>,
    stream: TcpStream,
    place: &Place,
    carrier: Carrier,
) -> Result<Box<Session>, Failure> {
    // Acknowledgements are gathered by the hub already; waiting for more only adds latency.
    stream.set_nodelay(true)?;
    let (mut transport, certificate) = establish(shard, stream, carrier).await?;
    let mut received = Vec::new();
    let packet_len = first_packet(&mut transport, &mut received, shard).await?;
    let rest = received.split_off(packet_len);
    let frame = codec::frame(&received, usize::MAX)?.ok_or(Failure::NotConnect)?;
    let connect = match decode_connect(frame.body) {
        Ok(connect) => connect,
        Err(error) => return Err(refuse_undecodable(&mut transport, error).await),
    };
    match judge(shard, &connect, certificate.as_deref()) {
        Ok((admitted, will)) => {
            let session = open(shard, transport, &connect, admitted, will).await?;
            Ok(Box::new(session.with_received(rest).with_address(place.address())))
        }
        Err(refusal) => Err(refuse(shard, &mut transport, &connect, refusal, place).await),
    }
}

async fn establish(
    shard: &Shard,
    stream: TcpStream,
    carrier: Carrier,
) -> Result<(Transport, Option<String>), Failure> {
    let packet_bytes_max = shard.shared.config.packet_bytes_max.as_usize();
    Ok(match carrier {
        Carrier::Plain => (Transport::Tcp(stream), None),
        Carrier::Tls(tls) => {
            let (stream, name) = secure(stream, &tls).await?;
            (Transport::Tls(Box::new(stream)), name)
        }
        Carrier::WebSocket => {
            let stream = websocket::accept(stream, packet_bytes_max).await?;
            (Transport::WebSocket(Box::new(stream)), None)
        }
        Carrier::SecureWebSocket(tls) => {
            let (stream, name) = secure(stream, &tls).await?;
            let stream = websocket::accept(stream, packet_bytes_max).await?;
            (Transport::SecureWebSocket(Box::new(stream)), name)
        }
    })
}

async fn secure(stream: TcpStream, tls: &ReloadingTls) -> io::Result<(TlsStream<TcpStream>, Option<String>)> {
    let stream = TlsAcceptor::from(tls.current()).accept(stream).await?;
    let (_, connection) = stream.get_ref();
    let name = connection.peer_certificates().and_then(|chain| chain.first()).and_then(common_name);
    Ok((stream, name))
}

/// Reads until one whole packet stands at the front of `received`; returns its length. Only a CONNECT is waited for.
async fn first_packet(
    transport: &mut Transport,
    received: &mut Vec<u8>,
    shard: &Shard,
) -> Result<usize, Failure> {
    let bytes_max = shard.shared.config.packet_bytes_max.as_usize();
    loop {
        if received.first().is_some_and(|first| *first != kind::CONNECT << 4) {
            return Err(Failure::NotConnect);
        }
        if let Some(frame) = codec::frame(received, bytes_max)? {
            return Ok(frame.len);
        }
        if transport.read_buf(received).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
}

/// What a CONNECT is refused for.
enum Refusal {
    Login(LoginRefusal),
    /// A will on a topic that the principal may not publish on.
    Will,
    EnhancedAuthentication,
}

fn judge(
    shard: &Shard,
    connect: &Connect<'_>,
    certificate: Option<&str>,
) -> Result<(Admitted, Option<OwnWill>), Refusal> {
    if connect.authentication {
        return Err(Refusal::EnhancedAuthentication);
    }
    let directory = shard.shared.directory.load();
    let (user_name, password) = (connect.user_name, connect.password);
    let admitted =
        login(&directory, user_name, password, certificate, connect.client_id).map_err(Refusal::Login)?;
    // 3.1.1: a client without an id cannot be found again, so it must not ask for a kept session [MQTT-3.1.3-8].
    if connect.client_id.is_empty() && connect.version == Version::V311 && !connect.clean_start {
        return Err(Refusal::Login(LoginRefusal::ClientId));
    }
    let will = connect.will.as_ref().map(|will| OwnWill::check(will, &admitted.identity, &directory));
    let will = will.transpose().map_err(|_| Refusal::Will)?;
    Ok((admitted, will))
}

async fn refuse_undecodable(transport: &mut Transport, error: ConnectError) -> Failure {
    if let ConnectError::UnsupportedVersion(level) = error {
        let version = if (5..0x80).contains(&level) { Version::V5 } else { Version::V311 };
        let ack = ConnAck { code: reason::UNSUPPORTED_VERSION, ..ConnAck::default() };
        if let Err(error) = send_conn_ack(transport, version, &ack).await {
            tracing::debug!(%error, "refusal not delivered");
        }
    }
    error.into()
}

async fn refuse(
    shard: &Shard,
    transport: &mut Transport,
    connect: &Connect<'_>,
    refusal: Refusal,
    place: &Place,
) -> Failure {
    let (code, reason) = match refusal {
        Refusal::Login(refusal @ LoginRefusal::Credentials) => (reason::NOT_AUTHORIZED, refusal.as_str()),
        Refusal::Login(refusal @ LoginRefusal::ClientId) => (reason::CLIENT_ID_NOT_VALID, refusal.as_str()),
        Refusal::Will => (reason::NOT_AUTHORIZED, "will_topic"),
        Refusal::EnhancedAuthentication => (reason::BAD_AUTHENTICATION_METHOD, "authentication_method"),
    };
    if code == reason::NOT_AUTHORIZED {
        tokio::time::sleep(shard.shared.throttle.failed(place.address(), Instant::now())).await;
    }
    tracing::info!(address = %place.address(), user = ?connect.user_name, reason, "login refused");
    let ack = ConnAck { code, ..ConnAck::default() };
    if let Err(error) = send_conn_ack(transport, connect.version, &ack).await {
        tracing::debug!(%error, "refusal not delivered");
    }
    Failure::Refused { reason }
}

async fn send_conn_ack(transport: &mut Transport, version: Version, ack: &ConnAck<'_>) -> io::Result<()> {
    let mut out = Vec::new();
    codec::conn_ack(version, ack, &mut out);
    transport.write_all(&out).await?;
    transport.flush().await
}

/// Takes the client id over, attaches a reader to the broker, answers, and tells the fleet.
async fn open(
    shard: &Rc<Shard>,
    mut transport: Transport,
    connect: &Connect<'_>,
    admitted: Admitted,
    will: Option<OwnWill>,
) -> Result<Session, Failure> {
    let (id, handle) = shard.register();
    let registration = Registration { shard: shard.clone(), id, key: None };
    let assigned = connect.client_id.is_empty().then(|| format_compact!("hub-{}-{id}", shard.index));
    let client_id = assigned.clone().unwrap_or_else(|| CompactString::from(connect.client_id));
    let registration = take_over(registration, admitted.session_key(&client_id)).await;
    let reader = match admitted.identity {
        Identity::Station(_) => None,
        Identity::Reader(_) | Identity::Service(_) => {
            let clean = assigned.is_some() || is_clean(connect);
            Some(Box::new(ReaderSide::attach(shard, &client_id, clean, connect).await?))
        }
    };
    let config = &shard.shared.config;
    let ack = ConnAck {
        code: reason::SUCCESS,
        session_present: reader.as_ref().is_some_and(|reader| reader.session_present),
        receive_maximum: config.inflight_max,
        packet_bytes_max: u32::try_from(config.packet_bytes_max.0).unwrap_or(u32::MAX),
        assigned_client_id: assigned.as_deref(),
        session_expiry_s: shorter_expiry(connect, reader.is_some()),
    };
    send_conn_ack(&mut transport, connect.version, &ack).await?;
    if let Some((station, hash)) = admitted.used_successor(&shard.shared.directory.load()) {
        shard.shared.commands.successor_used(station, hash);
    }
    Ok(Session::new(registration, handle, transport, connect, admitted, will, reader, now_ms()))
}

/// How long the session is kept, where that is less than the client asked for: a station's ends with its connection.
fn shorter_expiry(connect: &Connect<'_>, is_reader: bool) -> Option<u32> {
    let max_s = if is_reader { SESSION_EXPIRY_MAX.as_secs() } else { 0 };
    u32::try_from(max_s).ok().filter(|max_s| connect.session_expiry_s > *max_s)
}

/// Whether the session ends with the connection.
fn is_clean(connect: &Connect<'_>) -> bool {
    connect.clean_start
}

async fn take_over(mut registration: Registration, key: CompactString) -> Registration {
    let seat = registration.seat();
    let shard = registration.shard.clone();
    registration.key = Some(key.clone());
    if let Some(old) = shard.shared.sessions.take(key, seat)
        && let Some(shards) = shard.shards.upgrade()
    {
        shards.tell(old.shard, Inbox::TakenOver(old.session)).await;
    }
    registration
}

/// A session's entries in the shard and in the seats of client ids, removed on drop.
pub(super) struct Registration {
    pub(super) shard: Rc<Shard>,
    pub(super) id: u64,
    key: Option<CompactString>,
}

impl Registration {
    pub(super) fn seat(&self) -> Seat {
        Seat { shard: self.shard.index, session: self.id }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.shard.unregister(self.id);
        if let Some(key) = &self.key {
            self.shard.shared.sessions.leave(key, self.seat());
        }
    }
}
