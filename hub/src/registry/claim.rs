//! Claim codes: what an installer types at a gateway, once, instead of a token.
//!
//! A code is 40 random bits as eight characters that are hard to mistake (Crockford's base 32). It is short, so that it
//! lives a day at most by default, works once, and who guesses is slowed down; only its hash is kept.

use std::fmt;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use waystation_protocol::StationId;

use super::{Registry, RegistryError, Token, TokenHash, successor};

pub(super) const TABLE: &str = "
CREATE TABLE claim (
  station TEXT PRIMARY KEY NOT NULL REFERENCES station (id) ON DELETE CASCADE,
  sha256 BLOB NOT NULL UNIQUE,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS: usize = 8;

/// How long a code is good unless somebody says otherwise, and at most [J].
pub const CLAIM_LIFE: Duration = Duration::from_secs(24 * 3_600);
pub const CLAIM_LIFE_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The text of a code, like `7K3M-Q9TX`. Shown once; [`fmt::Debug`] hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimCode(String);

impl ClaimCode {
    fn generate() -> Result<Self, RegistryError> {
        let mut random = [0; CHARACTERS];
        getrandom::fill(&mut random).map_err(RegistryError::Random)?;
        // 32 divides 256: every character is as likely as any other.
        Ok(Self(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()))
    }

    /// Reads what somebody typed: in either case, with or without the hyphen, O for 0, I and L for 1.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let plain = typed.chars().filter(|c| !matches!(c, '-' | ' '));
        let read = plain.map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        });
        let text: String = read.take(CHARACTERS + 1).collect();
        let good = text.len() == CHARACTERS && text.bytes().all(|byte| ALPHABET.contains(&byte));
        good.then_some(Self(text))
    }

    fn hash(&self) -> TokenHash {
        TokenHash::of(self.0.as_bytes())
    }
}

impl fmt::Display for ClaimCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at(CHARACTERS / 2);
        write!(f, "{first}-{second}")
    }
}

impl fmt::Debug for ClaimCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimCode(hidden)")
    }
}

impl Registry {
    /// Makes a code for a station, good until `expires_ms`; an earlier one is worth nothing from then on. The station's
    /// token stays good until the code is used.
    pub fn make_claim(&self, id: &StationId, expires_ms: i64) -> Result<ClaimCode, RegistryError> {
        let code = ClaimCode::generate()?;
        let made = self.write(|connection| {
            connection.execute(
                "INSERT INTO claim (station, sha256, expires_ms) SELECT id, ?2, ?3 FROM station WHERE id = ?1 \
                 ON CONFLICT (station) DO UPDATE SET sha256 = excluded.sha256, expires_ms = excluded.expires_ms",
                params![id.as_str(), code.hash().as_bytes(), expires_ms],
            )
        })?;
        if made == 0 { Err(RegistryError::NoSuchStation(id.to_string())) } else { Ok(code) }
    }

    /// Trades a code for a new token of its station; the code and the old token are worth nothing from then on. `None`
    /// for one that is wrong, used or expired: they are not told apart.
    pub fn redeem(&self, code: &ClaimCode, now_ms: i64) -> Result<Option<(StationId, Token)>, RegistryError> {
        let token = Token::generate()?;
        let mut connection = self.lock();
        let station = redeem(&mut connection, &code.hash(), &token.hash(), now_ms)
            .map_err(|source| self.failed(source))?;
        Ok(station.and_then(|id| StationId::try_from(id.as_str()).ok()).map(|id| (id, token)))
    }
}

fn redeem(
    connection: &mut Connection,
    code: &TokenHash,
    token: &TokenHash,
    now_ms: i64,
) -> rusqlite::Result<Option<String>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("DELETE FROM claim WHERE expires_ms <= ?1", [now_ms])?;
    let found = "DELETE FROM claim WHERE sha256 = ?1 RETURNING station";
    let station: Option<String> =
        transaction.query_row(found, [code.as_bytes()], |row| row.get(0)).optional()?;
    if let Some(id) = &station {
        successor::put(&transaction, id, token, now_ms)?;
    }
    transaction.commit()?;
    Ok(station)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::NewStation;

    #[test]
    fn a_code_is_good_once_and_for_a_while() {
        let folder = tempfile::tempdir().expect("a folder");
        let registry = Registry::open(folder.path()).expect("the registry");
        let old = registry.add(&NewStation::named("jb-001")).expect("a station");
        let id = StationId::try_from("jb-001").expect("id");
        let logs_in = |token: &Token| {
            registry.load().expect("the registry").login_station("jb-001", token.as_str().as_bytes())
        };
        let first = registry.make_claim(&id, 1_000).expect("a code");
        let second = registry.make_claim(&id, 1_000).expect("a code");
        assert_eq!(registry.redeem(&first, 0).expect("works"), None, "replaced");
        assert_eq!(registry.redeem(&second, 1_000).expect("works"), None, "expired");
        assert!(logs_in(&old));
        let third = registry.make_claim(&id, 3_000).expect("a code");
        let (claimed, token) = registry.redeem(&third, 2_999).expect("works").expect("a good code");
        assert_eq!(claimed, id);
        assert!(logs_in(&token) && !logs_in(&old));
        assert_eq!(registry.redeem(&third, 2_999).expect("works"), None, "used");
        let fourth = registry.make_claim(&id, 9_000).expect("a code");
        registry.remove(&id).expect("removed");
        assert!(registry.make_claim(&id, 9_000).is_err());
        registry.add(&NewStation::named("jb-001")).expect("a station");
        assert_eq!(registry.redeem(&fourth, 0).expect("works"), None, "its station was removed");
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        let check = |typed: &str, expected: Option<&str>| {
            let read = ClaimCode::parse(typed).map(|code| code.to_string());
            assert_eq!(read.as_deref(), expected, "{typed}");
        };
        check("7K3M-Q9TX", Some("7K3M-Q9TX"));
        check(" 7k3mq9tx ", Some("7K3M-Q9TX"));
        check("OIL0-0000", Some("0110-0000"));
        check("7K3M-Q9T", None);
        check("7K3M-Q9TXA", None);
        check("7K3M-Q9TU", None);
        check("七K3M-Q9T", None);
    }
}
