//! Claim codes on the command line.

use super::output;
use crate::clock::now_ms;
use crate::registry::{CLAIM_LIFE, CLAIM_LIFE_MAX, Registry};
use anyhow::Context;
use clap::Args;
use std::io::Write;
use std::time::Duration;
use waystation_protocol::StationId;

/// How long a code is good.
#[derive(Debug, Args)]
pub(super) struct Expires {
    /// How long the claim code is good, such as 90m, 24h or 7d [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = life)]
    expires: Option<Duration>,
}

/// Makes a code and shows it.
pub(super) fn make(
    out: &mut impl Write,
    registry: &Registry,
    id: &StationId,
    expires: &Expires,
    json: bool,
) -> anyhow::Result<()> {
    let life = expires.expires.unwrap_or(CLAIM_LIFE);
    let expires_ms = now_ms() + i64::try_from(life.as_millis())?;
    let code = registry.make_claim(id, expires_ms)?;
    let shown = if json {
        output::json(
            out,
            &serde_json::json!({ "station": id, "claim": code.to_string(), "expires": expires_ms }),
        )
    } else {
        output::line(
            out,
            &format!(
                "Station {id} can be claimed once, within {}, with\n{code}\n\
                 On the gateway: waystation-agent claim {code} --hub https://ADDRESS-OF-THIS-HUB",
                shown_life(life)
            ),
        )
    };
    shown.context("the code was made but could not be shown; make another one with `station claim`")
}

/// In the largest unit that says it exactly; 24 hours and an hour stay what they are.
fn shown_life(life: Duration) -> String {
    let minutes = life.as_secs() / 60;
    let (count, unit) = match minutes {
        days if days % 1_440 == 0 && days > 1_440 => (days / 1_440, "days"),
        hours if hours % 60 == 0 && hours > 60 => (hours / 60, "hours"),
        1 => (1, "minute"),
        minutes => (minutes, "minutes"),
    };
    format!("{count} {unit}")
}

fn life(text: &str) -> Result<Duration, String> {
    let unit_s = match text.chars().last() {
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err("give a number with m, h or d behind it, such as 24h".into()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| "give a whole number before the unit")?;
    let life = Duration::from_secs(number.saturating_mul(unit_s));
    if life.is_zero() || life > CLAIM_LIFE_MAX {
        return Err("must be 1m to 30d".into());
    }
    Ok(life)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_code_is_good_is_said_as_people_say_it() {
        for (given, said) in [
            ("1m", "1 minute"),
            ("90m", "90 minutes"),
            ("1h", "60 minutes"),
            ("120m", "2 hours"),
            ("1d", "24 hours"),
            ("36h", "36 hours"),
            ("7d", "7 days"),
            ("48h", "2 days"),
        ] {
            assert_eq!(life(given).map(shown_life).as_deref(), Ok(said), "{given}");
        }
    }
}
