mod actions;
mod console;
mod document;
mod edges;
mod feeds;
mod languages;
mod lists;
mod refusals;
mod reports;
mod trouble;
mod watching;

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

/// Reads a stream until it holds what is wanted.
async fn read_until(socket: &mut TcpStream, text: &mut String, done: impl Fn(&str) -> bool) {
    let mut buffer = vec![0; 64 << 10];
    while !done(text) {
        let read = socket.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the stream ended: {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
}
