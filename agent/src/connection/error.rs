//! Why there is no connection, and what to do about it.

use super::AddressError;
use rumqttc::ConnectReturnCode;
use std::io;
use std::time::Duration;
use thiserror::Error;

/// No connection came about.
#[derive(Debug, Error)]
pub enum ConnectError {
    #[error("the name {host} cannot be resolved ({error}): check the hub's address and the DNS server")]
    Resolve { host: String, error: io::Error },
    #[error("no TCP connection ({0}): check that the hub runs and that no firewall stands in between")]
    Tcp(io::Error),
    #[error("the TLS handshake failed ({0}): check `ca`, the hub's certificate and this machine's clock")]
    Tls(io::Error),
    #[error("the hub refused the login ({}): {}", code_text(*.0), code_remedy(*.0))]
    Refused(ConnectReturnCode),
    #[error("no answer within {} s: check the network and that the port is the hub's MQTT port", .0.as_secs())]
    Timeout(Duration),
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Lost(#[from] ConnectionLost),
}

impl ConnectError {
    /// Whether the hub turned the station away, which only a person can mend.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// Whether it is the token, or the station's name, that the hub does not take.
    pub fn is_bad_login(&self) -> bool {
        matches!(
            self,
            Self::Refused(ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized)
        )
    }
}

/// A connection broke.
#[derive(Debug, Error)]
pub enum ConnectionLost {
    #[error("the server closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    #[error("the server did not answer for {} s", .0.as_secs())]
    Silent(Duration),
    #[error("the server broke the MQTT protocol: {0}")]
    Protocol(&'static str),
}

fn code_text(code: ConnectReturnCode) -> &'static str {
    match code {
        ConnectReturnCode::Success => "success",
        ConnectReturnCode::RefusedProtocolVersion => "protocol version",
        ConnectReturnCode::BadClientId => "client id",
        ConnectReturnCode::ServiceUnavailable => "server unavailable",
        ConnectReturnCode::BadUserNamePassword => "bad user name or password",
        ConnectReturnCode::NotAuthorized => "not authorised",
    }
}

fn code_remedy(code: ConnectReturnCode) -> &'static str {
    match code {
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
            "check the station id and its token (`waystation-hub station rotate-token` makes a new one)"
        }
        ConnectReturnCode::ServiceUnavailable => "the hub is busy or stopping; it is tried again",
        ConnectReturnCode::BadClientId => "the client id must be the station id",
        _ => "check that the address is a Waystation hub's",
    }
}
