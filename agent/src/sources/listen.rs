//! Local sockets that take JSON lines: a Unix socket, TCP on loopback, or both.

use super::seats::{Heard, Seat, Seats};
use super::{Board, Feed, FeedError, Health};
use crate::intake::Intake;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, split};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use waystation_protocol::SourceKind;

/// A socket cannot be opened.
#[derive(Debug, Error)]
pub enum ListenError {
    #[error(
        "sources.jsonl.path: {path}: {error}; check the folder and its owner, and that no other agent runs"
    )]
    Unix { path: PathBuf, error: io::Error },
    #[error("sources.jsonl.listen: {address}: {error}; choose a free port")]
    Tcp { address: SocketAddr, error: io::Error },
}

/// The open sockets.
pub struct JsonLines {
    unix: Option<UnixListener>,
    tcp: Option<TcpListener>,
    intake: Intake,
    /// None without a socket.
    health: Option<Health>,
}

trait Client: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Client for T {}

impl JsonLines {
    pub async fn bind(
        path: Option<&Path>,
        listen: Option<SocketAddr>,
        intake: Intake,
        board: &Board,
    ) -> Result<Self, ListenError> {
        let unix = path.map(bind_unix).transpose()?;
        let tcp = match listen {
            Some(address) => {
                Some(TcpListener::bind(address).await.map_err(|error| ListenError::Tcp { address, error })?)
            }
            None => None,
        };
        let health = (unix.is_some() || tcp.is_some()).then(|| board.register(SourceKind::Jsonl, "jsonl"));
        health.iter().for_each(Health::ok);
        Ok(Self { unix, tcp, intake, health })
    }

    /// Serves clients until `stop` is turned; what they sent completely by then is still taken.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let (mut clients, clients_stop) = (JoinSet::new(), stop.clone());
        let (mut seats, mut waiting) = (Seats::new(), None);
        loop {
            let room_at = seats.room_at();
            tokio::select! {
                // An error means that the app is gone, which is a stop as well.
                _ = stop.wait_for(|stop| *stop) => break,
                Some(ended) = clients.join_next() => report(ended),
                client = accept(self.unix.as_ref(), self.tcp.as_ref()), if waiting.is_none() => match client {
                    Ok(client) => waiting = Some(client),
                    Err(error) => tracing::warn!(%error, "a source could not be accepted"),
                },
                () = sleep_until(room_at), if waiting.is_some() => {
                    if seats.room_at() <= Instant::now() && let Some(client) = waiting.take() {
                        self.serve(client, seats.sit(), &mut clients, &clients_stop);
                    }
                }
            }
        }
        while let Some(ended) = clients.join_next().await {
            report(ended);
        }
    }

    fn serve(
        &self,
        client: Box<dyn Client>,
        seat: Arc<Seat>,
        clients: &mut JoinSet<Result<(), FeedError>>,
        stop: &watch::Receiver<bool>,
    ) {
        let (intake, mut stop) = (self.intake.clone(), stop.clone());
        let Some(health) = self.health.clone() else { return };
        clients.spawn(async move {
            let (lines, answers) = split(client);
            let lines = Heard { lines, seat: seat.clone() };
            tokio::select! {
                ended = Feed::new(intake, health, answers).run(lines) => ended,
                () = seat.left() => Err(FeedError::Crowded),
                _ = stop.wait_for(|stop| *stop) => Ok(()),
            }
        });
    }
}

async fn accept(unix: Option<&UnixListener>, tcp: Option<&TcpListener>) -> io::Result<Box<dyn Client>> {
    let from_unix = async {
        match unix {
            Some(unix) => unix.accept().await.map(|(client, _)| Box::new(client) as Box<dyn Client>),
            None => std::future::pending().await,
        }
    };
    let from_tcp = async {
        match tcp {
            Some(tcp) => tcp.accept().await.map(|(client, _)| Box::new(client) as Box<dyn Client>),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        client = from_unix => client,
        client = from_tcp => client,
    }
}

/// A socket file that nobody listens on is left from a crash and goes first.
fn bind_unix(path: &Path) -> Result<UnixListener, ListenError> {
    let wrong = |error| ListenError::Unix { path: path.to_owned(), error };
    if path.exists() && std::os::unix::net::UnixStream::connect(path).is_err() {
        std::fs::remove_file(path).map_err(wrong)?;
    }
    UnixListener::bind(path).map_err(wrong)
}

fn report(ended: Result<Result<(), FeedError>, tokio::task::JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error @ FeedError::Crowded)) => tracing::debug!(%error, "a source was dropped"),
        Ok(Err(error)) => tracing::warn!(%error, "a source was dropped"),
        Err(error) => tracing::error!(%error, "a source's task failed"),
    }
}
