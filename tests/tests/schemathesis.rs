//! Schemathesis against a real hub: from the OpenAPI document it makes requests, good and odd ones, and looks whether
//! every answer is one that the document has, in the shape that it says, and none a failure of the hub.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use waystation_tests::hub::Login;
use waystation_tests::readings::{environment, now_ms};
use waystation_tests::{Client, Hub, HubSettings, PATIENCE, Version, http, programs, until};

/// The same requests each time.
const SEED: &str = "20260301";
/// Made-up requests for each operation, besides those that the document's limits give.
const EXAMPLES: &str = "20";

/// Where a request that the document allows may be refused, and what a schema cannot say of it. Everywhere else
/// whatever the document allows is accepted.
const MAY_BE_REFUSED: [(&str, &str); 11] = [
    ("POST /claim", "nobody guesses a code"),
    ("GET /api/v1/outages", "from and to are a year apart at most"),
    ("GET /api/v1/stars", "from and to are a year apart at most"),
    ("GET /api/v1/stations/{id}/availability", "from and to are a year apart at most"),
    ("GET /api/v1/utilisation", "from and to are a year apart at most"),
    ("GET /api/v1/stations/{id}/readings", "from, to and step make so many points at most"),
    ("POST /api/v1/maintenance", "the end lies ahead of now and behind the begin"),
    ("POST /api/v1/silences", "the end lies ahead of now and behind the begin, and each name has one value"),
    ("POST /api/v1/stations", "time zones go by the names of the IANA"),
    (
        "PATCH /api/v1/stations/{id}/registration",
        "time zones go by the names of the IANA, and half a position is none",
    ),
    (
        "POST /api/v1/stations/{id}/commands",
        "a command expires soon after now, and each action has members of its own",
    ),
];

/// A hub that has something of everything to show, and a token that may do everything.
fn hub() -> (Hub, Login) {
    let settings = HubSettings::default().set("http", "requests_per_second_max", 0);
    let hub = settings.set_text("gbfs", "contact_email", "gbfs@example.com").start();
    let station = hub.known_station("jb-001");
    let mut client = Client::log_in(hub.mqtt, &station, Version::V5);
    let reading = environment(now_ms(), 600).to_string();
    assert_eq!(client.publish_acked(&station.topic("environment"), reading.as_bytes()), 0);
    assert_eq!(client.publish_acked(&station.topic("environment"), b"{}"), 0);
    // Something to show for alerts and feeds.
    let cabinet = br#"{"device":"cab-1","smoke":true,"slots":[{"slot":1,"state":"ready","class":"48V"}]}"#;
    assert_eq!(client.publish_acked(&station.topic("cabinet"), cabinet), 0);
    let admin = hub.add_token("tester", "admin");
    until("the hub knows the token", || {
        let headers = format!("{}\r\n", authorization(&admin));
        http::ask(hub.http, "GET", "/api/v1/tokens", &headers, b"").is_ok_and(|answer| answer.status == 200)
    });
    (hub, admin)
}

fn authorization(login: &Login) -> String {
    format!("Authorization: Bearer {}", login.token)
}

#[test]
fn every_answer_is_one_that_the_openapi_document_has() {
    let (mut hub, admin) = hub();
    let exceptions = MAY_BE_REFUSED.map(|(operation, _)| {
        format!("[[operations]]\ninclude-name = \"{operation}\"\nchecks.positive_data_acceptance.enabled = false\n")
    });
    std::fs::write(hub.folder().join("schemathesis.toml"), exceptions.concat()).expect("its configuration");
    let mut command = Command::new(programs::from_pypi("schemathesis"));
    command.args(["--no-color", "run", &format!("http://{}/openapi.json", hub.http)]);
    command.args(["--header", &authorization(&admin), "--seed", SEED, "--max-examples", EXAMPLES]);
    // A stream never ends: it has a test of its own below.
    command.args(["--exclude-path", "/api/v1/stream", "--phases", "examples,coverage,fuzzing"]);
    // Its notes of earlier runs would make this one differ.
    command.args(["--generation-database", "none"]).current_dir(hub.folder());
    let output = command.output().expect("schemathesis runs");
    hub.assert_running();
    assert!(!hub.log().contains("panicked"), "{}", hub.log());
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Status, head, and what comes up to the first id, of a stream; or the whole of another answer.
fn stream(hub: &Hub, query: &str, headers: &str) -> (u16, String, String) {
    let mut socket = TcpStream::connect(hub.http).expect("a connection");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    let request = format!(
        "GET /api/v1/stream{query} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
        hub.http
    );
    socket.write_all(request.as_bytes()).expect("a request");
    let (mut text, mut part) = (String::new(), [0; 4096]);
    while !text.contains("\nid: ") {
        match socket.read(&mut part).expect("an answer") {
            0 => break,
            len => text.push_str(&String::from_utf8_lossy(&part[..len])),
        }
    }
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    (status, head.to_ascii_lowercase(), body.to_owned())
}

#[test]
fn a_stream_answers_as_the_openapi_document_says() {
    let (hub, admin) = hub();
    let document = hub.get("/openapi.json").good();
    let responses = &document["paths"]["/api/v1/stream"]["get"]["responses"];
    let viewer = format!("{}\r\n", authorization(&admin));
    for (expected, query, headers) in [
        (200, "", String::new()),
        (200, "?district=%E5%A4%A7%E5%85%B4%E5%8C%BA&state=online", viewer.clone()),
        // An id that is none of this hub's, as after a restart: everything is sent.
        (200, "", "Last-Event-ID: 1-99999999-0\r\n".into()),
        (200, "", "Last-Event-ID: nonsense\r\n".into()),
        (400, "?colour=red", viewer.clone()),
        (400, "?state=open", viewer.clone()),
        (400, "?state=online&state=late", viewer),
        (401, "", "Authorization: Bearer wst_guessed\r\n".into()),
    ] {
        let (status, head, body) = stream(&hub, query, &headers);
        assert_eq!(status, expected, "{query} {headers} {head} {body}");
        let mut response = &responses[status.to_string()];
        if let Some(place) = response["$ref"].as_str() {
            response = document.pointer(place.trim_start_matches('#')).expect("what it refers to");
        }
        let types = response["content"].as_object().expect("content in the document");
        let is_said = |name: &String| head.contains(&format!("content-type: {name}"));
        assert!(types.keys().any(is_said), "{types:?} for {head}");
        if status == 200 {
            check_first_event(&body);
        }
    }
}

/// A station as the list has it, then counts.
fn check_first_event(body: &str) {
    let data = body.split_once("event: station\ndata: ").expect("a station").1;
    let station: Value = serde_json::from_str(data.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&station["id"], &station["state"]), (&"jb-001".into(), &"online".into()));
    assert!(body.contains("event: counts\ndata: {"), "{body}");
}
