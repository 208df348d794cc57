//! Accepting connections and serving them: TLS, limits, timeouts, shutdown.

use super::access::Peer;
use super::{App, Sources, router};
use crate::shutdown::Shutdown;
use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Gives the TLS configuration of the next handshake, so that renewed certificates are used.
pub type TlsNow = Arc<dyn Fn() -> Arc<ServerConfig> + Send + Sync>;

/// Connections at once; more wait in the listener's backlog.
const CONNECTIONS_MAX: usize = 1_024;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// For the head of a request, and for an idle connection to send one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// For requests under way when the hub stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause after a failed accept, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until shutdown; returns when every connection is closed.
pub async fn serve(sources: Sources, listener: TcpListener, tls: Option<TlsNow>, mut shutdown: Shutdown) {
    // Without an address of its own the server is no loopback one: reading then needs a token.
    let listen = listener.local_addr().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)));
    let router = router(App::new(sources, listen, shutdown.clone()));
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.stopped() => break,
            accepted = accept(&listener, &room) => {
                let Some((socket, peer, permit)) = accepted else { continue };
                let (router, tls, shutdown) = (router.clone(), tls.clone(), shutdown.clone());
                connections.spawn(async move {
                    connection(socket, peer, tls, router, shutdown).await;
                    drop(permit);
                });
            }
            Some(ended) = connections.join_next() => report(ended),
        }
    }
    drop(listener);
    while let Some(ended) = connections.join_next().await {
        report(ended);
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "serving an HTTP connection failed");
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        // An IPv4 client of a socket for both has an IPv6 form of its address.
        Ok((socket, peer)) => Some((socket, peer.ip().to_canonical(), permit)),
        Err(error) => {
            tracing::warn!(%error, "an HTTP connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn connection(
    socket: TcpStream,
    peer: IpAddr,
    tls: Option<TlsNow>,
    router: Router,
    shutdown: Shutdown,
) {
    // Without it small answers wait for the client's delayed ACK; a socket that refuses is closed anyway.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY on an HTTP connection");
    }
    let Some(tls) = tls else { return requests(socket, peer, router, shutdown).await };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, TlsAcceptor::from(tls()).accept(socket)).await {
        Ok(Ok(stream)) => requests(stream, peer, router, shutdown).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: IpAddr,
    router: Router,
    mut shutdown: Shutdown,
) {
    let router = TowerToHyperService::new(router);
    let answering = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.call(request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), answering);
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = shutdown.stopped() => {
            serving.as_mut().graceful_shutdown();
            match tokio::time::timeout(DRAIN_TIMEOUT, serving).await {
                Ok(ended) => ended,
                Err(_) => return tracing::warn!("an HTTP request was cut off by the shutdown"),
            }
        }
    };
    if let Err(error) = ended {
        log_end(&error);
    }
}

/// Clients that go away or talk nonsense are not the hub's trouble.
fn log_end(error: &hyper::Error) {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    tracing::debug!(%error, source = source.map(tracing::field::display), "an HTTP connection ended");
}
