//! The latest reading of each device of a station.
//!
//! Invariants: sorted by kind and device; at most [`LATEST_MAX`] (past that the oldest reading gives way, so that a
//! client which invents device names costs a bounded amount of memory); an older reading never replaces a newer one,
//! so a backfill leaves the present alone. A cabinet that reports only the slots that changed keeps the others.

use waystation_protocol::{Body, DeviceId, Kind, Reading};

/// Devices remembered for a station [J]: several times what the largest known station holds.
pub const LATEST_MAX: usize = 256;

/// The latest readings of one station.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Latest(Vec<Reading>);

impl Latest {
    /// Takes a reading in unless a newer one of the same device is there.
    pub fn update(&mut self, mut reading: Reading) {
        match self.0.binary_search_by(|known| key(known).cmp(&key(&reading))) {
            Ok(at) => {
                if self.0[at].ts <= reading.ts {
                    keep_slots(&mut self.0[at], &mut reading);
                    self.0[at] = reading;
                }
            }
            Err(_) if self.0.len() >= LATEST_MAX => self.replace_oldest(reading),
            Err(at) => {
                // A station's devices hardly change: room to grow would be most of what a large fleet costs.
                self.0.reserve_exact(1);
                self.0.insert(at, reading);
            }
        }
    }

    /// The latest reading of a device.
    #[must_use]
    pub fn get(&self, kind: Kind, device: &DeviceId) -> Option<&Reading> {
        let at = self.0.binary_search_by(|known| key(known).cmp(&(kind, device))).ok()?;
        self.0.get(at)
    }

    /// The readings, sorted by kind and device.
    #[must_use]
    pub fn readings(&self) -> &[Reading] {
        &self.0
    }

    fn replace_oldest(&mut self, reading: Reading) {
        let oldest =
            self.0.iter().enumerate().min_by_key(|(_, known)| known.ts).map(|(at, known)| (at, known.ts));
        if let Some((at, ts)) = oldest
            && ts <= reading.ts
        {
            self.0.remove(at);
            let at = self.0.partition_point(|known| key(known) < key(&reading));
            self.0.insert(at, reading);
        }
    }
}

fn key(reading: &Reading) -> (Kind, &DeviceId) {
    (reading.body.kind(), &reading.device)
}

/// Adds to a cabinet's changed slots those that it had before, unless it says that it reports all of them.
fn keep_slots(known: &mut Reading, reading: &mut Reading) {
    let (Body::Cabinet(known), Body::Cabinet(new)) = (&mut known.body, &mut reading.body) else { return };
    if new.snapshot == Some(true) && new.slots.is_some() {
        return;
    }
    let Some(mut kept) = known.slots.take() else { return };
    let changed = new.slots.get_or_insert_default();
    kept.retain(|slot| changed.iter().all(|other| other.slot != slot.slot));
    changed.append(&mut kept);
    changed.sort_by_key(|slot| slot.slot);
}
