//! Closed loop: every connection keeps its window full.

use super::Target;
use super::generator::Generator;
use crate::mqtt::Payload;
use crate::proc_fs::Cpu;
use anyhow::Result;
use std::time::{Duration, Instant};

/// A run with a full window.
#[derive(Debug, Clone, Copy)]
pub struct Closed {
    pub connections: usize,
    /// QoS 1 publishes in flight per connection.
    pub window: usize,
    pub payload: Payload,
    pub warm_up: Duration,
    pub measured: Duration,
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

impl Closed {
    /// Runs; `on_measured` is called when the measured time begins and when it ends.
    pub fn run(&self, target: &Target, mut on_measured: impl FnMut() -> Result<()>) -> Result<Throughput> {
        let mut generator = Generator::connect(target, self.connections, self.window, self.payload)?;
        for index in 0..self.connections {
            self.fill(&mut generator, index);
            generator.connections[index].flush()?;
        }
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
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            generator.turn(left, |_, _| {}, |generator, index| self.fill(generator, index))?;
        }
    }

    fn fill(&self, generator: &mut Generator, index: usize) {
        let now_ms = super::now_ms();
        for _ in generator.connections[index].in_flight()..self.window {
            generator.compose(index, now_ms);
        }
    }
}
