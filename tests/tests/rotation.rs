//! A station gets a new token over its own connection, and can log in whatever is killed meanwhile.

use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use waystation_tests::certs::Authority;
use waystation_tests::hub::Login;
use waystation_tests::ports::free_address;
use waystation_tests::process::Process;
use waystation_tests::{Agent, Client, Connect, Hub, HubSettings, Netns, Version, http, until};

fn ask(hub: &Hub, method: &str, station: &Login, part: &str, admin: &Login, body: &Value) -> (u16, Value) {
    let headers = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", admin.token);
    let path = format!("/api/v1/stations/{}/{part}", station.name);
    let answer =
        http::ask(hub.http, method, &path, &headers, body.to_string().as_bytes()).expect("an answer");
    (answer.status, answer.json())
}

fn rotation(hub: &Hub, station: &Login, admin: &Login) -> Value {
    ask(hub, "GET", station, "registration", admin, &Value::Null).1["rotation"].take()
}

fn known_admin(hub: &Hub, station: &Login) -> Login {
    let admin = hub.add_token("li", "admin");
    let knows = || ask(hub, "GET", station, "registration", &admin, &Value::Null).0 == 200;
    until("the hub knows the token", knows);
    admin
}

fn ask_online(hub: &Hub, station: &Login, admin: &Login) {
    let (status, asked) = ask(hub, "POST", station, "token", admin, &json!({ "online": true }));
    assert_eq!((status, asked["token"].is_null()), (200, true), "{asked}");
}

/// The offer that a listening client is sent.
fn offer(client: &mut Client, station: &Login) -> (String, Login) {
    let message = client.message();
    assert_eq!((message.topic, message.retain), (station.topic("config"), false));
    let sent: Value = serde_json::from_slice(&message.payload).expect("JSON");
    let text = |member: &str| sent[member].as_str().expect("a text").to_owned();
    (text("id"), Login { name: station.name.clone(), token: text("token") })
}

fn listening(hub: &Hub, station: &Login) -> Client {
    let mut client = Client::log_in(hub.mqtt, station, Version::V5);
    assert_eq!(client.subscribe(&station.topic("config")), 1);
    client
}

fn is_good(hub: &Hub, station: &Login) -> bool {
    Client::try_connect(hub.mqtt, &Connect::new(Version::V5, station)).1 == Some(0)
}

fn actions(hub: &Hub) -> Vec<Value> {
    hub.items("/api/v1/audit?role=station").into_iter().map(|item| item["action"].clone()).collect()
}

