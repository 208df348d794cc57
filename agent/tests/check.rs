//! The installer's doctor against a real mosquitto: plain, with logins, and with TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use support::{Agent, Mosquitto};

/// Runs `check`; the last trial is this one, which passes or fails with this problem and says what to do in both
/// languages. Gives what was found.
fn check(agent: &Agent, last: &str, problem: Option<&str>) -> Vec<serde_json::Value> {
    let look = |language: &str| -> Vec<serde_json::Value> {
        let printed = agent.command("check").args(["--json", "--lang", language]).output().unwrap();
        assert_eq!(printed.status.success(), problem.is_none(), "{printed:?}");
        serde_json::from_slice(&printed.stdout).unwrap()
    };
    let findings = look("en");
    let found = findings.last().unwrap();
    assert_eq!(found["trial"], last, "{findings:#?}");
    assert_eq!(found["problem"].as_str(), problem, "{findings:#?}");
    if problem.is_some() {
        let chinese = look("zh");
        for member in ["detail", "fix"] {
            let (en, zh) =
                (found[member].as_str().unwrap(), chinese.last().unwrap()[member].as_str().unwrap());
            assert!(!en.contains('{') && !zh.contains('{') && en != zh, "{en} / {zh}");
        }
    }
    findings
}

/// A port where somebody takes one connection after the other, hears the first bytes and answers this.
fn stranger(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(mut client) = client else { return };
            // The check judges what it gets; a client that is gone is no matter.
            drop(client.read(&mut [0; 512]).and_then(|_| client.write_all(answer)));
        }
    });
    port
}

#[tokio::test]
async fn all_is_well_also_beside_a_running_agent() {
    let folder = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::start(folder.path()).await;
    let mut agent = Agent::new(folder.path(), mosquitto.port, "");
    let findings = check(&agent, "round_trip", None);
    let trials: Vec<_> = findings.iter().map(|finding| finding["trial"].as_str().unwrap()).collect();
    let all = [
        "configuration",
        "clock",
        "disk",
        "source",
        "authorities",
        "dns",
        "tcp",
        "tls",
        "login",
        "hub_clock",
        "round_trip",
    ];
    assert_eq!(trials, all);
    agent.start();
    support::until("the agent is live", || agent.outbox()["state"] == "live").await;
    check(&agent, "round_trip", None);
    assert_eq!(agent.outbox()["state"], "live");
}

#[tokio::test]
async fn people_read_it_in_the_language_of_their_environment() {
    let folder = tempfile::tempdir().unwrap();
    let mut mosquitto = Mosquitto::start(folder.path()).await;
    mosquitto.stop();
    let agent = Agent::new(folder.path(), mosquitto.port, "");
    for (language, failed) in [("zh_CN.UTF-8", "失败"), ("C.UTF-8", "FAIL")] {
        let printed = agent.command("check").env("LC_ALL", language).output().unwrap();
        let text = String::from_utf8(printed.stdout).unwrap();
        assert!(text.lines().any(|line| line.starts_with(failed) && line.contains("TCP")), "{text}");
    }
}

#[tokio::test]
async fn a_hub_that_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut mosquitto = Mosquitto::start(folder.path()).await;
    mosquitto.stop();
    let mut agent = Agent::new(folder.path(), mosquitto.port, "");
    check(&agent, "tcp", Some("port_closed"));
    agent.environment("WAYSTATION_HUB", "mqtt://no-such-host.invalid");
    let findings = support::check_of(&agent);
    let found = findings.last().unwrap();
    // A machine without a network has no DNS server that could say that there is no such name.
    assert!(found["problem"] == "name_unknown" || found["problem"] == "dns_unreachable", "{found}");
}

