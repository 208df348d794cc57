//! MQTT in binary WebSocket messages, as a byte stream. One packet need not be one message [MQTT-6.0.0-4].

use bytes::{Buf, Bytes};
use futures_util::{Sink, Stream};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header::SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

const PATH: &str = "/mqtt";
const SUBPROTOCOL: &str = "mqtt";

/// A WebSocket whose binary messages are read and written as a stream of bytes.
pub(super) struct WebSocket<S> {
    inner: WebSocketStream<S>,
    /// Received, not yet read.
    unread: Bytes,
}

/// Answers the HTTP upgrade on `/mqtt` for the subprotocol `mqtt`.
///
/// # Errors
/// If the peer asks for anything else (it gets an HTTP error that says what is served) or goes away.
pub(super) async fn accept<S>(stream: S, packet_bytes_max: usize) -> io::Result<WebSocket<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let config = WebSocketConfig::default()
        .max_message_size(Some(packet_bytes_max))
        .max_frame_size(Some(packet_bytes_max))
        .read_buffer_size(4 << 10)
        .write_buffer_size(0);
    let inner = tokio_tungstenite::accept_hdr_async_with_config(stream, upgrade, Some(config))
        .await
        .map_err(into_io)?;
    Ok(WebSocket { inner, unread: Bytes::new() })
}

// tungstenite's callback returns its large error by value.
#[allow(clippy::result_large_err)]
fn upgrade(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    if request.uri().path() != PATH {
        return Err(refusal(StatusCode::NOT_FOUND, "MQTT is served at /mqtt"));
    }
    let mut offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let is_mqtt = |value: &HeaderValue| {
        value.to_str().is_ok_and(|list| list.split(',').any(|name| name.trim() == SUBPROTOCOL))
    };
    if !offered.any(is_mqtt) {
        return Err(refusal(StatusCode::BAD_REQUEST, "ask for the WebSocket subprotocol mqtt"));
    }
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    Ok(response)
}

fn refusal(status: StatusCode, text: &str) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(text.to_owned()));
    *response.status_mut() = status;
    response
}

fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for WebSocket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.unread.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) => self.unread = bytes,
                Some(Ok(Message::Text(_))) => {
                    return Poll::Ready(Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "MQTT travels in binary WebSocket messages",
                    )));
                }
                Some(Ok(Message::Close(_))) | None => return Poll::Ready(Ok(())),
                // Pings are answered by tungstenite.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(into_io(error))),
            }
        }
        let len = self.unread.len().min(buf.remaining());
        buf.put_slice(&self.unread[..len]);
        self.unread.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WebSocket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.inner).poll_ready(cx)).map_err(into_io)?;
        let message = Message::Binary(Bytes::copy_from_slice(buf));
        Pin::new(&mut self.inner).start_send(message).map_err(into_io)?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx).map_err(into_io)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx).map_err(into_io)
    }
}