fn check_hidden(hub: &Hub, token: &Login) {
    assert!(!hub.log().contains(&token.token));
    let audit = hub.items("/api/v1/audit");
    assert!(!Value::from(audit).to_string().contains("wst_"));
    let files = walk(hub.folder());
    for path in files {
        let bytes = std::fs::read(&path).unwrap_or_default();
        let found = bytes.windows(token.token.len()).any(|window| window == token.token.as_bytes());
        assert!(!found, "a token in {}", path.display());
    }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn the_old_token_is_good_until_the_new_one_is_used_whatever_is_killed() {
    let mut hub = HubSettings::default().start();
    let old = hub.known_station("dx-0001");
    let admin = known_admin(&hub, &old);
    ask_online(&hub, &old, &admin);
    assert_eq!(rotation(&hub, &old, &admin), "pending");
    // Asked for while the hub is down, too: it is kept.
    hub.kill();
    hub.start();
    let mut client = listening(&hub, &old);
    let (_, lost) = offer(&mut client, &old);
    assert_eq!(rotation(&hub, &old, &admin), "sent");
    // Both are good over a restart; who comes with the old one gets a fresh one, and the lost one ends.
    hub.kill();
    hub.start();
    let mut client = listening(&hub, &old);
    let (id, new) = offer(&mut client, &old);
    assert_eq!(id, "token-2");
    assert_ne!(new.token, lost.token);
    assert!(!is_good(&hub, &lost));
    // The first login after a kill ends the old one, and sends its sessions away.
    hub.kill();
    hub.start();
    let mut still_old =
        Client::connect(hub.mqtt, &Connect::new(Version::V5, &old).client_id("dx-0001.other"));
    assert!(is_good(&hub, &new));
    until("the rotation is done", || rotation(&hub, &old, &admin).is_null());
    assert!(!is_good(&hub, &old) && is_good(&hub, &new));
    assert!(still_old.closed().is_some(), "the old session is sent away");
    hub.kill();
    hub.start();
    assert!(!is_good(&hub, &old) && is_good(&hub, &new));
    assert_eq!(actions(&hub), ["station.token_rotated"]);
    for token in [&old, &lost, &new] {
        check_hidden(&hub, token);
    }
}

#[test]
fn a_refusal_is_shown_and_ends_the_new_token() {
    let hub = HubSettings::default().start();
    let old = hub.known_station("dx-0001");
    let admin = known_admin(&hub, &old);
    let mut client = listening(&hub, &old);
    ask_online(&hub, &old, &admin);
    let (id, refused) = offer(&mut client, &old);
    let answer = json!({ "id": id, "ts": 1, "outcome": "refused", "detail": "its token is in no file" });
    assert_eq!(client.publish_acked(&old.topic("result"), answer.to_string().as_bytes()), 0);
    until("the refusal is shown", || rotation(&hub, &old, &admin) == "refused");
    let (_, shown) = ask(&hub, "GET", &old, "registration", &admin, &Value::Null);
    assert_eq!(shown["rotation_detail"], "its token is in no file");
    client.disconnect();
    // The command line asks again, and waits.
    let mut waiting =
        hub.command(&["station", "rotate-token", "dx-0001", "--online", "--wait", "30", "--json"]);
    let asked = std::thread::spawn(move || waiting.output().expect("it runs"));
    let mut client = listening(&hub, &old);
    let (_, new) = offer(&mut client, &old);
    assert!(!is_good(&hub, &refused) && is_good(&hub, &new));
    let output = asked.join().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    let done: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(done["state"], "done", "{done}");
    assert!(!is_good(&hub, &old));
}

/// A hub with TLS, and an agent that reaches it by that, with its token in a file.
struct Pair {
    hub: Hub,
    agent: Agent,
    admin: Login,
    token_file: PathBuf,
    _certificates: tempfile::TempDir,
}

impl Pair {
    fn start() -> (Self, Login) {
        let certificates = tempfile::tempdir().expect("a folder");
        let authority = Authority::new(certificates.path());
        let (server, tls) = (authority.issue("hub"), free_address());
        let settings = HubSettings::default().set_text("mqtt", "tls_listen", tls);
        let settings =
            settings.set_path("mqtt.tls", "cert", &server.cert).set_path("mqtt.tls", "key", &server.key);
        let hub = settings.start();
        let station = hub.known_station("dx-0001");
        let admin = known_admin(&hub, &station);
        let mut agent = Agent::prepare(&station, hub.mqtt);
        agent.use_tls(tls, &authority.cert());
        agent.set("gateway", "interval_s", 1);
        let token_file = agent.keep_token_in_file(&station);
        agent.start();
        (Self { hub, agent, admin, token_file, _certificates: certificates }, station)
    }

    fn restart_agent(&mut self) {
        self.agent.kill();
        self.agent.start();
    }

    fn restart_hub(&mut self) {
        self.hub.kill();
        self.hub.start();
    }

    fn is_sent(&self, station: &Login) -> bool {
        let state = rotation(&self.hub, station, &self.admin);
        state == "sent" || state.is_null()
    }

    fn on_disk(&self) -> String {
        std::fs::read_to_string(&self.token_file).expect("the token").trim().to_owned()
    }

    /// The station is there, and its readings come.
    fn wait_heard(&self, station: &Login) {
        let path = format!("/api/v1/stations/{}/readings?kind=gateway", station.name);
        let last = || self.hub.items(&path).iter().filter_map(|item| item["ts"].as_i64()).max();
        let before = last();
        until("the gateway speaks", || last() > before);
    }
}

/// What happens while a rotation is under way.
type Kill = fn(&mut Pair, &Login);

#[test]
fn an_agent_has_its_new_token_and_can_log_in_whatever_is_killed() {
    let (mut pair, mut station) = Pair::start();
    pair.wait_heard(&station);
    let kills: [Kill; 7] = [
        |_, _| {},
        |pair, _| pair.restart_agent(),
        |pair, _| pair.restart_hub(),
        |pair, station| {
            until("the token is on its way", || pair.is_sent(station));
            pair.restart_agent();
        },
        |pair, station| {
            until("the token is on its way", || pair.is_sent(station));
            pair.restart_hub();
        },
        |pair, station| {
            until("the token is in its file", || pair.on_disk() != station.token);
            pair.restart_agent();
        },
        |pair, station| {
            until("the token is in its file", || pair.on_disk() != station.token);
            pair.restart_hub();
            pair.restart_agent();
        },
    ];
    for (number, kill) in kills.into_iter().enumerate() {
        let old = station.clone();
        ask_online(&pair.hub, &station, &pair.admin);
        kill(&mut pair, &station);
        until("the rotation is done", || rotation(&pair.hub, &station, &pair.admin).is_null());
        station.token = pair.on_disk();
        assert_ne!(station.token, old.token, "{number}");
        pair.wait_heard(&station);
        assert!(!is_good(&pair.hub, &old), "{number}");
        for token in [&old, &station] {
            assert!(!pair.agent.log().contains(&token.token), "{number}");
            check_hidden(&pair.hub, token);
        }
    }
}

#[test]
fn an_agent_goes_on_with_its_former_token_at_a_hub_that_was_restored() {
    let (mut pair, station) = Pair::start();
    pair.wait_heard(&station);
    let registry = pair.hub.folder().join("data/registry.db");
    pair.hub.stop();
    let backup = std::fs::read(&registry).expect("the registry");
    pair.hub.start();
    ask_online(&pair.hub, &station, &pair.admin);
    until("the token is in its file", || pair.on_disk() != station.token);
    until("the rotation is done", || rotation(&pair.hub, &station, &pair.admin).is_null());
    pair.hub.stop();
    std::fs::write(&registry, backup).expect("the registry");
    pair.hub.start();
    pair.wait_heard(&station);
    assert_eq!(pair.on_disk(), station.token);
}

#[test]
fn an_agent_without_a_token_file_says_so() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let admin = known_admin(&hub, &station);
    let mut agent = Agent::prepare(&station, hub.mqtt);
    agent.start();
    ask_online(&hub, &station, &admin);
    until("it refuses", || rotation(&hub, &station, &admin) == "refused");
    let (_, shown) = ask(&hub, "GET", &station, "registration", &admin, &Value::Null);
    let detail = shown["rotation_detail"].as_str().expect("why");
    assert!(detail.contains("token_file"), "{detail}");
    assert!(is_good(&hub, &station));
    assert_eq!(actions(&hub), ["station.token_refused"]);
}

