//! Who is told what, and when, as people live it: a real hub, and a webhook for each of those who are told. Times are
//! those of the hub's own clock, and are only ever compared with each other from below.

use serde_json::{Value, json};
use waystation_tests::hub::Login;
use waystation_tests::{Client, Hub, HubSettings, Receiver, Version, http, until};

/// 6 seconds, and 7.2.
const ESCALATE_AFTER_MIN: f64 = 0.1;
const REPEAT_AFTER_H: f64 = 0.002;

fn settings(receiver: &Receiver) -> HubSettings {
    HubSettings::default()
        .set("alerts", "escalate_after_min", ESCALATE_AFTER_MIN)
        .set("alerts", "repeat_after_h", REPEAT_AFTER_H)
        .set_text("alerts", "escalate_to", "boss")
        .set_text("alerts.channels.duty", "kind", "webhook")
        .set_text("alerts.channels.duty", "url", receiver.url("/duty"))
        .set_text("alerts.channels.boss", "kind", "webhook")
        .set_text("alerts.channels.boss", "url", receiver.url("/boss"))
}

/// Fire alarm on, or off: an alert that is raised and ended at once.
fn smoke(hub: &Hub, station: &Login, smoke: bool) {
    let mut client = Client::log_in(hub.mqtt, station, Version::V5);
    let reading = json!({ "device": "cab-1", "smoke": smoke }).to_string();
    assert_eq!(client.publish_acked(&station.topic("cabinet"), reading.as_bytes()), 0);
}

/// Who was told what about which station, and when.
#[derive(Debug, Clone)]
struct Told {
    what: String,
    alert: String,
    sent_at: i64,
}

/// Takes what is told until all of these are, in any order; gives all of it.
fn told_until(receiver: &Receiver, awaited: &[&str]) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    while !awaited.iter().all(|what| told.iter().any(|told| told.what == *what)) {
        let post = receiver.post().unwrap_or_else(|| panic!("waited in vain for {awaited:?} after {told:?}"));
        let notices = post.body["notices"].as_array().unwrap();
        told.extend(notices.iter().map(|notice| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let alert = &notice["alert"];
            Told {
                what: format!("{} {} {}", post.path, text(&notice["event"]), text(&alert["station"])),
                alert: text(&alert["id"]),
                sent_at: post.body["sent_at"].as_i64().unwrap(),
            }
        }));
    }
    told
}

fn whats(told: &[Told]) -> Vec<&str> {
    told.iter().map(|told| told.what.as_str()).collect()
}

/// When this was told first.
fn at(told: &[Told], what: &str) -> i64 {
    let found = told.iter().find(|told| told.what == what);
    found.unwrap_or_else(|| panic!("{what} in {told:?}")).sent_at
}

fn ask(hub: &Hub, method: &str, path: &str, login: &Login, body: &Value) -> Value {
    let headers = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", login.token);
    let answer = http::ask(hub.http, method, path, &headers, body.to_string().as_bytes()).expect("an answer");
    assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text());
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

fn known_operator(hub: &Hub) -> Login {
    let operator = hub.add_token("zhang", "operator");
    let headers = format!("Authorization: Bearer {}\r\n", operator.token);
    until("the hub knows the token", || {
        http::ask(hub.http, "GET", "/api/v1/audit", &headers, b"").is_ok_and(|answer| answer.status == 200)
    });
    operator
}

#[test]
fn an_alert_is_told_once_repeated_on_its_schedule_escalated_and_its_end_told() {
    let receiver = Receiver::start();
    let mut hub = settings(&receiver).start();
    let station = hub.known_station("dx-0001");
    smoke(&hub, &station, true);
    let mut told = told_until(&receiver, &["/duty repeated dx-0001", "/boss escalated dx-0001"]);
    let first = at(&told, "/duty firing dx-0001");
    let escalated = at(&told, "/boss escalated dx-0001");
    let repeated = at(&told, "/duty repeated dx-0001");
    // Channels send on their own, so the order is theirs; one that is slow lets the other repeat itself.
    let mut each = whats(&told);
    each.sort_unstable();
    each.dedup_by(|next, what| next == what && what.starts_with("/duty repeated"));
    assert_eq!(
        each,
        ["/boss escalated dx-0001", "/duty firing dx-0001", "/duty repeated dx-0001"],
        "once each, and the boss hears of nothing but what nobody acknowledged"
    );
    // As the hub decided it, a little before it was sent; a look takes less than this.
    const SLACK_MS: i64 = 1_000;
    assert!(escalated - first >= 6_000 - SLACK_MS, "{told:?}");
    assert!(repeated - first >= 7_200 - SLACK_MS, "{told:?}");
    // It is no news to a hub that was killed.
    hub.kill();
    hub.start();
    smoke(&hub, &station, false);
    told = told_until(&receiver, &["/duty resolved dx-0001", "/boss resolved dx-0001"]);
    assert!(!whats(&told).iter().any(|what| what.contains("firing")), "{told:?}");
    hub.stop();
}

#[test]
fn an_acknowledgement_stops_repeats_and_escalation_and_a_silence_everything() {
    let receiver = Receiver::start();
    let mut hub = settings(&receiver).start();
    let [acknowledged, silenced, open] = ["dx-0001", "dx-0002", "dx-0003"].map(|id| hub.known_station(id));
    let operator = known_operator(&hub);
    let silence = json!({
        "matchers": [{ "name": "station", "value": silenced.name }], "for_s": 3_600, "why": "烟感检修"
    });
    let silence = ask(&hub, "POST", "/api/v1/silences", &operator, &silence);
    smoke(&hub, &silenced, true);
    smoke(&hub, &acknowledged, true);
    let told = told_until(&receiver, &["/duty firing dx-0001"]);
    assert_eq!(whats(&told), ["/duty firing dx-0001"]);
    let path = format!("/api/v1/alerts/{}/acknowledge", told[0].alert);
    ask(&hub, "POST", &path, &operator, &json!({ "note": "on my way" }));

    // Later than the other two in everything: what is due for it was due for them before.
    smoke(&hub, &open, true);
    let told = told_until(&receiver, &["/boss escalated dx-0003", "/duty repeated dx-0003"]);
    let others: Vec<&Told> = told.iter().filter(|told| !told.what.ends_with("dx-0003")).collect();
    assert!(others.is_empty(), "{others:?}");

    smoke(&hub, &acknowledged, false);
    told_until(&receiver, &["/duty resolved dx-0001"]);
    ask(
        &hub,
        "DELETE",
        &format!("/api/v1/silences/{}", silence["id"].as_str().unwrap()),
        &operator,
        &Value::Null,
    );
    let told = told_until(&receiver, &["/duty firing dx-0002"]);
    assert!(
        !whats(&told).iter().any(|what| what.starts_with("/boss") && !what.ends_with("dx-0003")),
        "{told:?}"
    );
    hub.stop();
}
