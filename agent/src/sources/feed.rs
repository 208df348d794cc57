//! JSON lines from a stream into the outbox, and answers back.
//!
//! A refused line is answered with `{"line":N,"error":…,"member":…,"detail":…}`. A client that sends
//! `{"want_acks":true}` as its first line is told `{"ack":N}` once all of its first N lines are on disk or refused;
//! other lines are answered nothing.

use super::health::Health;
use super::line::{LINE_BYTES_MAX, Refusal};
use crate::intake::Intake;
use crate::outbox::{OutboxClosed, Records, Ticket};
use bytes::{Buf, BytesMut};
use serde::Serialize;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use waystation_protocol::{Decoded, Reason};

/// A group is handed over at the latest when it has this size.
const GROUP_BYTES: usize = 64 * 1024;
/// Groups on their way to disk; with more, the source waits, and its socket fills.
const GROUPS_MAX: usize = 4;
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
    #[error("it was silent for longest, and others wait")]
    Crowded,
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
    intake: Intake,
    health: Health,
    answers: W,
    wants_acks: bool,
    lines: u64,
    group: Records,
    /// Groups on their way to disk, oldest first, each with the number of its last line.
    under_way: VecDeque<(Ticket, u64)>,
    scratch: Decoded,
    answer: Vec<u8>,
}

impl<W: AsyncWrite + Unpin> Feed<W> {
    pub fn new(intake: Intake, health: Health, answers: W) -> Self {
        Self {
            intake,
            health,
            answers,
            wants_acks: false,
            lines: 0,
            group: Records::default(),
            under_way: VecDeque::new(),
            scratch: Decoded::default(),
            answer: Vec::new(),
        }
    }

    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Takes lines until the stream ends; the last one needs no line feed.
    pub async fn run(mut self, mut lines: impl AsyncRead + Unpin) -> Result<(), FeedError> {
        let mut buffer = BytesMut::with_capacity(8 * 1024);
        loop {
            tokio::select! {
                read = lines.read_buf(&mut buffer), if self.under_way.len() < GROUPS_MAX => {
                    let ended = read? == 0;
                    self.take_lines(&mut buffer, ended).await?;
                    if ended {
                        return self.finish().await;
                    }
                }
                written = first_durable(&mut self.under_way) => {
                    let upto = written?;
                    self.acknowledge(upto);
                }
            }
            self.send_answers().await?;
            // Room for a burst, so that a fast source gets large groups.
            buffer.reserve(GROUP_BYTES);
        }
    }

    /// Takes the complete lines out of the buffer, and what is left when the stream has ended.
    async fn take_lines(&mut self, buffer: &mut BytesMut, ended: bool) -> Result<(), FeedError> {
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            self.take(&buffer[..end]);
            buffer.advance(end + 1);
            if self.group.bytes() >= GROUP_BYTES {
                self.hand_over().await?;
            }
        }
        if ended {
            self.take(buffer);
        }
        self.hand_over().await?;
        if buffer.len() > LINE_BYTES_MAX {
            self.lines += 1;
            self.refuse(&Refusal::new(Reason::TooLarge, None));
            self.send_answers().await?;
            return Err(FeedError::LongLine);
        }
        Ok(())
    }

    fn take(&mut self, line: &[u8]) {
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        if self.lines == 0 && line.strip_prefix(b"{\"want_acks\"").is_some() {
            self.wants_acks = line.ends_with(b"true}");
            return;
        }
        self.lines += 1;
        match self.intake.accept(line, &mut self.scratch, &mut self.group) {
            Ok(()) => self.health.count(1, 0),
            Err(refusal) => self.refuse(&refusal),
        }
    }

    fn refuse(&mut self, refusal: &Refusal) {
        tracing::debug!(error = refusal.error, member = refusal.member, "a reading was refused");
        self.health.count(0, 1);
        if serde_json::to_writer(&mut self.answer, &RefusedLine { line: self.lines, refusal }).is_ok() {
            self.answer.push(b'\n');
        }
    }

    async fn hand_over(&mut self) -> Result<(), FeedError> {
        if !self.group.is_empty() {
            let ticket = self.intake.submit(std::mem::take(&mut self.group)).await?;
            self.under_way.push_back((ticket, self.lines));
        }
        Ok(())
    }

    fn acknowledge(&mut self, upto: u64) {
        if self.wants_acks {
            self.answer.extend_from_slice(format!("{{\"ack\":{upto}}}\n").as_bytes());
        }
    }

    async fn finish(&mut self) -> Result<(), FeedError> {
        while !self.under_way.is_empty() {
            let upto = first_durable(&mut self.under_way).await?;
            self.acknowledge(upto);
        }
        self.send_answers().await
    }

    async fn send_answers(&mut self) -> Result<(), FeedError> {
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

/// Waits until the oldest group is on disk and gives its last line's number; for ever when there is none. Cancel-safe.
async fn first_durable(under_way: &mut VecDeque<(Ticket, u64)>) -> Result<u64, OutboxClosed> {
    let Some((ticket, upto)) = under_way.front_mut() else { return std::future::pending().await };
    ticket.durable().await?;
    let upto = *upto;
    under_way.pop_front();
    Ok(upto)
}
