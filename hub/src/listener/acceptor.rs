//! Listening sockets: bind them all at the start, accept for ever, hand every connection to a shard.

use super::shard::{Carrier, Inbox, Shards};
use super::tls::ReloadingTls;
use crate::access::Addresses;
use crate::metrics::Metrics;
use crate::shutdown::Shutdown;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};

/// Connections that the kernel holds while shards are busy: a whole city's after a power cut.
const BACKLOG: i32 = 4096;
/// After an accept that failed, mostly for want of file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Files and sockets that the hub needs beside one socket a connection [J]: the log's segments, databases, HTTP,
/// InfluxDB, channels.
pub const BESIDE_CONNECTIONS: u64 = 512;

/// How many connections there is room for by the process's limit of open files. The hub has no other limit for all.
#[must_use]
pub fn connections_max() -> u64 {
    let open_files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    open_files.unwrap_or(u64::MAX).saturating_sub(BESIDE_CONNECTIONS)
}

/// An address that cannot be listened on.
#[derive(Debug, Error)]
#[error(
    "cannot listen on {address} ({key}): {source}; choose another address or stop the program that holds it"
)]
pub struct BindError {
    pub key: &'static str,
    pub address: SocketAddr,
    pub source: std::io::Error,
}

/// A socket that listens, and what its connections carry.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    carrier: Carrier,
}

/// Listens on `address`, which stands under `key` in the configuration. Needs a running runtime.
///
/// # Errors
/// See [`BindError`].
pub fn bind(key: &'static str, address: SocketAddr, carrier: Carrier) -> Result<Bound, BindError> {
    let listener = listen(address).map_err(|source| BindError { key, address, source })?;
    Ok(Bound { listener, carrier })
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

impl Bound {
    /// Listens for plain MQTT.
    ///
    /// # Errors
    /// See [`BindError`].
    pub fn plain(address: SocketAddr) -> Result<Self, BindError> {
        bind("mqtt.listen", address, Carrier::Plain)
    }

    /// Listens for MQTT over TLS.
    ///
    /// # Errors
    /// See [`BindError`].
    pub fn tls(address: SocketAddr, tls: Arc<ReloadingTls>) -> Result<Self, BindError> {
        bind("mqtt.tls_listen", address, Carrier::Tls(tls))
    }

    /// Listens for MQTT over WebSocket, with TLS if given.
    ///
    /// # Errors
    /// See [`BindError`].
    pub fn websocket(address: SocketAddr, tls: Option<Arc<ReloadingTls>>) -> Result<Self, BindError> {
        let carrier = tls.map_or(Carrier::WebSocket, Carrier::SecureWebSocket);
        bind("mqtt.ws_listen", address, carrier)
    }

    /// The address as the system gave it (port 0 becomes a real one).
    ///
    /// # Errors
    /// If the system cannot tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Accepts until the hub stops. Never waits for a client; waits for a shard only when its inbox is full.
    pub async fn accept(
        self,
        shards: Arc<Shards>,
        addresses: Addresses,
        metrics: Metrics,
        mut shutdown: Shutdown,
    ) {
        loop {
            let accepted = tokio::select! {
                () = shutdown.stopped() => return,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.hand_over(stream, peer, &shards, &addresses, &metrics).await,
                Err(error) => {
                    metrics.mqtt_refusals.with_label_values(&["accept_failed"]).inc();
                    tracing::warn!(%error, "a connection cannot be accepted; raise LimitNOFILE if this says `too many open files`");
                    tokio::time::sleep(ACCEPT_RETRY).await;
                }
            }
        }
    }

    async fn hand_over(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        shards: &Shards,
        addresses: &Addresses,
        metrics: &Metrics,
    ) {
        let Some(place) = addresses.enter(peer.ip().to_canonical()) else {
            metrics.mqtt_refusals.with_label_values(&["address_limit"]).inc();
            tracing::warn!(address = %peer.ip(), "connection refused: the address holds as many as mqtt.connections_per_address_max allows");
            return;
        };
        match stream.into_std() {
            Ok(stream) => {
                shards.hand_over(Inbox::Accepted { stream, place, carrier: self.carrier.clone() }).await;
            }
            Err(error) => tracing::warn!(%error, "accepted connection lost"),
        }
    }
}
