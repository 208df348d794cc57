//! Swap cabinets: smoke, water, heat, cells, empty shelves, failed swaps, and cabinets that give nothing out.

use super::profile::Profile;
use super::room::value_against;
use super::settings::Verdict;
use super::tally::{HOUR_PART_MS, Tally, Wrong};
use super::useless;
use super::watch::{Details, Judge, Subject, Watch, number};
use crate::calendar::HOUR_MS;
use crate::config::Rule;
use serde::{Deserialize, Serialize};
use waystation_protocol::{Cabinet, DeviceId, Slot, SlotState, Swap, SwapResult, VoltageClass};

/// Shortest time over which a rise is measured, ms: the steps of a sensor are no fire.
const RISE_OVER_MS: i64 = 60_000;
/// A temperature older than this says nothing about the present rise, ms.
const RISE_FORGET_MS: i64 = 600_000;
/// Swaps that make an hour busy [J].
const SWAPS_BUSY: u16 = 1;

/// What is remembered of a cabinet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CabinetMemory {
    /// Temperatures to measure rises from, by slot number.
    cells: Vec<Cell>,
    swaps: Tally,
    #[serde(default)]
    failures: Wrong<Option<SwapResult>>,
    /// Whether a battery was ready at the last reading.
    ready: bool,
    pub profile: Profile,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Cell {
    slot: u16,
    ts: i64,
    temperature_c: f32,
}

impl CabinetMemory {
    /// Judges a reading as it came, with the slots that it speaks of.
    pub fn observe(
        &mut self,
        judge: &mut Judge<'_>,
        watches: &mut Vec<Watch>,
        id: &DeviceId,
        ts: i64,
        reading: &Cabinet,
    ) {
        for (rule, member, alarm) in [
            (Rule::CabinetSmoke, "smoke", reading.smoke),
            (Rule::CabinetWater, "water", reading.water),
            (Rule::CabinetExtinguisher, "extinguisher", reading.extinguisher),
        ] {
            if let Some(alarm) = alarm {
                let details = || Details::default().shown_by(ts, id, member, alarm);
                judge.judge(watches, Subject::device(rule, id), Verdict::set_if(alarm), details);
            }
        }
        if let Some(temperature) = reading.temperature_c {
            let shown = (ts, "temperature_c", temperature);
            value_against(judge, watches, Rule::CabinetTemperature, id, temperature, shown);
        }
        for slot in reading.slots.iter().flatten() {
            self.cell(judge, watches, id, ts, slot);
        }
    }

    fn cell(&mut self, judge: &mut Judge<'_>, watches: &mut Vec<Watch>, id: &DeviceId, ts: i64, slot: &Slot) {
        let Some(place) = slot.slot.and_then(|number| u16::try_from(number).ok()) else { return };
        if matches!(slot.state, Some(SlotState::Empty | SlotState::Disabled)) {
            return self.taken_out(judge, watches, id, place);
        }
        let Some(temperature) = slot.cell_temp_max_c else { return };
        let limits = judge.settings.of(Rule::CellHot);
        let details = |value: f64, limit: f64| {
            let details =
                Details::default().number("value", value).number("limit", limit).value("slot", place);
            details.shown_by(ts, id, "cell_temp_max_c", number(temperature))
        };
        // From the limit on, not only above it.
        let verdict = match limits.verdict(temperature) {
            Verdict::Between if temperature >= limits.set => Verdict::Set,
            verdict => verdict,
        };
        let subject = Subject::device(Rule::CellHot, id).part(place);
        judge.judge(watches, subject, verdict, || details(temperature, limits.set));

        let charging =
            slot.state == Some(SlotState::Charging) || slot.current_a.is_some_and(|amps| amps > 0.0);
        let limits = judge.settings.of(Rule::CellColdCharge);
        let verdict = if charging { limits.verdict(temperature) } else { Verdict::Clear };
        let subject = Subject::device(Rule::CellColdCharge, id).part(place);
        judge.judge(watches, subject, verdict, || details(temperature, limits.low_set));

        let limits = judge.settings.of(Rule::CellRise);
        if let Some(rise) = self.rise(place, ts, temperature) {
            let subject = Subject::device(Rule::CellRise, id).part(place);
            judge.judge(watches, subject, limits.verdict(rise), || details(rise, limits.set));
        }
    }

    /// What was in the slot is gone, and its heat with it; the next battery begins anew.
    fn taken_out(&mut self, judge: &mut Judge<'_>, watches: &mut Vec<Watch>, id: &DeviceId, slot: u16) {
        self.cells.retain(|cell| cell.slot != slot);
        for rule in [Rule::CellHot, Rule::CellRise, Rule::CellColdCharge] {
            judge.judge(watches, Subject::device(rule, id).part(slot), Verdict::Clear, Details::default);
        }
    }

