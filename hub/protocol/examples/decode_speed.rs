//! How many readings a second one core decodes and validates: `cargo run --release --example decode_speed`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use waystation_protocol::{
    Decoded, Kind, Limits, OutboxId, Reading, compress_batch, decode_batch, decode_channel, write_batch,
};

const NOW_MS: i64 = 1_763_800_000_000;
const READINGS_A_BATCH: usize = 20;
const ROUND: Duration = Duration::from_millis(20);
const ROUNDS: usize = 101;

fn main() {
    let single = br#"{"ts":1763800000123,"device":"env-1","temperature_c":23.4,"humidity_pct":45.6,"co2_ppm":812,"pm2_5_ugm3":12.5,"pm10_ugm3":20.1,"noise_dba":48.3,"illuminance_lx":310}"#.to_vec();
    let reading = first_reading(&single);
    let array = [b"[".as_slice(), &vec![single.as_slice(); READINGS_A_BATCH].join(&b','), b"]"].concat();
    let mut batch = Vec::new();
    let outbox = "0f8c".parse::<OutboxId>().unwrap_or_else(|_| unreachable!("a valid id"));
    write_batch(&outbox, 4711, &[], vec![&reading; READINGS_A_BATCH], &mut batch);
    let frame = compress_batch(&batch).unwrap_or_default();

    let limits = Limits::default();
    let channel = |payload: &[u8], out: &mut Decoded| {
        decode_channel(Kind::Environment, payload, NOW_MS, &limits, out);
    };
    let batched = |payload: &[u8], out: &mut Decoded| {
        black_box(decode_batch(payload, NOW_MS, &limits, out));
    };
    measure("single", &single, channel);
    measure("array of 20", &array, channel);
    measure("batch of 20", &batch, batched);
    measure("batch of 20, zstd", &frame, batched);

    let mut record = Vec::new();
    reading.encode(&mut record);
    measure("binary record", &record, |mut bytes, out| {
        out.accepted.extend(
            Reading::decode(&mut bytes)
                .ok()
                .map(|reading| waystation_protocol::Accepted { index: 0, reading }),
        );
    });
}

fn first_reading(json: &[u8]) -> Reading {
    let mut out = Decoded::default();
    decode_channel(Kind::Environment, json, NOW_MS, &Limits::default(), &mut out);
    assert!(out.rejected.is_empty(), "the example is a valid reading");
    out.accepted.swap_remove(0).reading
}

/// Prints the median of the rounds, and the best of them, which a busy machine disturbs least.
fn measure(name: &str, payload: &[u8], decode: impl Fn(&[u8], &mut Decoded)) {
    let mut out = Decoded::default();
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (start, mut readings) = (Instant::now(), 0);
            while start.elapsed() < ROUND {
                for _ in 0..100 {
                    out.clear();
                    decode(black_box(payload), &mut out);
                    readings += black_box(&out).accepted.len();
                }
            }
            readings as f64 / start.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    let (median, best) = (rates[ROUNDS / 2], rates[ROUNDS - 1]);
    println!(
        "{name:20} {:6} bytes  median {:5.2}, best {:5.2} M readings/s  best {:4.0} ns a reading",
        payload.len(),
        median / 1e6,
        best / 1e6,
        1e9 / best
    );
}
