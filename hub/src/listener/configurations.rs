//! Brings configurations to stations: to one that begins to listen, and to those that listen when theirs is set.

use super::Commands;
use super::sessions::Seat;
use crate::operations::{Operations, OperationsError};
use crate::shutdown::Shutdown;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval, timeout};
use waystation_protocol::{Channel, Configuration, StationId};

/// How often is looked for those that another program set or that no session had room for.
const LOOK: Duration = Duration::from_secs(5);
/// A session that has not answered to a version gets it again after so long [J].
const AGAIN: Duration = Duration::from_secs(60);
/// How long the sessions of a station may take to write one to their sockets.
const TAKE_MAX: Duration = Duration::from_secs(1);

/// What a station was sent last.
struct Sent {
    version: u32,
    seats: Vec<Seat>,
    at: Instant,
}

/// Sends until the hub stops. The same version may come to a station more than once, which is the same as once.
pub async fn configure(commands: Commands, operations: Operations, mut shutdown: Shutdown) {
    tokio::select! {
        () = shutdown.stopped() => {}
        () = serve(commands, operations) => {}
    }
}

async fn serve(commands: Commands, operations: Operations) {
    let mut sent = HashMap::new();
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = commands.configuration_wanted() => {}
            _ = ticks.tick() => {}
        }
        let asking = operations.clone();
        let anew = commands.take_new_listeners();
        match spawn_blocking(move || wanted(&asking, &anew)).await {
            Ok(Ok(wanted)) => sent = send(&commands, wanted, sent).await,
            Ok(Err(error)) => tracing::error!(%error, "configurations of stations cannot be read"),
            Err(error) => tracing::error!(%error, "reading configurations of stations stopped half-way"),
        }
    }
}

/// Those that are pending, and those of the stations that have begun to listen `anew`: one may have a new card, or
/// stand for another, and know nothing of what it acknowledged before.
fn wanted(
    operations: &Operations,
    anew: &HashSet<StationId>,
) -> Result<Vec<(String, Configuration)>, OperationsError> {
    let mut wanted = operations.pending_configurations()?;
    for station in anew {
        let set = operations.configuration(station.as_str())?.filter(|set| set.state == "acknowledged");
        wanted.extend(set.map(|set| {
            (station.as_str().to_owned(), Configuration { version: set.version, report: set.report })
        }));
    }
    Ok(wanted)
}

/// Sends those whose station listens and has not just got them; gives what was sent.
async fn send(
    commands: &Commands,
    wanted: Vec<(String, Configuration)>,
    mut sent: HashMap<StationId, Sent>,
) -> HashMap<StationId, Sent> {
    let mut now_sent = HashMap::new();
    for (station, configuration) in wanted {
        let Ok(station) = StationId::try_from(station.as_str()) else { continue };
        let seats = commands.seats_of(&station, Channel::Config);
        let version = configuration.version;
        let last = sent
            .remove(&station)
            .filter(|last| last.version == version && last.seats == seats && last.at.elapsed() < AGAIN);
        if let Some(last) = last {
            now_sent.insert(station, last);
            continue;
        }
        let sending = commands.send(&station, Channel::Config, configuration.to_json().into());
        if !seats.is_empty() && timeout(TAKE_MAX, sending).await.is_ok_and(|sessions| sessions > 0) {
            tracing::info!(%station, version, "configuration sent");
            now_sent.insert(station, Sent { version, seats, at: Instant::now() });
        }
    }
    now_sent
}
