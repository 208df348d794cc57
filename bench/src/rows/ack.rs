//! QoS 1 publishes acknowledged per second.

use super::{FAILED, Plan};
use crate::load::{Closed, Subscriber};
use crate::mqtt::Payload;
use crate::proc_fs::Cpu;
use crate::profile::Profile;
use crate::report::{Table, median, rate, spread};
use crate::servers::ServerKind;
use anyhow::Result;

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub connections: usize,
    pub window: usize,
    pub payload: Payload,
}

/// The shapes that the goals are written for.
const SHAPES: [Shape; 4] = [
    Shape { connections: 100, window: 100, payload: Payload::Single },
    Shape { connections: 1000, window: 10, payload: Payload::Single },
    Shape { connections: 1000, window: 1, payload: Payload::Single },
    Shape { connections: 100, window: 10, payload: Payload::Batch(20) },
];

/// What one run came to.
#[derive(Debug, Clone, Copy)]
struct Figures {
    messages_per_s: f64,
    /// Processor time of the server and of the generator per message, microseconds.
    server_us: f64,
    generator_us: f64,
}

/// Runs `only`, or all shapes; a table of rates and one of processor time.
pub fn ack(plan: &Plan, only: Option<Shape>) -> Vec<Table> {
    let mut heading = vec!["connections × window"];
    heading.extend(plan.servers.iter().map(|server| server.title()));
    let mut rates = Table::new(
        "Acknowledged messages per second",
        "QoS 1, generator on the same cores. mosquitto and rumqttd acknowledge from memory and do not look at the payload; \
         mosquitto has one subscriber (QoS 0). The hub acknowledges after decoding, validating and fsync.",
        &heading,
    );
    let mut times = Table::new(
        "Processor time per acknowledged message",
        "Of the server + of the generator, microseconds, in the same runs. Where their sum times the rate comes near the number of \
         cores, the machine is what bounds the rate.",
        &heading,
    );
    for shape in only.map_or(SHAPES.to_vec(), |shape| vec![shape]) {
        let (mut rate_cells, mut time_cells) = (vec![shape.title()], vec![shape.title()]);
        for server in &plan.servers {
            match repeat(plan, *server, shape) {
                Ok(runs) => {
                    let column = |of: fn(&Figures) -> f64| runs.iter().map(of).collect::<Vec<_>>();
                    rate_cells.push(spread(&column(|run| run.messages_per_s), |value| shape.show(value)));
                    let server_us = median(&column(|run| run.server_us));
                    let generator_us = median(&column(|run| run.generator_us));
                    time_cells.push(format!("{server_us:.2} + {generator_us:.2}"));
                }
                Err(error) => {
                    eprintln!("{}, {}: {error:#}", server.title(), shape.title());
                    rate_cells.push(FAILED.to_owned());
                    time_cells.push(FAILED.to_owned());
                }
            }
        }
        rates.row(rate_cells);
        times.row(time_cells);
    }
    vec![rates, times]
}

fn repeat(plan: &Plan, server: ServerKind, shape: Shape) -> Result<Vec<Figures>> {
    let mut runs = Vec::new();
    for run in 1..=plan.runs {
        let figures = measure(plan, server, shape)?;
        eprintln!("{}, {}, run {run} of {}: {figures:.2?}", server.title(), shape.title(), plan.runs);
        runs.push(figures);
    }
    Ok(runs)
}

impl Shape {
    fn title(&self) -> String {
        match self.payload {
            Payload::Batch(count) | Payload::ShortBatch(count) => {
                format!("{} × {}, batches of {count}", self.connections, self.window)
            }
            _ => format!("{} × {}, single", self.connections, self.window),
        }
    }

    fn show(&self, messages_per_s: f64) -> String {
        match self.payload {
            Payload::Single | Payload::Short => rate(messages_per_s),
            Payload::Batch(count) | Payload::ShortBatch(count) => {
                format!("{} = {} readings", rate(messages_per_s), rate(messages_per_s * f64::from(count)))
            }
        }
    }
}

fn measure(plan: &Plan, kind: ServerKind, shape: Shape) -> Result<Figures> {
    let mut server = kind.start(&plan.places, shape.connections)?;
    let target = server.target();
    let pid = server.process().pid();
    let subscriber = match kind {
        ServerKind::Mosquitto => Some(Subscriber::start(target.address, "#")?),
        ServerKind::Rumqttd | ServerKind::Hub => None,
    };
    let closed = Closed {
        connections: shape.connections,
        window: shape.window,
        payload: shape.payload,
        warm_up: plan.warm_up,
        measured: plan.measured,
        backpressure: None,
    };
    let (mut cpu, mut profile) = (Vec::new(), None);
    let outcome = closed.run(&target, || {
        cpu.push(Cpu::of_process(pid)?);
        match (profile.take(), &plan.profiles) {
            (Some(begun), _) => Profile::end(begun)?,
            (None, Some(folder)) => {
                profile = Some(Profile::begin(folder, &format!("{} {}", kind.title(), shape.title()), pid)?);
            }
            (None, None) => {}
        }
        Ok(())
    })?;
    if let Some(subscriber) = subscriber {
        eprintln!("  the subscriber read {} messages", subscriber.stop()?);
    }
    let server_s = cpu.last().zip(cpu.first()).map_or(f64::NAN, |(last, first)| last.seconds_since(*first));
    Ok(Figures {
        messages_per_s: outcome.messages_per_s,
        server_us: server_s * 1e6 / outcome.messages,
        generator_us: outcome.generator_us_per_message,
    })
}
