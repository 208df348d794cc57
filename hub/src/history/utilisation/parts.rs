//! What utilisation is made of: parts that add up exactly, over hours, days and stations.
//!
//! Format of a stored window: the parts in the order of [`Part`], each a zigzag varint; missing ones at the end are 0.
//! So parts are appended, never moved or removed.

use crate::history::bytes::{put_signed, take_signed};
use waystation_protocol::{SwapResult, VoltageClass};

/// One part. Times are ms; a product with time, such as people · ms, has no other unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Part {
    /// Time with a valid sample of anything.
    Heard,
    /// Time with a valid sample of every zone, within opening hours and over all.
    ObservedOpen,
    Observed,
    /// ∫ people dt.
    PeopleOpen,
    People,
    /// ∫ min(people, capacity) dt.
    SeatedOpen,
    Seated,
    /// ∫ capacity dt.
    CapacityOpen,
    Capacity,
    /// Time with people at 80 % of the capacity or more.
    Crowded,
    /// The largest mean of a quarter of an hour, people per million places. A maximum, not a sum.
    PeakPpm,
    Entries,
    Exits,
    /// Entries outside 08:00–18:00.
    NightEntries,
    /// Samples with a counter of entries: without any, visits are not known.
    CounterSamples,
    /// `People` and `Observed` of stations that count entries: what the mean dwell is made of.
    CountedPeople,
    CountedObserved,
    CounterResets,
    /// People by which a count fell below zero and was lifted.
    Clamped,
    /// Door events outside staffed hours.
    GrantedUnstaffed,
    DeniedUnstaffed,
    Granted,
    Denied,
    /// Time with a valid sample of every cabinet.
    CabinetObserved,
    /// ∫ enabled slots dt.
    Slots,
    /// Of each class: observed time of a station that has the class, time with a ready battery, ∫ ready dt,
    /// ∫ installed dt.
    Observed48,
    Available48,
    Ready48,
    Installed48,
    Observed60,
    Available60,
    Ready60,
    Installed60,
    /// Attempts by result, in the order of the wire contract.
    SwapOk,
    SwapNoReady,
    SwapNoEmpty,
    SwapNotInserted,
    SwapNotTaken,
    SwapDoorOpen,
    SwapTimeout,
    SwapWrongBattery,
    SwapOffline,
    /// Amenity time, and that without a fault.
    Amenity,
    AmenityGood,
    /// Time of air measurements, and that within the limits of domain.
    Air,
    AirGood,
}

const COUNT: usize = Part::AirGood as usize + 1;

impl Part {
    #[must_use]
    pub fn of_swap(result: SwapResult) -> Part {
        match result {
            SwapResult::Ok => Part::SwapOk,
            SwapResult::NoReady => Part::SwapNoReady,
            SwapResult::NoEmpty => Part::SwapNoEmpty,
            SwapResult::NotInserted => Part::SwapNotInserted,
            SwapResult::NotTaken => Part::SwapNotTaken,
            SwapResult::DoorOpen => Part::SwapDoorOpen,
            SwapResult::Timeout => Part::SwapTimeout,
            SwapResult::WrongBattery => Part::SwapWrongBattery,
            SwapResult::Offline => Part::SwapOffline,
        }
    }
}

/// The four parts of a class of batteries.
#[derive(Debug, Clone, Copy)]
pub struct ClassParts {
    pub observed: Part,
    pub available: Part,
    pub ready: Part,
    pub installed: Part,
}

impl ClassParts {
    #[must_use]
    pub const fn of(class: VoltageClass) -> Self {
        match class {
            VoltageClass::V48 => Self {
                observed: Part::Observed48,
                available: Part::Available48,
                ready: Part::Ready48,
                installed: Part::Installed48,
            },
            VoltageClass::V60 => Self {
                observed: Part::Observed60,
                available: Part::Available60,
                ready: Part::Ready60,
                installed: Part::Installed60,
            },
        }
    }
}

/// All parts of a window, or of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts([i64; COUNT]);

impl Default for Parts {
    fn default() -> Self {
        Self([0; COUNT])
    }
}

impl Parts {
    #[must_use]
    pub fn get(&self, part: Part) -> i64 {
        self.0[part as usize]
    }

    pub fn add(&mut self, part: Part, amount: i64) {
        let sum = &mut self.0[part as usize];
        *sum = sum.saturating_add(amount);
    }

    pub fn set(&mut self, part: Part, amount: i64) {
        self.0[part as usize] = amount;
    }

    /// Fills the parts that follow from what a station was seen to have in the whole of a stretch: they are set once
    /// its windows are merged, and before stations are.
    pub fn finish_station(&mut self) {
        if self.get(Part::CounterSamples) > 0 {
            self.set(Part::CountedPeople, self.get(Part::People));
            self.set(Part::CountedObserved, self.get(Part::Observed));
        }
        for class in VoltageClass::ALL {
            let of_class = ClassParts::of(*class);
            if self.get(of_class.installed) > 0 {
                self.set(of_class.observed, self.get(Part::CabinetObserved));
            }
        }
    }

    pub fn raise(&mut self, part: Part, to: i64) {
        let highest = &mut self.0[part as usize];
        *highest = (*highest).max(to);
    }

    /// Adds another window, or another station. The order does not matter.
    pub fn merge(&mut self, other: &Parts) {
        let peak = self.get(Part::PeakPpm).max(other.get(Part::PeakPpm));
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_add(more);
        }
        self.set(Part::PeakPpm, peak);
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        let used = COUNT - self.0.iter().rev().take_while(|part| **part == 0).count();
        self.0[..used].iter().for_each(|part| put_signed(*part, out));
    }

    /// `None` for bytes that no hub has written. What a newer hub has appended is left out.
    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<Self> {
        let mut parts = Self::default();
        for part in &mut parts.0 {
            if bytes.is_empty() {
                break;
            }
            *part = take_signed(&mut bytes)?;
        }
        Some(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts() -> impl Strategy<Value = Parts> {
        let number = prop_oneof![3 => Just(0), 1 => -1000i64..1_000_000_000_000];
        proptest::collection::vec(number, COUNT)
            .prop_map(|numbers| Parts(std::array::from_fn(|at| numbers[at])))
    }

    proptest! {
        #[test]
        fn stored_parts_come_back(parts in parts()) {
            let mut bytes = Vec::new();
            parts.encode(&mut bytes);
            prop_assert_eq!(Parts::decode(&bytes), Some(parts));
        }

        #[test]
        fn the_order_of_merging_does_not_matter(a in parts(), b in parts(), c in parts()) {
            let merged = |order: [&Parts; 3]| order.into_iter().fold(Parts::default(), |mut sum, next| { sum.merge(next); sum });
            prop_assert_eq!(merged([&a, &b, &c]), merged([&c, &a, &b]));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Parts::decode(&bytes).is_none_or(|parts| parts.0.len() == COUNT));
        }
    }
}
