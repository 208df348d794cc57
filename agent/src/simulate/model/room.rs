//! The room: people, and the air that they breathe.

use super::rhythm::{demand, outdoor_c};
use super::schedule::{Device, Every, Moment, tenths, thousandths};
use crate::dice::Dice;
use waystation_protocol::{Environment, Occupancy, Reading};

/// CO₂ outdoors, ppm.
const CO2_OUTDOOR_PPM: f64 = 425.0;
/// A resting adult breathes out about 18 l of CO₂ an hour (EN 16798).
const CO2_LITRES_PER_HOUR: f64 = 18.0;
/// Rooms are about 2.8 m high and give each place some 3 m².
const CUBIC_METRES_PER_PLACE: f64 = 8.4;

/// People and air of one station.
#[derive(Debug)]
pub struct Room {
    occupancy: Device,
    environment: Device,
    occupancy_every: Every,
    environment_every: Every,
    capacity: i64,
    visits_per_day: f64,
    dwell_hours: f64,
    people: i64,
    entries_total: i64,
    exits_total: i64,
    air: Air,
}

#[derive(Debug)]
struct Air {
    temperature_c: f64,
    humidity_pct: f64,
    co2_ppm: f64,
    pm2_5_ugm3: f64,
    hcho_mgm3: f64,
    tvoc_mgm3: f64,
    changes_per_hour: f64,
}

impl Room {
    pub fn new(dice: &mut Dice, start_ms: i64) -> Self {
        let capacity = dice.pick(&[8, 10, 10, 12, 15, 20, 24, 40]);
        Self {
            occupancy: Device::new("room"),
            environment: Device::new("env-1"),
            occupancy_every: Every::new(dice, start_ms, 60_000),
            environment_every: Every::new(dice, start_ms, 60_000),
            capacity,
            // The national mean is 12.4 visits a day; the smart stations that send telemetry see several times that.
            visits_per_day: capacity as f64 * dice.between(0.8, 9.0),
            dwell_hours: dice.between(0.3, 0.8),
            people: 0,
            entries_total: dice.whole(0, 80_000),
            exits_total: 0,
            air: Air {
                temperature_c: outdoor_c(start_ms).clamp(15.0, 28.0),
                humidity_pct: dice.between(35.0, 60.0),
                co2_ppm: CO2_OUTDOOR_PPM + dice.between(0.0, 150.0),
                pm2_5_ugm3: dice.between(8.0, 60.0),
                hcho_mgm3: dice.between(0.01, 0.06),
                tvoc_mgm3: dice.between(0.1, 0.4),
                changes_per_hour: dice.between(1.0, 3.0),
            },
        }
        .with_first_visitors(dice, start_ms)
    }

    /// People who are inside already when the simulation starts.
    fn with_first_visitors(mut self, dice: &mut Dice, start_ms: i64) -> Self {
        let usual = self.visits_per_day / 24.0 * demand(start_ms) * self.dwell_hours;
        self.people = dice.arrivals(usual).min(self.capacity);
        self.exits_total = self.entries_total;
        self.entries_total += self.people;
        self
    }

    pub fn people(&self) -> i64 {
        self.people
    }

    /// How many want to come in during this step.
    pub fn arrivals(&self, dice: &mut Dice, moment: &Moment, open: bool) -> i64 {
        let per_hour = self.visits_per_day / 24.0 * demand(moment.simulated_ms);
        let willing = if open { 1.0 } else { 0.6 };
        dice.arrivals(per_hour * willing * moment.step_hours())
    }

