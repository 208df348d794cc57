//! The installer's doctor against a real mosquitto: plain, with logins, and with TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod support;

use std::path::Path;
use std::process::Command;
use support::{Agent, Mosquitto};

/// Runs `check`; the trials must end with this one, which passes or fails with this text.
fn check(agent: &Agent, last: &str, failure: Option<&str>) {
    let printed = agent.command("check").arg("--json").output().unwrap();
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&printed.stdout).unwrap();
    let found = findings.last().unwrap();
    assert_eq!(found["trial"], last, "{findings:#?}");
    assert_eq!(found["ok"].as_bool(), Some(failure.is_none()), "{findings:#?}");
    assert_eq!(printed.status.success(), failure.is_none());
    let detail = found["detail"].as_str().unwrap();
    assert!(detail.contains(failure.unwrap_or("")), "{detail}");
}

#[tokio::test]
async fn all_is_well_also_beside_a_running_agent() {
    let folder = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::start(folder.path()).await;
    let mut agent = Agent::new(folder.path(), mosquitto.port, "");
    check(&agent, "round trip", None);
    agent.start();
    support::until("the agent is live", || agent.outbox()["state"] == "live").await;
    check(&agent, "round trip", None);
    assert_eq!(agent.outbox()["state"], "live");
}

#[tokio::test]
async fn a_hub_that_is_away_fails_at_tcp() {
    let folder = tempfile::tempdir().unwrap();
    let mut mosquitto = Mosquitto::start(folder.path()).await;
    mosquitto.stop();
    let agent = Agent::new(folder.path(), mosquitto.port, "");
    check(&agent, "tcp", Some("check that the hub runs"));
}

#[tokio::test]
async fn a_wrong_token_fails_at_the_login() {
    let folder = tempfile::tempdir().unwrap();
    let passwords = folder.path().join("passwords");
    run(Command::new("mosquitto_passwd").args(["-b", "-c"]).arg(&passwords).args(["jb-001", "right"]));
    let more = format!("allow_anonymous false\npassword_file {}\n", passwords.display());
    let mosquitto = Mosquitto::start_with(folder.path(), &more).await;
    let mut agent = Agent::new(folder.path(), mosquitto.port, "");
    agent.environment("WAYSTATION_TOKEN", "wrong");
    check(&agent, "login", Some("check the station id and its token"));
    agent.environment("WAYSTATION_TOKEN", "right");
    check(&agent, "round trip", None);
}

#[tokio::test]
async fn tls_needs_the_right_authority() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (folder.path().join("ours"), folder.path().join("other"));
    make_authority(&ours);
    make_authority(&other);
    make_certificate(&ours);
    let more = format!(
        "allow_anonymous true\ncertfile {0}/cert.pem\nkeyfile {0}/key.pem\nuser root\n",
        ours.display()
    );
    let mosquitto = Mosquitto::start_with(folder.path(), &more).await;
    let mut agent = Agent::new(folder.path(), mosquitto.port, "");
    agent.environment("WAYSTATION_HUB", &format!("mqtts://localhost:{}", mosquitto.port));
    agent.environment("WAYSTATION_CA", &ours.join("ca.pem").display().to_string());
    check(&agent, "round trip", None);
    agent.environment("WAYSTATION_CA", &other.join("ca.pem").display().to_string());
    check(&agent, "tls", Some("check `ca`"));
    agent.environment("WAYSTATION_CA", "/no/such/file");
    check(&agent, "tls setup", Some("/no/such/file"));
}

#[test]
fn mistakes_in_the_configuration_are_all_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = Agent::new(folder.path(), 1, "colour = 1\n[batch]\nzstd = \"maybe\"\n");
    agent.environment("WAYSTATION_OUTBOX__MAX_BYTES", "tiny");
    agent.environment("WAYSTATION_OUTBX__MAX_BYTES", "1GiB");
    // The hub's variables may stand in the same environment.
    agent.environment("WAYSTATION_MQTT__LISTEN", "127.0.0.1:1883");
    check(&agent, "configuration", Some("4 mistake(s)"));
    for key in ["gateway.colour", "batch.zstd", "outbox.max_bytes", "outbx.max_bytes"] {
        check(&agent, "configuration", Some(key));
    }
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {done:?}");
}

fn openssl(folder: &Path, arguments: &str) {
    run(Command::new("openssl").args(arguments.split(' ')).current_dir(folder));
}

fn make_authority(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key";
    openssl(folder, &format!("req -x509 {key} -out ca.pem -days 2 -subj /CN=authority"));
}

fn make_certificate(folder: &Path) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem";
    openssl(folder, &format!("req {key} -out request.pem -subj /CN=localhost"));
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost").unwrap();
    let signing = "-CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -days 2";
    openssl(folder, &format!("x509 -req -in request.pem {signing} -out cert.pem"));
}
