//! CONNECT's credentials and client id, judged.

use crate::registry::{Directory, Role, TokenHash};
use compact_str::{CompactString, format_compact};
use waystation_protocol::StationId;

/// Who is behind a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Publishes on its own channels, reads its own commands.
    Station(StationId),
    /// Reads everything, publishes nothing.
    Reader(CompactString),
    /// Reads everything, publishes for any registered station.
    Service(CompactString),
}

/// A client that is let in, and what it proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    pub identity: Identity,
    /// What it showed; `None`: a client certificate.
    credential: Option<TokenHash>,
}

/// Why a client is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRefusal {
    /// Unknown name, wrong token, certificate of another: never told apart.
    Credentials,
    /// A station whose client id is neither its id nor `{id}.{suffix}`, or an empty one where none can be given.
    ClientId,
}

impl LoginRefusal {
    /// Label of `mqtt_refusals_total`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::ClientId => "client_id",
        }
    }
}

/// Judges a login. `certificate` is the CN of a client certificate that TLS has verified.
///
/// # Errors
/// The refusal that CONNACK carries. Credentials are judged first, so that a client id tells a stranger nothing.
pub fn login(
    directory: &Directory,
    user_name: Option<&str>,
    password: Option<&[u8]>,
    certificate: Option<&str>,
    client_id: &str,
) -> Result<Admitted, LoginRefusal> {
    let admitted = by_certificate(directory, user_name, certificate)
        .or_else(|| by_token(directory, user_name?, password?))
        .ok_or(LoginRefusal::Credentials)?;
    match &admitted.identity {
        Identity::Station(station) if !is_client_id_of(station, client_id) => Err(LoginRefusal::ClientId),
        _ => Ok(admitted),
    }
}

impl Admitted {
    /// Whether what was shown still opens the door: the station or token was not removed nor its token changed.
    #[must_use]
    pub fn is_still_good(&self, directory: &Directory) -> bool {
        match (&self.identity, &self.credential) {
            (Identity::Station(station), None) => directory.station(station.as_str()).is_some(),
            (Identity::Station(station), Some(hash)) => directory.is_station_token(station.as_str(), hash),
            (Identity::Reader(name) | Identity::Service(name), Some(hash)) => {
                directory.owner_of(hash).is_some_and(|owner| owner.name.as_str() == name.as_str())
            }
            (Identity::Reader(_) | Identity::Service(_), None) => false,
        }
    }

    /// The second token of a station, if that is what was shown.
    #[must_use]
    pub fn used_successor(&self, directory: &Directory) -> Option<(&StationId, TokenHash)> {
        match (&self.identity, self.credential) {
            (Identity::Station(station), Some(hash)) => {
                directory.is_successor(station.as_str(), &hash).then_some((station, hash))
            }
            _ => None,
        }
    }

    /// The key under which a second connection takes over the first. A reader can never take over a station.
    #[must_use]
    pub fn session_key(&self, client_id: &str) -> CompactString {
        match self.identity {
            Identity::Station(_) => format_compact!("s/{client_id}"),
            Identity::Reader(_) | Identity::Service(_) => format_compact!("r/{client_id}"),
        }
    }
}

fn by_certificate(
    directory: &Directory,
    user_name: Option<&str>,
    certificate: Option<&str>,
) -> Option<Admitted> {
    let name = certificate.filter(|name| user_name.is_none_or(|user| user.is_empty() || user == *name))?;
    let station = directory.station(name)?;
    Some(Admitted { identity: Identity::Station(station.id.clone()), credential: None })
}

fn by_token(directory: &Directory, user_name: &str, password: &[u8]) -> Option<Admitted> {
    let credential = Some(TokenHash::of(password));
    if directory.login_station(user_name, password) {
        let station = directory.station(user_name)?;
        return Some(Admitted { identity: Identity::Station(station.id.clone()), credential });
    }
    let owner = directory.login_token(Some(user_name), password)?;
    let name = CompactString::from(owner.name.as_str());
    let identity = match owner.role {
        Role::Service => Identity::Service(name),
        Role::Viewer | Role::Operator | Role::Admin | Role::Reader => Identity::Reader(name),
    };
    Some(Admitted { identity, credential })
}

fn is_client_id_of(station: &StationId, client_id: &str) -> bool {
    match client_id.strip_prefix(station.as_str()) {
        Some("") => true,
        Some(rest) => rest.len() > 1 && rest.starts_with('.'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{NewStation, Principal, TokenName};

    fn directory() -> Directory {
        let station = NewStation::named("jb-001").check().expect("station");
        let reader = Principal { name: TokenName::try_from("grafana").expect("name"), role: Role::Viewer };
        let service = Principal { name: TokenName::try_from("bridge").expect("name"), role: Role::Service };
        Directory::new(
            vec![(station, TokenHash::of(b"secret"))],
            vec![(reader, TokenHash::of(b"read")), (service, TokenHash::of(b"serve"))],
        )
    }

    fn check(
        user: Option<&str>,
        password: Option<&str>,
        certificate: Option<&str>,
        client_id: &str,
        expected: Result<&str, LoginRefusal>,
    ) {
        let directory = directory();
        let judged = login(&directory, user, password.map(str::as_bytes), certificate, client_id);
        if let Ok(admitted) = &judged {
            assert!(admitted.is_still_good(&directory));
            assert!(!admitted.is_still_good(&Directory::default()));
        }
        let name = |admitted: Admitted| match admitted.identity {
            Identity::Station(id) => format!("station {id}"),
            Identity::Reader(name) => format!("reader {name}"),
            Identity::Service(name) => format!("service {name}"),
        };
        assert_eq!(judged.map(name), expected.map(str::to_owned), "{user:?} {certificate:?} {client_id}");
    }

    #[test]
    fn stations_readers_and_strangers() {
        let refused = Err(LoginRefusal::Credentials);
        check(Some("jb-001"), Some("secret"), None, "jb-001", Ok("station jb-001"));
        check(Some("jb-001"), Some("secret"), None, "jb-001.bridge", Ok("station jb-001"));
        check(Some("jb-001"), Some("secret"), None, "jb-001.", Err(LoginRefusal::ClientId));
        check(Some("jb-001"), Some("secret"), None, "jb-0012", Err(LoginRefusal::ClientId));
        check(Some("jb-001"), Some("secret"), None, "", Err(LoginRefusal::ClientId));
        check(Some("jb-001"), Some("wrong"), None, "jb-0012", refused);
        check(Some("nobody"), Some("secret"), None, "nobody", refused);
        check(None, Some("secret"), None, "jb-001", refused);
        check(Some("grafana"), Some("read"), None, "any/thing", Ok("reader grafana"));
        check(Some("other"), Some("read"), None, "x", refused);
        check(Some("bridge"), Some("serve"), None, "x", Ok("service bridge"));
    }

    #[test]
    fn a_certificate_speaks_for_its_own_station_only() {
        let refused = Err(LoginRefusal::Credentials);
        check(None, None, Some("jb-001"), "jb-001", Ok("station jb-001"));
        check(Some("jb-001"), None, Some("jb-001"), "jb-001", Ok("station jb-001"));
        check(None, None, Some("jb-001"), "jb-002", Err(LoginRefusal::ClientId));
        check(Some("jb-002"), None, Some("jb-001"), "jb-002", refused);
        check(None, None, Some("stranger"), "stranger", refused);
        check(Some("grafana"), Some("read"), Some("jb-001"), "x", Ok("reader grafana"));
    }
}
