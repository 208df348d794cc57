//! What a scenario makes a station's devices say, over what its model says.

use waystation_protocol::{Body, Cabinet, Contact, DoorEvent, Reading};

/// A cell that is too hot by any measure, °C.
const HOT_C: f64 = 63.0;

/// The alarms that are on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alarms {
    pub smoke: bool,
    pub hot_battery: bool,
    pub forced_door: bool,
}

impl Alarms {
    /// Lets them show in a reading.
    pub fn show_in(self, reading: &mut Reading) {
        match &mut reading.body {
            Body::Cabinet(cabinet) => {
                if self.smoke {
                    cabinet.smoke = Some(true);
                }
                if self.hot_battery {
                    heat(cabinet);
                }
            }
            Body::Door(door) if self.forced_door => {
                (door.event, door.contact) = (Some(DoorEvent::Forced), Some(Contact::Open));
            }
            _ => {}
        }
    }
}

/// Heats the first battery, where all are told of: in between it is another one that changed.
fn heat(cabinet: &mut Cabinet) {
    if cabinet.snapshot != Some(true) {
        return;
    }
    let mut slots = cabinet.slots.iter_mut().flatten();
    if let Some(slot) = slots.find(|slot| slot.cell_temp_max_c.is_some()) {
        slot.cell_temp_max_c = Some(HOT_C);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use waystation_protocol::{Decoded, Kind, Limits, decode_channel};

    fn check(alarms: Alarms, kind: Kind, json: &str, expected: &str) {
        let mut decoded = Decoded::default();
        decode_channel(kind, json.as_bytes(), 0, &Limits::default(), &mut decoded);
        let mut reading = decoded.accepted.remove(0).reading;
        alarms.show_in(&mut reading);
        let mut shown = Vec::new();
        reading.write_json(false, &mut shown);
        let shown = String::from_utf8(shown).unwrap();
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn alarms_show_in_the_readings_of_their_devices() {
        let all = Alarms { smoke: true, hot_battery: true, forced_door: true };
        let cabinet = r#"{"device":"c","smoke":false,"snapshot":true,"slots":[{"slot":1,"state":"empty"},{"slot":2,"cell_temp_max_c":25}]}"#;
        check(all, Kind::Cabinet, cabinet, r#""smoke":true"#);
        check(all, Kind::Cabinet, cabinet, r#"{"slot":1,"state":"empty"}"#);
        check(all, Kind::Cabinet, cabinet, r#""cell_temp_max_c":63"#);
        check(all, Kind::Door, r#"{"device":"d","contact":"closed"}"#, r#""event":"forced""#);
        check(Alarms::default(), Kind::Cabinet, cabinet, r#""cell_temp_max_c":25"#);
    }
}
