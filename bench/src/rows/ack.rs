//! QoS 1 publishes acknowledged per second.

use super::Plan;
use crate::load::{Closed, Subscriber};
use crate::mqtt::Payload;
use crate::report::{Table, rate};
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

/// Runs `only`, or all shapes.
pub fn ack(plan: &Plan, only: Option<Shape>) -> Table {
    let mut heading = vec!["connections × window".to_owned()];
    heading.extend(plan.servers.iter().map(|server| server.title().to_owned()));
    let mut table = Table::new(
        "Acknowledged messages per second",
        "QoS 1, generator on the same cores. mosquitto and rumqttd acknowledge from memory and do not look at the payload; \
         mosquitto has one subscriber (QoS 0). The hub acknowledges after decoding, validating and fsync.",
        &heading.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let shapes = only.map_or(SHAPES.to_vec(), |shape| vec![shape]);
    for shape in shapes {
        let mut cells = vec![shape.title()];
        for server in &plan.servers {
            let what = format!("{}, {}", server.title(), shape.title());
            let cell = plan.repeat(&what, || run(plan, *server, shape));
            cells.push(cell.show(|value| shape.show(value)));
        }
        table.row(cells);
    }
    table
}

impl Shape {
    fn title(&self) -> String {
        match self.payload {
            Payload::Single => format!("{} × {}, single", self.connections, self.window),
            Payload::Batch(count) => format!("{} × {}, batches of {count}", self.connections, self.window),
        }
    }

    fn show(&self, messages_per_s: f64) -> String {
        match self.payload {
            Payload::Single => rate(messages_per_s),
            Payload::Batch(count) => {
                format!("{} = {} readings", rate(messages_per_s), rate(messages_per_s * f64::from(count)))
            }
        }
    }
}

fn run(plan: &Plan, kind: ServerKind, shape: Shape) -> Result<f64> {
    let server = kind.start(&plan.places, shape.connections)?;
    let target = server.target();
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
    };
    let outcome = closed.run(&target, || Ok(()))?;
    if let Some(subscriber) = subscriber {
        eprintln!("  the subscriber read {} messages", subscriber.stop()?);
    }
    eprintln!("  the generator took {:.2} µs of processor time a message", outcome.generator_us_per_message);
    Ok(outcome.messages_per_s)
}
