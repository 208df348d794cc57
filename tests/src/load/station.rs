//! One publishing station.

use super::Shared;
use crate::hub::Login;
use crate::mqtt::{Client, Connect, Packet, Received, Version, publish};
use crate::readings::{batch, environment, in_batch, now_ms, zstd};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Between two tries to connect.
const RETRY: Duration = Duration::from_millis(20);
/// The first reading is this old, so that none is in the future.
const START_AGE_MS: i64 = 86_400_000;
const VALUE_MIN: i64 = 300;
const VALUES: i64 = 9_000;

/// How a station publishes.
#[derive(Debug, Clone, Copy)]
pub enum Style {
    /// One reading a message, so many in flight.
    Single { version: Version, window: usize },
    /// Batches of an outbox.
    Batch { version: Version, window: usize, readings: i64, zstd: bool },
}

/// What a station sent: reading `n` has the time `start_ts + n`.
#[derive(Debug, Clone)]
pub struct Sent {
    pub station: String,
    /// The outbox of one that publishes batches.
    pub outbox: Option<String>,
    start_ts: i64,
    count: i64,
    /// Ranges of readings whose message was acknowledged.
    acknowledged: Vec<std::ops::Range<i64>>,
}

impl Sent {
    /// Time and value of each reading that was acknowledged.
    pub fn acknowledged(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.acknowledged.iter().cloned().flatten().map(|number| (self.start_ts + number, value_of(number)))
    }

    /// The value of the reading of this time, if there was one.
    pub fn value_at(&self, ts: i64) -> Option<i64> {
        let number = ts - self.start_ts;
        (0..self.count).contains(&number).then(|| value_of(number))
    }

    /// How many readings were sent, acknowledged or not.
    pub fn count(&self) -> i64 {
        self.count
    }
}

fn value_of(number: i64) -> i64 {
    VALUE_MIN + number % VALUES
}

pub(super) struct Station {
    hub: SocketAddr,
    login: Login,
    style: Style,
    shared: Arc<Shared>,
    sent: Sent,
    /// Numbers of the readings of each message that waits for its acknowledgement, oldest first.
    waiting: VecDeque<std::ops::Range<i64>>,
}

impl Station {
    pub(super) fn new(hub: SocketAddr, login: Login, style: Style, shared: Arc<Shared>) -> Self {
        let outbox = matches!(style, Style::Batch { .. }).then(|| format!("outbox-of-{}", login.name));
        let sent = Sent {
            station: login.name.clone(),
            outbox,
            start_ts: now_ms() - START_AGE_MS,
            count: 0,
            acknowledged: Vec::new(),
        };
        Self { hub, login, style, shared, sent, waiting: VecDeque::new() }
    }

    /// Publishes until it is told to stop and everything is acknowledged.
    pub(super) fn run(mut self) -> Sent {
        while !self.is_done() {
            match self.connect() {
                Some(client) => self.session(client),
                None => std::thread::park_timeout(RETRY),
            }
        }
        self.sent
    }

    fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.shared.stopping.load(Ordering::Relaxed)
    }

    fn version(&self) -> Version {
        match self.style {
            Style::Single { version, .. } | Style::Batch { version, .. } => version,
        }
    }

    fn connect(&self) -> Option<Client> {
        let connect = Connect::new(self.version(), &self.login);
        let mut client = Client::open(self.hub, connect.version).ok()?;
        client.try_send(&connect.bytes()).ok()?;
        match client.next() {
            Received::Packet(Packet::ConnAck { code: 0, .. }) => Some(client),
            Received::Packet(other) => panic!("{}: {other:?} instead of a welcome", self.login.name),
            Received::Closed => None,
        }
    }

    /// Sends again what waits, then more, until the connection breaks.
    fn session(&mut self, mut client: Client) {
        let mut flying = VecDeque::new();
        let mut again: VecDeque<_> = self.waiting.iter().cloned().collect();
        loop {
            let more = |station: &mut Self| again.pop_front().or_else(|| station.next_message());
            if !self.fill(&mut client, &mut flying, more) || flying.is_empty() {
                return;
            }
            let acknowledged = match client.next() {
                Received::Packet(Packet::PubAck { id, code: 0 }) => id,
                Received::Packet(other) => panic!("{}: {other:?} instead of PUBACK", self.login.name),
                Received::Closed => return,
            };
            // Acknowledgements come in the order of the messages [MQTT-4.6.0-2].
            assert_eq!(
                flying.pop_front(),
                Some(acknowledged),
                "{}: acknowledged out of order",
                self.login.name
            );
            let readings = self.waiting.pop_front().expect("what flies, waits");
            self.shared.acknowledged.fetch_add(readings.end.abs_diff(readings.start), Ordering::Relaxed);
            self.sent.acknowledged.push(readings);
        }
    }

    /// Sends until the window is full or there is nothing to send; false when the connection is broken.
    fn fill(
        &mut self,
        client: &mut Client,
        flying: &mut VecDeque<u16>,
        mut more: impl FnMut(&mut Self) -> Option<std::ops::Range<i64>>,
    ) -> bool {
        let (Style::Single { window, .. } | Style::Batch { window, .. }) = self.style;
        while flying.len() < window {
            let Some(readings) = more(self) else { return true };
            let id = client.take_id();
            let channel = if self.sent.outbox.is_some() { "batch" } else { "environment" };
            let packet = publish(self.version(), &self.login.topic(channel), &self.payload(&readings), 1, id);
            flying.push_back(id);
            if client.try_send(&packet).is_err() {
                return false;
            }
        }
        true
    }

    /// Makes a new message, unless it is time to stop.
    fn next_message(&mut self) -> Option<std::ops::Range<i64>> {
        if self.shared.stopping.load(Ordering::Relaxed) {
            return None;
        }
        let size = match self.style {
            Style::Single { .. } => 1,
            Style::Batch { readings, .. } => readings,
        };
        let readings = self.sent.count..self.sent.count + size;
        self.sent.count += size;
        self.waiting.push_back(readings.clone());
        Some(readings)
    }

    fn payload(&self, numbers: &std::ops::Range<i64>) -> Vec<u8> {
        let reading = |number| environment(self.sent.start_ts + number, value_of(number));
        let Style::Batch { zstd: compressed, .. } = self.style else {
            return reading(numbers.start).to_string().into_bytes();
        };
        let readings: Vec<_> =
            numbers.clone().map(|number| in_batch("environment", &reading(number))).collect();
        let outbox = self.sent.outbox.as_deref().unwrap_or_default();
        // Sequence numbers count from 1.
        let first_seq = numbers.start.unsigned_abs() + 1;
        let payload = batch(outbox, first_seq, &[], &readings).to_string().into_bytes();
        if compressed { zstd(&payload) } else { payload }
    }
}
