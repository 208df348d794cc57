//! Whether a station is there: one definition for the API, metrics, readers and alerts.
//!
//! ```text
//! never_seen ──contact──▶ online ──warn_after──▶ late ──offline_after──▶ offline
//!                            ▲────────────────contact───────────────────────┘
//! unknown (the hub has not listened for long enough to tell) ──contact──▶ online, ──offline_after──▶ offline
//! ```
//!
//! - Contact is anything that the station sends, a connect, and every moment of an open session (the listener ends a
//!   session whose keep-alive has run out). So a take-over or a quick reconnect is never an outage.
//! - Silence is counted from the last contact, but never from before the hub began to listen: after a restart, or a
//!   stall of the hub itself, a quiet station is unknown until it has been given the same patience as ever.
//! - A station's own word (its birth, its goodbye, its will) is what readers see retained on its presence topic. A
//!   goodbye or a will does not shorten the patience: after a dropped link it always comes first, and most stations
//!   are back in seconds. The hub corrects the retained word only when it knows better for [`CORRECTION_AFTER_MS`].

use crate::config;
use waystation_protocol::PresenceState;

/// What a station is, as everybody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    NeverSeen,
    Online,
    Late,
    Offline,
    Unknown,
}

impl State {
    pub const ALL: [State; 5] =
        [State::NeverSeen, State::Online, State::Late, State::Offline, State::Unknown];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::NeverSeen => "never_seen",
            State::Online => "online",
            State::Late => "late",
            State::Offline => "offline",
            State::Unknown => "unknown",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// How long the hub waits for a silent station, ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Online up to and including this much silence.
    pub warn_after_ms: i64,
    /// Offline from this much silence on.
    pub offline_after_ms: i64,
}

impl From<&config::Presence> for Thresholds {
    fn from(config: &config::Presence) -> Self {
        let ms = |seconds: u64| i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Self { warn_after_ms: ms(config.warn_after_s), offline_after_ms: ms(config.offline_after_s) }
    }
}

/// How long the hub watches before it says something else than the station did, ms. [J] longer than a birth message
/// takes to arrive after its connect, and than a session takes to end after a goodbye.
pub const CORRECTION_AFTER_MS: i64 = 2_000;

/// What the hub knows of a station's presence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presence {
    sessions: u32,
    /// It had a session when the hub was last known to listen.
    had_session: bool,
    first_seen_ms: Option<i64>,
    last_seen_ms: Option<i64>,
    /// The word that is retained on the presence topic, and when it was said.
    said: Option<(PresenceState, i64)>,
    /// The hub may have to say that the station is online after all.
    doubt: Option<Doubt>,
}

