//! What closed and open loops share: the connections, the epoll set, the composer, and the count of messages.

use super::connection::{Connection, READ_BYTES};
use super::connects::open_all;
use super::readiness::{Readiness, Ready};
use super::{PATIENCE, Target};
use crate::mqtt::{Composer, Payload, Sender};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

pub struct Generator {
    pub connections: Vec<Connection>,
    pub composer: Composer,
    pub readings_per_message: u64,
    pub published: u64,
    pub acknowledged: u64,
    readiness: Readiness,
    ready: Vec<Ready>,
    buffer: Box<[u8]>,
}

impl Generator {
    /// Connects and logs in. `window` is the most that one connection will have in flight.
    pub fn connect(target: &Target, connections: usize, window: usize, payload: Payload) -> Result<Self> {
        let devices = (2000 / connections).clamp(1, 100) as u8;
        let readiness = Readiness::new()?;
        let run = super::now_ms();
        let mut opened = Vec::with_capacity(connections);
        for (index, stream) in open_all(target, connections)?.into_iter().enumerate() {
            stream.set_nonblocking(true)?;
            readiness.watch(&stream, index)?;
            let outbox = outbox_name(run, index);
            opened.push(Connection::new(stream, target.login(index)?, outbox, window, devices));
        }
        let like = Sender { station: target.login(0)?.station.clone(), outbox: outbox_name(run, 0) };
        Ok(Self {
            connections: opened,
            composer: Composer::new(payload, &like),
            readings_per_message: payload.readings(),
            published: 0,
            acknowledged: 0,
            readiness,
            ready: Vec::with_capacity(1024),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
        })
    }

    /// Composes one message on connection `index`, without writing it; returns its packet id.
    pub fn compose(&mut self, index: usize, now_ms: i64) -> u16 {
        self.published += 1;
        self.connections[index].compose(&mut self.composer, self.readings_per_message, now_ms)
    }

    /// Waits for sockets, at most `timeout`; takes their acknowledgements; then calls `refill` for each connection that
    /// had any, and writes what that composed.
    pub fn turn(
        &mut self,
        timeout: Duration,
        mut on_ack: impl FnMut(usize, u16),
        mut refill: impl FnMut(&mut Self, usize),
    ) -> Result<()> {
        let mut ready = std::mem::take(&mut self.ready);
        self.readiness.wait(timeout, &mut ready)?;
        for &Ready { index, readable, writable } in &ready {
            let mut acks = 0;
            if readable {
                let connection = &mut self.connections[index];
                acks = connection.read_acks(&mut self.buffer, |id| on_ack(index, id))?;
                self.acknowledged += acks;
            }
            if acks > 0 {
                refill(self, index);
            }
            if acks > 0 || writable {
                self.connections[index].flush()?;
            }
        }
        self.ready = ready;
        Ok(())
    }

    /// Waits until everything is acknowledged; an error if the server leaves something unanswered for
    /// [`PATIENCE`].
    pub fn drain(&mut self, mut on_ack: impl FnMut(usize, u16)) -> Result<()> {
        let (mut last, mut last_at) = (self.acknowledged, Instant::now());
        while self.acknowledged < self.published {
            self.turn(Duration::from_millis(100), &mut on_ack, |_, _| {})?;
            if self.acknowledged > last {
                (last, last_at) = (self.acknowledged, Instant::now());
            }
            ensure!(
                last_at.elapsed() < PATIENCE,
                "{} publishes were never acknowledged",
                self.published - self.acknowledged
            );
        }
        Ok(())
    }
}

/// Sixteen characters that differ per run and connection.
fn outbox_name(run: i64, index: usize) -> String {
    format!("{:011x}{index:05x}", run & 0xFFF_FFFF_FFFF)
}
