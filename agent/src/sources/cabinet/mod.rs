//! Swap cabinets' controllers: asked over HTTP, or heard over MQTT. Each message becomes a reading of the cabinet with its
//! slots, of which the intake passes on those that changed, and a reading for each swap that was not told before.
//!
//! Swaps are remembered by their ids, on disk once they are in the outbox, so that each is told once, and again only if
//! a crash falls between the two. A controller that does not date its swaps would have those of the past told
//! as if they were of now, so on first contact they are only remembered.

mod seen;
mod translate;

use super::fetch::get;
use super::mqtt::{Translated, Translator, listen};
use super::source::{Outlet, Source, Work, World, stopped};
use crate::backoff::Backoff;
use crate::config::{CabinetAccess, CabinetSource};
use crate::diagnosis::Message;
use crate::dice::Dice;
use crate::outbox::OutboxClosed;
use seen::Seen;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use translate::Controller;
use waystation_protocol::SourceKind;

const RETRY_FIRST: Duration = Duration::from_secs(2);
const RETRY_MAX: Duration = Duration::from_secs(120);

/// The source for one cabinet.
pub struct Cabinet {
    config: CabinetSource,
}

impl Cabinet {
    pub fn new(config: CabinetSource) -> Self {
        Self { config }
    }

    /// One look over HTTP.
    async fn fetch(&self) -> Result<hyper::body::Bytes, Message> {
        let CabinetAccess::Http { url, token, ca, timeout, .. } = &self.config.access else {
            return Ok(hyper::body::Bytes::new());
        };
        let body = get(url, token.as_deref(), ca.as_deref(), *timeout).await;
        body.map_err(|error| Message::new("cabinet").with("error", error))
    }

    async fn poll(&self, every: Duration, outlet: &Outlet, mut controller: Controller) {
        let mut backoff = Backoff::new(Dice::from_system(), RETRY_FIRST, RETRY_MAX);
        let mut due = Instant::now();
        loop {
            sleep_until(due).await;
            match self.fetch().await {
                Ok(body) => {
                    let translated = controller.translate("", &body, false);
                    match &translated.fault {
                        None => outlet.health.ok(),
                        Some(fault) => outlet.health.failing(fault),
                    }
                    backoff.reset();
                    due = Instant::now().max(due + every);
                    if take(outlet, &mut controller, translated).await.is_err() {
                        return;
                    }
                }
                Err(problem) => {
                    outlet.health.failing(&problem);
                    due = Instant::now() + backoff.next_wait();
                }
            }
        }
    }
}

async fn take(
    outlet: &Outlet,
    controller: &mut Controller,
    translated: Translated,
) -> Result<(), OutboxClosed> {
    translated.note_faults(outlet);
    let (ticket, refused) = outlet.offer_noting(&translated.readings).await?;
    let ids = translated.ids_but(&refused);
    if !ids.is_empty() {
        if let Some(mut ticket) = ticket {
            ticket.durable().await?;
        }
        controller.kept(ids).await;
    }
    Ok(())
}

impl Source for Cabinet {
    fn name(&self) -> &str {
        &self.config.name.name
    }

    fn run(self: Box<Self>, world: World) -> Work<'static, ()> {
        Box::pin(async move {
            let outlet = world.outlet(SourceKind::Cabinet, &self.config.name);
            let seen = Seen::open(&world.data_dir, self.name()).await;
            let controller = |topic: &str| {
                Controller::new(self.config.device.clone(), self.config.map.clone(), topic, seen)
            };
            match &self.config.access {
                CabinetAccess::Mqtt { broker, topic } => {
                    listen(broker, self.name(), world.clone(), outlet, controller(topic)).await;
                }
                CabinetAccess::Http { every, .. } => {
                    let mut stop = world.stop.clone();
                    tokio::select! {
                        () = stopped(&mut stop) => {}
                        () = self.poll(*every, &outlet, controller("")) => {}
                    }
                }
            }
        })
    }

    fn try_once(&self) -> Work<'_, Result<Message, Message>> {
        Box::pin(async {
            if let CabinetAccess::Mqtt { broker, .. } = &self.config.access {
                return super::mqtt::try_once(broker, self.name(), 1).await;
            }
            let body = self.fetch().await?;
            let seen = Seen::open(Path::new("/nonexistent"), self.name()).await;
            let mut controller =
                Controller::new(self.config.device.clone(), self.config.map.clone(), "", seen);
            let translated = controller.translate("", &body, false);
            if let Some(fault) = translated.fault {
                return Err(fault);
            }
            match (translated.unfit.first(), translated.readings.len()) {
                (Some(member), _) => Err(Message::new("value_unknown").with("member", member)),
                (None, 0) => Err(Message::new("cabinet_empty")),
                (None, readings) => Ok(Message::new("cabinet").with("readings", readings)),
            }
        })
    }
}