#[tokio::test]
async fn something_else_on_the_port() {
    let folder = tempfile::tempdir().unwrap();
    let web = stranger(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let mut agent = Agent::new(folder.path(), web, "");
    check(&agent, "login", Some("not_mqtt"));
    agent.environment("WAYSTATION_HUB", &format!("mqtts://localhost:{web}"));
    check(&agent, "tls", Some("not_tls"));
    let mosquitto = Mosquitto::start(folder.path()).await;
    agent.environment("WAYSTATION_HUB", &format!("mqtts://localhost:{}", mosquitto.port));
    check(&agent, "tls", Some("not_tls"));
}

#[test]
fn a_port_that_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let agent = Agent::new(folder.path(), listener.local_addr().unwrap().port(), "");
    let findings = support::check_of(&agent);
    assert_eq!(findings.last().unwrap()["problem"], "login_silent");
}

#[tokio::test]
async fn a_login_that_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let passwords = folder.path().join("passwords");
    run(Command::new("mosquitto_passwd").args(["-b", "-c"]).arg(&passwords).args(["jb-001", "right"]));
    let more = format!("allow_anonymous false\npassword_file {}\n", passwords.display());
    let mosquitto = Mosquitto::start_with(folder.path(), &more).await;
    let mut agent = Agent::new(folder.path(), mosquitto.port, "");
    check(&agent, "login", Some("token_missing"));
    agent.environment("WAYSTATION_TOKEN", "wrong");
    check(&agent, "login", Some("login_refused"));
    agent.environment("WAYSTATION_TOKEN", "right");
    check(&agent, "round_trip", None);
}

/// Each mistake that is made with certificates has its own name.
#[tokio::test]
async fn certificates_of_every_kind() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) =
        (Authority::new(&folder.path().join("ours")), Authority::new(&folder.path().join("other")));
    ours.issue("good", GOOD, "DNS:localhost");
    let cases: [(&str, &Authority, Option<&str>); 3] = [
        ("good", &ours, None),
        ("good", &other, Some("issuer_unknown")),
        ("ca", &ours, Some("certificate_is_authority")),
    ];
    for (certificate, trusted, problem) in cases {
        check_certificate(folder.path(), &ours, certificate, trusted, problem).await;
    }
    ours.issue("expired", ("20240101000000Z", "20240201000000Z"), "DNS:localhost");
    check_certificate(folder.path(), &ours, "expired", &ours, Some("certificate_expired")).await;
    ours.issue("early", ("20490101000000Z", "20491231000000Z"), "DNS:localhost");
    check_certificate(folder.path(), &ours, "early", &ours, Some("clock_behind")).await;
    ours.issue("misnamed", GOOD, "DNS:hub.example,DNS:other.example");
    let findings = check_certificate(folder.path(), &ours, "misnamed", &ours, Some("certificate_name")).await;
    let detail = findings.last().unwrap()["detail"].as_str().unwrap();
    assert!(detail.contains("localhost") && detail.contains("hub.example"), "{detail}");
}

async fn check_certificate(
    folder: &Path,
    server: &Authority,
    certificate: &str,
    trusted: &Authority,
    problem: Option<&str>,
) -> Vec<serde_json::Value> {
    let mosquitto = Mosquitto::start_with(folder, &server.listener(certificate)).await;
    let mut agent = Agent::new(folder, mosquitto.port, "");
    agent.environment("WAYSTATION_HUB", &format!("mqtts://localhost:{}", mosquitto.port));
    agent.environment("WAYSTATION_CA", &trusted.path("ca.pem"));
    check(&agent, if problem.is_some() { "tls" } else { "round_trip" }, problem)
}

#[tokio::test]
async fn tls_that_asks_for_more_or_is_not_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new(&folder.path().join("ours"));
    ours.issue("good", GOOD, "DNS:localhost");
    let more = format!("{}cafile {}\nrequire_certificate true\n", ours.listener("good"), ours.path("ca.pem"));
    let mosquitto = Mosquitto::start_with(folder.path(), &more).await;
    let mut agent = Agent::new(folder.path(), mosquitto.port, "");
    check(&agent, "login", Some("not_mqtt"));
    agent.environment("WAYSTATION_HUB", &format!("mqtts://localhost:{}", mosquitto.port));
    agent.environment("WAYSTATION_CA", &ours.path("ca.pem"));
    check(&agent, "login", Some("client_certificate"));
    agent.environment("WAYSTATION_CA", "/no/such/file");
    check(&agent, "authorities", Some("authority_file"));
}

