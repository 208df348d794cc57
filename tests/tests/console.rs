//! The console in a real browser, by what people do with it. The scenarios stand in `console/browser/scenarios`; here
//! is what they meet: a hub that lets nobody in without a token, four stations, and the hands that a browser lacks.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use waystation_tests::hub::Login;
use waystation_tests::{Client, Hub, HubSettings, Version, browser, http, process};

const STATIONS: [(&str, &str, &str, &str, &str); 4] = [
    ("jb-001", "一号驿站", "Station One", "29.90", "121.50"),
    ("jb-002", "二号驿站", "Station Two", "29.92", "121.56"),
    ("jb-003", "三号驿站", "Station Three", "29.86", "121.62"),
    ("jb-004", "四号驿站", "Station Four", "29.95", "121.48"),
];

/// What stations report of the present: people that a public page must not tell, and a door.
const READINGS: [(&str, &str); 4] = [
    ("occupancy", r#"{"device":"hall","people":37,"capacity":41}"#),
    (
        "door",
        r#"{"device":"front","event":"close","contact":"closed","lock":"locked","access":"controlled"}"#,
    ),
    ("environment", r#"{"device":"env-1","temperature_c":23.4,"humidity_pct":46,"co2_ppm":812}"#),
    (
        "cabinet",
        r#"{"device":"cab-1","slots":[{"slot":1,"state":"ready","class":"48V"},{"slot":2,"state":"charging","class":"60V"}]}"#,
    ),
];

struct Stage {
    hub: Hub,
    logins: BTreeMap<String, Login>,
    present: BTreeMap<String, Client>,
    people: Value,
}

impl Stage {
    fn new() -> Self {
        Self::with(HubSettings::default())
    }

    /// A hub that soon misses a station, with every station there.
    fn with(settings: HubSettings) -> Self {
        let settings = settings
            .set("http", "require_token", true)
            .set("gbfs", "public", true)
            .set("presence", "warn_after_s", 2)
            .set("presence", "offline_after_s", 3)
            .set("alerts", "group_window_s", 1);
        let mut hub = settings.prepare();
        let logins = STATIONS.map(|station| (station.0.to_owned(), add(&hub, station)));
        let token = |role: &str| hub.add_token(role, role).token;
        let people =
            json!({ "admin": token("admin"), "operator": token("operator"), "viewer": token("viewer") });
        hub.start();
        let mut stage = Self { hub, logins: logins.into(), present: BTreeMap::new(), people };
        STATIONS.iter().for_each(|station| stage.connect(station.0));
        stage
    }

    fn play(&mut self, scenario: &str) {
        let told = json!({
            "url": format!("http://{}", self.hub.http),
            "tokens": self.people,
            "pictures": browser::pictures(),
        });
        browser::play(scenario, &told, |what, whom| match what {
            "disconnect" => self.present.remove(whom).expect("it is there").disconnect(),
            "connect" => self.connect(whom),
            "send-nonsense" => self.send_nonsense(whom),
            "unlock" => self.unlock(whom),
            "take-configuration" => self.take_configuration(whom),
            "take-token" => self.take_token(whom),
            "claim" => self.claim(whom),
            "revoke" => drop(process::run(&mut self.hub.command(&["token", "remove", whom]))),
            other => panic!("the scenario {scenario} asks for {other}"),
        });
    }

    fn connect(&mut self, id: &str) {
        let login = &self.logins[id];
        let mut client = Client::log_in(self.hub.mqtt, login, Version::V5);
        for (channel, payload) in READINGS {
            assert_eq!(client.publish_acked(&login.topic(channel), payload.as_bytes()), 0);
        }
        for channel in ["command", "config"] {
            assert_eq!(client.subscribe(&login.topic(channel)), 1);
        }
        self.present.insert(id.to_owned(), client);
    }

    /// What `waystation-agent claim` does on site, and then the station is there.
    fn claim(&mut self, code: &str) {
        let body = json!({ "code": code }).to_string();
        let asked =
            http::ask(self.hub.http, "POST", "/claim", "Content-Type: application/json\r\n", body.as_bytes());
        let claimed = asked.expect("an answer").json();
        let text = |member: &str| claimed[member].as_str().expect("claimed").to_owned();
        let login = Login { name: text("station"), token: text("token") };
        let id = login.name.clone();
        self.logins.insert(id.clone(), login);
        self.connect(&id);
    }

    /// What the contract does not allow is acknowledged, and set aside.
    fn send_nonsense(&mut self, id: &str) {
        let client = self.present.get_mut(id).expect("it is there");
        let payload = br#"{"device":"env-1","temperature_c":99}"#;
        assert_eq!(client.publish_acked(&self.logins[id].topic("environment"), payload), 0);
    }

    /// The station does what it was asked to, and says so.
    fn unlock(&mut self, id: &str) {
        let client = self.present.get_mut(id).expect("it is there");
        let asked: Value = serde_json::from_slice(&client.message().payload).expect("JSON");
        assert_eq!((&asked["action"], &asked["device"]), (&"unlock".into(), &"front".into()));
        let result = json!({ "id": asked["id"], "ts": 1, "outcome": "done", "detail": "contact open" });
        let topic = self.logins[id].topic("result");
        assert_eq!(client.publish_acked(&topic, result.to_string().as_bytes()), 0);
    }

    /// The station takes what it was told to report, and says so.
    fn take_configuration(&mut self, id: &str) {
        let client = self.present.get_mut(id).expect("it is there");
        let told: Value = serde_json::from_slice(&client.message().payload).expect("JSON");
        let result = json!({ "id": format!("config-{}", told["version"]), "ts": 1, "outcome": "done" });
        let topic = self.logins[id].topic("result");
        assert_eq!(client.publish_acked(&topic, result.to_string().as_bytes()), 0);
    }

    /// The station keeps the token that it was sent, and logs in with it.
    fn take_token(&mut self, id: &str) {
        let mut client = self.present.remove(id).expect("it is there");
        let told: Value = serde_json::from_slice(&client.message().payload).expect("JSON");
        let token = told["token"].as_str().expect("a token").to_owned();
        client.disconnect();
        self.logins.insert(id.to_owned(), Login { name: id.to_owned(), token });
        self.connect(id);
    }
}

fn add(hub: &Hub, (id, zh, en, latitude, longitude): (&str, &str, &str, &str, &str)) -> Login {
    let mut command = hub.command(&["station", "add", id, "--district", "Jiangbei", "--name-zh", zh]);
    command.args(["--name-en", en, "--latitude", latitude, "--longitude", longitude, "--capacity", "41"]);
    let printed: Value = serde_json::from_str(&process::run(command.arg("--json"))).expect("JSON");
    Login { name: id.to_owned(), token: printed["token"].as_str().expect("a token").to_owned() }
}

#[test]
fn an_operator_sees_a_station_go_and_acts() {
    Stage::new().play("operator");
}

#[test]
fn an_admin_corrects_a_station() {
    Stage::new().play("admin");
}

#[test]
fn an_admin_brings_a_station_into_the_field() {
    Stage::new().play("field");
}

#[test]
fn an_admin_sets_from_afar_what_a_station_reports_and_its_token() {
    Stage::new().play("configuration");
}

#[test]
fn a_door_opens_when_a_second_person_confirms() {
    Stage::with(HubSettings::default().set("commands", "two_person", true)).play("second-person");
}

#[test]
fn everything_can_be_reached_by_keyboard() {
    Stage::new().play("keyboard");
}

#[test]
fn a_viewer_may_look_until_the_token_is_withdrawn() {
    Stage::new().play("viewer");
}

#[test]
fn the_wall_needs_no_login_and_tells_of_no_person() {
    Stage::new().play("screen");
}

#[test]
fn every_page_is_accessible_in_both_languages_dark_light_and_narrow() {
    Stage::new().play("looks");
}
