//! PUBLISH packets made by copying a finished one and writing over the few bytes that differ.

use super::packets::{packet, text};
use super::reading::{KIND, Payload, Random, Spots, StationClock, reading_text};

/// Digits that `first_seq` is padded to with spaces, which JSON allows before a number.
const SEQUENCE_DIGITS: usize = 12;

/// A station's name and the outbox that its batches come from.
#[derive(Debug, Clone)]
pub struct Sender {
    pub station: String,
    pub outbox: String,
}

/// Composes the messages of stations whose names are equally long.
pub struct Composer {
    template: Vec<u8>,
    station: usize,
    packet_id: usize,
    outbox: usize,
    sequence: usize,
    readings: Vec<Spots>,
    random: Random,
}

impl Composer {
    /// `like` gives the lengths of all station and outbox names.
    pub fn new(payload: Payload, like: &Sender) -> Self {
        let (body, opens) = match payload {
            Payload::Batch(count) | Payload::ShortBatch(count) => batch_text(payload, &like.outbox, count),
            single => (reading_text(single, "{"), vec![(0, "{")]),
        };
        let topic = format!("v1/stations/{}/{}", like.station, channel(payload));
        let mut variable = Vec::new();
        text(&mut variable, &topic);
        variable.extend_from_slice(&[0, 0]);
        variable.extend_from_slice(body.as_bytes());
        let template = packet(0x32, &variable);
        let header = template.len() - variable.len();
        let payload_at = template.len() - body.len();
        let after = |name: &str| body.find(name).map_or(0, |at| payload_at + at + name.len());
        Self {
            station: header + 2 + "v1/stations/".len(),
            packet_id: payload_at - 2,
            outbox: after(r#"{"outbox":""#),
            sequence: after(r#""first_seq":"#),
            readings: opens.iter().map(|(at, open)| Spots::new(payload, payload_at + at, open)).collect(),
            random: Random::default(),
            template,
        }
    }

    /// Appends one PUBLISH to `out`. `first_seq` is used in a batch only.
    pub fn compose(
        &mut self,
        out: &mut Vec<u8>,
        sender: &Sender,
        packet_id: u16,
        first_seq: u64,
        clock: &mut StationClock,
        now_ms: i64,
    ) {
        let start = out.len();
        out.extend_from_slice(&self.template);
        let message = &mut out[start..];
        put(message, self.station, sender.station.as_bytes());
        put(message, self.packet_id, &packet_id.to_be_bytes());
        if self.sequence > 0 {
            put(message, self.outbox, sender.outbox.as_bytes());
            put_number(&mut message[self.sequence..self.sequence + SEQUENCE_DIGITS], first_seq);
        }
        for spots in &self.readings {
            clock.advance(now_ms);
            spots.fill(message, clock, self.random.next());
        }
    }
}

fn channel(payload: Payload) -> &'static str {
    if matches!(payload, Payload::Batch(_) | Payload::ShortBatch(_)) { "batch" } else { "environment" }
}

/// The text of a batch and where each of its readings begins.
fn batch_text(payload: Payload, outbox: &str, count: u32) -> (String, Vec<(usize, &'static str)>) {
    let padding = " ".repeat(SEQUENCE_DIGITS);
    let mut body = format!(r#"{{"outbox":"{outbox}","first_seq":{padding},"readings":["#);
    let mut opens = Vec::new();
    for index in 0..count {
        if index > 0 {
            body.push(',');
        }
        opens.push((body.len(), KIND));
        body.push_str(&reading_text(payload, KIND));
    }
    body.push_str("]}");
    (body, opens)
}

fn put(message: &mut [u8], at: usize, bytes: &[u8]) {
    message[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Right-aligned decimal; the spaces before it are already there.
fn put_number(field: &mut [u8], mut value: u64) {
    for digit in field.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::HashSet;

    fn compose_all(payload: Payload, messages: u64) -> Vec<Value> {
        let sender = Sender { station: "bench-00042".into(), outbox: "0123456789abcdef".into() };
        let other = Sender { station: "bench-00000".into(), outbox: "----------------".into() };
        let mut composer = Composer::new(payload, &other);
        let mut clock = StationClock::new(3);
        let topic_tail = channel(payload);
        (0..messages)
            .map(|index| {
                let mut out = Vec::new();
                composer.compose(&mut out, &sender, 7, 1 + index * 20, &mut clock, 1_763_800_000_123);
                assert_eq!(out.len(), composer.template.len());
                let topic = format!("v1/stations/bench-00042/{topic_tail}");
                let at = out.windows(topic.len()).position(|part| part == topic.as_bytes()).unwrap();
                let id_at = at + topic.len();
                assert_eq!(&out[id_at..id_at + 2], &[0, 7]);
                serde_json::from_slice(&out[id_at + 2..]).unwrap()
            })
            .collect()
    }

    #[test]
    fn every_single_reading_is_json_and_a_point_of_its_own() {
        check_single(Payload::Single, 7);
        check_single(Payload::Short, 3);
    }

    fn check_single(payload: Payload, measurements: usize) {
        let points: HashSet<(String, i64)> = compose_all(payload, 1000)
            .iter()
            .map(|reading| {
                assert_eq!(reading.as_object().unwrap().len(), 2 + measurements);
                (reading["device"].as_str().unwrap().to_owned(), reading["ts"].as_i64().unwrap())
            })
            .collect();
        assert_eq!(points.len(), 1000);
    }

    #[test]
    fn batches_count_on_without_a_gap() {
        for (index, batch) in compose_all(Payload::Batch(20), 50).iter().enumerate() {
            assert_eq!(batch["outbox"], "0123456789abcdef");
            assert_eq!(batch["first_seq"], 1 + 20 * index as u64);
            assert_eq!(batch["readings"].as_array().unwrap().len(), 20);
            assert_eq!(batch["readings"][19]["kind"], "environment");
        }
    }
}
