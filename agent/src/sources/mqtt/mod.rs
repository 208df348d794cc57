//! Devices behind a broker on the gateway: mosquitto with Zigbee2MQTT, Tasmota, ESPHome, Shelly and the like.
//!
//! Invariants: a QoS 1 message is acknowledged to the broker only after its readings are on disk or refused, in a
//! session that outlives the connection, so that the broker keeps what came meanwhile. At most [`UNDER_WAY_MAX`]
//! messages are on their way to disk; with more, the source stops reading and the broker keeps them.

mod known;
mod session;
mod topics;

use super::source::{Outlet, Source, Work, World, stopped};
use crate::backoff::Backoff;
use crate::config;
use crate::connection::{Connection, ConnectionLost, Event};
use crate::diagnosis::Message;
use crate::dice::Dice;
use crate::outbox::{OutboxClosed, Ticket};
use session::connect;
pub use session::try_once;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use thiserror::Error;
use topics::Topics;
use waystation_protocol::SourceKind;

/// Messages on their way to disk.
const UNDER_WAY_MAX: usize = 64;
/// Between two attempts to reach the broker.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);

/// The source for one broker.
pub struct Mqtt {
    config: config::MqttSource,
}

/// A session ended.
#[derive(Debug, Error)]
enum Broken {
    #[error(transparent)]
    Lost(#[from] ConnectionLost),
    #[error(transparent)]
    Closed(#[from] OutboxClosed),
}

/// What turns messages into readings.
pub trait Translator: Send {
    /// The topics that it listens to.
    fn filters(&self) -> Vec<String>;

    /// The readings in a message, and what of it was not understood. `is_past`: the message was there before
    /// anybody listened.
    fn translate(&mut self, topic: &str, payload: &[u8], is_past: bool) -> Translated;

    /// What these ids stand for is on disk.
    fn kept(&mut self, _ids: Vec<String>) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// What a message says.
#[derive(Debug, Default)]
pub struct Translated {
    pub readings: Vec<Vec<u8>>,
    /// Members whose values did not fit.
    pub unfit: Vec<&'static str>,
    /// Why nothing of the message could be taken.
    pub fault: Option<Message>,
    /// What is to be remembered once the readings are on disk.
    pub ids: Vec<TellOnce>,
}

/// Something that is told once.
#[derive(Debug)]
pub struct TellOnce {
    pub id: String,
    /// The place of the reading that tells it; none if it is only to be remembered.
    pub place: Option<usize>,
}

impl Translated {
    /// Notes what was not understood; a message of which nothing could be taken counts as a refused reading.
    pub fn note_faults(&self, outlet: &Outlet) {
        let unfit = self.unfit.iter().map(|member| Message::new("value_unknown").with("member", member));
        let faults: Vec<_> = unfit.chain(self.fault.clone()).collect();
        faults.iter().for_each(|fault| outlet.health.note(fault));
        if self.readings.is_empty() && !faults.is_empty() {
            outlet.refuse();
        }
    }

    /// The ids to be remembered, when the readings at these places were refused: a map that is mended shall find them.
    pub fn ids_but(self, refused: &[usize]) -> Vec<String> {
        let taken = |told: &TellOnce| told.place.is_none_or(|place| !refused.contains(&place));
        self.ids.into_iter().filter(taken).map(|told| told.id).collect()
    }
}

impl Mqtt {
    pub fn new(config: config::MqttSource) -> Self {
        Self { config }
    }
}

impl Source for Mqtt {
    fn name(&self) -> &str {
        &self.config.name.name
    }

    fn run(self: Box<Self>, world: World) -> Work<'static, ()> {
        Box::pin(async move {
            let outlet = world.outlet(SourceKind::Mqtt, &self.config.name);
            let topics = Topics::new(self.config.devices.clone(), world.intake.reporting());
            listen(&self.config.broker, self.name(), world, outlet, topics).await;
        })
    }

    fn try_once(&self) -> Work<'_, Result<Message, Message>> {
        Box::pin(try_once(&self.config.broker, &self.config.name.name, self.config.devices.len()))
    }
}

/// Listens to a broker until the agent stops.
pub async fn listen(
    broker: &config::Broker,
    name: &str,
    world: World,
    outlet: Outlet,
    translator: impl Translator,
) {
    let mut stop = world.stop.clone();
    tokio::select! {
        // Dropping the connection leaves the session at the broker, which keeps what comes until the next start.
        () = stopped(&mut stop) => {}
        () = listen_on(broker, name, &world, &outlet, translator) => {}
    }
}

async fn listen_on(
    broker: &config::Broker,
    name: &str,
    world: &World,
    outlet: &Outlet,
    mut translator: impl Translator,
) {
    let client_id = format!("waystation-{}-{name}", world.station);
    let mut backoff = Backoff::new(Dice::from_system(), RETRY_FIRST, RETRY_MAX);
    let mut is_poisoned = false;
    loop {
        match connect(broker, &client_id, is_poisoned).await {
            Err(problem) => outlet.health.failing(&problem),
            Ok(connection) => {
                let mut session = Session { broker, connection, outlet, under_way: VecDeque::new() };
                let Err(broken) = session.run(&mut translator, &mut backoff).await;
                let Broken::Lost(lost) = broken else { return };
                // A message that cannot be read would come again for ever: the session is given up with what waits in it.
                is_poisoned = matches!(lost, ConnectionLost::Protocol(_));
                let problem = Message::new("broker_lost").with("address", &broker.address);
                outlet.health.failing(&problem.with("error", lost));
            }
        }
        tokio::time::sleep(backoff.next_wait()).await;
    }
}

struct UnderWay {
    ticket: Ticket,
    packet_id: Option<u16>,
    ids: Vec<String>,
}

struct Session<'a> {
    broker: &'a config::Broker,
    connection: Connection,
    outlet: &'a Outlet,
    /// Messages on their way to disk, oldest first.
    under_way: VecDeque<UnderWay>,
}

