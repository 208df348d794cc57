//! One simulated station: its model, its outbox, and its link to the hub.
//!
//! Invariants: a reading is either in flight on its own, or in the outbox, until it is acknowledged or the outbox
//! drops it. Readings go out on their own channels while the outbox is empty, and through it otherwise. When the
//! link breaks, readings in flight go into the outbox: the store recognises a repeated one by its time.

use super::SimulatedTime;
use super::counters::Counters;
use super::link::{Connecting, InFlight, Link, Session, Woken};
use super::model::{GatewayFacts, Moment, STEP_MS, Station};
use super::outbox::MemoryOutbox;
use super::scenario::{Timeline, Troubles};
use super::tokens::StationLogin;
use crate::backoff::Backoff;
use crate::clock::now_ms;
use crate::connection::{ConnectError, Connection, Credentials, Endpoint, Event};
use crate::dice::Dice;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use waystation_protocol::{Channel, Presence, PresenceState, Reading, topic_name};

/// Messages that a station lets wait for their acknowledgement.
const IN_FLIGHT_MAX: usize = 50;
/// Batches among them: a replay must not crowd out what is live.
const BATCHES_IN_FLIGHT_MAX: usize = 4;
/// A scenario's next change is looked for this often.
const SCENARIO_LOOK: Duration = Duration::from_millis(200);
/// How often a refused login is worth a line in the log.
const REFUSALS_LOGGED: u64 = 5;
const KEEP_ALIVE: Duration = Duration::from_secs(120);

/// What all stations share.
pub struct Place {
    pub endpoint: Endpoint,
    pub time: SimulatedTime,
    pub counters: Arc<Counters>,
    pub drain: Duration,
    pub outbox_readings_max: usize,
}

/// A station and its link.
pub struct SimulatedStation {
    place: Arc<Place>,
    login: StationLogin,
    model: Station,
    timeline: Timeline,
    backoff: Backoff,
    outbox: MemoryOutbox,
    next_step_ms: i64,
    troubles: Troubles,
    link: Link,
    /// A socket that the network forgot: open, and silent.
    abandoned: Option<Connection>,
    fresh: Vec<Reading>,
}

impl SimulatedStation {
    pub fn new(
        place: Arc<Place>,
        login: StationLogin,
        model: Station,
        timeline: Timeline,
        backoff: Backoff,
        connect_at: Instant,
    ) -> Self {
        let outbox = MemoryOutbox::new(&mut Dice::from_system(), place.outbox_readings_max);
        Self {
            next_step_ms: place.time.start_ms + STEP_MS,
            place,
            login,
            model,
            timeline,
            backoff,
            outbox,
            troubles: Troubles::default(),
            link: Link::Down { retry_at: connect_at },
            abandoned: None,
            fresh: Vec::new(),
        }
    }

