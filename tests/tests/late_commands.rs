//! A door opens for a command that is fresh and comes for the first time, and for no other: with a network that holds
//! commands back and lets them go later, and with an agent that is killed in the middle.

use serde_json::{Value, json};
use std::path::PathBuf;
use waystation_tests::agent::Device;
use waystation_tests::hub::Login;
use waystation_tests::readings::now_ms;
use waystation_tests::relay::Relay;
use waystation_tests::{Agent, Hub, HubSettings, http, until, until_some};

/// A hub, and an agent behind a relay whose door leaves a mark when it opens.
struct Hut {
    hub: Hub,
    relay: Relay,
    agent: Agent,
    station: Login,
    operator: Login,
    mark: PathBuf,
    _folder: tempfile::TempDir,
}

impl Hut {
    fn start() -> Self {
        let hub = HubSettings::default().set("commands", "per_minute_max", 0).start();
        let station = hub.known_station("dx-0001");
        let operator = hub.add_token("zhang", "operator");
        let relay = Relay::start(hub.mqtt);
        let mut agent = Agent::prepare(&station, relay.address);
        let folder = tempfile::tempdir().expect("a folder");
        let mark = folder.path().join("opened");
        agent.add(&format!(
            "[[doors]]\ndevice = \"front\"\nconfirm_s = 5\nunlock = {{ exec = [\"mkdir\", {:?}] }}\n",
            mark.display().to_string()
        ));
        agent.start();
        let mut hut = Self { hub, relay, agent, station, operator, mark, _folder: folder };
        hut.wait_ready();
        hut
    }

    /// The agent is connected and knows the time.
    fn wait_ready(&mut self) {
        until("a command is obeyed", || {
            let (status, asked) = self.ask(&json!({ "action": "report_now" }));
            status == 202 && self.state(&asked["id"], |state| state != "sent") == "done"
        });
    }

    fn ask(&self, body: &Value) -> (u16, Value) {
        let headers =
            format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", self.operator.token);
        let path = format!("/api/v1/stations/{}/commands", self.station.name);
        let body = body.to_string();
        let answer = http::ask(self.hub.http, "POST", &path, &headers, body.as_bytes()).expect("an answer");
        (answer.status, answer.json())
    }

    /// The state of a command, once it is as wanted.
    fn state(&self, id: &Value, is_good: impl Fn(&str) -> bool) -> String {
        until_some("the command's state", || {
            let items = self.hub.items(&format!("/api/v1/stations/{}/commands", self.station.name));
            let item = items.into_iter().find(|item| item["id"] == *id)?;
            item["state"].as_str().filter(|state| is_good(state)).map(str::to_owned)
        })
    }

    fn unlock(&self, expires_in_ms: i64) -> Value {
        let expires = now_ms() + expires_in_ms;
        let (status, asked) = self.ask(&json!({ "action": "unlock", "device": "front", "expires": expires }));
        assert_eq!(status, 202, "{asked}");
        asked
    }

    /// Somebody opens the unlocked door; gives the command's state.
    fn open_in_time(&self, device: &mut Device) -> String {
        let asked = self.unlock(30_000);
        let opened = || self.mark.exists() || self.state(&asked["id"], |_| true) != "sent";
        until("the lock is told", opened);
        assert!(device.send_line(r#"{"kind":"door","device":"front","event":"open"}"#));
        let state = self.state(&asked["id"], |state| state != "sent");
        if self.mark.exists() {
            std::fs::remove_dir(&self.mark).expect("the mark");
        }
        state
    }
}

#[test]
fn a_late_reconnect_never_opens_a_door() {
    let mut hut = Hut::start();
    let mut device = hut.agent.device();
    until("the agent knows the time and opens", || hut.open_in_time(&mut device) == "done");

    // The network holds the command back until it has expired.
    hut.relay.pause();
    let late = hut.unlock(3_000);
    until("it has expired", || now_ms() > late["expires"].as_i64().expect("a time"));
    hut.relay.resume();
    assert_eq!(hut.state(&late["id"], |state| state != "sent" && state != "unanswered"), "expired");
    assert!(!hut.mark.exists(), "the door opened for a command that had expired");

    // The connection breaks with the command on its way; what comes after the reconnect is not that command.
    hut.relay.pause();
    let lost = hut.unlock(60_000);
    hut.relay.cut();
    hut.relay.resume();
    hut.wait_ready();
    assert!(!hut.mark.exists(), "the door opened for a command from before the reconnect");
    assert_eq!(hut.state(&lost["id"], |_| true), "sent", "nobody answered it");

    // The same id is not sent again, and the door still opens for a new one.
    let again = json!({ "id": lost["id"], "action": "unlock", "device": "front" });
    assert_eq!(hut.ask(&again).0, 409);
    until("it opens", || hut.open_in_time(&mut device) == "done");
}

#[test]
fn a_killed_agent_opens_nothing_when_it_comes_back() {
    let mut hut = Hut::start();
    hut.relay.pause();
    hut.unlock(60_000);
    hut.agent.kill();
    hut.relay.resume();
    hut.agent.start();
    hut.wait_ready();
    assert!(!hut.mark.exists());
}
