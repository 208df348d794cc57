//! One batch into InfluxDB, whatever it takes: a small machine whose modes hand over to each other.
//!
//! Invariant: a delivery ends as delivered only when every line of its batch is in InfluxDB or in the quarantine.
//! Pieces of a batch are sent again at will: the same line written twice is the same point.

use super::answer::{Answer, conflict};
use super::batch::{Batch, Body};
use super::client::Client;
use super::quarantine::{QuarantineSink, RefusedLine};
use super::status::Health;
use crate::metrics::Metrics;
use crate::shutdown::Shutdown;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Bodies begin this large, bytes; InfluxDB 1.x takes 25 MB.
pub const BODY_BYTES_MAX: usize = 4 << 20;
/// A server that refuses even this as too large refuses the line.
const BODY_BYTES_MIN: usize = 16 << 10;
/// How long a request that is under way may still take when the hub stops.
const STOP_GRACE: Duration = Duration::from_secs(3);

/// The pauses between attempts.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    /// The first after a failure; it doubles up to `longest`, each time shortened at random by up to a half.
    pub first: Duration,
    pub longest: Duration,
    /// While a person has something to mend.
    pub held: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        let (first, longest) = (Duration::from_millis(500), Duration::from_secs(30));
        Self { first, longest, held: Duration::from_secs(15) }
    }
}

/// What all deliveries share.
pub struct Link {
    pub client: Client,
    pub health: Health,
    pub metrics: Metrics,
    pub quarantine: Arc<dyn QuarantineSink>,
    pub pauses: Pauses,
    /// The largest body that the server takes, as far as is known, bytes.
    pub body_bytes_max: AtomicUsize,
}

/// A batch under way.
pub struct Delivery {
    link: Arc<Link>,
    shutdown: Shutdown,
    /// What remains, the next piece last.
    pieces: Vec<Piece>,
    /// Failures in a row.
    failures: u32,
}

struct Piece {
    body: Body,
    gzip: Option<Bytes>,
}

enum Mode {
    /// The next piece is sent.
    Send,
    /// The same piece is sent again after a pause.
    Pause(Duration),
    /// These lines are refused for good and go to the quarantine.
    SetAside(Body, String),
    Delivered,
    /// The hub stops; the batch stays in the log.
    Stopped,
}

impl Delivery {
    pub fn new(link: Arc<Link>, batch: &Batch, shutdown: Shutdown) -> Self {
        let piece = Piece { body: batch.body.clone(), gzip: batch.gzip.clone() };
        Self { link, shutdown, pieces: vec![piece], failures: 0 }
    }

    /// Runs to the end; true if the batch is delivered, false if the hub stopped before.
    pub async fn run(mut self) -> bool {
        let mut mode = self.next_piece();
        loop {
            mode = match mode {
                Mode::Send => self.send().await,
                Mode::Pause(pause) => self.pause(pause, Mode::Send).await,
                Mode::SetAside(body, reason) => self.set_aside(body, reason).await,
                Mode::Delivered => return true,
                Mode::Stopped => return false,
            }
        }
    }

    fn next_piece(&self) -> Mode {
        if self.pieces.is_empty() { Mode::Delivered } else { Mode::Send }
    }

    async fn send(&mut self) -> Mode {
        let Some(piece) = self.pieces.pop() else { return Mode::Delivered };
        if self.shutdown.stopping() {
            return Mode::Stopped;
        }
        let body = piece.gzip.as_ref().unwrap_or(&piece.body.bytes).clone();
        let started = Instant::now();
        let answer = tokio::select! {
            answer = self.link.client.write(body, piece.gzip.is_some()) => answer,
            () = grace(self.shutdown.clone()) => return Mode::Stopped,
        };
        self.link.metrics.influx_write_seconds.observe(started.elapsed());
        self.after(answer, piece)
    }

    /// The mode that follows an answer.
    fn after(&mut self, answer: Answer, piece: Piece) -> Mode {
        let class = answer.class().unwrap_or("taken");
        match answer {
            Answer::Taken => self.taken(piece.body.lines),
            Answer::Expired { lines } => {
                self.count(class);
                tracing::warn!(lines, "lines older than InfluxDB's retention were not stored");
                self.taken(piece.body.lines.saturating_sub(lines))
            }
            Answer::Refused { reason, lines } => {
                self.count(class);
                self.link.health.well();
                self.refused(piece.body, reason, lines)
            }
            Answer::TooLarge => {
                self.count(class);
                self.too_large(piece.body)
            }
            Answer::Busy { after } => {
                self.link.health.trouble_with(class, "InfluxDB is overloaded", None);
                let backoff = self.backoff();
                self.again(piece, after.unwrap_or(backoff))
            }
            Answer::Held { cause, message } => {
                self.link.health.trouble_with(class, &message, Some(cause.advice()));
                self.again(piece, self.link.pauses.held)
            }
            Answer::Failed { message } => {
                self.link.health.trouble_with(class, &message, None);
                let backoff = self.backoff();
                self.again(piece, backoff)
            }
        }
    }