    /// °C a minute since the temperature that was noted before, if that is of use.
    fn rise(&mut self, slot: u16, ts: i64, temperature: f64) -> Option<f64> {
        #[allow(clippy::cast_possible_truncation)] // tenths of a degree
        let now = Cell { slot, ts, temperature_c: temperature as f32 };
        let before = match self.cells.binary_search_by_key(&slot, |cell| cell.slot) {
            Err(at) => {
                self.cells.insert(at, now);
                return None;
            }
            Ok(at) => &mut self.cells[at],
        };
        let since_ms = ts - before.ts;
        let rise = f64::from(now.temperature_c - before.temperature_c);
        let fallen = rise < 0.0;
        // What has cooled down is measured from its lowest point.
        if since_ms >= RISE_OVER_MS || fallen {
            *before = now;
        }
        if since_ms > RISE_FORGET_MS {
            return None;
        }
        #[allow(clippy::cast_precision_loss)] // minutes
        let minutes = since_ms.max(RISE_OVER_MS) as f64 / 60_000.0;
        Some(rise / minutes)
    }

    /// Judges the whole cabinet, after the slots of this reading were added to those that it had before.
    pub fn stock(
        &mut self,
        judge: &mut Judge<'_>,
        watches: &mut Vec<Watch>,
        id: &DeviceId,
        ts: i64,
        slots: &[Slot],
    ) {
        self.ready = false;
        for class in VoltageClass::ALL.iter().copied() {
            let of_class = |slot: &&Slot| slot.class == Some(class) && slot.state != Some(SlotState::Empty);
            let installed = slots.iter().filter(of_class).count();
            let ready =
                slots.iter().filter(of_class).filter(|slot| slot.state == Some(SlotState::Ready)).count();
            self.ready |= ready > 0;
            let verdict = match (installed, ready) {
                (0, _) => Verdict::Between, // none to be ready, or sold out: as it was
                (_, ready) => Verdict::set_if(ready == 0),
            };
            let details = || {
                let details = Details::default().value("class", class).value("installed", installed);
                details.shown_by(ts, id, "slots", format!("{class}: 0/{installed}"))
            };
            let subject = Subject::device(Rule::NoReadyBattery, id).part(class as u16 + 1);
            judge.judge(watches, subject, verdict, details);
        }
        self.swaps_of_hour(judge, watches, id, 0);
    }

    pub fn swap(
        &mut self,
        judge: &mut Judge<'_>,
        watches: &mut Vec<Watch>,
        id: &DeviceId,
        ts: i64,
        swap: &Swap,
    ) {
        let denied = matches!(swap.result, Some(SwapResult::NoReady | SwapResult::NoEmpty));
        let ok = swap.result == Some(SwapResult::Ok);
        // Who was turned away has not begun to swap.
        if !denied {
            if !ok {
                self.failures.add(ts, swap.result);
            }
            self.swaps.add(judge.now, HOUR_PART_MS, 1, u16::from(!ok));
        }
        self.failed(judge, watches, id);
        self.swaps_of_hour(judge, watches, id, u16::from(ok));
    }

    /// Judges the last hour's swaps.
    pub fn failed(&mut self, judge: &mut Judge<'_>, watches: &mut Vec<Watch>, id: &DeviceId) {
        let limits = judge.settings.of(Rule::SwapsFailed);
        let percent = self.swaps.percent(judge.now, HOUR_PART_MS, limits.count_min);
        let verdict = percent.map_or(Verdict::Clear, |percent| limits.verdict(percent));
        let (all, bad) = self.swaps.sum(judge.now, HOUR_PART_MS);
        let now = judge.now;
        let details = || {
            let details =
                Details::default().number("value", percent.unwrap_or(0.0)).number("limit", limits.set);
            let details = details.value("attempts", all).value("failed", bad);
            self.failures.since(now - HOUR_MS).fold(details, |details, (ts, result)| {
                details.shown_by(*ts, id, "result", result.map_or("", SwapResult::as_str))
            })
        };
        judge.judge(watches, Subject::device(Rule::SwapsFailed, id), verdict, details);
        super::door::due(watches, Rule::SwapsFailed, id, judge.now + HOUR_PART_MS);
    }

    fn swaps_of_hour(&mut self, judge: &mut Judge<'_>, watches: &mut Vec<Watch>, id: &DeviceId, swaps: u16) {
        let idle = self.profile.heard(judge.now, swaps, SWAPS_BUSY, judge.facts.calendar());
        // Without a ready battery, that one is to blame.
        useless::judge_idle(
            judge,
            watches,
            Rule::IdleCabinet,
            id,
            &self.profile,
            idle && self.ready,
            swaps > 0,
        );
    }
}
