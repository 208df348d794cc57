//! A whole hut in a network of its own: mosquitto with what Zigbee2MQTT says on it, a meter, a cabinet, and the agent;
//! the hub at the other end of a cable. The cable is pulled, everything is killed with -9, and the gateway comes back
//! with a clock of three years ago: what was read is in InfluxDB, once and at its time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;
use waystation_tests::certs::Authority;
use waystation_tests::hub::Login;
use waystation_tests::ports::free_address;
use waystation_tests::process::{self, Process};
use waystation_tests::readings::now_ms;
use waystation_tests::{HubSettings, Influxd, Netns, programs, until};

/// Rounds of the devices in each part, one a minute of the hour that they stand for.
const ROUNDS_LINKED: i64 = 10;
const ROUNDS_CUT: i64 = 30;
/// Below the first value of `co2_ppm`, which counts the rounds.
const CO2_FIRST: i64 = 400;
/// How far a stored time may be from when the device spoke: a busy machine is slow to take it.
const LATE_MS: i64 = 60_000;
const EARLY_MS: i64 = 2_000;

/// Programs of the hut, all inside its network.
struct Hut {
    // Ended before the network and the folder go: fields are dropped in this order.
    agent: Option<Process>,
    devices: Vec<Process>,
    net: Netns,
    folder: TempDir,
    /// When the cabinet's first swap was, ms.
    began: i64,
}

impl Hut {
    fn new(net: Netns, station: &Login, hub: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hut = Self { agent: None, devices: Vec::new(), net, folder, began: now_ms() };
        let text = include_str!("hut/agent.toml")
            .replace("STATION", &station.name)
            .replace("TOKEN", &station.token)
            .replace("HUB", &hub.to_string())
            .replace("FOLDER", hut.folder.path().to_str().unwrap());
        std::fs::write(hut.path("agent.toml"), text).unwrap();
        std::fs::write(
            hut.path("mosquitto.conf"),
            "listener 1883 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\nlog_type debug\n",
        )
        .unwrap();
        hut.set_cabinet(1);
        hut
    }

    /// Everything gets power; the gateway's clock is off by `clock`, as faketime says it.
    fn power_on(&mut self, clock: Option<&str>) {
        let mut broker = Command::new(programs::system("mosquitto", "mosquitto"));
        broker.arg("-c").arg(self.path("mosquitto.conf"));
        let mut cabinet = device("cabinet.py");
        cabinet.arg("8000").arg(self.path("cabinet.json"));
        let mut meter = Command::new(programs::python());
        meter.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../agent/tests/support/modbus_server.py"));
        meter.args(["tcp", "5020"]);
        for (name, command) in [("mosquitto", broker), ("cabinet", cabinet), ("meter", meter)] {
            self.devices.push(self.start(name, &command));
        }
        let mut agent = programs::ours("waystation-agent");
        agent.args(["run", "--config"]).arg(self.path("agent.toml"));
        if let Some(clock) = clock {
            agent.env("LD_PRELOAD", faketime()).env("FAKETIME", clock);
            // Only the time of day is wrong; the time since the boot never is.
            agent.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
        }
        self.agent = Some(self.start("waystation-agent", &agent));
        until("the agent hears all devices", || {
            self.agent.as_mut().unwrap().assert_running();
            ["zigbee", "porch", "cabinet"]
                .iter()
                .all(|name| self.source(name).is_some_and(|state| state == "ok"))
        });
    }

    /// kill -9 of everything at once.
    fn power_off(&mut self) {
        self.agent.take().unwrap().kill();
        self.devices.drain(..).for_each(Process::kill);
    }