#[test]
fn a_token_waits_for_a_station_on_another_machine_to_come_over_tls() {
    let Some(net) = Netns::new() else {
        eprintln!("skipped: a network namespace needs root");
        return;
    };
    let certificates = tempfile::tempdir().expect("a folder");
    let authority = Authority::new(certificates.path());
    let server = authority.issue_for("hub", &format!("IP:{}", net.outside));
    let outside = || SocketAddr::from((net.outside, free_address().port()));
    let (plain, tls) = (outside(), outside());
    let settings = HubSettings::default().set_text("mqtt", "tls_listen", tls);
    let settings =
        settings.set_path("mqtt.tls", "cert", &server.cert).set_path("mqtt.tls", "key", &server.key);
    let mut hub = settings.prepare();
    hub.mqtt = plain;
    hub.set("mqtt", "listen", format_args!("\"{plain}\""));
    hub.start();
    let station = hub.known_station("dx-0001");
    let admin = known_admin(&hub, &station);
    let mut agent = Agent::prepare(&station, plain);
    let token_file = agent.keep_token_in_file(&station);
    let log = certificates.path().join("agent.log");
    let start =
        |agent: &Agent| Process::start("waystation-agent", &mut net.inside(&agent.command(&["run"])), &log);
    let on_disk = || std::fs::read_to_string(&token_file).expect("the token").trim().to_owned();
    let running = start(&agent);
    ask_online(&hub, &station, &admin);
    until("the hub sees what is missing", || rotation(&hub, &station, &admin) == "insecure");
    running.kill();
    assert_eq!(on_disk(), station.token);
    until("the station is away", || rotation(&hub, &station, &admin) == "pending");
    agent.use_tls(tls, &authority.cert());
    let running = start(&agent);
    until("the rotation is done", || rotation(&hub, &station, &admin).is_null());
    assert_ne!(on_disk(), station.token);
    running.kill();
}