impl Session<'_> {
    async fn run(
        &mut self,
        translator: &mut impl Translator,
        backoff: &mut Backoff,
    ) -> Result<Infallible, Broken> {
        let filters = translator.filters();
        filters.iter().for_each(|filter| self.connection.subscribe(filter));
        let mut unanswered = filters.len();
        loop {
            tokio::select! {
                event = self.connection.event(), if self.under_way.len() < UNDER_WAY_MAX => match event? {
                    Event::Subscribed { granted } => {
                        unanswered = unanswered.saturating_sub(1);
                        if !granted {
                            let problem = Message::new("broker_list").with("address", &self.broker.address);
                            self.outlet.health.note(&problem);
                        } else if unanswered == 0 {
                            self.outlet.health.ok();
                            backoff.reset();
                        }
                    }
                    Event::Message { topic, payload, is_retained, packet_id } => {
                        let translated = translator.translate(&topic, &payload, is_retained);
                        if let Some(ids) = self.take(translated, packet_id).await? {
                            translator.kept(ids).await;
                        }
                    }
                    Event::TooLarge { topic } => {
                        self.outlet.health.note(&Message::new("message_too_large").with("topic", topic));
                        self.outlet.refuse();
                    }
                    Event::Acknowledged(_) => {}
                },
                kept = first_kept(&mut self.under_way) => {
                    let kept = kept?;
                    translator.kept(kept.ids).await;
                    if let Some(packet_id) = kept.packet_id {
                        self.connection.acknowledge(packet_id);
                    }
                }
            }
        }
    }

    /// Hands the readings over; the ids come back at once if nothing has to be waited for.
    async fn take(
        &mut self,
        translated: Translated,
        packet_id: Option<u16>,
    ) -> Result<Option<Vec<String>>, Broken> {
        translated.note_faults(self.outlet);
        let (ticket, refused) = self.outlet.offer_noting(&translated.readings).await?;
        let ids = translated.ids_but(&refused);
        if let Some(ticket) = ticket {
            self.under_way.push_back(UnderWay { ticket, packet_id, ids });
            return Ok(None);
        }
        if let Some(packet_id) = packet_id {
            self.connection.acknowledge(packet_id);
        }
        Ok(Some(ids))
    }
}

/// Waits until the oldest message is on disk; for ever when there is none. Cancel-safe.
async fn first_kept(under_way: &mut VecDeque<UnderWay>) -> Result<UnderWay, OutboxClosed> {
    match under_way.front_mut() {
        Some(front) => front.ticket.durable().await?,
        None => std::future::pending().await,
    }
    under_way.pop_front().ok_or(OutboxClosed)
}
