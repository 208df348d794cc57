//! Real servers and real programs for the tests: mosquitto as the hub, and the agent's own binary.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests, though not marked as such")]

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use waystation_protocol::{BatchHeader, Decoded, Limits, Reading, decode_batch};

/// Generous: it only bounds a test that has failed.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A topic of the tests' own.
const MARKER: &str = "test/marker";

/// A child that does not outlive the test.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait().map(drop)) {
            eprintln!("a child could not be stopped: {error}");
        }
    }
}

/// Debian's mosquitto on a free port of its own.
pub struct Mosquitto {
    pub port: u16,
    folder: PathBuf,
    server: Option<Killed>,
}

impl Mosquitto {
    pub async fn start(folder: &Path) -> Self {
        Self::start_with(folder, "allow_anonymous true\n").await
    }

    /// With these lines of configuration for its one listener.
    pub async fn start_with(folder: &Path, more: &str) -> Self {
        let port = free_port();
        let config =
            format!("max_queued_messages 0\nmax_inflight_messages 0\nlistener {port} 127.0.0.1\n{more}");
        std::fs::write(folder.join("mosquitto.conf"), config).unwrap();
        let mut mosquitto = Self { port, folder: folder.to_owned(), server: None };
        mosquitto.start_again().await;
        mosquitto
    }

    pub async fn start_again(&mut self) {
        let server = Command::new("/usr/sbin/mosquitto")
            .arg("-c")
            .arg(self.folder.join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the Debian package mosquitto is installed");
        self.server = Some(Killed(server));
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        until("mosquitto listens", || TcpStream::connect(address).is_ok()).await;
    }

    pub fn stop(&mut self) {
        self.server = None;
    }
}

/// A mosquitto of the devices' own, beside the one that plays the hub.
pub struct Broker {
    mosquitto: Mosquitto,
    _folder: tempfile::TempDir,
}

impl Broker {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { mosquitto: Mosquitto::start(folder.path()).await, _folder: folder }
    }

    pub fn port(&self) -> u16 {
        self.mosquitto.port
    }

    pub fn stop(&mut self) {
        self.mosquitto.stop();
    }

    pub async fn start_again(&mut self) {
        self.mosquitto.start_again().await;
    }

    /// Publishes with mosquitto's own client, and returns once the broker has acknowledged.
    pub fn publish(&self, topic: &str, payload: &str, retain: bool) {
        let mut command = Command::new("mosquitto_pub");
        command.args(["-q", "1", "-p", &self.port().to_string(), "-t", topic, "-m", payload]);
        if retain {
            command.arg("-r");
        }
        assert!(command.status().expect("the Debian package mosquitto-clients").success());
    }
}

/// A source's entry in the status; null while there is none.
pub fn source_health(agent: &Agent, name: &str) -> serde_json::Value {
    let status = agent.outbox();
    let sources = status["sources"].as_array().cloned().unwrap_or_default();
    sources.into_iter().find(|source| source["name"] == name).unwrap_or_default()
}

/// The agent's binary with a data folder and a socket of its own.
pub struct Agent {
    config: PathBuf,
    pub socket: PathBuf,
    environment: Vec<(String, String)>,
    process: Option<Killed>,
}

impl Agent {
    pub fn new(folder: &Path, port: u16, more: &str) -> Self {
        let (config, socket) = (folder.join("agent.toml"), folder.join("readings.sock"));
        let text = format!(
            "station = \"jb-001\"\nhub = \"mqtt://127.0.0.1:{port}\"\ndata_dir = \"{}\"\n\
             [sources.jsonl]\npath = \"{}\"\n[gateway]\ninterval_s = 0\n{more}",
            folder.join("data").display(),
            socket.display(),
        );
        std::fs::write(&config, text).unwrap();
        Self { config, socket, environment: Vec::new(), process: None }
    }

    /// Sets a variable for the commands that come.
    pub fn environment(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub fn start(&mut self) {
        self.process = Some(Killed(self.command("run").stdout(Stdio::null()).spawn().unwrap()));
    }

    /// SIGKILL: no time to say or save anything.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// SIGTERM, and a clean end.
    pub async fn terminate(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let id = process.0.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        let mut code = None;
        until("the agent ends", || {
            code = process.0.try_wait().unwrap();
            code.is_some()
        })
        .await;
        assert!(code.is_some_and(|code| code.success()), "{code:?}");
    }

    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_waystation-agent"));
        command.args([name, "--config"]).arg(&self.config).env("RUST_LOG", "error");
        // A test's own, and no setting of the agent.
        command.env_remove("WAYSTATION_KILLS");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The status as `outbox --json` prints it.
    pub fn outbox(&self) -> serde_json::Value {
        let printed = self.command("outbox").arg("--json").output().unwrap();
        serde_json::from_slice(&printed.stdout).unwrap_or_else(|error| panic!("{error}: {printed:?}"))
    }

    /// A client of the socket that wants acknowledgements.
    pub async fn feed(&self) -> Feed {
        let mut stream = None;
        until("the agent listens", || {
            stream = std::os::unix::net::UnixStream::connect(&self.socket).ok();
            stream.is_some()
        })
        .await;
        let stream = stream.unwrap();
        stream.set_nonblocking(true).unwrap();
        let mut stream = BufReader::new(UnixStream::from_std(stream).unwrap());
        stream.write_all(b"{\"want_acks\":true}\n").await.unwrap();
        Feed { stream }
    }
}

/// What `check` finds, in English.
pub fn check_of(agent: &Agent) -> Vec<serde_json::Value> {
    let printed = agent.command("check").args(["--json", "--lang", "en"]).output().unwrap();
    serde_json::from_slice(&printed.stdout).unwrap_or_else(|error| panic!("{error}: {printed:?}"))
}

/// A device's connection to the agent.
pub struct Feed {
    pub stream: BufReader<UnixStream>,
}

impl Feed {
    /// Sends environment readings whose timestamps are these; false when the agent is gone.
    pub async fn send(&mut self, stamps: std::ops::Range<i64>) -> bool {
        let lines: String = stamps
            .map(|ts| {
                format!("{{\"kind\":\"environment\",\"ts\":{ts},\"device\":\"env-1\",\"co2_ppm\":600}}\n")
            })
            .collect();
        self.stream.write_all(lines.as_bytes()).await.is_ok()
    }