    /// Lets `entered` people in and some out, moves the air, reports; gives how many left.
    pub fn step(
        &mut self,
        dice: &mut Dice,
        moment: &Moment,
        entered: i64,
        door_open: bool,
        out: &mut Vec<Reading>,
    ) -> i64 {
        // A full room turns people away: nobody waits in a crowd of one and a half times the places.
        let entered = entered.min((self.capacity * 3 / 2 - self.people).max(0));
        self.people += entered;
        self.entries_total += entered;
        let leaving = moment.step_hours() / self.dwell_hours;
        let left = (0..self.people).filter(|_| dice.chance(leaving)).count() as i64;
        self.people -= left;
        self.exits_total += left;
        self.air.step(dice, moment, self.people, self.capacity, door_open);
        if self.occupancy_every.due(moment) {
            out.push(self.occupancy.reading(moment, self.occupancy_body()));
        }
        if self.environment_every.due(moment) {
            out.push(self.environment.reading(moment, self.air.body(dice, self.people)));
        }
        left
    }

    fn occupancy_body(&self) -> Occupancy {
        Occupancy {
            people: Some(self.people),
            capacity: Some(self.capacity),
            seats_taken: Some(self.people.min(self.capacity)),
            entries_total: Some(self.entries_total),
            exits_total: Some(self.exits_total),
        }
    }
}

impl Air {
    fn step(&mut self, dice: &mut Dice, moment: &Moment, people: i64, capacity: i64, door_open: bool) {
        let hours = moment.step_hours();
        let volume_litres = capacity as f64 * CUBIC_METRES_PER_PLACE * 1000.0;
        let exchanged = self.changes_per_hour * if door_open { 1.3 } else { 1.0 } * hours;
        let breathed = people as f64 * CO2_LITRES_PER_HOUR * hours / volume_litres * 1e6;
        self.co2_ppm += breathed - (self.co2_ppm - CO2_OUTDOOR_PPM) * exchanged;
        let outdoor = outdoor_c(moment.simulated_ms);
        // The air conditioner keeps the room between 18 and 27 °C as well as it can.
        let wanted = outdoor.clamp(18.0, 27.0) * 0.85 + outdoor * 0.15;
        self.temperature_c +=
            (wanted - self.temperature_c) * (0.8 * hours).min(1.0) + people as f64 * 0.05 * hours;
        drift(&mut self.humidity_pct, dice, 48.0 + 0.4 * people as f64, 0.5 * hours, 0.15, 15.0, 95.0);
        drift(&mut self.pm2_5_ugm3, dice, 32.0, 0.1 * hours, 0.3, 2.0, 300.0);
        let stale = 0.03 + 0.002 * (self.temperature_c - 20.0).max(0.0);
        drift(&mut self.hcho_mgm3, dice, stale, 0.5 * hours, 0.0005, 0.001, 0.5);
        drift(&mut self.tvoc_mgm3, dice, 0.2 + 0.02 * people as f64, hours, 0.004, 0.02, 3.0);
    }

    fn body(&self, dice: &mut Dice, people: i64) -> Environment {
        let noise_dba = 36.0 + 9.0 * (1.0 + people as f64).ln() + 1.5 * dice.noise();
        Environment {
            temperature_c: Some(tenths((self.temperature_c + 0.05 * dice.noise()).clamp(-40.0, 60.0))),
            humidity_pct: Some(tenths(self.humidity_pct)),
            co2_ppm: Some((self.co2_ppm + 4.0 * dice.noise()).clamp(300.0, 10_000.0).round()),
            pm2_5_ugm3: Some(tenths(self.pm2_5_ugm3)),
            pm10_ugm3: Some(tenths(self.pm2_5_ugm3 * 1.4)),
            hcho_mgm3: Some(thousandths(self.hcho_mgm3)),
            tvoc_mgm3: Some(thousandths(self.tvoc_mgm3)),
            noise_dba: Some(tenths(noise_dba.clamp(20.0, 130.0))),
            illuminance_lx: None,
        }
    }
}

/// A random walk that is drawn to `target`.
fn drift(value: &mut f64, dice: &mut Dice, target: f64, pull: f64, noise: f64, low: f64, high: f64) {
    *value = (*value + (target - *value) * pull.min(1.0) + noise * dice.noise()).clamp(low, high);
}
