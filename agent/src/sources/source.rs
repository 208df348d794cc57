//! What a source is to the agent.

use super::health::{Board, Health};
use super::line::Refusal;
use crate::config::SourceName;
use crate::diagnosis::Message;
use crate::intake::Intake;
use crate::outbox::{OutboxClosed, Ticket};
use std::path::PathBuf;
use std::pin::Pin;
use tokio::sync::watch;
use waystation_protocol::{SourceKind, StationId};

/// A future behind a trait object.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that readings come from by themselves: a broker, a bus, a cabinet, a command.
///
/// It connects, and connects again with backoff, until it is stopped; what it cannot do stands in its [`Health`] and
/// in the log, and never ends the agent.
pub trait Source: Send + Sync {
    /// As in the configuration, the log and the status.
    fn name(&self) -> &str;

    /// Works until `world.stop` is turned.
    fn run(self: Box<Self>, world: World) -> Work<'static, ()>;

    /// One look at the device for the installer's check: what was found, or what is wrong and what to do about it.
    fn try_once(&self) -> Work<'_, Result<Message, Message>>;
}

/// What every source works with. Cheap to clone.
#[derive(Clone)]
pub struct World {
    pub station: StationId,
    pub intake: Intake,
    pub board: Board,
    /// Where a source may keep what it must remember.
    pub data_dir: PathBuf,
    pub stop: watch::Receiver<bool>,
}

/// A source's way to the intake; counts for its health.
#[derive(Clone)]
pub struct Outlet {
    intake: Intake,
    pub health: Health,
}

impl World {
    /// Registers a source on the board.
    pub fn outlet(&self, kind: SourceKind, name: &SourceName) -> Outlet {
        let intake = if name.report_all { self.intake.clone() } else { self.intake.by_exception() };
        Outlet { intake, health: self.board.register(kind, &name.name) }
    }
}

impl Outlet {
    /// Hands readings over; the ticket tells when they are on disk.
    ///
    /// # Errors
    /// The agent is stopping.
    pub async fn offer(&self, readings: &[Vec<u8>]) -> Result<Option<Ticket>, OutboxClosed> {
        self.offer_noting(readings).await.map(|(ticket, _)| ticket)
    }

    /// As [`Self::offer`]; gives the places of those that were refused, too.
    pub async fn offer_noting(
        &self,
        readings: &[Vec<u8>],
    ) -> Result<(Option<Ticket>, Vec<usize>), OutboxClosed> {
        let (ticket, refused) = self.offer_each(readings).await?;
        let mut places = Vec::new();
        for (place, refusal) in refused {
            let member = refusal.member.unwrap_or_else(|| refusal.detail.to_owned());
            let problem = Message::new("reading_refused").with("error", refusal.error);
            self.health.note(&problem.with("member", member));
            places.push(place);
        }
        Ok((ticket, places))
    }

    /// Counts a message of which nothing could be taken.
    pub fn refuse(&self) {
        self.intake.refuse();
        self.health.count(0, 1);
    }

    /// As [`Self::offer`]; tells which were refused, by their place.
    pub async fn offer_each(
        &self,
        readings: &[Vec<u8>],
    ) -> Result<(Option<Ticket>, Vec<(usize, Refusal)>), OutboxClosed> {
        if readings.is_empty() {
            return Ok((None, Vec::new()));
        }
        let taken = self.intake.take(readings).await?;
        self.health.count(readings.len() - taken.refused.len(), taken.refused.len());
        Ok((taken.ticket, taken.refused))
    }
}

/// Resolves when the agent stops.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the app is gone, which is a stop as well.
    drop(stop.wait_for(|stop| *stop).await);
}
