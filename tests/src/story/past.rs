//! Two days of a station that has every device, minute by minute.

use crate::readings::in_batch;
use serde_json::{Value, json};

/// A whole day wherever it begins, and some more.
const MINUTES: i64 = 50 * 60;
const RESULTS: [&str; 8] = ["ok", "ok", "no_ready", "ok", "no_empty", "ok", "timeout", "wrong_battery"];

/// What its devices said, oldest first; the last of it a minute before `now`.
pub fn readings(station: &str, now: i64) -> Vec<Value> {
    let mut said = Vec::new();
    for minute in 0..MINUTES {
        let ts = now - (MINUTES - minute) * 60_000;
        let mut say = |kind: &str, device: &str, mut members: Value| {
            members["ts"] = ts.into();
            members["device"] = device.into();
            said.push(in_batch(kind, &members));
        };
        say("occupancy", "room", room(minute));
        if minute % 5 == 0 {
            say("cabinet", "cabinet-1", cabinet(minute));
            say("gateway", "gateway", gateway(station, minute));
            say("gateway", "meter", source(station, minute));
            say("environment", "env-1", environment(minute));
        }
        if minute % 10 == 3 {
            say("swap", "cabinet-1", swap(station, minute));
        }
        if minute % 7 == 2 {
            say("door", "front", door(minute));
        }
        if minute % 30 == 4 {
            say(
                "amenity",
                "microwave-1",
                json!({ "amenity": "microwave", "state": if minute % 60 == 4 { "ok" } else { "in_use" } }),
            );
        }
    }
    said
}

fn room(minute: i64) -> Value {
    let people = (minute / 45) % 22;
    json!({ "people": people, "capacity": 20, "seats_taken": people.min(20), "entries_total": minute / 4, "exits_total": minute / 4 })
}

fn cabinet(minute: i64) -> Value {
    let states = ["ready", "charging", "empty", "locked"];
    let slot = |number: i64| {
        let state = states[usize::try_from((minute / 60 + number) % 4).expect("below four")];
        let empty = state == "empty";
        let mut slot = json!({ "slot": number, "state": state });
        if !empty {
            let class = if number % 2 == 0 { "48V" } else { "60V" };
            let more = json!({ "class": class, "soc_pct": 40 + number * 6, "soh_pct": 70 + number * 3, "voltage_v": 52,
                "current_a": 2, "cell_temp_max_c": 30 + number * 3, "cycles": 100 * number });
            slot.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        }
        slot
    };
    let slots: Vec<Value> = (1..=8).map(slot).collect();
    json!({ "status": "idle", "temperature_c": 28.5, "humidity_pct": 40, "smoke": false, "water": false, "extinguisher": false,
        "mains_v": 228, "power_w": 640, "energy_kwh": 900 + minute / 10, "snapshot": true, "slots": slots })
}

fn gateway(station: &str, minute: i64) -> Value {
    let weak = station.starts_with("jb");
    json!({ "agent": "1.2.0", "uptime_s": minute * 60, "outbox_records": minute % 90, "outbox_bytes": (minute % 90) * 200,
        "outbox_horizon_s": 3_600 * 20 - minute, "lost_total": minute / 100, "clock_offset_ms": if weak { 9_000 } else { 40 },
        "cpu_pct": 9, "memory_mb": 210, "disk_free_mb": 8_000 - minute, "rssi_dbm": if weak { -110 } else { -70 },
        "mains": !weak, "ups_pct": 60 })
}

fn source(station: &str, minute: i64) -> Value {
    let state = if station.starts_with("jb") { "failing" } else { "ok" };
    json!({ "source": "modbus", "source_state": state, "source_readings_total": minute, "source_refused_total": 1 })
}

fn environment(minute: i64) -> Value {
    json!({ "temperature_c": 21.5, "humidity_pct": 45, "co2_ppm": 600 + minute % 300, "pm2_5_ugm3": 20, "pm10_ugm3": 35,
        "hcho_mgm3": 0.03, "tvoc_mgm3": 0.2, "noise_dba": 48 })
}

fn swap(station: &str, minute: i64) -> Value {
    let result = RESULTS[usize::try_from(minute / 10 % 8).expect("below eight")];
    let class = if minute % 20 == 3 { "48V" } else { "60V" };
    json!({ "swap": format!("{station}-{minute}"), "class": class, "result": result, "duration_s": 31 })
}

fn door(minute: i64) -> Value {
    match minute / 7 % 4 {
        0 => json!({ "event": "unlock", "method": "qr", "lock": "unlocked", "contact": "closed" }),
        1 => json!({ "event": "open", "method": "qr", "contact": "open" }),
        2 => json!({ "event": "close", "contact": "closed", "lock": "locked" }),
        _ => {
            json!({ "event": "denied", "method": "id_card", "deny_reason": "not_registered", "lock": "locked" })
        }
    }
}
