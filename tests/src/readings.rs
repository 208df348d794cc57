//! Payloads of the wire contract.

use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

pub fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(now.as_millis()).expect("a clock of this age")
}

pub fn topic(station: &str, channel: &str) -> String {
    format!("v1/stations/{station}/{channel}")
}

/// One environment reading of device `env-1`; `value` is its CO₂ in ppm, 300 to 10,000.
pub fn environment(ts: i64, value: i64) -> Value {
    json!({ "ts": ts, "device": "env-1", "co2_ppm": value })
}

/// The same as it stands in a batch.
pub fn in_batch(kind: &str, reading: &Value) -> Value {
    let mut reading = reading.clone();
    reading["kind"] = kind.into();
    reading
}

/// A batch of readings that know their kind.
pub fn batch(outbox: &str, first_seq: u64, lost: &[(u64, u64)], readings: &[Value]) -> Value {
    let mut batch = json!({ "outbox": outbox, "first_seq": first_seq, "readings": readings });
    if !lost.is_empty() {
        batch["lost"] = json!(lost);
    }
    batch
}

pub fn zstd(payload: &[u8]) -> Vec<u8> {
    zstd::encode_all(payload, 3).expect("compression in memory")
}
