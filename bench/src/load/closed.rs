//! Closed loop: every connection keeps its window full.

use super::generator::Generator;
use super::{Backpressure, Target};
use crate::mqtt::Payload;
use crate::proc_fs::Cpu;
use anyhow::Result;
use std::time::{Duration, Instant};

/// The longest look at sockets while the stations are held back.
const HELD: Duration = Duration::from_millis(5);

/// A run with a full window.
#[derive(Debug, Clone, Copy)]
pub struct Closed<'a> {
    pub connections: usize,
    /// QoS 1 publishes in flight per connection.
    pub window: usize,
    pub payload: Payload,
    pub warm_up: Duration,
    pub measured: Duration,
    /// What holds the stations back, if anything but their window does.
    pub backpressure: Option<&'a Backpressure>,
}

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub struct Throughput {
    /// Acknowledged messages a second, within the measured time.
    pub messages_per_s: f64,
    /// Their number.
    pub messages: f64,
    /// All readings that were acknowledged, warm-up and drain included.
    pub readings_acknowledged: u64,
    /// Processor time of the generator per message, microseconds.
    pub generator_us_per_message: f64,
}

impl Closed<'_> {
    /// Runs; `on_measured` is called when the measured time begins and when it ends.
    pub fn run(&self, target: &Target, mut on_measured: impl FnMut() -> Result<()>) -> Result<Throughput> {
        let mut generator = Generator::connect(target, self.connections, self.window, self.payload)?;
        self.keep_full(&mut generator, self.warm_up)?;
        on_measured()?;
        let (begun, acknowledged, cpu) = (Instant::now(), generator.acknowledged, Cpu::of_this_thread()?);
        self.keep_full(&mut generator, self.measured)?;
        let seconds = begun.elapsed().as_secs_f64();
        let messages = (generator.acknowledged - acknowledged) as f64;
        let cpu_s = Cpu::of_this_thread()?.seconds_since(cpu);
        on_measured()?;
        generator.drain(|_, _| {})?;
        Ok(Throughput {
            messages_per_s: messages / seconds,
            messages,
            readings_acknowledged: generator.acknowledged * generator.readings_per_message,
            generator_us_per_message: cpu_s * 1e6 / messages.max(1.0),
        })
    }

    fn keep_full(&self, generator: &mut Generator, lasting: Duration) -> Result<()> {
        let until = Instant::now() + lasting;
        // A window that the last call left empty is filled first.
        let mut held = true;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            if self.holds(generator) {
                generator.turn(left.min(HELD), |_, _| {}, |_, _| {})?;
                held = true;
            } else if std::mem::take(&mut held) {
                self.fill_all(generator)?;
            } else {
                generator.turn(left, |_, _| {}, |generator, index| self.fill(generator, index))?;
            }
        }
    }

    fn holds(&self, generator: &Generator) -> bool {
        let acknowledged = generator.acknowledged * generator.readings_per_message;
        self.backpressure.is_some_and(|backpressure| backpressure.holds(acknowledged))
    }

    fn fill_all(&self, generator: &mut Generator) -> Result<()> {
        for index in 0..self.connections {
            self.fill(generator, index);
            generator.connections[index].flush()?;
        }
        Ok(())
    }

    fn fill(&self, generator: &mut Generator, index: usize) {
        let now_ms = super::now_ms();
        for _ in generator.connections[index].in_flight()..self.window {
            generator.compose(index, now_ms);
        }
    }
}
