//! HTTP/1 connections of a port, bounded in number and in patience.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Clients at a time; further ones wait in the kernel's queue.
const CLIENTS_MAX: usize = 32;
/// From one request to the head of the next.
const HEAD_MAX: Duration = Duration::from_secs(30);
/// A head is small.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Serves until `stop` is turned.
pub async fn serve<F, A>(listener: TcpListener, mut stop: watch::Receiver<bool>, answer: F)
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send + 'static,
{
    let mut clients = JoinSet::new();
    loop {
        let client = tokio::select! {
            // What is not answered by now was not promised; dropping the set closes the connections.
            _ = stop.wait_for(|stop| *stop) => return,
            Some(_) = clients.join_next() => continue,
            client = listener.accept(), if clients.len() < CLIENTS_MAX => client,
        };
        match client {
            Ok((client, _)) => {
                let mut server = http1::Builder::new();
                server.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX).max_buf_size(HEAD_BYTES_MAX);
                let connection = server.serve_connection(TokioIo::new(client), service_fn(answer.clone()));
                clients.spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a client of the port for readings left");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a client could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
