//! The byte stream under a connection: TCP, or TLS over TCP.

use super::{ConnectError, ConnectionLost, Endpoint};
use bytes::{Buf, BytesMut};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// What is read from the socket at once, bytes.
const READ_BYTES: usize = 4096;

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// An open stream that is read and written by one task at once.
pub struct Stream(Box<dyn Socket>);

/// Resolves the host, connects, and makes the TLS handshake when the address asks for it.
pub async fn open(endpoint: &Endpoint) -> Result<Stream, ConnectError> {
    let addresses = resolve(endpoint).await?;
    let tcp = connect(&addresses).await?;
    secure(endpoint, tcp).await
}

/// The addresses behind the host's name.
pub async fn resolve(endpoint: &Endpoint) -> Result<Vec<std::net::SocketAddr>, ConnectError> {
    let address = &endpoint.address;
    let found = tokio::net::lookup_host((address.host(), address.port()))
        .await
        .map_err(|error| ConnectError::Resolve { host: address.host().into(), error })?;
    Ok(found.collect())
}

/// Tries one address after the other.
pub async fn connect(addresses: &[std::net::SocketAddr]) -> Result<TcpStream, ConnectError> {
    let mut last = std::io::Error::new(std::io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(tcp) => {
                tcp.set_nodelay(true).map_err(ConnectError::Tcp)?;
                return Ok(tcp);
            }
            Err(error) => last = error,
        }
    }
    Err(ConnectError::Tcp(last))
}

/// Wraps the socket in TLS when the address asks for it.
pub async fn secure(endpoint: &Endpoint, tcp: TcpStream) -> Result<Stream, ConnectError> {
    let Some(config) = endpoint.tls.as_ref().filter(|_| endpoint.address.is_tls()) else {
        return Ok(Stream(Box::new(tcp)));
    };
    let name = endpoint.address.server_name()?;
    let tls = TlsConnector::from(config.clone()).connect(name, tcp).await.map_err(ConnectError::Tls)?;
    Ok(Stream(Box::new(tls)))
}

impl Stream {
    /// Writes from `outbound` and reads into `inbound`, whichever the socket is ready for; returns once bytes were
    /// read, or once everything was written. Cancel-safe: what was written has left `outbound`.
    pub async fn exchange(
        &mut self,
        outbound: &mut BytesMut,
        inbound: &mut BytesMut,
    ) -> Result<(), ConnectionLost> {
        poll_fn(|context| {
            // Reading waits even while writing is stuck: a hub that stops reading may still acknowledge.
            match self.poll_write_all(context, outbound)? {
                Poll::Ready(()) | Poll::Pending => {}
            }
            self.poll_read_some(context, inbound)
        })
        .await
    }

    /// Writes and flushes everything.
    pub async fn write_all(&mut self, outbound: &mut BytesMut) -> Result<(), ConnectionLost> {
        poll_fn(|context| self.poll_write_all(context, outbound)).await
    }

    fn poll_write_all(
        &mut self,
        context: &mut Context<'_>,
        outbound: &mut BytesMut,
    ) -> Poll<Result<(), ConnectionLost>> {
        while !outbound.is_empty() {
            match ready!(Pin::new(&mut self.0).poll_write(context, outbound))? {
                0 => return Poll::Ready(Err(ConnectionLost::Closed)),
                written => outbound.advance(written),
            }
        }
        Pin::new(&mut self.0).poll_flush(context).map_err(ConnectionLost::from)
    }

    fn poll_read_some(
        &mut self,
        context: &mut Context<'_>,
        inbound: &mut BytesMut,
    ) -> Poll<Result<(), ConnectionLost>> {
        let mut chunk = [0; READ_BYTES];
        let mut read = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut self.0).poll_read(context, &mut read))?;
        if read.filled().is_empty() {
            return Poll::Ready(Err(ConnectionLost::Closed));
        }
        inbound.extend_from_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}