    /// A message of Zigbee2MQTT for each device of the hut, as round `round` has them.
    fn speak(&self, round: i64) {
        let climate = format!(
            r#"{{"battery":97,"co2":{},"humidity":41.2,"linkquality":102,"temperature":21.37,"voltage":3000}}"#,
            CO2_FIRST + round
        );
        self.publish("zigbee2mqtt/hall", &climate);
        let contact = round % 2 == 0;
        let door = format!(r#"{{"battery":100,"contact":{contact},"linkquality":87,"tamper":false}}"#);
        self.publish("zigbee2mqtt/door", &door);
    }

    fn publish(&self, topic: &str, payload: &str) {
        let mut command = Command::new(programs::system("mosquitto_pub", "mosquitto-clients"));
        command.args(["-h", "127.0.0.1", "-q", "1", "-t", topic, "-m", payload]);
        process::run(&mut self.net.inside(&command));
    }

    /// What the cabinet's controller says after so many swaps: it remembers the last two, and its first slot's state of
    /// charge follows their number.
    fn set_cabinet(&self, swaps: i64) {
        let log: Vec<_> = (swaps - 1..=swaps)
            .filter(|number| *number > 0)
            .map(|number| serde_json::json!({"seq": format!("s-{number}"), "code": 0, "time": self.began + number}))
            .collect();
        let slots = serde_json::json!([
            {"no": 1, "st": "ready", "soc": swaps, "type": "48V"}, {"no": 2, "st": "empty"}
        ]);
        let text = serde_json::json!({"temp": 24.5, "smoke": 0, "slots": slots, "log": log}).to_string();
        // Replaced in one step: the controller may be asked at any moment.
        let new = self.path("cabinet.new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.path("cabinet.json")).unwrap();
    }

    fn outbox(&self) -> serde_json::Value {
        let mut command = programs::ours("waystation-agent");
        command.args(["outbox", "--json", "--config"]).arg(self.path("agent.toml"));
        let output = command.output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Returns once the agent has acknowledged to its broker what was spoken: then it is on its disk.
    fn wait_acknowledged(&self, spoken: &Spoken) {
        let of_agent = |line: &&str| line.contains("Received PUBACK from");
        until("what was spoken is on the agent's disk", || {
            let log = std::fs::read_to_string(self.path("mosquitto.log")).unwrap();
            log.lines().filter(of_agent).count() >= 2 * spoken.len()
        });
    }

    /// The state of a source.
    fn source(&self, name: &str) -> Option<String> {
        let outbox = self.outbox();
        let mut sources = outbox["sources"].as_array()?.iter();
        let found = sources.find(|source| source["name"] == name)?;
        found["state"].as_str().map(str::to_owned)
    }

    fn start(&self, name: &'static str, command: &Command) -> Process {
        Process::start(name, &mut self.net.inside(command), &self.path(&format!("{name}.log")))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn device(script: &str) -> Command {
    let mut command = Command::new(programs::python());
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/devices/").to_owned() + script);
    command
}

fn faketime() -> PathBuf {
    programs::library("faketime", "libfaketime.so.1", "faketime")
}

/// What the devices said: round to the time when they did, ms.
type Spoken = BTreeMap<i64, i64>;

/// Lets the devices speak, and returns once the agent has it all on disk.
fn speak(hut: &Hut, spoken: &mut Spoken, rounds: i64) {
    let first = spoken.len() as i64;
    for round in first..first + rounds {
        spoken.insert(round, now_ms());
        hut.speak(round);
    }
}

/// `co2_ppm` to its times in InfluxDB.
fn stored(influxd: &Influxd) -> BTreeMap<i64, Vec<i64>> {
    let mut stored = BTreeMap::<i64, Vec<i64>>::new();
    for row in influxd.rows("SELECT co2_ppm FROM environment WHERE device = 'env-1'") {
        let round = row["co2_ppm"].as_f64().unwrap() as i64 - CO2_FIRST;
        stored.entry(round).or_default().push(row["time"].as_i64().unwrap());
    }
    stored
}

/// Everything spoken is stored, once, at its time.
fn check_stored(influxd: &Influxd, spoken: &Spoken) {
    until("every round is in InfluxDB", || {
        let stored = stored(influxd);
        spoken.keys().all(|round| stored.contains_key(round))
    });
    for (round, times) in stored(influxd) {
        let &[ts] = &times[..] else { panic!("round {round} is stored {} times", times.len()) };
        let late_ms = ts - spoken[&round];
        assert!((-EARLY_MS..LATE_MS).contains(&late_ms), "round {round} is late by {late_ms} ms");
    }
}

/// The sensor on the Modbus line was read in every part, and at no time when there was no power.
fn check_porch(influxd: &Influxd, spoken: &Spoken) {
    let first = spoken[&0] - LATE_MS;
    let rows = influxd.rows("SELECT temperature_c FROM environment WHERE device = 'env-2'");
    assert!(rows.len() >= 2, "{rows:?}");
    for row in rows {
        assert_eq!(row["temperature_c"].as_f64(), Some(-20.5));
        assert!((first..=now_ms()).contains(&row["time"].as_i64().unwrap()), "{row:?}");
    }
}

/// Every swap that the controller remembered is told, once, although it was asked for it again and again; and so is
/// what its slot became.
fn check_cabinet(influxd: &Influxd) {
    until("the swaps are stored", || influxd.number("SELECT count(swap) FROM swap") >= 3);
    assert_eq!(influxd.number("SELECT count(swap) FROM swap WHERE result = 'ok'"), 3);
    until("the slot is stored as it is", || {
        let slots = influxd.rows("SELECT soc_pct FROM slot WHERE device = 'cab-1' AND slot = '1'");
        let charge: Vec<_> = slots.iter().filter_map(|row| row["soc_pct"].as_f64()).collect();
        charge.first() == Some(&1.0) && charge.last() == Some(&3.0)
    });
}

/// The hub knows how each source fares, beside the gateway and not instead of it.
fn check_sources(influxd: &Influxd) {
    until("the sources are told of", || {
        ["zigbee", "porch", "cabinet"].iter().all(|source| {
            let states = influxd.rows(&format!("SELECT source_state FROM gateway WHERE device = '{source}'"));
            states.last().and_then(|row| row.get("source_state")).is_some_and(|state| state == "ok")
        })
    });
    let own = influxd.rows("SELECT uptime_s, source FROM gateway WHERE device = 'gateway'");
    assert!(
        own.iter().all(
            |row| row.contains_key("uptime_s") && row.get("source").is_none_or(|source| source.is_null())
        ),
        "{own:?}"
    );
}

#[test]
fn a_hut_loses_nothing_by_a_cut_link_a_power_cut_and_a_wrong_clock() {
    let Some(net) = Netns::new() else {
        eprintln!("skipped: a network namespace needs root");
        return;
    };
    let certificates = tempfile::tempdir().unwrap();
    let authority = Authority::new(certificates.path());
    let server = authority.issue_for("hub", &format!("IP:{}", net.outside));
    let tls_port = free_address().port();
    let tls_listen = SocketAddr::from((net.outside, tls_port));
    let mut influxd = Influxd::start();
    let settings = HubSettings::default().influx(&influxd).set_text("mqtt", "tls_listen", tls_listen);
    let settings =
        settings.set_path("mqtt.tls", "cert", &server.cert).set_path("mqtt.tls", "key", &server.key);
    let mut hub = settings.start();
    let station = hub.known_station("hut-1");
    let mut hut = Hut::new(net, &station, tls_listen);
    std::fs::copy(authority.cert(), hut.path("ca.pem")).unwrap();
    let mut spoken = Spoken::new();

    hut.power_on(None);
    speak(&hut, &mut spoken, ROUNDS_LINKED);
    check_stored(&influxd, &spoken);

    hut.net.pull();
    hut.set_cabinet(2);
    speak(&hut, &mut spoken, ROUNDS_CUT);
    hut.wait_acknowledged(&spoken);
    hut.power_off();
    hub.kill();
    influxd.kill();

    influxd.run();
    hub.start();
    hut.power_on(Some("-1100d"));
    hut.set_cabinet(3);
    speak(&hut, &mut spoken, ROUNDS_CUT);
    hut.wait_acknowledged(&spoken);
    hut.net.plug();
    check_stored(&influxd, &spoken);

    until("the outbox is empty", || hut.outbox()["records"] == 0);
    check_porch(&influxd, &spoken);
    check_cabinet(&influxd);
    check_sources(&influxd);
    let ledger = hub.ledger_once(&station, |ledger| ledger["gaps"] == serde_json::json!([]));
    assert_eq!((&ledger["missing_total"], &ledger["dropped_total"]), (&0.into(), &0.into()), "{ledger}");
    let count = |event: &str| {
        influxd
            .number(&format!("SELECT count(contact) FROM door WHERE device = 'front' AND event = '{event}'"))
    };
    // What a door is when the gateway first hears of it is a state, not an event: once at each start.
    let events = spoken.len() as u64 - 2;
    until("the door's events are stored", || count("open") + count("close") >= events);
    assert_eq!(count("open") + count("close"), events);
}
