//! Delivers the outbox to the hub, over one connection at a time.
//!
//! Three modes, each with a handler that returns the next one:
//! - `Offline`: waits, then connects; readings collect on disk.
//! - `CatchingUp`: full batches, many in flight, until nothing waits.
//! - `Live`: few in flight; a batch leaves a moment after its first reading.
//!
//! Invariants: batches leave oldest first. What was in flight when a connection broke is read from disk again, behind
//! what was acknowledged. `done` only grows, and only over an unbroken run of acknowledged batches.

mod session;
mod time;
mod window;

use crate::backoff::Backoff;
use crate::clock::{Clock, now_ms};
use crate::connection::{ConnectError, Connection, Credentials, Endpoint};
use crate::dice::Dice;
use crate::orders::Desk;
use crate::outbox::{BatchLimits, BatchSource, Done, OutboxView};
use crate::tokens::Tokens;
use session::{Broken, Pace, Session};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use waystation_durable_log::Seq;
use waystation_protocol::{Channel, Presence, PresenceState, StationId, topic_name};

const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// The hub spreads a fleet that comes back over 300 s; a gateway tries at least this often.
const BACKOFF_MAX: Duration = Duration::from_secs(120);
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// A connection that lasted so long was a good one: the next attempt after it comes quickly again.
const GOOD_AFTER: Duration = Duration::from_secs(30);
/// What a stop may take to deliver the last readings: a broker that does not tell the time is waited for 10 s before
/// the readings of this boot leave as they were dated.
const LEAVE_MAX: Duration = Duration::from_secs(12);
const CATCH_UP: Pace = Pace { linger: Duration::ZERO, batches_max: 24, bytes_max: 2 << 20 };
const LIVE: Pace = Pace { linger: Duration::from_millis(50), batches_max: 8, bytes_max: 1 << 20 };

/// What the publisher is doing, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Offline,
    CatchingUp,
    Live,
}

/// The parts that the app hands over.
pub struct Parts {
    pub endpoint: Endpoint,
    pub station: StationId,
    pub tokens: Tokens,
    pub view: OutboxView,
    pub durable: watch::Receiver<Seq>,
    pub limits: BatchLimits,
    pub clock: Clock,
    /// What the hub has acknowledged; at first where the cursor stands.
    pub done: watch::Sender<Done>,
    pub state: watch::Sender<State>,
    /// Where commands go and answers come from.
    pub desk: Desk,
    /// Turned once sources and writer have ended.
    pub stop: watch::Receiver<bool>,
}

/// The publisher.
pub struct Publisher {
    parts: Parts,
    backoff: Backoff,
    /// Changes when the hub has sent a new token.
    token_came: watch::Receiver<u64>,
}

enum Mode {
    Offline { wait: Duration },
    CatchingUp(Session),
    Live(Session),
    Ended,
}

impl Publisher {
    pub fn new(parts: Parts) -> Self {
        let backoff = Backoff::new(Dice::from_system(), BACKOFF_FIRST, BACKOFF_MAX);
        let token_came = parts.tokens.came();
        Self { parts, backoff, token_came }
    }

    /// Publishes until `stop` is turned, then delivers what it can within a few seconds.
    pub async fn run(mut self) {
        let mut mode = Mode::Offline { wait: Duration::ZERO };
        loop {
            mode = match mode {
                Mode::Offline { wait } => self.offline(wait).await,
                Mode::CatchingUp(session) => self.catching_up(session).await,
                Mode::Live(session) => self.live(session).await,
                Mode::Ended => return,
            };
        }
    }

    async fn offline(&mut self, wait: Duration) -> Mode {
        self.parts.state.send_replace(State::Offline);
        let mut stop = self.parts.stop.clone();
        let attempt = async {
            sleep(wait).await;
            log_in(&self.parts).await
        };
        let opened = tokio::select! {
            // An error means that the app is gone, which is a stop as well.
            _ = stop.wait_for(|stop| *stop) => return Mode::Ended,
            opened = attempt => opened,
        };
        match opened {
            Ok(connection) => Mode::CatchingUp(self.start_session(connection)),
            Err(error) => {
                let wait = self.backoff.next_wait();
                tracing::warn!(%error, retry_in_s = wait.as_secs(), "the hub cannot be reached; readings wait on disk");
                Mode::Offline { wait }
            }
        }
    }

    async fn catching_up(&mut self, mut session: Session) -> Mode {
        self.parts.state.send_replace(State::CatchingUp);
        while !session.is_caught_up() {
            if let Err(end) = self.turn(&mut session, CATCH_UP).await {
                return self.end(session, end).await;
            }
        }
        tracing::info!("caught up with the devices");
        Mode::Live(session)
    }

    async fn live(&mut self, mut session: Session) -> Mode {
        self.parts.state.send_replace(State::Live);
        while !session.is_behind() {
            if let Err(end) = self.turn(&mut session, LIVE).await {
                return self.end(session, end).await;
            }
        }
        Mode::CatchingUp(session)
    }

