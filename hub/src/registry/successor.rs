//! A second token of a station, good beside the first until it is used: then it takes the first one's place.

use rusqlite::{Connection, TransactionBehavior, params};
use waystation_protocol::StationId;

use super::store::now_ms;
use super::{Registry, RegistryError, Token, TokenHash};

pub(super) const TABLE: &str = "
CREATE TABLE successor (
  station TEXT PRIMARY KEY NOT NULL REFERENCES station (id) ON DELETE CASCADE,
  sha256 BLOB NOT NULL
) STRICT, WITHOUT ROWID;
";

impl Registry {
    /// Makes a second token for a station; an earlier second one is worth nothing from then on. It is shown nowhere
    /// else, ever.
    pub fn offer_successor(&self, id: &StationId) -> Result<Token, RegistryError> {
        let token = Token::generate()?;
        let made = self.write(|connection| {
            connection.execute(
                "INSERT INTO successor (station, sha256) SELECT id, ?2 FROM station WHERE id = ?1 \
                 ON CONFLICT (station) DO UPDATE SET sha256 = excluded.sha256",
                params![id.as_str(), token.hash().as_bytes()],
            )
        })?;
        if made == 0 { Err(RegistryError::NoSuchStation(id.to_string())) } else { Ok(token) }
    }

    /// Ends a station's first token in favour of its second one; false if this is not its second one.
    pub fn succeed(&self, id: &StationId, hash: &TokenHash) -> Result<bool, RegistryError> {
        succeed(&mut self.lock(), id, hash).map_err(|source| self.failed(source))
    }

    /// The second token of a station is worth nothing from then on.
    pub fn withdraw_successor(&self, id: &StationId) -> Result<(), RegistryError> {
        self.write(|connection| withdraw(connection, id.as_str())).map(drop)
    }
}

fn succeed(connection: &mut Connection, id: &StationId, hash: &TokenHash) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = "DELETE FROM successor WHERE station = ?1 AND sha256 = ?2";
    if transaction.execute(found, params![id.as_str(), hash.as_bytes()])? == 0 {
        return Ok(false);
    }
    put(&transaction, id.as_str(), hash, now_ms())?;
    transaction.commit()?;
    Ok(true)
}

/// Gives a station this token instead of all that it had; the number of stations changed.
pub(super) fn put(
    connection: &Connection,
    id: &str,
    hash: &TokenHash,
    now_ms: i64,
) -> rusqlite::Result<usize> {
    withdraw(connection, id)?;
    connection.execute(
        "UPDATE station SET token_sha256 = ?2, token_created_ms = ?3 WHERE id = ?1",
        params![id, hash.as_bytes(), now_ms],
    )
}

fn withdraw(connection: &Connection, id: &str) -> rusqlite::Result<usize> {
    connection.execute("DELETE FROM successor WHERE station = ?1", [id])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::NewStation;

    struct Case {
        _folder: tempfile::TempDir,
        registry: Registry,
        id: StationId,
    }

    impl Case {
        fn new() -> (Self, Token) {
            let folder = tempfile::tempdir().expect("a folder");
            let registry = Registry::open(folder.path()).expect("the registry");
            let token = registry.add(&NewStation::named("jb-001")).expect("a station");
            let id = StationId::try_from("jb-001").expect("id");
            (Self { _folder: folder, registry, id }, token)
        }

        fn logs_in(&self, token: &Token) -> bool {
            let directory = self.registry.load().expect("the registry");
            let logs_in = directory.login_station("jb-001", token.as_str().as_bytes());
            assert_eq!(directory.is_station_token("jb-001", &token.hash()), logs_in);
            logs_in
        }
    }

    #[test]
    fn a_second_token_is_good_beside_the_first_until_it_is_used() {
        let (case, old) = Case::new();
        let lost = case.registry.offer_successor(&case.id).expect("a token");
        let new = case.registry.offer_successor(&case.id).expect("a token");
        let directory = case.registry.load().expect("the registry");
        assert!(
            directory.is_successor("jb-001", &new.hash()) && !directory.is_successor("jb-001", &old.hash())
        );
        assert!(case.logs_in(&old) && case.logs_in(&new) && !case.logs_in(&lost));
        assert!(!case.registry.succeed(&case.id, &lost.hash()).expect("works"));
        assert!(case.registry.succeed(&case.id, &new.hash()).expect("works"));
        assert!(!case.logs_in(&old) && case.logs_in(&new));
        assert!(!case.registry.succeed(&case.id, &new.hash()).expect("works"), "once");
        let nobody = StationId::try_from("jb-009").expect("id");
        assert!(case.registry.offer_successor(&nobody).is_err());
    }

    #[test]
    fn a_second_token_ends_with_what_it_stood_beside() {
        let check = |end: &dyn Fn(&Case)| {
            let (case, _) = Case::new();
            let second = case.registry.offer_successor(&case.id).expect("a token");
            end(&case);
            assert!(!case.logs_in(&second));
            assert!(!case.registry.succeed(&case.id, &second.hash()).expect("works"));
        };
        check(&|case| case.registry.withdraw_successor(&case.id).expect("works"));
        check(&|case| drop(case.registry.rotate_token(&case.id).expect("a token")));
        check(&|case| case.registry.remove(&case.id).expect("works"));
        check(&|case| {
            case.registry.remove(&case.id).expect("works");
            case.registry.add(&NewStation::named("jb-001")).expect("a station");
        });
        check(&|case| {
            let code = case.registry.make_claim(&case.id, i64::MAX).expect("a code");
            case.registry.redeem(&code, 0).expect("works").expect("a good code");
        });
    }
}
