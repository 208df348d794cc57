//! Opens a door, and sees that it opened.

use super::freshness::{Freshness, Verdict};
use crate::config::{Broker, Door, HttpLock, Unlock};
use crate::connection::{Connection, Credentials, Endpoint, Event, client_config};
use crate::intake::{DoorState, Doors};
use crate::sources::{Ask, FetchError, send};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::timeout;
use waystation_protocol::{Contact, Lock, Outcome};

/// What telling the lock may take.
const ACT_MAX: Duration = Duration::from_secs(10);

/// An outcome and its detail.
pub type Told = (Outcome, String);

/// Tells the lock, unless the command has expired by then, and waits for contact or lock to confirm it.
pub async fn unlock(
    door: &Door,
    expires_ms: i64,
    freshness: &Freshness,
    mut doors: watch::Receiver<Doors>,
) -> Told {
    let acting = async {
        match &door.unlock {
            Unlock::Exec(command) => execute(command, expires_ms, freshness).await,
            Unlock::Mqtt { broker, topic, payload } => {
                publish(broker, topic, payload, expires_ms, freshness).await
            }
            Unlock::Http(lock) => request(lock, expires_ms, freshness).await,
        }
    };
    let acted = timeout(ACT_MAX, acting).await;
    let since_ms = match acted {
        Ok(Ok(since_ms)) => since_ms,
        Ok(Err(told)) => return told,
        Err(_) => {
            return (Outcome::Failed, format!("the lock was not reached within {} s", ACT_MAX.as_secs()));
        }
    };
    let state_of = |doors: &Doors| doors.get(&door.device);
    let confirmed = timeout(door.confirm, async {
        let is_confirmed = |doors: &Doors| state_of(doors).is_some_and(|state| confirms(state, since_ms));
        doors.wait_for(is_confirmed).await.is_ok()
    })
    .await;
    let seen = said(state_of(&doors.borrow()));
    match confirmed {
        Ok(true) => (Outcome::Done, seen),
        Ok(false) => (Outcome::Failed, "the agent is stopping".into()),
        Err(_) => (Outcome::Failed, format!("not confirmed within {} s: {seen}", door.confirm.as_secs())),
    }
}

/// The last moment to refuse.
fn still_fresh(expires_ms: i64, freshness: &Freshness) -> Result<i64, Told> {
    match freshness.strictly(expires_ms) {
        Verdict::Fresh => Ok(freshness.clock().mono_ms()),
        Verdict::Expired => Err((Outcome::Expired, "it expired before the lock was reached".into())),
        Verdict::TooLong | Verdict::Unknown => {
            Err((Outcome::Refused, "the hub has not told the time".into()))
        }
    }
}

/// Gives when the lock was told, as the functions below do.
async fn execute(command: &[String], expires_ms: i64, freshness: &Freshness) -> Result<i64, Told> {
    let failed = |text: String| (Outcome::Failed, text);
    let Some((program, arguments)) = command.split_first() else {
        return Err(failed("there is no command to run".into()));
    };
    let since_ms = still_fresh(expires_ms, freshness)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("the unlock command does not start: {error}")))?;
    match child.wait().await {
        Ok(status) if status.success() => Ok(since_ms),
        Ok(status) => Err(failed(format!("the unlock command failed: {status}"))),
        Err(error) => Err(failed(format!("the unlock command was lost: {error}"))),
    }
}

/// Over a connection of its own, made for this: nothing waits in a queue for the broker to come back.
async fn publish(
    broker: &Broker,
    topic: &str,
    payload: &str,
    expires_ms: i64,
    freshness: &Freshness,
) -> Result<i64, Told> {
    let failed = |error: &dyn std::fmt::Display| (Outcome::Failed, format!("the lock's broker: {error}"));
    let tls = match broker.address.is_tls() {
        true => Some(client_config(broker.ca.as_deref(), None).map_err(|error| failed(&error))?),
        false => None,
    };
    let endpoint = Endpoint { address: broker.address.clone(), tls };
    let credentials = Credentials {
        client_id: "waystation-unlock".to_owned(),
        username: broker.user.clone().unwrap_or_default(),
        password: broker.password.clone().or_else(|| broker.user.as_ref().map(|_| String::new())),
        keep_alive: Duration::from_secs(60),
        will: None,
    };
    let mut connection = Connection::open(&endpoint, &credentials).await.map_err(|error| failed(&error))?;
    let since_ms = still_fresh(expires_ms, freshness)?;
    let packet_id = connection.publish(topic, payload.to_owned().into(), false);
    while connection.event().await.map_err(|error| failed(&error))? != Event::Acknowledged(packet_id) {}
    if let Err(error) = connection.close(ACT_MAX).await {
        tracing::debug!(%error, "no goodbye");
    }
    Ok(since_ms)
}

/// Why the lock was not asked.
enum Unasked {
    Fetch(FetchError),
    Stale(Told),
}

impl From<FetchError> for Unasked {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

async fn request(lock: &HttpLock, expires_ms: i64, freshness: &Freshness) -> Result<i64, Told> {
    let HttpLock { url, method, body, token, ca } = lock;
    let ask = Ask { method, url, body, token: token.as_deref(), ca: ca.as_deref() };
    match send(ask, || still_fresh(expires_ms, freshness).map_err(Unasked::Stale)).await {
        Ok((since_ms, _)) => Ok(since_ms),
        Err(Unasked::Stale(told)) => Err(told),
        Err(Unasked::Fetch(error)) => Err((Outcome::Failed, format!("the lock: {error}"))),
    }
}

/// Told since then, each by itself: an old contact beside a new lock says nothing.
fn confirms(state: DoorState, since_ms: i64) -> bool {
    (state.contact == Some(Contact::Open) && state.contact_mono_ms >= since_ms)
        || (state.lock == Some(Lock::Unlocked) && state.lock_mono_ms >= since_ms)
}

fn said(state: Option<DoorState>) -> String {
    let Some(state) = state else { return "no source tells of this door".into() };
    let contact = state.contact.map_or("unknown", Contact::as_str);
    let lock = state.lock.map_or("unknown", Lock::as_str);
    format!("contact {contact}, lock {lock}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_told_since_confirms() {
        let check = |contact, contact_mono_ms, lock, lock_mono_ms, expected| {
            let state = DoorState { contact, contact_mono_ms, lock, lock_mono_ms };
            assert_eq!(confirms(state, 100), expected, "{state:?}");
        };
        let (open, closed) = (Some(Contact::Open), Some(Contact::Closed));
        let (unlocked, locked) = (Some(Lock::Unlocked), Some(Lock::Locked));
        check(open, 100, None, 0, true);
        check(None, 0, unlocked, 101, true);
        check(closed, 101, unlocked, 101, true);
        check(open, 99, locked, 101, false);
        check(closed, 101, unlocked, 99, false);
        check(closed, 101, locked, 101, false);
    }
}
