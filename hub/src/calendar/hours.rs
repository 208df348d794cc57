//! Opening hours as the registry has them: `24h`, or `HH:MM-HH:MM`.

use super::{MINUTE_MS, Zone};
use std::fmt;

const DAY_MINUTES: u16 = 24 * 60;

/// Opening hours of every day, in minutes since local midnight; past midnight when the end is before the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    opens: u16,
    closes: u16,
}

impl Default for Hours {
    fn default() -> Self {
        Self::ALL_DAY
    }
}

impl Hours {
    pub const ALL_DAY: Self = Self { opens: 0, closes: DAY_MINUTES };

    /// Reads `24h` or `08:00-18:00`.
    ///
    /// # Errors
    /// What is accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "24h" {
            return Ok(Self::ALL_DAY);
        }
        let parsed = text.split_once('-').and_then(|(from, to)| {
            let (opens, closes) = (minute_of_day(from)?, minute_of_day(to)?);
            (opens != closes && opens < DAY_MINUTES).then_some(Self { opens, closes })
        });
        parsed.ok_or_else(|| format!("`{text}` are no opening hours; write them like 08:00-18:00, or 24h"))
    }

    /// Whether it is open without a break.
    #[must_use]
    pub fn is_all_day(self) -> bool {
        self == Self::ALL_DAY
    }

    pub(super) fn contains(self, ms_of_day: i64) -> bool {
        let (opens, closes) = (i64::from(self.opens) * MINUTE_MS, i64::from(self.closes) * MINUTE_MS);
        if opens < closes {
            (opens..closes).contains(&ms_of_day)
        } else {
            ms_of_day >= opens || ms_of_day < closes
        }
    }

    /// When the hours of the local day that begins at `day_ms` begin and end.
    pub(super) fn of_day(self, zone: &Zone, day_ms: i64) -> (i64, i64) {
        let opens = zone.at_minute(day_ms, self.opens);
        let closes = if self.opens < self.closes {
            zone.at_minute(day_ms, self.closes)
        } else {
            zone.at_minute(zone.day_start(day_ms, 1), self.closes)
        };
        (opens, closes)
    }
}

/// As [`Hours::parse`] reads them.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all_day() {
            return f.write_str("24h");
        }
        let [opens, closes] = [self.opens, self.closes].map(|at| (at / 60, at % 60));
        write!(f, "{:02}:{:02}-{:02}:{:02}", opens.0, opens.1, closes.0, closes.1)
    }
}

/// `HH:MM` as minutes since midnight, `24:00` included.
fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u16>().ok())?
    };
    let minutes = two_digits(hour)? * 60 + two_digits(minute).filter(|minute| *minute < 60)?;
    (minutes <= DAY_MINUTES).then_some(minutes)
}
