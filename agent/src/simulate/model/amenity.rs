//! Microwave, water dispenser and the like: used by the people in the room.

use super::schedule::{Device, Every, Moment, tenths};
use crate::dice::Dice;
use waystation_protocol::{Amenity, AmenityState, AmenityType, Reading};

#[derive(Debug)]
pub struct AmenityModel {
    device: Device,
    every: Every,
    what: AmenityType,
    uses_total: i64,
    busy_steps: i64,
    faulty: bool,
    ports_total: i64,
    water_c: f64,
    filter_pct: f64,
}

impl AmenityModel {
    /// What one station offers: always a microwave and water, the rest by chance.
    pub fn equip(dice: &mut Dice, start_ms: i64) -> Vec<Self> {
        let mut all = vec![
            Self::new(dice, start_ms, "microwave-1", AmenityType::Microwave),
            Self::new(dice, start_ms, "water-1", AmenityType::WaterDispenser),
        ];
        let by_chance = [
            ("ports-1", AmenityType::ChargingPorts, 0.8),
            ("aircon-1", AmenityType::AirConditioner, 0.7),
            ("washer-1", AmenityType::WashingMachine, 0.15),
            ("shower-1", AmenityType::Shower, 0.1),
            ("library-1", AmenityType::Library, 0.2),
        ];
        for (name, what, share) in by_chance {
            if dice.chance(share) {
                all.push(Self::new(dice, start_ms, name, what));
            }
        }
        all
    }

    fn new(dice: &mut Dice, start_ms: i64, name: &str, what: AmenityType) -> Self {
        Self {
            device: Device::new(name),
            every: Every::new(dice, start_ms, 300_000),
            what,
            uses_total: dice.whole(0, 20_000),
            busy_steps: 0,
            faulty: false,
            ports_total: dice.pick(&[6, 8, 12, 20]),
            water_c: dice.between(85.0, 98.0),
            filter_pct: dice.between(20.0, 100.0),
        }
    }

    pub fn step(&mut self, dice: &mut Dice, moment: &Moment, people: i64, out: &mut Vec<Reading>) {
        let (uses_per_person_hour, steps) = self.habit();
        self.busy_steps = (self.busy_steps - 1).max(0);
        // Rare faults that somebody mends within a day or so.
        self.faulty = if self.faulty { !dice.chance(0.0003) } else { dice.chance(0.000_005) };
        let wanted = people as f64 * uses_per_person_hour * moment.step_hours();
        if !self.faulty && self.busy_steps == 0 && dice.chance(wanted) {
            self.uses_total += 1;
            self.busy_steps = steps;
            self.filter_pct = (self.filter_pct - 0.002).max(0.0);
        }
        if self.every.due(moment) {
            let body = self.body(dice, people);
            out.push(self.device.reading(moment, body));
        }
    }

    /// Uses per person and hour, and how many steps one use takes.
    fn habit(&self) -> (f64, i64) {
        match self.what {
            AmenityType::Microwave => (0.8, 12),
            AmenityType::WaterDispenser => (1.5, 2),
            AmenityType::ChargingPorts => (0.7, 4),
            AmenityType::WashingMachine => (0.05, 160),
            AmenityType::Shower => (0.1, 50),
            AmenityType::AirConditioner | AmenityType::Library | AmenityType::Other => (0.05, 40),
        }
    }

    fn body(&self, dice: &mut Dice, people: i64) -> Amenity {
        let busy = self.busy_steps > 0;
        let state = match (self.faulty, busy) {
            (true, _) => AmenityState::Fault,
            (false, true) => AmenityState::InUse,
            (false, false) => AmenityState::Ok,
        };
        let mut body = Amenity {
            amenity: Some(self.what),
            state: Some(state),
            uses_total: Some(self.uses_total),
            ..Amenity::default()
        };
        match self.what {
            AmenityType::Microwave => body.power_w = Some(if busy { 1150.0 } else { 2.0 }),
            AmenityType::WaterDispenser => {
                body.water_c = Some(tenths(self.water_c + dice.noise()));
                body.tds_mgl = Some((18.0 + (100.0 - self.filter_pct) * 0.8).round());
                body.filter_pct = Some(self.filter_pct.round());
            }
            AmenityType::ChargingPorts => {
                let in_use = dice.arrivals(people as f64 * 0.6).min(self.ports_total);
                body.ports_total = Some(self.ports_total);
                body.ports_in_use = Some(in_use);
                body.power_w = Some(tenths(in_use as f64 * dice.between(12.0, 22.0)));
            }
            AmenityType::AirConditioner => body.power_w = Some(tenths(dice.between(300.0, 1400.0))),
            _ => {}
        }
        body
    }
}
