//! A door whose lock stands behind a broker (mosquitto), and one whose lock is asked over HTTP: each is told once a
//! person asks for it at the hub, and `done` comes when the door says that it opened.

use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;
use waystation_tests::agent::Device;
use waystation_tests::hub::Login;
use waystation_tests::mosquitto::Mosquitto;
use waystation_tests::ports::free_address;
use waystation_tests::process::Process;
use waystation_tests::{Agent, Hub, HubSettings, http, programs, until, until_some};

struct Hut {
    hub: Hub,
    agent: Agent,
    station: Login,
    operator: Login,
    _lock: Process,
    _broker: Mosquitto,
    _heard: Process,
    folder: TempDir,
}

impl Hut {
    fn start() -> Self {
        let hub = HubSettings::default().set("commands", "per_minute_max", 0).start();
        let station = hub.known_station("dx-0001");
        let operator = hub.add_token("zhang", "operator");
        let folder = tempfile::tempdir().expect("a folder");
        let (broker, lock, nobody) = (Mosquitto::start(), free_address(), free_address());
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("token"), "sesame\n").expect("the token");
        std::fs::write(path("other"), "guess\n").expect("the token");

        let mut served = Command::new(programs::python());
        served.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/devices/lock.py"));
        served.arg(lock.port().to_string()).arg(path("asked"));
        let mut served = Process::start("lock.py", &mut served, &path("lock.log"));
        served.wait_listening(lock);
        let mut heard = Command::new(programs::system("mosquitto_sub", "mosquitto-clients"));
        heard.args(["-h", "127.0.0.1", "-q", "1", "-t", "zigbee2mqtt/+/set", "-v", "-p"]);
        let heard =
            Process::start("mosquitto_sub", heard.arg(broker.address.port().to_string()), &path("heard"));

        let mut agent = Agent::prepare(&station, hub.mqtt);
        let http = |device: &str, address, token: &str| {
            let body = r#"'{"for":"5s"}'"#;
            format!(
                "[[doors]]\ndevice = \"{device}\"\nconfirm_s = 20\n[doors.unlock.http]\nurl = \"http://{address}/open?door=1\"\n\
                 body = {body}\ntoken_file = \"{}\"\n",
                path(token).display()
            )
        };
        agent.add(&http("front", lock, "token"));
        agent.add(&http("side", lock, "other"));
        agent.add(&http("shed", nobody, "token"));
        agent.add(&format!(
            "[[doors]]\ndevice = \"back\"\nconfirm_s = 20\n\
             unlock = {{ mqtt = \"zigbee\", topic = \"zigbee2mqtt/back/set\", payload = '{{\"state\":\"UNLOCK\"}}' }}\n\
             [[sources.mqtt]]\nname = \"zigbee\"\nurl = \"mqtt://{}\"\nmap = \"zigbee2mqtt\"\n\
             devices = [{{ topic = \"zigbee2mqtt/back\", device = \"back\", use = \"lock\" }}]\n",
            broker.address
        ));
        agent.start();
        let hut =
            Self { hub, agent, station, operator, _lock: served, _broker: broker, _heard: heard, folder };
        until("the agent obeys", || {
            let asked = hut.ask(&json!({ "action": "report_now" }));
            asked.is_string() && hut.outcome(&asked).0 == "done"
        });
        hut
    }

    fn ask(&self, body: &Value) -> Value {
        let token = &self.operator.token;
        let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        let path = format!("/api/v1/stations/{}/commands", self.station.name);
        let answer = http::ask(self.hub.http, "POST", &path, &headers, body.to_string().as_bytes())
            .expect("an answer");
        answer.json()["id"].clone()
    }

    /// State and detail of a command once it has been answered.
    fn outcome(&self, id: &Value) -> (String, String) {
        until_some("the command is answered", || {
            let items = self.hub.items(&format!("/api/v1/stations/{}/commands", self.station.name));
            let item = items.into_iter().find(|item| item["id"] == *id)?;
            let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
            (item["state"] != "sent").then(|| (text("state"), text("detail")))
        })
    }

    fn unlock(&self, device: &str) -> Value {
        self.ask(&json!({ "action": "unlock", "device": device }))
    }

    /// Somebody opens the door once its lock was told; `told` is where that is seen.
    fn check_opens(&self, device: &mut Device, door: &str, told: &str, expected: &str) {
        let asked = self.unlock(door);
        let told: PathBuf = self.folder.path().join(told);
        until("the lock is told", || std::fs::read_to_string(&told).is_ok_and(|told| told == expected));
        assert!(
            device
                .send_line(&json!({"kind":"door","device":door,"event":"open","contact":"open"}).to_string())
        );
        let (state, detail) = self.outcome(&asked);
        assert_eq!(state, "done", "{detail}");
    }

    fn check_fails(&self, door: &str, expected: &str) {
        let (state, detail) = self.outcome(&self.unlock(door));
        assert!(state == "failed" && detail.contains(expected), "{state}: {detail}");
    }
}

#[test]
fn locks_behind_a_broker_and_over_http_open() {
    let mut hut = Hut::start();
    let mut device = hut.agent.device();
    let asked = "POST /open?door=1 204 application/json {\"for\":\"5s\"}\n";
    hut.check_opens(&mut device, "front", "asked", asked);
    hut.check_opens(&mut device, "back", "heard", "zigbee2mqtt/back/set {\"state\":\"UNLOCK\"}\n");
    hut.check_fails("side", "it answered 403");
    hut.check_fails("shed", "refused");
    // Each was asked once, whatever came of it.
    let lines = std::fs::read_to_string(hut.folder.path().join("asked")).expect("what the lock was asked");
    assert_eq!(lines, format!("{asked}POST /open?door=1 403 application/json {{\"for\":\"5s\"}}\n"));
}
