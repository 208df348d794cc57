//! A station gets a new token over its own connection, and can log in whatever is killed meanwhile.

use serde_json::{Value, json};
use waystation_tests::hub::Login;
use waystation_tests::{Client, Connect, Hub, HubSettings, Version, http, until};

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

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
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
