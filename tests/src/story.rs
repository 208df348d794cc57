//! A fleet with a past: two days of two stations, a simulated day around them, and whatever can go wrong going wrong
//! once, so that InfluxDB and Prometheus hold something of every measurement, field and metric.

mod past;

use crate::hub::Login;
use crate::influxd::Influxd;
use crate::mqtt::{Client, Connect, Version};
use crate::process::{self, Process};
use crate::programs;
use crate::prometheus::Prometheus;
use crate::readings::{batch, in_batch, now_ms, zstd};
use crate::receiver::Receiver;
use crate::wait::until;
use crate::{Hub, HubSettings};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// More than the series that a panel may have, so that one without a top-N is noticed.
const SIMULATED: usize = 24;
/// Readings of one batch of the past.
const BATCH: usize = 1_000;

/// Everything that runs; dropped in this order.
pub struct Story {
    _simulator: Process,
    _clients: Vec<Client>,
    pub prometheus: Prometheus,
    pub hub: Hub,
    pub influxd: Influxd,
    _receiver: Receiver,
}

impl Story {
    /// The station that has everything.
    pub const STATION: &str = "dx-0001";
    /// One that went away.
    pub const GONE: &str = "dx-0002";

    pub fn play() -> Self {
        let influxd = Influxd::start();
        let receiver = Receiver::start();
        let mut hub = settings(&influxd, &receiver).prepare();
        let logins = register(&hub);
        let reader = hub.add_token("wall", "reader");
        // Somebody else wrote text where the contract has numbers.
        influxd.write(&format!("environment,station=other illuminance_lx=\"bright\" {}", now_ms() - 1_000));
        hub.start();
        let prometheus = Prometheus::scraping(hub.http);
        let login = |id: &str| &logins[id];
        let mut clients = Vec::new();
        for id in [Self::STATION, "jb-0001"] {
            clients.push(tell_past(&hub, login(id)));
        }
        clients.push(listen(&hub, &reader));
        mishaps(&hub, login(Self::STATION), &mut clients[0]);
        go_away(&hub, login(Self::GONE));
        let simulator = simulate(&hub, &logins);
        tell_availability(&influxd);
        let story =
            Self { _simulator: simulator, _clients: clients, prometheus, hub, influxd, _receiver: receiver };
        story.wait();
        story
    }

    /// Returns once what the hub works out by itself stands in both stores.
    fn wait(&self) {
        let counted = |query: &str| self.influxd.number(query) > 0;
        until("days are worked out", || {
            counted("SELECT count(\"seat_utilisation\") FROM utilisation_1d WHERE \"data_coverage\" >= 0.8")
        });
        until("alerts are written", || counted("SELECT count(\"id\") FROM alert WHERE \"state\" = 'firing'"));
        until("simulated stations are worked out", || {
            self.influxd.series("SELECT count(\"data_coverage\") FROM utilisation_1h GROUP BY station").len()
                > SIMULATED
        });
        until("an alert is over", || counted("SELECT count(\"duration_s\") FROM alert"));
        until("simulated cabinets report", || {
            counted("SELECT count(\"state\") FROM slot WHERE \"station\" =~ /^sim/")
        });
        let down = format!("waystation_station_up{{station=\"{}\"}} == 0", Self::GONE);
        until("a station is missed", || !self.prometheus.instant(&down).is_empty());
    }
}

fn settings(influxd: &Influxd, receiver: &Receiver) -> HubSettings {
    HubSettings::default()
        .influx(influxd)
        .set("presence", "warn_after_s", 10)
        .set("presence", "offline_after_s", 20)
        .set("alerts", "group_window_s", 1)
        .set_text("alerts.channels.duty", "kind", "webhook")
        .set_text("alerts.channels.duty", "url", receiver.url("/duty"))
}

/// Stations of two districts, with places; gives their logins by id.
fn register(hub: &Hub) -> BTreeMap<String, Login> {
    let (list, tokens) = (hub.folder().join("list.csv"), hub.folder().join("list-tokens.csv"));
    let ids = [Story::STATION, Story::GONE, "jb-0001"].map(str::to_owned).into_iter();
    let ids = ids.chain((0..SIMULATED).map(|index| format!("sim-{index:04}")));
    let row = |(index, id): (usize, String)| {
        let district = if id.starts_with("dx") || (id.starts_with("sim") && index % 2 == 0) {
            "大兴区"
        } else {
            "江北区"
        };
        let (latitude, longitude) = (39.7 + 0.01 * index as f64, 116.3 + 0.01 * index as f64);
        let kind = if id == "sim-0001" { "counselling" } else { "rest" };
        format!("{id},驿站{index},Station {index},{district},{latitude:.4},{longitude:.4},20,{kind}\n")
    };
    let rows: String = ids.enumerate().map(row).collect();
    std::fs::write(&list, format!("id,name_zh,name_en,district,latitude,longitude,capacity,kind\n{rows}"))
        .expect("the list");
    process::run(hub.command(&["station", "import"]).arg(&list).arg("--tokens-out").arg(&tokens));
    let text = std::fs::read_to_string(&tokens).expect("the tokens");
    let pairs = text.lines().filter_map(|line| line.split_once(',')).filter(|(id, _)| *id != "station");
    pairs
        .map(|(name, token)| (name.to_owned(), Login { name: name.to_owned(), token: token.to_owned() }))
        .collect()
}

