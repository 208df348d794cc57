//! Which problem a failed connection shows: each that has a fix of its own is told apart from the others.

use super::Message;
use super::explain_tls::explain_tls;
use crate::config::Config;
use crate::connection::{ConnectError, ConnectionLost};
use rumqttc::ConnectReturnCode;
use std::io::{self, ErrorKind};

/// The problem behind an error of the way to the hub; `now_ms` is what this machine's clock says.
pub fn explain(error: &ConnectError, config: &Config, now_ms: i64) -> Message {
    match error {
        ConnectError::Resolve { error, .. } => at_hub(unresolved(error), config).with("error", error),
        ConnectError::Tcp(error) => at_hub(unconnected(error), config).with("error", error),
        ConnectError::Tls(error) => explain_tls(error, config, now_ms),
        ConnectError::Refused(code) => refused(*code, config),
        ConnectError::Timeout(_) => at_hub("tcp_silent", config),
        ConnectError::Address(error) => at_hub("name_unknown", config).with("error", error),
        // In TLS 1.3 the server judges the client's certificate after the client's handshake.
        ConnectError::Lost(ConnectionLost::Io(error))
            if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) =>
        {
            explain_tls(error, config, now_ms)
        }
        ConnectError::Lost(ConnectionLost::Protocol(_) | ConnectionLost::Closed | ConnectionLost::Io(_)) => {
            at_hub("not_mqtt", config).with("error", error)
        }
        ConnectError::Lost(ConnectionLost::Silent(_)) => at_hub("login_silent", config),
    }
}

/// A problem with the facts of the hub's address.
pub fn at_hub(problem: &'static str, config: &Config) -> Message {
    Message::new(problem).with("host", config.hub.host()).with("port", config.hub.port())
}

/// The resolver's errors have no code in Rust; these are glibc's and musl's texts of EAI_AGAIN.
fn unresolved(error: &io::Error) -> &'static str {
    let text = error.to_string();
    let nobody_answers = ["Temporary failure", "Try again"].iter().any(|known| text.contains(known));
    if nobody_answers { "dns_unreachable" } else { "name_unknown" }
}

fn unconnected(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::ConnectionRefused => "port_closed",
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown => {
            "network_unreachable"
        }
        ErrorKind::TimedOut => "tcp_silent",
        _ => "tcp_failed",
    }
}

fn refused(code: ConnectReturnCode, config: &Config) -> Message {
    let problem = match code {
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => match config.token {
            Some(_) => "login_refused",
            None => "token_missing",
        },
        ConnectReturnCode::ServiceUnavailable => "hub_busy",
        _ => "not_a_hub",
    };
    at_hub(problem, config).with("station", &config.station).with("error", format!("{code:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;
    use rustls::{AlertDescription, CertificateError};

    /// Noon of 2026-11-22.
    const NOW_MS: i64 = 1_795_348_800_000;

    fn config(more: &str) -> Config {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("station = \"jb-001\"\nhub = \"mqtts://hub.example\"\n{more}"))
            .unwrap();
        Config::load(Some(file.path())).unwrap()
    }

    /// The error shows this problem, and its texts leave no placeholder over.
    fn check_at(now_ms: i64, error: &ConnectError, expected: &str) {
        let message = explain(error, &config("token = \"wst_1\""), now_ms);
        assert_eq!(message.name, expected, "{error:?}");
        for language in [Language::Zh, Language::En] {
            for group in ["problem", "fix"] {
                // Time limits are filled in by the trial.
                let text = message.clone().with("seconds", 15).text(group, language);
                assert!(!text.contains('{'), "{text}");
                assert!(!text.contains("wst_1"), "{text}");
            }
        }
    }

    fn check(error: ConnectError, expected: &str) {
        check_at(NOW_MS, &error, expected);
    }

    fn os(code: i32) -> io::Error {
        io::Error::from_raw_os_error(code)
    }

    fn tls(error: rustls::Error) -> io::Error {
        io::Error::new(ErrorKind::InvalidData, error)
    }

    #[test]
    fn names_and_networks() {
        let resolve = |text: &str| ConnectError::Resolve {
            host: "hub.example".into(),
            error: io::Error::other(text.to_owned()),
        };
        check(resolve("failed to lookup address information: Name or service not known"), "name_unknown");
        check(
            resolve("failed to lookup address information: Temporary failure in name resolution"),
            "dns_unreachable",
        );
        check(ConnectError::Tcp(os(111)), "port_closed");
        check(ConnectError::Tcp(os(101)), "network_unreachable");
        check(ConnectError::Tcp(os(113)), "network_unreachable");
        check(ConnectError::Tcp(os(110)), "tcp_silent");
        check(ConnectError::Tcp(os(1)), "tcp_failed");
    }

    #[test]
    fn certificates() {
        let time =
            |seconds| rustls::pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let expired = || {
            let reason = CertificateError::ExpiredContext {
                time: time(1_795_348_800),
                not_after: time(1_790_000_000),
            };
            ConnectError::Tls(tls(rustls::Error::InvalidCertificate(reason)))
        };
        check(expired(), "certificate_expired");
        check_at(1_000, &expired(), "certificate_clock");
        let early = CertificateError::NotValidYetContext { time: time(1), not_before: time(1_795_400_000) };
        check(ConnectError::Tls(tls(rustls::Error::InvalidCertificate(early))), "clock_behind");
        check(
            ConnectError::Tls(tls(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))),
            "issuer_unknown",
        );
        check(
            ConnectError::Tls(tls(rustls::Error::InvalidCertificate(CertificateError::Revoked))),
            "certificate_invalid",
        );
        let wanted = || tls(rustls::Error::AlertReceived(AlertDescription::CertificateRequired));
        check(ConnectError::Lost(ConnectionLost::Io(wanted())), "client_certificate");
        check(ConnectError::Tls(os(104)), "not_tls");
    }

    #[test]
    fn logins() {
        check(ConnectError::Refused(ConnectReturnCode::BadUserNamePassword), "login_refused");
        check(ConnectError::Refused(ConnectReturnCode::ServiceUnavailable), "hub_busy");
        check(ConnectError::Refused(ConnectReturnCode::BadClientId), "not_a_hub");
        check(ConnectError::Lost(ConnectionLost::Closed), "not_mqtt");
        let refused = ConnectError::Refused(ConnectReturnCode::NotAuthorized);
        assert_eq!(explain(&refused, &config(""), NOW_MS).name, "token_missing");
    }
}
