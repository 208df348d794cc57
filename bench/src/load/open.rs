//! Open loop: messages leave on a fixed schedule, whatever the server does, and each one's latency is counted from
//! the moment that it was due. So a stall counts for every message that fell into it.

use super::Target;
use super::generator::Generator;
use crate::mqtt::Payload;
use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use std::time::{Duration, Instant};

/// In flight on one connection at most; the hub allows 1,000.
const WINDOW_MAX: usize = 1000;

/// A run at a fixed rate, spread evenly over the connections.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    pub connections: usize,
    pub messages_per_s: f64,
    pub payload: Payload,
    pub warm_up: Duration,
    pub measured: Duration,
}

/// What a run at a fixed rate came to.
#[derive(Debug)]
pub struct OpenOutcome {
    /// Due to acknowledged, microseconds, of the messages due in the measured time.
    pub latency_us: Histogram<u64>,
    /// Due to written: what the generator itself was late, microseconds.
    pub lateness_us: Histogram<u64>,
    /// Acknowledged messages a second, within the measured time.
    pub messages_per_s: f64,
    /// All readings that were acknowledged, warm-up included.
    pub readings_acknowledged: u64,
}

struct Schedule {
    interval_ns: f64,
    begun: Instant,
    next: u64,
}

impl Schedule {
    fn due_ns(&self) -> u64 {
        (self.next as f64 * self.interval_ns) as u64
    }

    fn elapsed_ns(&self) -> u64 {
        self.begun.elapsed().as_nanos() as u64
    }
}

impl Open {
    /// Runs the schedule to its end and waits for what is in flight; `on_measured` is called when the measured time
    /// begins and when it ends.
    pub fn run(&self, target: &Target, mut on_measured: impl FnMut() -> Result<()>) -> Result<OpenOutcome> {
        let mut generator = Generator::connect(target, self.connections, WINDOW_MAX, self.payload)?;
        let ids = generator.connections.first().context("no connections")?.id_end();
        let mut due_by_id = vec![0u64; ids * self.connections];
        let mut latency_us = histogram()?;
        let mut lateness_us = histogram()?;
        let warm_ns = self.warm_up.as_nanos() as u64;
        let end_ns = warm_ns + self.measured.as_nanos() as u64;
        let mut schedule =
            Schedule { interval_ns: 1e9 / self.messages_per_s, begun: Instant::now(), next: 0 };
        let mut acknowledged_warm = None;
        while schedule.due_ns() < end_ns {
            if acknowledged_warm.is_none() && schedule.due_ns() >= warm_ns {
                acknowledged_warm = Some(generator.acknowledged);
                on_measured()?;
            }
            self.send_due(&mut generator, &mut schedule, end_ns, |slot, due_ns, late_ns| {
                due_by_id[slot] = due_ns;
                if due_ns >= warm_ns {
                    lateness_us.saturating_record(late_ns / 1000);
                }
            })?;
            let pause = schedule.due_ns().saturating_sub(schedule.elapsed_ns());
            let begun = schedule.begun;
            generator.turn(
                Duration::from_nanos(pause),
                |index, id| {
                    record(&mut latency_us, begun, due_by_id[index * ids + usize::from(id)], warm_ns);
                },
                |_, _| {},
            )?;
        }
        on_measured()?;
        let messages = (generator.acknowledged - acknowledged_warm.unwrap_or(0)) as f64;
        let begun = schedule.begun;
        generator.drain(|index, id| {
            record(&mut latency_us, begun, due_by_id[index * ids + usize::from(id)], warm_ns);
        })?;
        let readings_acknowledged = generator.acknowledged * generator.readings_per_message;
        let messages_per_s = messages / self.measured.as_secs_f64();
        Ok(OpenOutcome { latency_us, lateness_us, messages_per_s, readings_acknowledged })
    }

    /// Sends every message that is due; tells `sent` its slot (connection and packet id), when it was due, and how
    /// late it left.
    fn send_due(
        &self,
        generator: &mut Generator,
        schedule: &mut Schedule,
        end_ns: u64,
        mut sent: impl FnMut(usize, u64, u64),
    ) -> Result<()> {
        let (now_ns, now_ms) = (schedule.elapsed_ns(), super::now_ms());
        while schedule.due_ns() <= now_ns.min(end_ns - 1) {
            let index = (schedule.next % self.connections as u64) as usize;
            if generator.connections[index].in_flight() >= WINDOW_MAX {
                bail!("the server cannot follow: {WINDOW_MAX} publishes wait on one connection");
            }
            let id = generator.compose(index, now_ms);
            generator.connections[index].flush()?;
            let slot = index * generator.connections[index].id_end() + usize::from(id);
            sent(slot, schedule.due_ns(), now_ns - schedule.due_ns());
            schedule.next += 1;
        }
        Ok(())
    }
}

fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 120_000_000, 3)?)
}

fn record(latency_us: &mut Histogram<u64>, begun: Instant, due_ns: u64, warm_ns: u64) {
    if due_ns >= warm_ns {
        let now_ns = begun.elapsed().as_nanos() as u64;
        latency_us.saturating_record(now_ns.saturating_sub(due_ns) / 1000);
    }
}
