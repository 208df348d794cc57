//! The machine that the agent runs on: processor, memory, signal, and the UPS behind a NUT server. What it finds goes
//! into the agent's own `gateway` readings; mains that fail or come back are told at once.

mod machine;
mod nut;

use super::source::{Source, Work, World, stopped};
use crate::config::{SourceName, SystemSource};
use crate::diagnosis::Message;
use machine::Processor;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use waystation_protocol::SourceKind;

/// How often the UPS and the machine are looked at.
const EVERY: Duration = Duration::from_secs(10);
/// A server on the gateway answers at once.
const NUT_MAX: Duration = Duration::from_secs(5);

/// What the machine was found to be.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Machine {
    pub cpu_pct: Option<f64>,
    pub memory_mb: Option<f64>,
    pub rssi_dbm: Option<f64>,
    /// False while the UPS carries the gateway.
    pub mains: Option<bool>,
    pub ups_pct: Option<f64>,
}

/// The source.
pub struct System {
    config: SystemSource,
    machine: watch::Sender<Machine>,
}

impl System {
    pub fn new(config: SystemSource, machine: watch::Sender<Machine>) -> Self {
        Self { config, machine }
    }
}

impl Source for System {
    fn name(&self) -> &str {
        "system"
    }

    fn run(self: Box<Self>, world: World) -> Work<'static, ()> {
        Box::pin(async move {
            let name = SourceName { name: "system".to_owned(), report_all: true };
            let health = world.outlet(SourceKind::System, &name).health;
            let mut stop = world.stop;
            let mut processor = Processor::default();
            let mut ticks = interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stopped(&mut stop) => return,
                    _ = ticks.tick() => {}
                }
                let (machine, problem) = look(&self.config, &mut processor).await;
                match problem {
                    None => health.ok(),
                    Some(problem) => health.failing(&problem),
                }
                self.machine.send_replace(machine);
            }
        })
    }

    fn try_once(&self) -> Work<'_, Result<Message, Message>> {
        Box::pin(async {
            match look(&self.config, &mut Processor::default()).await {
                (_, Some(problem)) => Err(problem),
                (machine, None) => {
                    let charge = machine.ups_pct.map_or_else(|| "-".to_owned(), |charge| charge.to_string());
                    let signal = machine.rssi_dbm.map_or_else(|| "-".to_owned(), |signal| signal.to_string());
                    Ok(Message::new("system").with("ups_pct", charge).with("rssi_dbm", signal))
                }
            }
        })
    }
}

/// What can be found, and what could not.
async fn look(config: &SystemSource, processor: &mut Processor) -> (Machine, Option<Message>) {
    let mut machine = Machine::default();
    let mut problem = None;
    if config.is_enabled {
        machine.cpu_pct = processor.busy_pct().await;
        machine.memory_mb = machine::memory_mb().await;
        match machine::signal_dbm(config).await {
            Ok(signal) => machine.rssi_dbm = signal,
            Err(error) => problem = Some(Message::new("signal").with("error", error)),
        }
    }
    if let Some(source) = &config.nut {
        match timeout(NUT_MAX, nut::ask(source)).await {
            Ok(Ok(ups)) => (machine.mains, machine.ups_pct) = (ups.mains, ups.charge_pct),
            Ok(Err(error)) => problem = Some(nut_problem(config, &error.to_string())),
            Err(_) => problem = Some(nut_problem(config, "no answer")),
        }
    }
    (machine, problem)
}

fn nut_problem(config: &SystemSource, error: &str) -> Message {
    let (ups, address) =
        config.nut.as_ref().map(|nut| (nut.ups.clone(), nut.address.clone())).unwrap_or_default();
    Message::new("nut").with("ups", ups).with("address", address).with("error", error)
}
