//! Alerts by mail: a real hub and a real mail server, with TLS and a login; and what the hub says when one is wrong.

use serde_json::Value;
use std::path::Path;
use waystation_tests::certs::{Authority, Pair};
use waystation_tests::mailserver::{PASSWORD, USERNAME};
use waystation_tests::{Client, HubSettings, MailServer, Version, until, until_some};

const CHANNEL: &str = "alerts.channels.mail";

fn authority(folder: &Path) -> (Authority, Pair) {
    let authority = Authority::new(folder);
    let pair = authority.issue("mail");
    (authority, pair)
}

/// A channel that is right in everything.
fn settings(server: &MailServer, security: &str, ca: &Path) -> HubSettings {
    HubSettings::default()
        .set_text(CHANNEL, "kind", "email")
        .set_text(CHANNEL, "server", server.server())
        .set_text(CHANNEL, "security", security)
        .set_text(CHANNEL, "ca", ca.display())
        .set_text(CHANNEL, "username", USERNAME)
        .set_text(CHANNEL, "password", PASSWORD)
        .set_text(CHANNEL, "from", "驿站 <hub@example.com>")
        .set(CHANNEL, "to", "[\"a@example.com\", \"b@example.com\"]")
}

fn check_delivery(security: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (authority, pair) = authority(folder.path());
    let server = MailServer::start(security, &pair);
    let mut hub = settings(&server, security, &authority.cert()).start();
    let station = hub.known_station("dx-0001");
    let mut client = Client::log_in(hub.mqtt, &station, Version::V5);
    let smoke = br#"{"device":"cab-1","smoke":true}"#;
    assert_eq!(client.publish_acked(&station.topic("cabinet"), smoke), 0);
    let message = until_some("the mail arrives", || server.messages().into_iter().next());
    assert_eq!((&message["tls"], &message["user"]), (&true.into(), &USERNAME.into()), "{message}");
    assert_eq!(message["to"], serde_json::json!(["a@example.com", "b@example.com"]));
    let subject = message["subject"].as_str().unwrap();
    assert!(subject.starts_with("【严重】") && subject.contains("dx-0001"), "{subject}");
    assert!(message["text"].as_str().unwrap().contains("处置："), "{message}");
    until("it is counted", || {
        hub.metric("waystation_alert_notifications_total", "channel=\"mail\",result=\"delivered\"") == 1.0
    });
    hub.stop();
}

#[test]
fn mail_goes_over_starttls() {
    check_delivery("starttls");
}

#[test]
fn mail_goes_over_tls_from_the_beginning() {
    check_delivery("tls");
}

/// What `check --send` says of the channel: outcome, then detail and advice in English.
fn tried(settings: HubSettings) -> (String, String) {
    let hub = settings.prepare();
    let output = hub.command(&["check", "--json", "--send"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let items = report["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["key"] == CHANNEL).unwrap_or_else(|| panic!("{report}"));
    (
        item["outcome"].as_str().unwrap().to_owned(),
        format!("{} → {}", item["detail"]["en"], item["advice"]["en"]),
    )
}

/// That it fails, and that what it says has these words.
fn check_refusal(settings: HubSettings, words: [&str; 2]) {
    let (outcome, said) = tried(settings);
    assert_eq!(outcome, "failed", "{said}");
    for word in words {
        assert!(said.contains(word), "{word} in: {said}");
    }
    assert!(!said.contains(PASSWORD), "{said}");
}

#[test]
fn what_is_wrong_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, pair) = authority(folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let (stranger, _) = self::authority(elsewhere.path());
    let (starttls, tls) = (MailServer::start("starttls", &pair), MailServer::start("tls", &pair));
    let plain = MailServer::start("none", &pair);
    let ca = authority.cert();
    for (server, security) in [(&starttls, "starttls"), (&tls, "tls")] {
        assert_eq!(tried(settings(server, security, &ca)).0, "ok");
        let certificate = ["invalid peer certificate", "PEM file in `ca`"];
        check_refusal(settings(server, security, &stranger.cert()), certificate);
        let password = settings(server, security, &ca).set_text(CHANNEL, "password", "wrong");
        check_refusal(password, ["535", "check username and password"]);
    }
    check_refusal(settings(&starttls, "tls", &ca), ["corrupt message", "587"]);
    check_refusal(settings(&plain, "starttls", &ca), ["STARTTLS is not supported", "465"]);
    check_refusal(settings(&plain, "none", &ca), ["No compatible authentication", "username"]);
    let key = settings(&starttls, "starttls", &pair.key);
    check_refusal(key, ["no certificate", "PEM"]);
    let taken = [&starttls, &tls, &plain].map(|server| server.messages().len());
    assert_eq!(taken, [1, 1, 0], "nothing was sent where something was wrong");
}
