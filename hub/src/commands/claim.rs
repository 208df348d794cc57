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
        let minutes = life.as_secs() / 60;
        output::line(
            out,
            &format!(
                "Station {id} can be claimed once, within {minutes} minutes, with\n{code}\n\
                 On the gateway: waystation-agent claim {code} --hub https://ADDRESS-OF-THIS-HUB"
            ),
        )
    };
    shown.context("the code was made but could not be shown; make another one with `station claim`")
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
