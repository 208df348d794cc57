//! Brings new tokens to stations, and ends the old one with the first login that shows the new one.
//!
//! Invariants
//! - A token is in the registry, by its hash, and in force, before it leaves for a station. Its text is kept in memory
//!   only, until the station has logged in with it; after a restart of the hub a station that has not got it is sent a
//!   fresh one, and one that has got it logs in with what it has.
//! - It goes to sessions over TLS or from this machine, and into no log.
//! - The old token stays good until the registry has the new one in its place.

use super::Commands;
use super::sessions::Seat;
use crate::clock::now_ms;
use crate::operations::{Operations, OperationsError, Rotation};
use crate::registry::{Registry, RegistryError, SharedDirectory, Token};
use crate::shutdown::Shutdown;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval, timeout};
use waystation_protocol::{Channel, StationId, TokenOffer};

/// How often is looked for those that another program asked for or that no session had room for.
const LOOK: Duration = Duration::from_secs(5);
/// A session that goes on with the old token gets the new one again after so long [J].
const AGAIN: Duration = Duration::from_secs(60);
/// How long the sessions of a station may take to write one to their sockets.
const TAKE_MAX: Duration = Duration::from_secs(1);

/// Where rotations stand. Cheap to clone.
#[derive(Clone)]
pub struct Books {
    pub registry: Arc<Registry>,
    pub directory: SharedDirectory,
    pub operations: Operations,
}

#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Operations(#[from] OperationsError),
    #[error("it stopped half-way: {0}")]
    Thread(tokio::task::JoinError),
}

/// A token that a station has not logged in with.
struct Offer {
    payload: Vec<u8>,
    token: Token,
    /// To whom it went last, and when.
    sent: Option<(Vec<Seat>, Instant)>,
}

type Offers = HashMap<StationId, Offer>;

/// Rotates until the hub stops.
pub async fn rotate(commands: Commands, books: Books, mut shutdown: Shutdown) {
    tokio::select! {
        () = shutdown.stopped() => {}
        () = serve(commands, books) => {}
    }
}

async fn serve(commands: Commands, books: Books) {
    let mut offers = Offers::new();
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = commands.rotation_wanted() => {}
            _ = ticks.tick() => {}
        }
        let (commands_now, books_now) = (commands.clone(), books.clone());
        let looked = spawn_blocking(move || {
            let done = look(&commands_now, &books_now, &mut offers);
            (offers, done)
        });
        let done;
        // After a panic as after a restart: fresh ones are made.
        (offers, done) = looked.await.unwrap_or_else(|error| (Offers::new(), Err(Failure::Thread(error))));
        match done {
            Ok(()) => send(&commands, &mut offers).await,
            Err(error) => tracing::error!(%error, "tokens of stations cannot be rotated; tried again"),
        }
    }
}

/// Ends what was used, makes what is wanted, withdraws what nobody waits for.
fn look(commands: &Commands, books: &Books, offers: &mut Offers) -> Result<(), Failure> {
    let Books { registry, directory, operations } = books;
    let mut has_changed = end_used(commands, books, offers)?;
    let successors = registry.successors()?;
    let mut wanted = HashSet::new();
    for rotation in operations.rotations_under_way()? {
        let Ok(station) = StationId::try_from(rotation.station.as_str()) else { continue };
        let successor = successors.get(&station);
        if rotation.state == "sent" && successor.is_none() {
            // The last run stopped between the two books, or somebody ended the rotation with a token by hand.
            operations.rotation_done(station.as_str(), now_ms())?;
            continue;
        }
        let is_offered = offers.get(&station).is_some_and(|offer| {
            rotation.state == "sent" && successor.is_some_and(|hash| hash.matches(&offer.token.hash()))
        });
        if is_offered || !has_private_seat(commands, operations, &rotation, &station)? {
            wanted.insert(station);
            continue;
        }
        match registry.offer_successor(&station) {
            Ok(token) => {
                let number = operations.rotation_offered(station.as_str())?;
                let payload = TokenOffer::new(number, token.as_str()).to_json();
                offers.insert(station.clone(), Offer { payload, token, sent: None });
                wanted.insert(station);
                has_changed = true;
            }
            Err(RegistryError::NoSuchStation(_)) => operations.forget_station(station.as_str())?,
            Err(error) => return Err(error.into()),
        }
    }
    offers.retain(|station, _| wanted.contains(station));
    for station in successors.keys().filter(|station| !wanted.contains(*station)) {
        registry.withdraw_successor(station)?;
        has_changed = true;
    }
    if has_changed {
        directory.store(Arc::new(registry.load()?));
    }
    Ok(())
}

/// Whether a station can be sent a token now; notes why not.
fn has_private_seat(
    commands: &Commands,
    operations: &Operations,
    rotation: &Rotation,
    station: &StationId,
) -> Result<bool, Failure> {
    if !commands.private_seats_of(station, Channel::Config).is_empty() {
        return Ok(true);
    }
    let is_insecure = !commands.seats_of(station, Channel::Config).is_empty();
    if rotation.state != "sent" && (rotation.state == "insecure") != is_insecure {
        operations.rotation_waits(station.as_str(), is_insecure)?;
    }
    Ok(false)
}

/// Puts second tokens that were used in the place of the first; gives whether there were any.
fn end_used(commands: &Commands, books: &Books, offers: &mut Offers) -> Result<bool, Failure> {
    let used = commands.used_successors().clone();
    for (station, hash) in &used {
        // Another one may stand in its place by now: whoever showed this one is sent away then.
        if books.registry.succeed(station, hash)? {
            tracing::info!(%station, "the station has its new token; the old one has ended");
            offers.remove(station);
            books.operations.rotation_done(station.as_str(), now_ms())?;
        }
        commands.used_successors().remove(station);
    }
    Ok(!used.is_empty())
}

/// Sends each to the sessions that have not just got it.
async fn send(commands: &Commands, offers: &mut Offers) {
    for (station, offer) in offers {
        let seats = commands.private_seats_of(station, Channel::Config);
        let is_news = offer.sent.as_ref().is_none_or(|(to, at)| *to != seats || at.elapsed() >= AGAIN);
        if seats.is_empty() || !is_news {
            continue;
        }
        let sending = commands.send_to(seats.clone(), Channel::Config, offer.payload.clone().into());
        if timeout(TAKE_MAX, sending).await.is_ok_and(|sessions| sessions > 0) {
            tracing::info!(%station, "a new token is on its way to the station");
            offer.sent = Some((seats, Instant::now()));
        }
    }
}
