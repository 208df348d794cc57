//! Reading and writing of a session's socket.

use super::Outgoing;
use crate::listener::shard::Shard;
use crate::listener::transport::Transport;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(super) enum Io {
    Read(usize),
    Written,
}

/// Writes what waits, then reads into the shard's buffer behind the session's partial packet. Nothing else runs on
/// the shard between the read and its handling, so the buffer needs no lock.
pub(super) fn poll_io(
    cx: &mut Context<'_>,
    transport: &mut Transport,
    out: &mut Outgoing,
    wrote: &mut Instant,
    read: Option<(&Shard, usize)>,
) -> Poll<io::Result<Io>> {
    if poll_write(cx, transport, out, wrote)?.is_ready() {
        return Poll::Ready(Ok(Io::Written));
    }
    let Some((shard, behind)) = read else { return Poll::Pending };
    let mut scratch = shard.scratch.borrow_mut();
    // A partial packet is shorter than the largest packet, and the buffer larger by one read.
    let mut buffer = ReadBuf::new(scratch.get_mut(behind..).unwrap_or_default());
    match Pin::new(transport).poll_read(cx, &mut buffer)? {
        Poll::Ready(()) => Poll::Ready(Ok(Io::Read(buffer.filled().len()))),
        Poll::Pending => Poll::Pending,
    }
}

/// Ready when everything that waited has just been written.
fn poll_write(
    cx: &mut Context<'_>,
    transport: &mut Transport,
    out: &mut Outgoing,
    wrote: &mut Instant,
) -> Poll<io::Result<()>> {
    if out.bytes.is_empty() && !out.needs_flush {
        *wrote = Instant::now();
        return Poll::Pending;
    }
    while out.waiting() > 0 {
        match Pin::new(&mut *transport).poll_write(cx, &out.bytes[out.written..])? {
            Poll::Ready(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(len) => {
                out.written += len;
                *wrote = Instant::now();
            }
            Poll::Pending => return Poll::Pending,
        }
    }
    out.bytes.clear();
    out.written = 0;
    out.needs_flush = true;
    if Pin::new(transport).poll_flush(cx)?.is_pending() {
        return Poll::Pending;
    }
    out.needs_flush = false;
    Poll::Ready(Ok(()))
}
