//! JSON lines from a stream into the outbox, and answers back.
//!
//! A refused line is answered with `{"line":N,"error":…,"member":…,"detail":…}`. A client that sends
//! `{"want_acks":true}` as its first line is told `{"ack":N}` once all of its first N lines are on disk or refused;
//! other lines are answered nothing.

use super::Tally;
use super::line::{LINE_BYTES_MAX, Refusal, take_line};
use crate::clock::now_ms;
use crate::outbox::{OutboxClosed, OutboxSender, Records};
use bytes::{Buf, BytesMut};
use serde::Serialize;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use waystation_protocol::{Decoded, Reason};

/// A group is committed at the latest when it has this size.
const GROUP_BYTES: usize = 64 * 1024;
/// A client that does not read its answers for so long is dropped.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// A feed ended before its stream did.
#[derive(Debug, Error)]
pub enum FeedError {
    #[error("the source broke: {0}")]
    Io(#[from] io::Error),
    #[error("the source does not read its answers")]
    Deaf,
    #[error("a line is longer than {LINE_BYTES_MAX} bytes")]
    LongLine,
    #[error(transparent)]
    Closed(#[from] OutboxClosed),
}

#[derive(Serialize)]
struct RefusedLine<'a> {
    line: u64,
    #[serde(flatten)]
    refusal: &'a Refusal,
}

/// One stream of lines.
pub struct Feed<W> {
    outbox: OutboxSender,
    tally: Arc<Tally>,
    answers: W,
    wants_acks: bool,
    lines: u64,
    group: Records,
    scratch: Decoded,
    answer: Vec<u8>,
}

impl<W: AsyncWrite + Unpin> Feed<W> {
    pub fn new(outbox: OutboxSender, tally: Arc<Tally>, answers: W) -> Self {
        Self {
            outbox,
            tally,
            answers,
            wants_acks: false,
            lines: 0,
            group: Records::default(),
            scratch: Decoded::default(),
            answer: Vec::new(),
        }
    }

    /// Takes lines until the stream ends; the last one needs no line feed.
    pub async fn run(mut self, mut lines: impl AsyncRead + Unpin) -> Result<(), FeedError> {
        let mut buffer = BytesMut::with_capacity(8 * 1024);
        loop {
            let read = lines.read_buf(&mut buffer).await?;
            while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                self.take(&buffer[..end]);
                buffer.advance(end + 1);
                if self.group.bytes() >= GROUP_BYTES {
                    self.commit().await?;
                }
            }
            if read == 0 {
                self.take(&buffer);
                return self.commit().await;
            }
            self.commit().await?;
            if buffer.len() > LINE_BYTES_MAX {
                self.refuse(&Refusal::new(Reason::TooLarge, None));
                self.commit().await?;
                return Err(FeedError::LongLine);
            }
            // Room for a burst, so that a fast source gets large groups.
            buffer.reserve(GROUP_BYTES);
        }
    }

    fn take(&mut self, line: &[u8]) {
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        if self.lines == 0 && line.strip_prefix(b"{\"want_acks\"").is_some() {
            self.wants_acks = line.trim_ascii_end().ends_with(b"true}");
            return;
        }
        self.lines += 1;
        match take_line(line, now_ms(), &mut self.scratch, &mut self.group) {
            Ok(()) => drop(self.tally.accepted.fetch_add(1, Relaxed)),
            Err(refusal) => self.refuse(&refusal),
        }
    }

    fn refuse(&mut self, refusal: &Refusal) {
        self.tally.refused.fetch_add(1, Relaxed);
        tracing::debug!(error = refusal.error, member = refusal.member, "a reading was refused");
        if serde_json::to_writer(&mut self.answer, &RefusedLine { line: self.lines, refusal }).is_ok() {
            self.answer.push(b'\n');
        }
    }

    /// Waits until the group is on disk, then sends the answers.
    async fn commit(&mut self) -> Result<(), FeedError> {
        if !self.group.is_empty() {
            self.outbox.submit(std::mem::take(&mut self.group)).await?;
            if self.wants_acks {
                self.answer.extend_from_slice(format!("{{\"ack\":{}}}\n", self.lines).as_bytes());
            }
        }
        if self.answer.is_empty() {
            return Ok(());
        }
        let written = async {
            self.answers.write_all(&self.answer).await?;
            self.answers.flush().await
        };
        timeout(ANSWER_MAX, written).await.map_err(|_| FeedError::Deaf)??;
        self.answer.clear();
        Ok(())
    }
}
