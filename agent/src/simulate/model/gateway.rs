//! The gateway that carries the agent.

use super::schedule::{Device, Every, Moment, STEP_MS, tenths};
use crate::dice::Dice;
use waystation_protocol::{Gateway, Reading};

/// What the simulated agent knows about its outbox.
#[derive(Debug, Clone, Copy, Default)]
pub struct GatewayFacts {
    pub outbox_records: i64,
    pub outbox_bytes: i64,
    pub lost_total: i64,
}

#[derive(Debug)]
pub struct GatewayModel {
    device: Device,
    every: Every,
    started_ms: i64,
    rssi_dbm: f64,
    disk_free_mb: f64,
    memory_mb: f64,
    has_ups: bool,
    ups_pct: f64,
    outage_steps: i64,
}

impl GatewayModel {
    pub fn new(dice: &mut Dice, start_ms: i64) -> Self {
        Self {
            device: Device::new("gateway"),
            every: Every::new(dice, start_ms, 60_000),
            started_ms: start_ms - dice.whole(0, 60 * 86_400_000),
            rssi_dbm: dice.between(-105.0, -60.0),
            disk_free_mb: dice.between(2_000.0, 25_000.0),
            memory_mb: dice.between(90.0, 380.0),
            has_ups: dice.chance(0.4),
            ups_pct: 100.0,
            outage_steps: 0,
        }
    }

    pub fn step(&mut self, dice: &mut Dice, moment: &Moment, facts: &GatewayFacts, out: &mut Vec<Reading>) {
        self.live_on_mains(dice);
        if !self.every.due(moment) {
            return;
        }
        let uptime_s = (moment.simulated_ms - self.started_ms).max(0) / 1000;
        let body = Gateway {
            agent: Some(env!("CARGO_PKG_VERSION").into()),
            uptime_s: Some(uptime_s as f64),
            outbox_records: Some(facts.outbox_records),
            outbox_bytes: Some(facts.outbox_bytes),
            lost_total: Some(facts.lost_total),
            cpu_pct: Some(tenths((6.0 + 3.0 * dice.noise()).clamp(0.5, 100.0))),
            memory_mb: Some(self.memory_mb.round()),
            disk_free_mb: Some(self.disk_free_mb.round()),
            rssi_dbm: Some((self.rssi_dbm + 2.0 * dice.noise()).clamp(-120.0, -40.0).round()),
            mains: Some(self.outage_steps == 0),
            ups_pct: self.has_ups.then(|| self.ups_pct.round()),
            ..Gateway::default()
        };
        out.push(self.device.reading(moment, body));
    }

    /// Short mains failures that a UPS bridges, about one a month.
    fn live_on_mains(&mut self, dice: &mut Dice) {
        if self.has_ups && self.outage_steps == 0 && dice.chance(STEP_MS as f64 / (30.0 * 86_400_000.0)) {
            self.outage_steps = dice.whole(4, 60);
        }
        self.outage_steps = (self.outage_steps - 1).max(0);
        let change = if self.outage_steps > 0 { -1.0 } else { 0.5 };
        self.ups_pct = (self.ups_pct + change).clamp(10.0, 100.0);
    }
}
