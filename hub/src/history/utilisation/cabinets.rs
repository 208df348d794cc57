//! Batteries in the cabinets of a station.

use super::parts::{ClassParts, Part, Parts};
use super::sweep::{EXPECTED_MS, VALID_MS, Window, together, track};
use super::window::ByDevice;
use std::collections::BTreeMap;
use waystation_protocol::{Cabinet, CabinetStatus, Slot, SlotState, VoltageClass};

/// What the slots of a cabinet hold.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stock {
    enabled: i64,
    /// In the order of `VoltageClass::ALL`.
    pub ready: [i64; 2],
    pub installed: [i64; 2],
}

/// What a snapshot, which has all slots, says by itself; nothing of another reading.
#[must_use]
pub fn stock_of_snapshot(cabinet: &Cabinet) -> Option<Stock> {
    let slots = cabinet.slots.as_ref().filter(|_| cabinet.snapshot == Some(true))?;
    let slots = slots.iter().map(|slot| (slot.slot.unwrap_or_default(), slot)).collect();
    Some(offered(stock(&slots), cabinet.status))
}

/// Adds what the cabinets say. A cabinet's slots are known from the changes and snapshots of the window and of the
/// hour before it; by the profile a snapshot comes every 20 minutes.
pub fn add(parts: &mut Parts, window: Window, cabinets: &ByDevice<'_, Cabinet>) {
    let mut tracks = Vec::new();
    for samples in cabinets.values() {
        let stocks = stocks(samples.iter().filter(|(ts, _)| *ts >= window.start_ms - EXPECTED_MS));
        if !stocks.is_empty() {
            tracks.push(track(&stocks, VALID_MS, window));
        }
    }
    together(&tracks, &[], |from, to, stocks| {
        let ms = to - from;
        parts.add(Part::CabinetObserved, ms);
        parts.add(Part::Slots, ms * stocks.iter().map(|stock| stock.enabled).sum::<i64>());
        for class in VoltageClass::ALL {
            let of_class = ClassParts::of(*class);
            let ready: i64 = stocks.iter().map(|stock| stock.ready[*class as usize]).sum();
            let installed: i64 = stocks.iter().map(|stock| stock.installed[*class as usize]).sum();
            parts.add(of_class.ready, ms * ready);
            parts.add(of_class.installed, ms * installed);
            parts.add(of_class.available, ms * i64::from(ready > 0));
        }
    });
}

fn stocks<'a>(samples: impl Iterator<Item = &'a (i64, &'a Cabinet)>) -> Vec<(i64, Stock)> {
    let mut slots: BTreeMap<i64, &Slot> = BTreeMap::new();
    let mut stocks = Vec::new();
    let mut status = None;
    for (ts, cabinet) in samples {
        status = cabinet.status.or(status);
        if cabinet.snapshot == Some(true) && cabinet.slots.is_some() {
            slots.clear();
        }
        for slot in cabinet.slots.iter().flatten() {
            slots.insert(slot.slot.unwrap_or_default(), slot);
        }
        if !slots.is_empty() {
            stocks.push((*ts, offered(stock(&slots), status)));
        }
    }
    stocks
}

/// What stands in a cabinet out of order is no offer.
fn offered(stock: Stock, status: Option<CabinetStatus>) -> Stock {
    match status {
        Some(CabinetStatus::Fault | CabinetStatus::Disabled) => Stock { enabled: 0, ready: [0; 2], ..stock },
        _ => stock,
    }
}

fn stock(slots: &BTreeMap<i64, &Slot>) -> Stock {
    let mut stock = Stock::default();
    for slot in slots.values() {
        if slot.state == Some(SlotState::Disabled) {
            continue;
        }
        stock.enabled += 1;
        let holds_battery = slot.state.is_some_and(|state| state != SlotState::Empty);
        if let Some(class) = slot.class.filter(|_| holds_battery) {
            stock.installed[class as usize] += 1;
            stock.ready[class as usize] += i64::from(slot.state == Some(SlotState::Ready));
        }
    }
    stock
}