#[test]
fn mistakes_in_the_configuration_are_all_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = Agent::new(folder.path(), 1, "colour = 1\n[batch]\nzstd = \"maybe\"\n");
    agent.environment("WAYSTATION_OUTBOX__MAX_BYTES", "tiny");
    agent.environment("WAYSTATION_OUTBX__MAX_BYTES", "1GiB");
    // The hub's variables may stand in the same environment.
    agent.environment("WAYSTATION_MQTT__LISTEN", "127.0.0.1:1883");
    let findings = support::check_of(&agent);
    let detail = findings[0]["detail"].as_str().unwrap();
    for wanted in ["4 mistake(s)", "gateway.colour", "batch.zstd", "outbox.max_bytes", "outbx.max_bytes"] {
        assert!(detail.contains(wanted), "{detail}");
    }
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["problem"], "configuration");
}

/// Folders, disks and sources that cannot work.
#[test]
fn what_is_wrong_on_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let find = |name: &str, value: &str, trial: &str| {
        let mut agent = Agent::new(folder.path(), 1, "");
        agent.environment(name, value);
        let findings = support::check_of(&agent);
        let found = findings.iter().find(|finding| finding["trial"] == trial && finding["ok"] == false);
        found.unwrap_or_else(|| panic!("{findings:#?}"))["problem"].as_str().unwrap().to_owned()
    };
    assert_eq!(find("WAYSTATION_DATA_DIR", "/proc/nowhere", "disk"), "data_dir");
    assert_eq!(find("WAYSTATION_OUTBOX__MAX_BYTES", "900000GiB", "disk"), "disk_small");
    assert_eq!(find("WAYSTATION_SOURCES__JSONL__PATH", "/no/such/folder/x.sock", "source"), "source_folder");
    assert_eq!(find("WAYSTATION_SOURCES__JSONL__LISTEN", "127.0.0.1:1", "tcp"), "port_closed");
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {done:?}");
}

/// From when to when a certificate is good, as openssl writes it.
const GOOD: (&str, &str) = ("20240101000000Z", "20491231000000Z");

/// A certificate authority in a folder of its own.
struct Authority(std::path::PathBuf);

impl Authority {
    fn new(folder: &Path) -> Self {
        std::fs::create_dir(folder).unwrap();
        let authority = Self(folder.to_owned());
        authority.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority");
        std::fs::write(folder.join("serial"), "01\n").unwrap();
        std::fs::write(folder.join("index.txt"), "").unwrap();
        std::fs::write(folder.join("index.txt.attr"), "unique_subject = no\n").unwrap();
        authority
    }

    /// Signs `NAME.pem` for these alternative names.
    fn issue(&self, name: &str, (from, until): (&str, &str), names: &str) {
        let config = format!(
            "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = .\ncertificate = ca.pem\n\
             private_key = ca.key\ndefault_md = sha256\npolicy = any\nx509_extensions = server\n[any]\ncommonName = supplied\n\
             [server]\nbasicConstraints = CA:FALSE\nsubjectAltName = {names}\n"
        );
        std::fs::write(self.0.join("ca.cnf"), config).unwrap();
        self.openssl(&format!("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"));
        self.openssl(&format!("ca -batch -notext -config ca.cnf -in {name}.csr -out {name}.pem -startdate {from} -enddate {until}"));
    }

    /// A TLS listener of mosquitto with this certificate.
    fn listener(&self, name: &str) -> String {
        let (cert, key) = (self.path(&format!("{name}.pem")), self.path(&format!("{name}.key")));
        format!("allow_anonymous true\ncertfile {cert}\nkeyfile {key}\nuser root\n")
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn openssl(&self, arguments: &str) {
        run(Command::new("openssl").args(arguments.split(' ')).current_dir(&self.0));
    }
}
