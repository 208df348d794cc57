//! A swap cabinet: riders bring an empty battery and take a full one of the same class.

use super::battery::Battery;
use super::rhythm::{demand, outdoor_c};
use super::schedule::{Device, Every, Moment, tenths};
use crate::dice::Dice;
use waystation_protocol::{Cabinet, CabinetStatus, Reading, Slot, SlotState, Swap, SwapResult, VoltageClass};

/// A full picture of all slots comes this often; in between only the slots that changed.
const SNAPSHOT_MS: i64 = 20 * 60_000;
/// A slot is reported again when its charge moved by so much, %.
const SOC_STEP_PCT: f64 = 5.0;

#[derive(Debug)]
pub struct CabinetModel {
    device: Device,
    every: Every,
    snapshot: Every,
    name: String,
    slots: Vec<SlotModel>,
    swaps_per_day: f64,
    swaps: i64,
    swapping_steps: i64,
    temperature_c: f64,
    energy_kwh: f64,
}

#[derive(Debug)]
struct SlotModel {
    battery: Option<Battery>,
    reported_soc_pct: f64,
    changed: bool,
}

impl CabinetModel {
    pub fn new(dice: &mut Dice, station: u64, number: i64, start_ms: i64) -> Self {
        let name = format!("cabinet-{number}");
        let count = dice.pick(&[8, 12, 13, 13, 13, 16]);
        let temperature_c = 15.0 + dice.between(0.0, 10.0);
        let mut slots: Vec<_> = (0..count)
            .map(|_| {
                let class = if dice.chance(0.7) { VoltageClass::V48 } else { VoltageClass::V60 };
                SlotModel::with(Some(Battery::arrive(dice, class, temperature_c, 30.0, 100.0)))
            })
            .collect();
        // A swap needs an empty slot.
        if let Some(slot) = slots.last_mut() {
            slot.battery = None;
        }
        Self {
            device: Device::new(&name),
            every: Every::new(dice, start_ms, 60_000),
            snapshot: Every::new(dice, start_ms, SNAPSHOT_MS),
            name: format!("{station}-{number}"),
            slots,
            swaps_per_day: f64::from(count) * dice.between(1.5, 6.0),
            swaps: dice.whole(0, 50_000),
            swapping_steps: 0,
            temperature_c,
            energy_kwh: dice.between(100.0, 30_000.0),
        }
    }

    pub fn step(&mut self, dice: &mut Dice, moment: &Moment, out: &mut Vec<Reading>) {
        let per_hour = self.swaps_per_day / 24.0 * demand(moment.simulated_ms);
        self.swapping_steps = (self.swapping_steps - 1).max(0);
        if self.swapping_steps == 0 && dice.chance(per_hour * moment.step_hours()) {
            let swap = self.swap(dice);
            out.push(self.device.reading(moment, swap));
            self.swapping_steps = 4;
        }
        self.charge(moment);
        let snapshot = self.snapshot.due(moment);
        if self.every.due(moment) || snapshot {
            let body = self.body(dice, snapshot);
            out.push(self.device.reading(moment, body));
        }
    }

    /// One attempt, as the rider lives it.
    fn swap(&mut self, dice: &mut Dice) -> Swap {
        let class = if dice.chance(0.7) { VoltageClass::V48 } else { VoltageClass::V60 };
        self.swaps += 1;
        let mut swap = Swap {
            swap: Some(format!("{}-{}", self.name, self.swaps).into()),
            class: Some(class),
            duration_s: Some(tenths(dice.between(12.0, 75.0))),
            ..Swap::default()
        };
        let empty = self.slots.iter().position(|slot| slot.battery.is_none());
        let (result, places) = match (empty, self.best_ready(class)) {
            (None, _) => (SwapResult::NoEmpty, None),
            (_, None) => (SwapResult::NoReady, None),
            (Some(empty), Some(ready)) => (outcome(dice), Some((empty, ready))),
        };
        swap.result = Some(result);
        if let (SwapResult::Ok, Some((empty, ready))) = (result, places) {
            let brought = Battery::arrive(dice, class, self.temperature_c, 5.0, 40.0);
            swap.slot_in = Some(empty as i64 + 1);
            swap.slot_out = Some(ready as i64 + 1);
            swap.soc_in_pct = Some(tenths(brought.soc_pct));
            self.slots[empty] = SlotModel::with(Some(brought));
            let taken = std::mem::replace(&mut self.slots[ready], SlotModel::with(None));
            swap.soc_out_pct = taken.battery.map(|battery| tenths(battery.soc_pct));
        }
        swap
    }

