mod actions;
mod console;
mod feeds;
mod languages;
mod refusals;
mod reports;
mod trouble;

use super::*;
use crate::clock::now_ms;
use crate::entry::{Entry, Place, Quarantined, What};
use crate::fleet::{self, SessionEvents, Thresholds};
use crate::registry::{NewStation, Registry, Role};
use crate::shutdown::{self, Trigger};
use serde_json::Value;
use std::collections::BTreeMap;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use waystation_durable_log::Options;
use waystation_protocol::{Decoded, Kind, Limits, OutboxId, Reading, StationId, decode_channel};

/// A real server on a port of its own, over a real log and `state.db`.
struct Server {
    address: SocketAddr,
    health: Health,
    stop: Trigger,
    task: JoinHandle<()>,
    sessions: SessionEvents,
    projector: fleet::ProjectorHandle,
    projector_stop: Trigger,
    writer: waystation_durable_log::Writer,
    /// By role.
    tokens: BTreeMap<&'static str, String>,
    _dir: TempDir,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

fn station(id: &str, district: &str) -> NewStation {
    let mut station = NewStation::named(id);
    station.district = district.into();
    station.name_zh = format!("驿站 <b>{id}</b>");
    station.latitude = "29.9".into();
    station.longitude = "121.5".into();
    station
}

/// The stations stand at 29.9, 121.5.
const CELLS: &str = "id,latitude,longitude,weight,district\nnear,29.905,121.5,3,江北\nfar,29.95,121.5,1,江北\n\
                     farther,30.5,121.5,2,鄞州\nelsewhere,10,10,,\n";

/// Four stations, and a token of each role that goes by the role's name.
fn register(registry: &Registry) -> BTreeMap<&'static str, String> {
    for (id, district) in [("jb-001", "江北"), ("jb-002", "江北"), ("jb-003", "江北"), ("yz-001", "鄞州")]
    {
        registry.add(&station(id, district)).unwrap();
    }
    let token = |role: Role| registry.add_token(&role.as_str().parse().unwrap(), role).unwrap();
    Role::ALL.map(|role| (role.as_str(), token(role).as_str().to_owned())).into()
}

fn reading(kind: Kind, json: &str) -> Reading {
    let mut decoded = Decoded::default();
    decode_channel(kind, json.as_bytes(), now_ms(), &Limits::default(), &mut decoded);
    assert_eq!(decoded.rejected, vec![], "{json}");
    decoded.accepted.remove(0).reading
}