/// What of it is kept over a restart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Saved {
    pub had_session: bool,
    pub first_seen_ms: Option<i64>,
    pub last_seen_ms: Option<i64>,
    pub said: Option<(PresenceState, i64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Doubt {
    since_ms: i64,
    /// The station was heard after its last word; else it only has a session that is still open.
    heard: bool,
}

impl Presence {
    pub fn restored(saved: Saved) -> Self {
        let Saved { had_session, first_seen_ms, last_seen_ms, said } = saved;
        Self { sessions: 0, had_session, first_seen_ms, last_seen_ms, said, doubt: None }
    }

    /// What a restart needs.
    #[must_use]
    pub fn saved(&self) -> Saved {
        let had_session = self.was_connected();
        let Self { first_seen_ms, last_seen_ms, said, .. } = *self;
        Saved { had_session, first_seen_ms, last_seen_ms, said }
    }

    #[must_use]
    pub fn first_seen_ms(&self) -> Option<i64> {
        self.first_seen_ms
    }

    #[must_use]
    pub fn last_seen_ms(&self) -> Option<i64> {
        self.last_seen_ms
    }

    #[must_use]
    pub fn connected(&self) -> bool {
        self.sessions > 0
    }

    /// Whether it has a session, or had one that ended only with the hub before this one.
    #[must_use]
    pub fn was_connected(&self) -> bool {
        self.connected() || self.had_session
    }

    /// After a restart: the hub before this one had listened until then, and its sessions ended with it. Tells
    /// whether there was one.
    pub fn listened_until(&mut self, until_ms: i64) -> bool {
        let had_session = std::mem::take(&mut self.had_session);
        if had_session {
            self.seen(until_ms);
        }
        had_session
    }

    #[must_use]
    pub fn said(&self) -> Option<(PresenceState, i64)> {
        self.said
    }

    /// The station's state at `now_ms`, for a hub that has listened without a break since `listening_since_ms`.
    #[must_use]
    pub fn state(&self, now_ms: i64, listening_since_ms: i64, thresholds: &Thresholds) -> State {
        let Some(last_seen_ms) = self.last_seen_ms else { return State::NeverSeen };
        if self.connected() {
            return State::Online;
        }
        let silence_ms = now_ms.saturating_sub(last_seen_ms.max(listening_since_ms));
        if silence_ms >= thresholds.offline_after_ms {
            State::Offline
        } else if last_seen_ms < listening_since_ms {
            State::Unknown
        } else if silence_ms > thresholds.warn_after_ms {
            State::Late
        } else {
            State::Online
        }
    }

    /// When time alone next changes the state, or calls for a word; `state` is the present one.
    #[must_use]
    pub fn deadline(&self, state: State, listening_since_ms: i64, thresholds: &Thresholds) -> Option<i64> {
        let last_seen_ms = self.last_seen_ms?;
        let said_online = self.said.is_none_or(|(word, _)| word == PresenceState::Online);
        if state == State::Offline && said_online {
            return Some(last_seen_ms); // at once
        }
        let heard_ms = last_seen_ms.max(listening_since_ms);
        let silence_ms = match state {
            _ if self.connected() => None,
            State::Online => Some(thresholds.warn_after_ms.saturating_add(1)),
            State::Late | State::Unknown => Some(thresholds.offline_after_ms),
            State::Offline | State::NeverSeen => None,
        };
        let doubt = self.doubt.filter(|_| matches!(state, State::Online | State::Late));
        let doubt_ms = doubt.map(|doubt| doubt.since_ms.saturating_add(CORRECTION_AFTER_MS));
        silence_ms.map(|silence_ms| heard_ms.saturating_add(silence_ms)).into_iter().chain(doubt_ms).min()
    }

    pub fn connect(&mut self, at_ms: i64) {
        self.sessions = self.sessions.saturating_add(1);
        self.heard(at_ms);
    }

    /// A session ended; the station was last heard on it at `at_ms`.
    pub fn disconnect(&mut self, at_ms: i64) {
        self.sessions = self.sessions.saturating_sub(1);
        self.seen(at_ms);
    }

    /// The station sent something.
    pub fn heard(&mut self, at_ms: i64) {
        self.seen(at_ms);
        if self.said.is_none_or(|(word, _)| word == PresenceState::Offline) {
            let since_ms = self.doubt.map_or(at_ms, |doubt| doubt.since_ms);
            self.doubt = Some(Doubt { since_ms, heard: true });
        }
    }

    /// A word on the presence topic: the station's, its will's, or the hub's own from before.
    pub fn says(&mut self, word: PresenceState, at_ms: i64) {
        self.said = Some((word, at_ms));
        self.doubt = None;
        match word {
            PresenceState::Online => self.seen(at_ms),
            PresenceState::Offline if self.connected() => {
                self.doubt = Some(Doubt { since_ms: at_ms, heard: false });
            }
            PresenceState::Offline => {}
        }
    }

    /// Looks again as time passes. Gives the word that the hub must publish, if it knows better than the last one.
    pub fn correct(&mut self, state: State, now_ms: i64) -> Option<PresenceState> {
        // A clock that was set back must not keep a silent station online until it has caught up.
        self.last_seen_ms = self.last_seen_ms.map(|seen| seen.min(now_ms));
        let word = match state {
            State::Offline if self.said.is_none_or(|(word, _)| word == PresenceState::Online) => {
                PresenceState::Offline
            }
            State::Online | State::Late => {
                let doubt = self.doubt.filter(|doubt| now_ms - doubt.since_ms >= CORRECTION_AFTER_MS)?;
                self.doubt = None;
                (doubt.heard || self.connected()).then_some(PresenceState::Online)?
            }
            _ => return None,
        };
        self.said = Some((word, now_ms));
        self.doubt = None;
        Some(word)
    }

    /// There was contact of any sort.
    pub fn seen(&mut self, at_ms: i64) {
        self.first_seen_ms.get_or_insert(at_ms);
        self.last_seen_ms = Some(self.last_seen_ms.map_or(at_ms, |seen| seen.max(at_ms)));
    }
}
