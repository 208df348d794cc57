//! Devices on Modbus lines, RTU over a serial port or TCP. Devices on one line share it: one task asks them in turn, and
//! one that is silent is asked less and less often, so that it does not hold up the others.

mod line;
mod registers;

use super::mapping::{Contacts, Draft};
use super::source::{Outlet, Source, Work, World, stopped};
use crate::backoff::Backoff;
use crate::config::{ModbusLink, ModbusSource};
use crate::diagnosis::Message;
use crate::dice::Dice;
use crate::outbox::OutboxClosed;
use line::Line;
use registers::{Block, blocks, value_of};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use waystation_protocol::SourceKind;

/// Between two attempts at a device that does not answer.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);

/// A line with its devices.
pub struct Modbus {
    link: ModbusLink,
    devices: Vec<ModbusSource>,
}

impl Modbus {
    /// One source a device, for the installer's check: each is a line of it, and one that fails hides no other.
    pub fn each(devices: &[ModbusSource]) -> Vec<Self> {
        devices
            .iter()
            .map(|device| Self { link: device.link.clone(), devices: vec![device.clone()] })
            .collect()
    }

    /// One source a line.
    pub fn lines(devices: &[ModbusSource]) -> Vec<Self> {
        let mut lines: Vec<Self> = Vec::new();
        for device in devices {
            match lines.iter_mut().find(|line| line.link == device.link) {
                Some(line) => line.devices.push(device.clone()),
                None => lines.push(Self { link: device.link.clone(), devices: vec![device.clone()] }),
            }
        }
        lines
    }
}

impl Source for Modbus {
    fn name(&self) -> &str {
        self.devices.first().map_or("modbus", |device| &device.name.name)
    }

    fn run(self: Box<Self>, world: World) -> Work<'static, ()> {
        Box::pin(async move {
            let now = Instant::now();
            let devices = self.devices.into_iter().map(|config| Device::new(config, &world, now)).collect();
            let bus = Bus { line: Line::new(self.link), devices };
            let mut stop = world.stop;
            tokio::select! {
                () = stopped(&mut stop) => {}
                _closed = bus.run() => {}
            }
        })
    }

    fn try_once(&self) -> Work<'_, Result<Message, Message>> {
        Box::pin(async move {
            let mut line = Line::new(self.link.clone());
            let Some(device) = self.devices.first() else { return Err(Message::new("source_none")) };
            let (draft, _) = read(&mut line, device, &blocks(&device.registers)).await?;
            Ok(Message::new("modbus").with("unit", device.unit).with("members", draft.members.len()))
        })
    }
}

struct Bus {
    line: Line,
    devices: Vec<Device>,
}

struct Device {
    config: ModbusSource,
    blocks: Vec<Block>,
    outlet: Outlet,
    contacts: Contacts,
    backoff: Backoff,
    due: Instant,
}

impl Bus {
    /// Asks whoever is due, until the agent stops.
    async fn run(mut self) -> Result<(), OutboxClosed> {
        loop {
            let Some(device) = self.devices.iter_mut().min_by_key(|device| device.due) else {
                return Ok(());
            };
            sleep_until(device.due).await;
            device.ask(&mut self.line).await?;
        }
    }
}

impl Device {
    fn new(config: ModbusSource, world: &World, due: Instant) -> Self {
        Self {
            blocks: blocks(&config.registers),
            outlet: world.outlet(SourceKind::Modbus, &config.name),
            config,
            contacts: Contacts::default(),
            backoff: Backoff::new(Dice::from_system(), RETRY_FIRST, RETRY_MAX),
            due,
        }
    }

    async fn ask(&mut self, line: &mut Line) -> Result<(), OutboxClosed> {
        match read(line, &self.config, &self.blocks).await {
            Ok((draft, unfit)) => {
                self.backoff.reset();
                self.due = Instant::now().max(self.due + self.config.every);
                self.outlet.health.ok();
                self.take(draft, &unfit).await
            }
            Err(problem) => {
                self.due = Instant::now() + self.backoff.next_wait();
                self.outlet.health.failing(&problem);
                Ok(())
            }
        }
    }

    async fn take(&mut self, mut draft: Draft, unfit: &[&'static str]) -> Result<(), OutboxClosed> {
        for member in unfit {
            self.outlet.health.note(&Message::new("value_unknown").with("member", member));
        }
        if !draft.members.is_empty() {
            draft.add_constants(&self.config.constants);
            self.contacts.note(&mut draft, false);
            // Nobody waits for the ticket: a device is asked again, it does not repeat.
            self.outlet.offer(&[draft.to_json()]).await?;
        }
        Ok(())
    }
}

/// Reads every block, and gives the members that have a value, and those whose value did not fit.
async fn read(
    line: &mut Line,
    device: &ModbusSource,
    blocks: &[Block],
) -> Result<(Draft, Vec<&'static str>), Message> {
    let (mut draft, mut unfit) = (Draft::new(device.kind, &device.device), Vec::new());
    for block in blocks {
        let words = line.read(device, block).await?;
        for rule in block.rules.iter().map(|index| &device.registers[*index]) {
            let at = usize::from(rule.place.address - block.first);
            let Some(raw) = words.get(at..).and_then(|words| value_of(&rule.place, words)) else { continue };
            match rule.conversion.apply(&raw) {
                Ok(Some(value)) => drop(draft.members.entry(rule.member).or_insert(value)),
                Ok(None) => {}
                Err(_) => unfit.push(rule.member),
            }
        }
    }
    Ok((draft, unfit))
}
