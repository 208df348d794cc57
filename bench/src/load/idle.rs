//! What a connection costs that says nothing.

use super::Target;
use super::connects::open_all;
use crate::proc_fs::{Cpu, resident_bytes};
use crate::servers::Server;
use anyhow::Result;
use std::time::Duration;

/// Connections that log in and then are silent.
#[derive(Debug, Clone, Copy)]
pub struct Idle {
    pub connections: usize,
    /// Between the last login and the first look, for the server to settle.
    pub settle: Duration,
    pub measured: Duration,
}

/// Of the server, for one idle connection.
#[derive(Debug, Clone, Copy)]
pub struct IdleCost {
    pub resident_bytes: f64,
    pub cpu_us_per_s: f64,
}

impl Idle {
    /// Holds the connections open and looks at the server's memory before and after, and at its processor time while
    /// nothing happens.
    pub fn run(&self, target: &Target, server: &mut Server) -> Result<IdleCost> {
        let process = server.process();
        let before_bytes = resident_bytes(process.pid())?;
        let streams = open_all(target, self.connections)?;
        process.stays_up_for(self.settle)?;
        let cpu = Cpu::of_process(process.pid())?;
        process.stays_up_for(self.measured)?;
        let cpu_s = Cpu::of_process(process.pid())?.seconds_since(cpu);
        let after_bytes = resident_bytes(process.pid())?;
        let connections = streams.len() as f64;
        Ok(IdleCost {
            resident_bytes: (after_bytes as f64 - before_bytes as f64) / connections,
            cpu_us_per_s: cpu_s * 1e6 / self.measured.as_secs_f64() / connections,
        })
    }
}