/// Delivers two days from an outbox; the station stays connected.
fn tell_past(hub: &Hub, login: &Login) -> Client {
    let mut client = Client::log_in(hub.mqtt, login, Version::V5);
    let readings = past::readings(&login.name, now_ms());
    let mut first = 1;
    for some in readings.chunks(BATCH) {
        let payload = zstd(batch("past", first, &[], some).to_string().as_bytes());
        assert_eq!(client.publish_acked(&login.topic("batch"), &payload), 0);
        first += some.len() as u64;
    }
    client
}

/// A day's availability is written once the day is over, which no test waits for: the point of one station, in the
/// names of the manual.
fn tell_availability(influxd: &Influxd) {
    let manual = std::fs::read_to_string(crate::grafana::folder().join("../../docs/operations.md"));
    let manual = manual.expect("the manual");
    let fields =
        [("due_s", 86_400), ("down_s", 600), ("link_down_s", 300), ("unknown_s", 60), ("planned_s", 0)];
    for (name, _) in fields {
        assert!(manual.contains(&format!("`{name}`")), "{name}");
    }
    let fields: Vec<String> = fields.map(|(name, seconds)| format!("{name}={seconds}")).to_vec();
    let day = now_ms() - 2 * 86_400_000;
    influxd.write(&format!(
        "utilisation_1d,district=大兴区,kind=rest,station={} {} {day}",
        Story::STATION,
        fields.join(",")
    ));
}

fn listen(hub: &Hub, reader: &Login) -> Client {
    let mut client = Client::log_in(hub.mqtt, reader, Version::V5);
    assert_eq!(client.subscribe(&format!("v1/stations/{}/fund", Story::STATION)), 1);
    client
}

/// Alarms, losses, and what is refused.
fn mishaps(hub: &Hub, login: &Login, client: &mut Client) {
    let mut say = |channel: &str, payload: &Value| {
        assert_eq!(
            client.publish_acked(&login.topic(channel), payload.to_string().as_bytes()),
            0,
            "{channel}"
        );
    };
    let hot = json!([{ "slot": 1, "state": "fault", "class": "48V", "soc_pct": 55, "soh_pct": 71, "cell_temp_max_c": 63 }]);
    let alarm = json!({ "smoke": true, "water": true, "extinguisher": true, "temperature_c": 58 });
    say("cabinet", &with(&alarm, "cabinet-9", &[("slots", hot)]));
    say(
        "door",
        &json!({ "device": "back", "event": "forced", "contact": "open", "lock": "unlocked", "access": "controlled" }),
    );
    say("door", &json!({ "device": "back", "event": "held_open", "contact": "open" }));
    say(
        "fund",
        &json!({ "device": "till", "sales_total": 9, "fund_total_fen": 12_345, "breakfasts_total": 3 }),
    );
    // An alarm that is over.
    for smoke in [true, false] {
        say("cabinet", &json!({ "device": "cabinet-8", "smoke": smoke }));
    }
    // Refused by InfluxDB, set aside by the hub, sent twice, and dropped by its own outbox.
    say("environment", &json!({ "device": "env-9", "illuminance_lx": 300 }));
    say("environment", &json!({ "device": "env-9", "temperature_c": 900 }));
    let reading = in_batch("environment", &json!({ "ts": now_ms(), "device": "env-8", "temperature_c": 20 }));
    for _ in 0..2 {
        say("batch", &batch("new", 11, &[(1, 10)], std::slice::from_ref(&reading)));
    }
    let stranger =
        Connect::new(Version::V5, login).password("guessed").client_id(&format!("{}.x", login.name));
    assert_ne!(Client::try_connect(hub.mqtt, &stranger).1, Some(0));
}

fn with(value: &Value, device: &str, more: &[(&str, Value)]) -> Value {
    let mut value = value.clone();
    value["device"] = device.into();
    for (name, member) in more {
        value[*name] = member.clone();
    }
    value
}

/// Its last words, as the power fails; then nothing more.
fn go_away(hub: &Hub, login: &Login) {
    let mut client = Client::log_in(hub.mqtt, login, Version::V5);
    let words = json!({ "device": "gateway", "uptime_s": 10, "mains": false, "ups_pct": 3, "rssi_dbm": -80,
        "outbox_records": 4, "clock_offset_ms": 7_000, "disk_free_mb": 400 });
    assert_eq!(client.publish_acked(&login.topic("gateway"), words.to_string().as_bytes()), 0);
    let goodbye = json!({ "state": "offline", "ts": now_ms() }).to_string();
    assert_eq!(client.publish_acked(&login.topic("presence"), goodbye.as_bytes()), 0);
    client.disconnect();
}

/// Stations with a life of their own, until they are dropped.
fn simulate(hub: &Hub, logins: &BTreeMap<String, Login>) -> Process {
    let tokens = hub.folder().join("simulated.csv");
    let lines: String = logins
        .values()
        .filter(|login| login.name.starts_with("sim-"))
        .map(|login| format!("{},{}\n", login.name, login.token))
        .collect();
    std::fs::write(&tokens, lines).expect("the tokens");
    let mut command = programs::ours("waystation-agent");
    command
        .args(["simulate", "--speed", "60", "--seed", "7", "--time-of-day", "11:30", "--token-file"])
        .arg(&tokens);
    command.arg("--hub").arg(format!("mqtt://{}", hub.mqtt));
    Process::start("waystation-agent simulate", &mut command, &hub.folder().join("simulate.log"))
}