    fn taken(&mut self, lines: usize) -> Mode {
        self.link.health.well();
        self.link.metrics.influx_points.inc_by(lines as u64);
        self.failures = 0;
        self.next_piece()
    }

    fn again(&mut self, piece: Piece, pause: Duration) -> Mode {
        self.pieces.push(piece);
        Mode::Pause(pause)
    }

    /// Looks for the bad lines. A server that dropped as many lines as the piece has leaves nothing to look for;
    /// one that names the field in conflict leaves one division; otherwise halves lead to them.
    fn refused(&mut self, body: Body, reason: String, lines: Option<usize>) -> Mode {
        self.failures = 0;
        if lines.is_some_and(|lines| lines >= body.lines) {
            return Mode::SetAside(body, reason);
        }
        let divided = conflict(&reason)
            .and_then(|(measurement, field)| body.divide(|line| line_has(line, measurement, field)));
        self.divided(divided.or_else(|| body.halves()), body, reason)
    }

    fn too_large(&mut self, body: Body) -> Mode {
        let smaller = (body.bytes.len() / 2).max(BODY_BYTES_MIN);
        let before = self.link.body_bytes_max.fetch_min(smaller, Relaxed);
        if smaller < before {
            tracing::warn!(
                bytes = body.bytes.len(),
                smaller,
                "InfluxDB found a body too large; smaller ones follow"
            );
        }
        let halves = body.halves();
        self.divided(halves, body, "413: the line is larger than InfluxDB takes".to_owned())
    }

    fn divided(&mut self, parts: Option<(Body, Body)>, whole: Body, reason: String) -> Mode {
        let Some((first, second)) = parts else { return Mode::SetAside(whole, reason) };
        self.pieces.push(Piece { body: second, gzip: None });
        self.pieces.push(Piece { body: first, gzip: None });
        Mode::Send
    }

    async fn set_aside(&mut self, body: Body, reason: String) -> Mode {
        let (link, lines) = (self.link.clone(), body.clone());
        let why = reason.clone();
        let kept = tokio::task::spawn_blocking(move || {
            let refused: Vec<_> =
                lines.each_line().map(|line| RefusedLine { line, reason: why.clone() }).collect();
            link.quarantine.quarantine(&refused)
        });
        let trouble = match kept.await {
            Ok(Ok(())) => {
                let quarantined =
                    self.link.metrics.readings_quarantined.with_label_values(&["influx_refused"]);
                quarantined.inc_by(body.lines as u64);
                tracing::warn!(
                    lines = body.lines,
                    "InfluxDB refused lines for good; they are in the quarantine"
                );
                return self.next_piece();
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        self.link.health.trouble_with("quarantine", &trouble, Some("see the quarantine's own message"));
        let pause = self.backoff();
        self.pause(pause, Mode::SetAside(body, reason)).await
    }

    async fn pause(&mut self, pause: Duration, then: Mode) -> Mode {
        tokio::select! {
            () = tokio::time::sleep(pause) => then,
            () = self.shutdown.stopped() => Mode::Stopped,
        }
    }

    fn backoff(&mut self) -> Duration {
        let Pauses { first, longest, .. } = self.link.pauses;
        let pause = first.saturating_mul(1 << self.failures.min(16)).min(longest);
        self.failures += 1;
        // Without randomness writers would only come back together, which is a pity and no fault.
        let random = getrandom::u32().unwrap_or(u32::MAX / 2);
        pause.mul_f64(1.0 - 0.5 * f64::from(random) / f64::from(u32::MAX))
    }

    fn count(&self, class: &str) {
        self.link.metrics.influx_errors.with_label_values(&[class]).inc();
    }
}

/// Whether a line is of the measurement and has the field.
fn line_has(line: &str, measurement: &str, field: &str) -> bool {
    let of_measurement = line.strip_prefix(measurement).is_some_and(|rest| rest.starts_with([',', ' ']));
    let has_field = |mark: char| line.contains(&format!("{mark}{field}="));
    of_measurement && (has_field(' ') || has_field(','))
}

/// Ends when a request that is under way has had its time after the hub was asked to stop.
async fn grace(mut shutdown: Shutdown) {
    shutdown.stopped().await;
    tokio::time::sleep(STOP_GRACE).await;
}
