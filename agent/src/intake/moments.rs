//! A moment of its own for each reading of a device.
//!
//! The store knows a reading by station, kind, device and millisecond: two that the agent stamps alike, because the
//! device spoke twice in no time, would become one. Only readings without a time of their own are moved, by a
//! millisecond each.

use crate::clock::Stamp;
use std::collections::HashMap;
use waystation_protocol::{DeviceId, Kind};

/// How far a device's readings may run ahead of the clock; one that speaks faster for so long is beyond help.
const AHEAD_MAX_MS: i64 = 1_000;
/// Devices remembered. A station has dozens; sources that invent names must not fill the memory.
const DEVICES_MAX: usize = 4_096;

/// The last moment of each device.
#[derive(Debug, Default)]
pub struct Moments(HashMap<(Kind, DeviceId), i64>);

impl Moments {
    /// `stamp`, or the moment after the device's last reading if that was no earlier.
    pub fn apart(&mut self, kind: Kind, device: &DeviceId, stamp: Stamp) -> Stamp {
        if self.0.len() >= DEVICES_MAX {
            self.0.clear();
        }
        let (Stamp::Time(ms) | Stamp::Unconfirmed { ms, .. } | Stamp::Uptime(ms)) = stamp;
        let last = self.0.entry((kind, device.clone())).or_insert(i64::MIN);
        // A clock that was set back by more is a new count.
        let moment = if (ms..ms + AHEAD_MAX_MS).contains(last) { *last + 1 } else { ms };
        *last = moment;
        match stamp {
            Stamp::Time(_) => Stamp::Time(moment),
            Stamp::Unconfirmed { uptime_ms, .. } => {
                Stamp::Unconfirmed { ms: moment, uptime_ms: uptime_ms + moment - ms }
            }
            Stamp::Uptime(_) => Stamp::Uptime(moment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings of these devices at these times get these moments.
    fn check(readings: &[(&str, i64, i64)]) {
        let mut moments = Moments::default();
        for &(device, ms, expected) in readings {
            let id = DeviceId::try_from(device).unwrap();
            let moment = moments.apart(Kind::Door, &id, Stamp::Time(ms));
            assert_eq!(moment, Stamp::Time(expected), "{device} at {ms} of {readings:?}");
        }
    }

    #[test]
    fn no_two_readings_of_a_device_have_one_moment() {
        check(&[("a", 10, 10), ("a", 11, 11), ("b", 11, 11)]);
        check(&[("a", 10, 10), ("a", 10, 11), ("a", 10, 12), ("a", 12, 13), ("a", 20, 20)]);
        check(&[("a", 10_000, 10_000), ("a", 9_500, 10_001), ("a", 100, 100)]);
    }
}