fn entries() -> Vec<(&'static str, What)> {
    let readings = vec![
        reading(Kind::Environment, r#"{"device":"env-1","temperature_c":23.5}"#),
        reading(Kind::Occupancy, r#"{"device":"hall","people":5,"capacity":10}"#),
        reading(Kind::Cabinet, r#"{"device":"cab-1","slots":[{"slot":1,"state":"ready","class":"48V"}]}"#),
    ];
    let outbox = OutboxId::try_from("outbox-1").unwrap();
    let place = Place { outbox, first_seq: 10, count: 1, lost: vec![(7, 8)] };
    let item = Quarantined {
        channel: "environment".into(),
        reason: "out_of_range".into(),
        member: Some("temperature_c".into()),
        payload: br#"{"temperature_c":999}"#.to_vec(),
    };
    vec![
        ("jb-001", What::Readings(readings)),
        ("jb-002", What::Batch(place, vec![])),
        ("jb-002", What::Quarantined(item)),
    ]
}

fn append(writer: &mut waystation_durable_log::Writer, entries: Vec<(&'static str, What)>) {
    for (station, what) in entries {
        let mut record = Vec::new();
        Entry { station: StationId::try_from(station).unwrap(), received_ms: now_ms(), what }
            .encode(&mut record);
        writer.append(&record).unwrap();
    }
    writer.commit().unwrap();
}

impl Server {
    async fn start(require_token: bool) -> Self {
        Self::start_with(|config| config.http.require_token = require_token).await
    }

    async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        let dir = TempDir::new().unwrap();
        let options = Options { segment_bytes: 64 << 10, max_bytes: 16 << 20, ..Options::default() };
        let (mut writer, log, _) = waystation_durable_log::open(&dir.path().join("log"), options).unwrap();
        append(&mut writer, entries());
        let mut config = Config { data_dir: dir.path().to_owned(), ..Config::default() };
        let cells = dir.path().join("cells.csv");
        std::fs::write(&cells, CELLS).unwrap();
        config.coverage.cells = Some(cells);
        config.gbfs.contact_email = Some("gbfs@example.com".into());
        configure(&mut config);
        let registry = Arc::new(Registry::open(dir.path()).unwrap());
        let tokens = register(&registry);
        let operations = Operations::open(dir.path(), now_ms()).unwrap();
        let (metrics, health) = (Metrics::new(), Health::default());
        let thresholds = Thresholds::from(&config.presence);
        // Begun in the past, as it were: what the log holds was heard while the hub listened.
        let recovered = fleet::recover(
            dir.path(),
            &log,
            thresholds,
            registry.load().unwrap().shared(),
            metrics.clone(),
            health.clone(),
            now_ms,
            operations.clone(),
        )
        .unwrap();
        let sessions = SessionEvents::default();
        sessions.connected(&StationId::try_from("jb-001").unwrap(), now_ms(), None);
        let (projector_stop, projector_shutdown) = shutdown::switch();
        let projector = recovered.projector.spawn(sessions.clone(), |_| {}, projector_shutdown).unwrap();
        let directory = registry.load().unwrap().shared();
        let history = History::open(dir.path(), directory.clone(), config.calendar.zone(), now_ms).unwrap();
        let sources = Sources {
            config,
            directory,
            fleet: recovered.fleet,
            history: Some(history),
            store: recovered.store,
            log,
            metrics,
            health: health.clone(),
            registry,
            operations,
            commands: Commands::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, shutdown) = shutdown::switch();
        let task = tokio::spawn(serve(sources, listener, None, shutdown));
        Self { address, health, stop, task, sessions, projector, projector_stop, writer, tokens, _dir: dir }
    }

    async fn raw(&self, request: &[u8]) -> Answer {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        // A server that has refused the request may close before it was all written.
        if let Err(error) = socket.write_all(request).await {
            assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
        }
        let mut bytes = Vec::new();
        if let Err(error) = socket.read_to_end(&mut bytes).await {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    async fn request(&self, method: &str, path: &str, token: Option<&str>) -> Answer {
        self.send(method, path, token, "").await
    }

    /// With a body, if it is not empty; `token` is one's role, or else its text.
    async fn send(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Answer {
        let token = token.map(|token| self.tokens.get(token).map_or(token, String::as_str));
        let authorization =
            token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let json = match body.len() {
            0 => String::new(),
            length => format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{authorization}{json}Connection: close\r\n\r\n{body}",
            self.address
        );
        self.raw(request.as_bytes()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, None).await
    }

    /// Asks until the answer is as wanted: the projector works on its own thread.
    async fn until(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        loop {
            let answer = self.get(path).await;
            if wanted(&answer) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn stop(self) {
        self.stop.stop();
        self.task.await.unwrap();
        self.projector_stop.stop();
        tokio::task::spawn_blocking(move || self.projector.join()).await.unwrap();
    }
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn stations_are_listed_with_their_latest_readings() {
    let server = Server::start(false).await;
    let answer = server.until("/api/v1/stations", |answer| answer.body.contains("online")).await;
    let page = answer.json();
    assert_eq!(ids(&page), ["jb-001", "jb-002", "jb-003", "yz-001"]);
    assert_eq!(page["next"], Value::Null);
    let first = &page["items"][0];
    assert_eq!(first["state"], "online");
    assert_eq!(first["district"], "江北");
    assert!(first["last_seen"].is_i64());
    assert_eq!(first["latest"]["environment"]["env-1"]["temperature_c"], 23.5);
    let silent = &page["items"][2];
    assert_eq!((&silent["state"], &silent["last_seen"]), (&"never_seen".into(), &Value::Null));
    assert_eq!(silent["latest"], serde_json::json!({}));
    let one = server.get("/api/v1/stations/jb-002").await.json();
    assert_eq!(one["ledger"][0]["outbox"], "outbox-1");
    server.stop().await;
}

#[tokio::test]
async fn lists_are_paged_and_filtered() {
    let server = Server::start(false).await;
    let mut seen = Vec::new();
    let mut path = "/api/v1/stations?limit=3".to_owned();
    loop {
        let page = server.get(&path).await.json();
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/stations?limit=3&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["jb-001", "jb-002", "jb-003", "yz-001"]);
    let page = server.get("/api/v1/stations?district=%E9%84%9E%E5%B7%9E").await.json();
    assert_eq!(ids(&page), ["yz-001"]);
    let page = server.get("/api/v1/stations?state=never_seen&limit=1").await.json();
    assert_eq!((ids(&page), &page["next"]), (vec!["jb-003"], &"jb-003".into()));
    let page = server.get("/api/v1/stations?state=never_seen&limit=2").await.json();
    assert_eq!((ids(&page), &page["next"]), (vec!["jb-003", "yz-001"], &Value::Null));
    server.stop().await;
}

#[tokio::test]
async fn the_ledger_and_the_quarantine_are_shown() {
    let server = Server::start(false).await;
    let ledger = server.get("/api/v1/ledger").await.json();
    let expected = serde_json::json!({
        "station": "jb-002", "outbox": "outbox-1", "durable_up_to": 8, "gaps": [[9, 9]], "dropped": [[7, 8]],
        "received": 1, "missing_total": 1, "dropped_total": 2
    });
    assert_eq!(ledger, serde_json::json!({ "items": [expected], "next": null }));
    assert_eq!(server.get("/api/v1/ledger?station=jb-001").await.json()["items"], serde_json::json!([]));
    let item = &server.get("/api/v1/quarantine").await.json()["items"][0];
    assert_eq!(item["reason"], "out_of_range");
    assert_eq!(item["member"], "temperature_c");
    assert_eq!(item["payload"], r#"{"temperature_c":999}"#);
    server.stop().await;
}

/// What every error must look like.
fn check_problem(answer: &Answer, status: u16, about: &str) {
    assert_eq!(answer.status, status, "{about}: {}", answer.body);
    assert!(answer.head.contains("content-type: application/problem+json"), "{about}: {}", answer.head);
    let problem = answer.json();
    assert_eq!(problem["status"], status, "{about}");
    for member in ["type", "title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{about}: {problem}");
    }
}

#[tokio::test]
async fn errors_are_problem_documents() {
    let server = Server::start(false).await;
    for (status, path) in [
        (404, "/nothing"),
        (404, "/api/v1/nothing"),
        (404, "/api/v2/stations"),
        (404, "/api/v1/stations/unknown"),
        (400, "/api/v1/stations/%00%ff"),
        (404, "/assets/../hub.toml"),
        (404, "/api/v1/ledger?station=unknown"),
        (400, "/api/v1/stations?limit=0"),
        (400, "/api/v1/stations?limit=1001"),
        (400, "/api/v1/stations?limit=many"),
        (400, "/api/v1/stations?limit=1&limit=2"),
        (400, "/api/v1/stations?unknown=1"),
        (400, "/api/v1/stations?state=asleep"),
        (400, "/api/v1/quarantine?cursor=x"),
    ] {
        check_problem(&server.get(path).await, status, path);
    }
    for path in ["/", "/healthz", "/api/v1/ledger", "/api/v1/quarantine", "/metrics"] {
        let answer = server.request("DELETE", path, None).await;
        check_problem(&answer, 405, path);
        assert!(answer.head.contains("allow: get"), "{}", answer.head);
    }
    server.stop().await;
}

#[tokio::test]
async fn reading_needs_a_token_where_it_is_asked_for() {
    let server = Server::start(true).await;
    for path in ["/api/v1/stations", "/api/v1/quarantine", "/api/v1/ledger", "/api/v1/stream", "/metrics"] {
        let answer = server.get(path).await;
        check_problem(&answer, 401, path);
        assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
        check_problem(&server.request("GET", path, Some("guessed")).await, 401, path);
        for role in ["reader", "service"] {
            check_problem(&server.request("GET", path, Some(role)).await, 403, path);
        }
    }
    for role in ["viewer", "operator", "admin"] {
        assert_eq!(server.request("GET", "/api/v1/stations", Some(role)).await.status, 200, "{role}");
        let item = &server.request("GET", "/api/v1/quarantine", Some(role)).await.json()["items"][0];
        assert_eq!(item["payload"].is_null(), role == "viewer", "{role}: {item}");
    }
    for path in ["/", "/healthz", "/readyz", "/openapi.json"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_refused_even_where_none_is_needed_and_so_is_a_foreign_host() {
    let server = Server::start(false).await;
    check_problem(&server.request("GET", "/api/v1/stations", Some("guessed")).await, 401, "wrong token");
    for (host, status) in
        [("localhost", 200), ("[::1]:80", 200), ("127.0.0.1", 200), ("evil.example:8080", 401)]
    {
        let request = format!("GET /api/v1/stations HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(server.raw(request.as_bytes()).await.status, status, "{host}");
    }
    server.stop().await;
}

#[tokio::test]
async fn odd_bytes_hurt_nobody() {
    let server = Server::start(false).await;
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(1 << 20));
    let requests: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /%zz?limit=%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/stations?after=%ff%fe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/stations HTTP/1.1\r\nHost: localhost\r\nAuthorization: \xff\xfe\r\nConnection: close\r\n\r\n",
        long.as_bytes(),
    ];
    for request in requests {
        let status = server.raw(request).await.status;
        assert!(status < 500, "{status}: {:?}", String::from_utf8_lossy(&request[..40.min(request.len())]));
        assert_eq!(server.get("/healthz").await.status, 200);
    }
    server.stop().await;
}

#[tokio::test]
async fn readiness_names_the_parts_that_fail() {
    let server = Server::start(false).await;
    server.health.set("log", Err("the disk is full"));
    let answer = server.get("/readyz").await;
    assert_eq!(answer.status, 503);
    let failing = &answer.json()["failing"];
    assert_eq!(failing, &serde_json::json!([{ "part": "log", "reason": "the disk is full" }]));
    server.health.set("log", Ok::<_, String>(()));
    assert_eq!(server.get("/readyz").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn metrics_show_each_station() {
    let server = Server::start(false).await;
    let online = |answer: &Answer| answer.body.contains("waystation_station_up{station=\"jb-001\"} 1");
    let text = server.until("/metrics", online).await.body;
    assert!(text.contains("\nwaystation_hub_blind 0\n"), "{text}");
    let room = text.split("\nwaystation_mqtt_connections_max ").nth(1).unwrap().lines().next().unwrap();
    assert!(room.parse::<i64>().unwrap() > 0, "{room}");
    for line in [
        "waystation_stations{state=\"online\"} 1",
        "waystation_stations{state=\"never_seen\"} 2",
        "waystation_station_up{station=\"yz-001\"} 0",
        "waystation_station_people{station=\"jb-001\"} 5",
        "waystation_station_seat_utilisation_ratio{station=\"jb-001\"} 0.5",
        "waystation_station_cabinet_ready_batteries{class=\"48V\",station=\"jb-001\"} 1",
        "waystation_station_last_seen_timestamp_seconds{station=\"jb-001\"}",
        "waystation_log_bytes",
        "waystation_log_oldest_unsent_seconds 0",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_stream_tells_what_changes_and_ends_with_the_hub() {
    let mut server = Server::start(false).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"GET /api/v1/stream?limit=3 HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut text = String::new();
    read_until(&mut socket, &mut text, |text| text.contains("event: counts")).await;
    assert!(text.to_ascii_lowercase().contains("content-type: text/event-stream"));
    for id in ["jb-001", "jb-002", "jb-003"] {
        assert!(text.contains(&format!("data: {{\"id\":\"{id}\"")), "{id}");
    }
    assert!(!text.contains("yz-001"));
    text.clear();
    let reading = reading(Kind::Environment, r#"{"device":"env-9","co2_ppm":777}"#);
    append(&mut server.writer, vec![("jb-003", What::Readings(vec![reading]))]);
    read_until(&mut socket, &mut text, |text| text.contains("\"co2_ppm\":777")).await;
    let stopping = tokio::spawn(server.stop());
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).await.unwrap();
    stopping.await.unwrap();
}

async fn read_until(socket: &mut TcpStream, text: &mut String, done: impl Fn(&str) -> bool) {
    let mut buffer = vec![0; 64 << 10];
    while !done(text) {
        let read = socket.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the stream ended: {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let server = Server::start(false).await;
    let page = server.get("/").await;
    assert!(page.head.contains("content-security-policy: default-src 'none'"));
    assert!(page.head.contains("cache-control: no-cache"));
    let mut names = page.body.split("/assets/").skip(1).filter_map(|rest| rest.split('"').next());
    let script = names.find(|name| name.ends_with(".js")).expect("`make console` builds what is served here");
    let answer = server.get(&format!("/assets/{script}")).await;
    assert!(answer.head.contains("immutable") && answer.head.contains("text/javascript"), "{}", answer.head);
    for (path, body) in [("/", &page.body), (script, &answer.body)] {
        assert!(!body.contains("src=\"http") && !body.contains("href=\"http"), "{path}");
        assert!(!body.contains(" style="), "{path}");
    }
    assert_eq!(server.get("/assets/texts.json").await.json()["state.online"]["zh"], "在线");
    check_problem(&server.get("/assets/index.html").await, 404, "/assets/index.html");
    server.sessions.disconnected(&StationId::try_from("jb-001").unwrap(), now_ms());
    server.stop().await;
}

/// To renew it after a change: `UPDATE_OPENAPI=1 cargo test -p waystation-hub openapi`.
#[test]
fn the_committed_openapi_document_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let current = format!("{}\n", serde_json::to_string_pretty(&openapi_document()).unwrap());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &current).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == current, "docs/openapi.json is not current; UPDATE_OPENAPI=1 renews it");
}

/// Every path of the document answers, and every reference in it leads somewhere.
#[tokio::test]
async fn the_openapi_document_holds_what_the_server_answers() {
    let server = Server::start(false).await;
    server.send("PUT", "/api/v1/stations/jb-001/configuration", Some("admin"), "{}").await;
    let document = server.get("/openapi.json").await.json();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let file = path.replace("{id}", "jb-001").replace("{name}", "texts.json").replace("{command}", "c-1");
        let is_asked = !path.ends_with("/stream") && !path.starts_with("/api/v1/alerts/");
        if methods.get("get").is_some() && is_asked {
            let file = if path.ends_with("/readings") { file.clone() + "?kind=door" } else { file.clone() };
            assert_eq!(server.request("GET", &file, Some("admin")).await.status, 200, "{path}");
        }
        // Whoever claims has no token yet.
        if path.starts_with("/api/v1/alerts/") || path == "/claim" {
            continue;
        }
        for method in methods.as_object().unwrap().keys().filter(|method| *method != "get") {
            let method = method.to_uppercase();
            check_problem(&server.request(&method, &file, None).await, 401, path);
            check_problem(&server.request(&method, &file, Some("viewer")).await, 403, path);
        }
    }
    let text = document.to_string();
    for (place, _) in text.match_indices("\"#/") {
        let pointer = text[place + 2..].split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    let page = server.get("/api/v1/stations").await.json();
    let item = page["items"][0].as_object().unwrap();
    let described = document["components"]["schemas"]["Station"]["properties"].as_object().unwrap();
    assert_eq!(item.keys().collect::<Vec<_>>(), described.keys().collect::<Vec<_>>());
    server.stop().await;
}