    /// One event of the session, unless a stop comes first.
    async fn turn(&mut self, session: &mut Session, pace: Pace) -> Result<(), Ending> {
        let progress = tokio::select! {
            _ = self.parts.stop.wait_for(|stop| *stop) => return Err(Ending::Stop),
            Ok(()) = self.token_came.changed() => return Err(Ending::NewToken),
            progress = session.turn(pace, &mut self.parts.desk) => progress.map_err(Ending::Broken)?,
        };
        if let Some(done) = progress {
            self.tell_done(done);
        }
        Ok(())
    }

    fn tell_done(&self, progress: Done) {
        self.parts.done.send_modify(|done| {
            done.last = done.last.max(progress.last);
            done.lost_to = done.lost_to.max(progress.lost_to);
        });
    }

    async fn end(&mut self, session: Session, ending: Ending) -> Mode {
        match ending {
            Ending::Stop => {
                self.leave(session).await;
                Mode::Ended
            }
            Ending::NewToken => self.renew(session).await,
            Ending::Broken(error) => {
                if session.started.elapsed() >= GOOD_AFTER {
                    self.backoff.reset();
                }
                let wait = self.backoff.next_wait();
                tracing::warn!(%error, retry_in_s = wait.as_secs(), "the connection to the hub ended");
                Mode::Offline { wait }
            }
        }
    }

    /// Logs in with the new token while the old connection stays: the hub hands the station over from one to the other,
    /// which is no outage. Where that fails, the old one goes on, and the hub sends the token again.
    async fn renew(&mut self, session: Session) -> Mode {
        let mut stop = self.parts.stop.clone();
        let opened = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => None,
            opened = log_in(&self.parts) => Some(opened),
        };
        match opened {
            // The next turn sees the stop.
            None => Mode::CatchingUp(session),
            Some(Ok(connection)) => {
                tracing::info!("logged in with the new token");
                Mode::CatchingUp(self.start_session(connection))
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "no login with the new token; the old connection goes on");
                Mode::CatchingUp(session)
            }
        }
    }

    /// Delivers the rest if it is little, then says goodbye.
    async fn leave(&mut self, mut session: Session) {
        let delivered = timeout(LEAVE_MAX, async {
            while !session.is_caught_up() {
                match session.turn(CATCH_UP, &mut self.parts.desk).await {
                    Ok(Some(done)) => self.tell_done(done),
                    Ok(None) => {}
                    Err(error) => return tracing::debug!(%error, "the connection ended while leaving"),
                }
            }
        })
        .await;
        if delivered.is_err() {
            tracing::info!(waiting = self.parts.view.records(), "stopping; readings stay on disk");
        }
        session.send_answers(&mut self.parts.desk);
        session.publish_presence(PresenceState::Offline);
        if let Err(error) = session.connection.close(LEAVE_MAX).await {
            tracing::debug!(%error, "no goodbye");
        }
    }

    fn start_session(&mut self, connection: Connection) -> Session {
        let acknowledged = self.parts.done.borrow().last;
        let waiting = self.parts.view.records();
        tracing::info!(hub = %self.parts.endpoint.address, waiting, "connected");
        let source = BatchSource::new(
            &self.parts.view,
            acknowledged,
            self.parts.durable.clone(),
            self.parts.limits,
            self.parts.clock.clone(),
        );
        let mut session = Session::new(connection, source, &self.parts.station, self.parts.clock.clone());
        self.parts.desk.begin_session();
        session.greet();
        session
    }
}

enum Ending {
    Stop,
    NewToken,
    Broken(Broken),
}

/// One attempt, with the token whose turn it is.
async fn log_in(parts: &Parts) -> Result<Connection, ConnectError> {
    let token = with_tokens(parts, Tokens::to_try).await;
    let opened = Connection::open(&parts.endpoint, &credentials(parts, token.clone())).await;
    match &opened {
        Ok(_) => with_tokens(parts, move |tokens| tokens.taken(token)).await,
        Err(error) if error.is_bad_login() => with_tokens(parts, Tokens::refused).await,
        Err(_) => {}
    }
    opened
}

/// The tokens may be on their way to disk just now.
async fn with_tokens<T: Default + Send + 'static>(
    parts: &Parts,
    work: impl FnOnce(&Tokens) -> T + Send + 'static,
) -> T {
    let tokens = parts.tokens.clone();
    spawn_blocking(move || work(&tokens)).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the token could not be looked after");
        T::default()
    })
}

fn credentials(parts: &Parts, token: Option<String>) -> Credentials {
    let gone = Presence { state: PresenceState::Offline, ts: None, agent: None };
    Credentials {
        client_id: parts.station.to_string(),
        username: parts.station.to_string(),
        password: token,
        keep_alive: KEEP_ALIVE,
        will: Some((topic_name(&parts.station, Channel::Presence), gone.to_json())),
    }
}

/// The birth message and the goodbye.
fn presence(state: PresenceState) -> Vec<u8> {
    Presence { state, ts: Some(now_ms()), agent: Some(env!("CARGO_PKG_VERSION").into()) }.to_json()
}
