//! A gateway gets its token for a short code: once, for a while, and not by guessing.

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use waystation_tests::{Client, Hub, HubSettings, Version, http, hub::Login, process, programs, until};

fn agent_claim(hub: &Hub, code: &str, config: &Path) -> Output {
    let mut command: Command = programs::ours("waystation-agent");
    command.args(["claim", code, "--hub", &format!("http://{}", hub.http), "--config"]).arg(config);
    command.output().expect("the agent's command runs")
}

fn post(hub: &Hub, path: &str, headers: &str, body: &Value) -> (u16, Value) {
    let headers = format!("{headers}Content-Type: application/json\r\n");
    let answer = http::ask(hub.http, "POST", path, &headers, body.to_string().as_bytes()).expect("an answer");
    (answer.status, answer.json())
}

fn code_from(hub: &Hub, arguments: &[&str]) -> String {
    let printed = process::run(hub.command(arguments).arg("--json"));
    let made: Value = serde_json::from_str(&printed).expect("JSON");
    assert!(made["token"].is_null(), "no token is shown: {printed}");
    made["claim"].as_str().expect("a code").to_owned()
}

#[test]
fn a_gateway_claims_its_station_once() {
    let hub = HubSettings::default().start();
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("agent.toml");
    let code = code_from(&hub, &["station", "add", "dx-0001", "--claim"]);
    // As people type.
    let typed = code.to_lowercase().replace('-', "");
    let claimed = agent_claim(&hub, &typed, &config);
    assert!(claimed.status.success(), "{claimed:?}");
    let token_file = folder.path().join("token");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&token_file.metadata().expect("the token").permissions());
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&config).expect("the configuration");
    assert!(text.contains(&format!("hub = \"mqtt://{}\"", hub.mqtt)), "{text}");
    let token = std::fs::read_to_string(&token_file).expect("the token").trim().to_owned();
    assert!(!String::from_utf8_lossy(&claimed.stdout).contains(&token), "nobody sees the token");
    let first = Login { name: "dx-0001".into(), token };
    Client::log_in(hub.mqtt, &first, Version::V311).disconnect();

    // Nothing but the sources is missing.
    let tried = programs::ours("waystation-agent").args(["check", "--config"]).arg(&config).output();
    let tried = String::from_utf8(tried.expect("the agent's command runs").stdout).expect("UTF-8");
    assert!(tried.contains("logged in as dx-0001"), "{tried}");
    assert_eq!(tried.matches("FAIL").count(), 1, "{tried}");

    let again = agent_claim(&hub, &code, &config);
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("404"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&token_file).expect("the token").trim(), first.token, "it is kept");

    // A new gateway for the station: what is there is compared, and the old token ends.
    let code = code_from(&hub, &["station", "claim", "dx-0001"]);
    let claimed = agent_claim(&hub, &code, &config);
    assert!(claimed.status.success(), "{claimed:?}");
    assert!(String::from_utf8_lossy(&claimed.stdout).contains("agent.toml fits"), "{claimed:?}");
    let token = std::fs::read_to_string(&token_file).expect("the token").trim().to_owned();
    let second = Login { name: "dx-0001".into(), token };
    assert_ne!(second.token, first.token);
    Client::log_in(hub.mqtt, &second, Version::V5).disconnect();
    let connect = waystation_tests::Connect::new(Version::V311, &first);
    assert_eq!(Client::try_connect(hub.mqtt, &connect).1, Some(5));
    let audit: Vec<Value> = hub.items("/api/v1/audit?action=station.claimed");
    assert_eq!(audit.len(), 2);

    // Whatever could fail here is tried before the code is used.
    let code = code_from(&hub, &["station", "claim", "dx-0001"]);
    let elsewhere = folder.path().join("elsewhere");
    std::fs::create_dir_all(elsewhere.join("agent.new")).expect("a folder where the configuration is made");
    let failed = agent_claim(&hub, &code, &elsewhere.join("agent.toml"));
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(!failed.status.success() && said.contains("The code is not used up"), "{said}");
    assert!(agent_claim(&hub, &code, &config).status.success());
}

/// By root, for a service with a user of its own: the file is the folder's owner's, also where root left one before.
#[test]
fn a_token_that_root_claims_belongs_to_the_agents_user() {
    const NOBODY: &str = "65534";
    if !process::run(Command::new("id").arg("-u")).trim().eq("0") {
        eprintln!("skipped: it is about root");
        return;
    }
    let hub = HubSettings::default().start();
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("agent.toml");
    let data = folder.path().join("data");
    let token_file = data.join("token");
    std::fs::create_dir(&data).expect("the folder");
    process::run(Command::new("chmod").arg("0711").arg(folder.path()));
    process::run(Command::new("chown").arg(NOBODY).arg(&data));
    process::run(Command::new("chmod").arg("0700").arg(&data));
    let text = format!(
        "station = \"dx-0001\"\nhub = \"mqtt://{}\"\ntoken_file = \"{}\"\n",
        hub.mqtt,
        token_file.display()
    );
    std::fs::write(&config, text).expect("the configuration");
    hub.known_station("dx-0001");
    for left_by_root in [false, true] {
        if left_by_root {
            std::fs::remove_file(&token_file).expect("the token");
            std::fs::write(&token_file, "wst_old").expect("the token");
        }
        let code = code_from(&hub, &["station", "claim", "dx-0001"]);
        let claimed = agent_claim(&hub, &code, &config);
        assert!(claimed.status.success(), "{claimed:?}");
        // As the unit's user: it is read, and replaced as a rotation does.
        let mut replace = Command::new("setpriv");
        replace.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "sh", "-ec"]);
        replace.arg("cat token; cp -p token token.next; mv token.next token; stat -c '%u %a' token");
        let said = process::run(replace.current_dir(&data));
        assert!(said.starts_with("wst_") && said.ends_with(&format!("\n{NOBODY} 600\n")), "{said}");
    }
}

#[test]
fn guesses_are_bounded_and_admins_alone_make_codes() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let (admin, operator) = (hub.add_token("boss", "admin"), hub.add_token("zhang", "operator"));
    let path = "/api/v1/stations/dx-0001/claim";
    let bearer = |login: &Login| format!("Authorization: Bearer {}\r\n", login.token);
    until("the hub knows the tokens", || post(&hub, path, &bearer(&operator), &json!({})).0 == 403);
    let (status, expiring) = post(&hub, path, &bearer(&admin), &json!({ "expires_s": 1 }));
    assert_eq!(status, 201, "{expiring}");
    let expired = || waystation_tests::readings::now_ms() > expiring["expires"].as_i64().expect("a time");
    until("the code has expired", expired);
    assert_eq!(post(&hub, "/claim", "", &json!({ "code": expiring["claim"] })).0, 404);
    let statuses: Vec<u16> =
        (0..30).map(|_| post(&hub, "/claim", "", &json!({ "code": "0000-0000" })).0).collect();
    assert_eq!(statuses[0], 404);
    assert!(statuses.contains(&429), "{statuses:?}");
    let (_, good) = post(&hub, path, &bearer(&admin), &json!({}));
    assert_eq!(post(&hub, "/claim", "", &json!({ "code": good["claim"] })).0, 429, "not even a good one");
    // The token is good until a code is used.
    Client::log_in(hub.mqtt, &station, Version::V5).disconnect();
    assert!(hub.metric("waystation_claims_total", "result=\"refused\"") >= 9.0);
}
