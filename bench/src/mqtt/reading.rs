//! The text of an environment reading, valid by the wire contract, and the spots in it that change.

use std::ops::Range;

/// `T` time, `D` device, `#` digits that vary. About 170 bytes, seven measurements.
const PATTERN: &str = concat!(
    r#""ts":TTTTTTTTTTTTT,"device":"env-DD","temperature_c":23.##,"humidity_pct":46.##,"co2_ppm":8##,"#,
    r#""pm2_5_ugm3":33.##,"pm10_ugm3":54.##,"hcho_mgm3":0.0##,"tvoc_mgm3":0.3##}"#
);
/// What a plain sensor says, three measurements.
const SHORT_PATTERN: &str =
    r#""ts":TTTTTTTTTTTTT,"device":"env-DD","temperature_c":23.##,"humidity_pct":46.##,"co2_ppm":8##}"#;
/// The most measurements in one reading.
const MEASUREMENTS_MAX: usize = 7;
const TS_DIGITS: usize = 13;
/// Readings from one station within the same millisecond, at most, before its clock runs ahead.
pub const DEVICES_MAX: u8 = 100;

/// How a reading begins where it has to say its kind.
pub const KIND: &str = r#"{"kind":"environment","#;

/// What one PUBLISH carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// One environment reading, seven measurements.
    Single,
    /// One environment reading, three measurements.
    Short,
    /// A batch of this many readings of seven measurements from an outbox.
    Batch(u32),
    /// The same with three.
    ShortBatch(u32),
}

impl Payload {
    /// Readings in one message.
    pub fn readings(self) -> u64 {
        match self {
            Payload::Single | Payload::Short => 1,
            Payload::Batch(count) | Payload::ShortBatch(count) => u64::from(count),
        }
    }

    /// Measurements in each reading.
    pub fn measurements(self) -> usize {
        self.pattern().matches("##").count()
    }

    fn pattern(self) -> &'static str {
        match self {
            Payload::Single | Payload::Batch(_) => PATTERN,
            Payload::Short | Payload::ShortBatch(_) => SHORT_PATTERN,
        }
    }
}

/// A reading with `open` before it (a brace, and the kind within a batch).
pub fn reading_text(payload: Payload, open: &str) -> String {
    format!("{open}{}", payload.pattern().replace(['T', 'D', '#'], "0"))
}

/// Where the spots of a reading stand when it begins at `start` with `open`.
pub struct Spots {
    ts: Range<usize>,
    device: usize,
    digits: [usize; MEASUREMENTS_MAX],
    measurements: usize,
}

impl Spots {
    pub fn new(payload: Payload, start: usize, open: &str) -> Self {
        let (base, pattern) = (start + open.len(), payload.pattern());
        let find = |wanted: char| pattern.find(wanted).map_or(base, |at| base + at);
        let mut digits = [base; MEASUREMENTS_MAX];
        for (slot, (at, _)) in digits.iter_mut().zip(pattern.match_indices("##")) {
            *slot = base + at;
        }
        let ts = find('T');
        let measurements = payload.measurements();
        Self { ts: ts..ts + TS_DIGITS, device: find('D'), digits, measurements }
    }

    /// Writes time, device and measurements over the spots.
    pub fn fill(&self, message: &mut [u8], clock: &StationClock, random: u64) {
        message[self.ts.clone()].copy_from_slice(&clock.text);
        put_two_digits(message, self.device, clock.device);
        for (at, byte) in self.digits[..self.measurements].iter().zip(random.to_le_bytes()) {
            put_two_digits(message, *at, percent(byte));
        }
    }
}

/// The lines that the hub makes of such readings: `rounds` of every station, a second apart, each given to `take` with
/// its line end.
pub fn line_protocol(
    payload: Payload,
    stations: usize,
    rounds: usize,
    begin_ms: i64,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut random = Random::default();
    for round in 0..rounds {
        let ts = begin_ms + 1000 * round as i64;
        for station in 0..stations {
            let [a, b, c, d, e, f, g, _] = random.next().to_le_bytes().map(percent);
            let more = match payload {
                Payload::Short => String::new(),
                _ => format!(
                    ",pm2_5_ugm3=33.{d:02},pm10_ugm3=54.{e:02},hcho_mgm3=0.0{f:02},tvoc_mgm3=0.3{g:02}"
                ),
            };
            let line = format!(
                "environment,device=env-00,district=district-{},station=bench-{station:05} \
                 temperature_c=23.{a:02},humidity_pct=46.{b:02},co2_ppm=8{c:02}{more} {ts}\n",
                station % 10
            );
            take(line.as_bytes())?;
        }
    }
    Ok(())
}

/// Makes such readings as lines of JSON with their kind.
pub struct JsonLines {
    text: String,
    spots: Spots,
}

impl Default for JsonLines {
    fn default() -> Self {
        let payload = Payload::Batch(1);
        Self { text: reading_text(payload, KIND) + "\n", spots: Spots::new(payload, 0, KIND) }
    }
}

impl JsonLines {
    /// Appends one line; `seed` makes its values.
    pub fn append(&self, out: &mut Vec<u8>, ts: i64, seed: u64) {
        let mut clock = StationClock::new(1);
        clock.advance(ts);
        let start = out.len();
        out.extend_from_slice(self.text.as_bytes());
        self.spots.fill(&mut out[start..], &clock, seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    }
}

/// Xorshift64 (Marsaglia 2003).
#[derive(Debug)]
pub struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }
}

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// A byte as a number below 100.
fn percent(byte: u8) -> u8 {
    ((u16::from(byte) * 100) >> 8) as u8
}

/// Gives every reading of one station a pair (device, ts) of its own.
///
/// Invariant: `ts` rises whenever `device` starts over, and is never behind the wall clock by more than the
/// burst that is being composed.
#[derive(Debug, Clone)]
pub struct StationClock {
    ts: i64,
    text: [u8; TS_DIGITS],
    device: u8,
    devices: u8,
}

impl StationClock {
    /// A clock that spreads the readings of a station over `devices` devices.
    pub fn new(devices: u8) -> Self {
        let devices = devices.clamp(1, DEVICES_MAX);
        Self { ts: 0, text: [b'0'; TS_DIGITS], device: devices - 1, devices }
    }

    /// Moves on to the next pair.
    pub fn advance(&mut self, now_ms: i64) {
        self.device += 1;
        if self.device == self.devices {
            self.device = 0;
            self.ts = now_ms.max(self.ts + 1);
            self.write_text();
        }
    }

    fn write_text(&mut self) {
        let mut left = self.ts.unsigned_abs();
        for at in (1..TS_DIGITS).step_by(2).rev() {
            put_two_digits(&mut self.text, at, (left % 100) as u8);
            left /= 100;
        }
        self.text[0] = b'0' + (left % 10) as u8;
    }
}

fn put_two_digits(text: &mut [u8], at: usize, value: u8) {
    text[at] = b'0' + value / 10;
    text[at + 1] = b'0' + value % 10;
}