    fn best_ready(&self, class: VoltageClass) -> Option<usize> {
        let charge = |slot: &SlotModel| {
            slot.battery
                .as_ref()
                .filter(|held| held.class == class && held.is_ready())
                .map(|held| held.soc_pct)
        };
        (0..self.slots.len())
            .filter_map(|place| charge(&self.slots[place]).map(|soc_pct| (place, soc_pct)))
            .max_by(|left, right| left.1.total_cmp(&right.1))
            .map(|(place, _)| place)
    }

    fn charge(&mut self, moment: &Moment) {
        let hours = moment.step_hours();
        let mut watts = 0.0;
        for slot in &mut self.slots {
            watts += slot.charge(hours, self.temperature_c);
        }
        self.energy_kwh += (watts * 1.1 + 60.0) * hours / 1000.0;
        let wanted = outdoor_c(moment.simulated_ms) * 0.6 + 10.0 + watts / 400.0;
        self.temperature_c += (wanted - self.temperature_c) * hours.min(1.0);
    }

    fn body(&mut self, dice: &mut Dice, snapshot: bool) -> Cabinet {
        let slots: Vec<_> = self
            .slots
            .iter_mut()
            .zip(1..)
            .filter(|(slot, _)| snapshot || slot.changed)
            .map(|(slot, number)| slot.report(number))
            .collect();
        let charging: f64 = self.slots.iter().map(SlotModel::watts).sum();
        Cabinet {
            status: Some(if self.swapping_steps > 0 { CabinetStatus::Swapping } else { CabinetStatus::Idle }),
            temperature_c: Some(tenths(self.temperature_c.clamp(-40.0, 125.0))),
            humidity_pct: Some(tenths(dice.between(38.0, 46.0))),
            smoke: Some(false),
            water: Some(false),
            extinguisher: Some(false),
            mains_v: Some(tenths(228.0 + 2.5 * dice.noise())),
            power_w: Some((charging * 1.1 + 60.0).round()),
            energy_kwh: Some(tenths(self.energy_kwh)),
            snapshot: snapshot.then_some(true),
            slots: (!slots.is_empty()).then_some(slots),
        }
    }
}

impl SlotModel {
    fn with(battery: Option<Battery>) -> Self {
        Self { battery, reported_soc_pct: -1.0, changed: true }
    }

    /// Gives the power drawn, W.
    fn charge(&mut self, hours: f64, ambient_c: f64) -> f64 {
        let Some(battery) = &mut self.battery else { return 0.0 };
        let was_ready = battery.is_ready();
        battery.charge(hours, ambient_c);
        self.changed |= was_ready != battery.is_ready();
        self.changed |= (battery.soc_pct - self.reported_soc_pct).abs() >= SOC_STEP_PCT;
        self.watts()
    }

    fn watts(&self) -> f64 {
        self.battery.as_ref().map_or(0.0, |battery| battery.voltage_v() * battery.current_a)
    }

    fn report(&mut self, number: i64) -> Slot {
        self.changed = false;
        let Some(battery) = &self.battery else {
            return Slot { slot: Some(number), state: Some(SlotState::Empty), ..Slot::default() };
        };
        self.reported_soc_pct = battery.soc_pct;
        Slot {
            slot: Some(number),
            state: Some(if battery.is_ready() { SlotState::Ready } else { SlotState::Charging }),
            class: Some(battery.class),
            soc_pct: Some(tenths(battery.soc_pct)),
            soh_pct: Some(tenths(battery.soh_pct)),
            voltage_v: Some(tenths(battery.voltage_v())),
            current_a: Some(tenths(battery.current_a)),
            cell_temp_max_c: Some(tenths(battery.cell_temp_c)),
            cycles: Some(battery.cycles),
            battery: Some(battery.id.as_str().into()),
        }
    }
}

/// What goes wrong although there is a battery and an empty slot.
fn outcome(dice: &mut Dice) -> SwapResult {
    let failures = [
        SwapResult::NotInserted,
        SwapResult::NotTaken,
        SwapResult::DoorOpen,
        SwapResult::Timeout,
        SwapResult::WrongBattery,
    ];
    if dice.chance(0.97) { SwapResult::Ok } else { dice.pick(&failures) }
}