    /// Lives until `stopped`, then delivers what is left.
    pub async fn live(mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            self.face_troubles();
            self.advance_model();
            self.send_outbox();
            let wake_at = self.wake_at();
            tokio::select! {
                // An error means that the simulation is gone, which is a stop as well.
                _ = stopped.wait_for(|stop| *stop) => break,
                woken = self.link.wait(wake_at) => self.handle(woken),
            }
        }
        self.finish().await;
    }

    fn handle(&mut self, woken: Woken) {
        match woken {
            Woken::Time => self.connect_if_due(),
            Woken::Connected(Ok(connection)) => self.start_session(connection),
            Woken::Connected(Err(error)) => self.connect_failed(&error),
            Woken::Event(Ok(event)) => self.take_event(event),
            Woken::Event(Err(error)) => {
                tracing::debug!(station = %self.login.station, %error, "link lost");
                let wait = self.backoff.next_wait();
                self.lose_link(Instant::now() + wait);
            }
        }
    }

    /// Compares what the scenario asks for now with what was so far.
    fn face_troubles(&mut self) {
        let now = self.timeline.troubles(self.place.time.started.elapsed());
        let before = std::mem::replace(&mut self.troubles, now);
        let away = |troubles: Troubles| troubles.link_down || troubles.power_off;
        if away(now) && !away(before) {
            self.abandon_link();
        } else if !away(now) && away(before) {
            // The hub sees the dead socket end only now, when the new connection takes over.
            self.link = Link::Down { retry_at: Instant::now() + self.backoff.next_wait() };
        } else if now.rebinds > before.rebinds && matches!(self.link, Link::Up(_)) {
            self.abandon_link();
            self.link = Link::Connecting(self.connect());
        }
    }

    /// Runs the model up to now; a station without power lives through the time without readings.
    fn advance_model(&mut self) {
        let now_simulated_ms = self.place.time.simulated_ms();
        while self.next_step_ms <= now_simulated_ms {
            let clock_ms = now_ms() + self.troubles.skew_ms;
            let moment = Moment { simulated_ms: self.next_step_ms, clock_ms };
            let facts = self.facts();
            let mut fresh = std::mem::take(&mut self.fresh);
            self.model.step(&moment, &facts, &mut fresh);
            if !self.troubles.power_off && !self.troubles.silent {
                for reading in &mut fresh {
                    self.troubles.alarms.show_in(reading);
                    self.deliver(reading);
                }
            }
            fresh.clear();
            self.fresh = fresh;
            self.next_step_ms += STEP_MS;
        }
    }

    fn facts(&self) -> GatewayFacts {
        GatewayFacts {
            outbox_records: self.outbox.len() as i64,
            outbox_bytes: self.outbox.bytes() as i64,
            lost_total: self.outbox.lost_total() as i64,
        }
    }

    fn deliver(&mut self, reading: &Reading) {
        self.place.counters.readings.add(1);
        let mut record = Vec::with_capacity(256);
        reading.write_json(true, &mut record);
        match &mut self.link {
            Link::Up(session) if self.outbox.len() == 0 && session.in_flight.len() < IN_FLIGHT_MAX => {
                let mut payload = Vec::with_capacity(record.len());
                reading.write_json(false, &mut payload);
                let topic = topic_name(&self.login.station, Channel::Kind(reading.body.kind()));
                let packet_id = session.connection.publish(&topic, payload.into(), false);
                session.in_flight.push_back((packet_id, InFlight::Reading(record.into())));
                self.place.counters.messages.add(1);
            }
            _ => self.place.counters.dropped.add(self.outbox.push(&record)),
        }
    }

    /// Publishes batches of what waits, as far as the window allows.
    fn send_outbox(&mut self) {
        let Link::Up(session) = &mut self.link else { return };
        let topic = topic_name(&self.login.station, Channel::Batch);
        while session.batches_in_flight() < BATCHES_IN_FLIGHT_MAX
            && let Some(mut batch) = self.outbox.batch_after(session.sent_to)
        {
            let payload = Bytes::from(std::mem::take(&mut batch.payload));
            session.sent_to = batch.last;
            let packet_id = session.connection.publish(&topic, payload, false);
            session.in_flight.push_back((packet_id, InFlight::Batch(batch)));
            self.place.counters.messages.add(1);
            self.place.counters.batches.add(1);
        }
    }

    fn take_event(&mut self, event: Event) {
        let (Event::Acknowledged(packet_id), Link::Up(session)) = (event, &mut self.link) else { return };
        let Some(place) = session.in_flight.iter().position(|(sent, _)| *sent == packet_id) else { return };
        let done = match session.in_flight.remove(place) {
            Some((_, InFlight::Reading(_))) => 1,
            Some((_, InFlight::Batch(batch))) => self.outbox.acknowledge(&batch),
            Some((_, InFlight::Presence)) | None => 0,
        };
        self.place.counters.acknowledged.add(done);
    }

    fn wake_at(&self) -> Instant {
        let mut wake_at = self.place.time.instant_of(self.next_step_ms);
        if let Link::Down { retry_at } = self.link
            && !self.troubles.link_down
            && !self.troubles.power_off
        {
            wake_at = wake_at.min(retry_at);
        }
        if !self.timeline.is_empty() {
            wake_at = wake_at.min(Instant::now() + SCENARIO_LOOK);
        }
        wake_at
    }

    fn connect_if_due(&mut self) {
        if let Link::Down { retry_at } = self.link
            && retry_at <= Instant::now()
            && !self.troubles.link_down
            && !self.troubles.power_off
        {
            self.link = Link::Connecting(self.connect());
        }
    }

    fn connect(&self) -> Connecting {
        let place = self.place.clone();
        let credentials = self.credentials();
        Box::pin(async move { Connection::open(&place.endpoint, &credentials).await })
    }

    fn credentials(&self) -> Credentials {
        let station = &self.login.station;
        let gone = Presence { state: PresenceState::Offline, ts: None, agent: None };
        Credentials {
            client_id: station.to_string(),
            username: station.to_string(),
            password: self.login.token.clone(),
            keep_alive: KEEP_ALIVE,
            will: Some((topic_name(station, Channel::Presence), gone.to_json())),
        }
    }

    fn start_session(&mut self, connection: Connection) {
        self.place.counters.connects.add(1);
        self.backoff.reset();
        self.abandoned = None;
        let mut session = Session { connection, in_flight: VecDeque::new(), sent_to: 0 };
        session.publish_presence(&self.login, PresenceState::Online);
        self.link = Link::Up(session);
    }

    fn connect_failed(&mut self, error: &ConnectError) {
        if error.is_refusal() {
            self.place.counters.refusals.add(1);
            if self.place.counters.refusals.get() <= REFUSALS_LOGGED {
                tracing::error!(station = %self.login.station, %error, "login refused");
            }
        } else {
            self.place.counters.connect_failures.add(1);
            tracing::debug!(station = %self.login.station, %error, "not connected");
        }
        self.link = Link::Down { retry_at: Instant::now() + self.backoff.next_wait() };
    }

    /// The link is gone without a word; the socket stays open, as the hub sees it after a power cut.
    fn abandon_link(&mut self) {
        self.abandoned = self.lose_link(Instant::now());
    }

    /// What was in flight alone goes into the outbox; batches are there still.
    fn lose_link(&mut self, retry_at: Instant) -> Option<Connection> {
        let Link::Up(session) = std::mem::replace(&mut self.link, Link::Down { retry_at }) else {
            return None;
        };
        self.place.counters.disconnects.add(1);
        for (_, sent) in session.in_flight {
            if let InFlight::Reading(record) = sent {
                self.place.counters.dropped.add(self.outbox.push(&record));
            }
        }
        Some(session.connection)
    }

    /// Delivers what is left, says goodbye, and counts what could not be delivered.
    async fn finish(mut self) {
        let deadline = Instant::now() + self.place.drain;
        if timeout_at(deadline, self.deliver_rest()).await.is_err() {
            tracing::debug!(station = %self.login.station, "not everything could be delivered in time");
        }
        if let Link::Up(mut session) = std::mem::replace(&mut self.link, Link::Down { retry_at: deadline }) {
            let left = session.in_flight.iter().filter(|(_, sent)| matches!(sent, InFlight::Reading(_)));
            self.place.counters.left.add(left.count());
            session.publish_presence(&self.login, PresenceState::Offline);
            if let Err(error) = session.connection.close(Duration::from_secs(2)).await {
                tracing::debug!(%error, "no goodbye");
            }
        }
        self.place.counters.left.add(self.outbox.len());
    }

    async fn deliver_rest(&mut self) {
        loop {
            match &self.link {
                Link::Up(session) if session.in_flight.is_empty() && self.outbox.len() == 0 => return,
                Link::Down { .. } if self.outbox.len() == 0 => return,
                _ => {}
            }
            self.send_outbox();
            let wake_at = match self.link {
                Link::Down { retry_at } => retry_at,
                _ => Instant::now() + Duration::from_secs(1),
            };
            let woken = self.link.wait(wake_at).await;
            self.handle(woken);
        }
    }
}