    /// The next answer; none when the agent is gone.
    pub async fn answer(&mut self) -> Option<serde_json::Value> {
        let mut line = String::new();
        match self.stream.read_line(&mut line).await {
            Ok(read) if read > 0 && line.ends_with('\n') => serde_json::from_str(&line).ok(),
            _ => None,
        }
    }

    /// The number in the next acknowledgement; none when the agent is gone.
    pub async fn acknowledged(&mut self) -> Option<i64> {
        self.answer().await?.get("ack")?.as_i64()
    }
}

/// A subscriber that keeps every reading, as the hub would.
pub struct Collector {
    events: EventLoop,
    client: AsyncClient,
    markers: u32,
    pub batches: Vec<(BatchHeader, Vec<Reading>)>,
    pub stamps: BTreeSet<i64>,
}

impl Collector {
    pub async fn subscribe(port: u16) -> Self {
        let mut options = MqttOptions::new("collector", "127.0.0.1", port);
        options.set_max_packet_size(1 << 20, 1 << 20).set_keep_alive(Duration::from_secs(60));
        options.set_clean_session(false);
        let (client, mut events) = AsyncClient::new(options, 16);
        client.subscribe("v1/stations/+/batch", QoS::AtLeastOnce).await.unwrap();
        client.subscribe(MARKER, QoS::AtLeastOnce).await.unwrap();
        let subscribed =
            async { while !matches!(events.poll().await, Ok(Event::Incoming(Packet::SubAck(_)))) {} };
        tokio::time::timeout(PATIENCE, subscribed).await.expect("subscribed");
        Self { events, client, markers: 0, batches: Vec::new(), stamps: BTreeSet::new() }
    }

    /// With what an earlier collector saw: a restarted mosquitto knows nothing of it.
    pub fn continuing(mut self, earlier: Self) -> Self {
        self.stamps.extend(earlier.stamps);
        self.batches.splice(0..0, earlier.batches);
        self
    }

    /// The readings of the batches from this one on, as JSON without their time.
    pub fn readings(&self, from: usize) -> Vec<serde_json::Value> {
        let readings = self.batches[from..].iter().flat_map(|(_, readings)| readings);
        readings
            .map(|reading| {
                let mut json = Vec::new();
                reading.write_json(true, &mut json);
                let mut value: serde_json::Value = serde_json::from_slice(&json).unwrap();
                value.as_object_mut().unwrap().remove("ts");
                value
            })
            .collect()
    }

    /// Takes what arrives until `enough`.
    pub async fn collect_until(&mut self, what: &str, mut enough: impl FnMut(&Self) -> bool) {
        let collect = async {
            while !enough(self) {
                self.take_one().await;
            }
        };
        if tokio::time::timeout(PATIENCE, collect).await.is_err() {
            panic!("gave up waiting until {what}: {} readings", self.stamps.len());
        }
    }

    /// Takes everything that mosquitto has acknowledged to the agent so far: it is in memory there only.
    pub async fn flush(&mut self) {
        let wanted = self.markers + 1;
        self.client.publish(MARKER, QoS::AtLeastOnce, false, "").await.unwrap();
        self.collect_until("the marker is back", |collector| collector.markers >= wanted).await;
    }

    /// Takes the next message. Cancel-safe.
    pub async fn take_one(&mut self) {
        // An error means that mosquitto is being restarted; the next poll connects again.
        let Ok(Event::Incoming(Packet::Publish(publish))) = self.events.poll().await else { return };
        if publish.topic == MARKER {
            self.markers += 1;
            return;
        }
        let now_ms = waystation_agent::clock::now_ms();
        let mut decoded = Decoded::default();
        let header = decode_batch(&publish.payload, now_ms, &Limits::default(), &mut decoded)
            .expect("a batch that the hub understands");
        assert!(decoded.rejected.is_empty(), "{:?}", decoded.rejected);
        let readings: Vec<_> = decoded.accepted.into_iter().map(|accepted| accepted.reading).collect();
        self.stamps.extend(readings.iter().map(|reading| reading.ts));
        self.batches.push((header, readings));
    }
}

/// Polls a condition that no event announces.
pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, wait).await.is_ok(), "gave up waiting: {what}");
}

/// A port below those that the system gives to clients: a client that knocks while mosquitto is down must not be given
/// mosquitto's port for its own end, and so connect to itself.
pub fn free_port() -> u16 {
    let mut dice = waystation_agent::dice::Dice::from_system();
    std::iter::repeat_with(|| dice.whole(20_000, 32_000) as u16)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap()
}
