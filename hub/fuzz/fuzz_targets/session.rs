//! A whole hub under hostile sessions over real sockets: whatever a client sends, logged in or not, nothing panics,
//! what comes back is well-formed MQTT, the connection ends when the client has gone, and the next client is served.
//!
//! Input: the first byte says who connects (0 station, 1 reader, 2 service, 3 nobody: the bytes begin with CONNECT);
//! 4 is added for 5.0, 8 to send the bytes in two writes. The rest is sent as it is.

#![no_main]

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use socket2::{Domain, Socket, Type};
use waystation_hub::config::{ByteSize, Config, Http, Log, Mqtt};
use waystation_hub::listener::codec::{frame, kind};
use waystation_hub::registry::{NewStation, Registry, Role};

const STATION: &str = "jb-001";
/// Far beyond what the hub takes for anything here; only a hang meets it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
const PACKET_BYTES_MAX: u64 = 64 << 10;
/// CONNACK of a good login, whatever properties follow: session present or not, and success.
const ACCEPTED: u8 = 0;

static HUB: LazyLock<Hub> = LazyLock::new(Hub::start);

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else { return };
    HUB.attack(choice, bytes);
    HUB.check_served();
});

/// A client that may log in.
struct Login {
    name: &'static str,
    token: String,
}

struct Hub {
    mqtt: SocketAddr,
    /// Station, reader, service.
    logins: [Login; 3],
    connections: AtomicU32,
    _runtime: tokio::runtime::Runtime,
    _hub: waystation_hub::app::Hub,
    _data: tempfile::TempDir,
}

impl Hub {
    fn start() -> Self {
        // In memory: the disk is not what is tested here.
        let data = tempfile::tempdir_in("/dev/shm").expect("a folder in /dev/shm");
        let registry = Registry::open(data.path()).expect("a registry");
        let station = NewStation { id: STATION.into(), ..NewStation::default() };
        let station_token = registry.add(&station).expect("a station").as_str().to_owned();
        let token = |name: &str, role| {
            let name = name.parse().expect("a name");
            registry.add_token(&name, role).expect("a token").as_str().to_owned()
        };
        let logins = [
            Login { name: STATION, token: station_token },
            Login { name: "reader", token: token("reader", Role::Reader) },
            Login { name: "service", token: token("service", Role::Service) },
        ];
        let config = Config {
            data_dir: data.path().to_owned(),
            mqtt: Mqtt {
                listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
                packet_bytes_max: ByteSize(PACKET_BYTES_MAX),
                inflight_max: 20,
                threads: 1,
                ..Mqtt::default()
            },
            log: Log { max_bytes: ByteSize(256 << 20), segment_bytes: ByteSize(4 << 20), ..Log::default() },
            http: Http { listen: None, ..Http::default() },
            ..Config::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let hub = runtime.block_on(waystation_hub::app::start(config)).expect("a hub");
        let mqtt = hub.listening.mqtt.expect("an MQTT listener");
        Self { mqtt, logins, connections: AtomicU32::new(0), _runtime: runtime, _hub: hub, _data: data }
    }

    /// Another source address each time: the hub slows an address down whose logins fail, and the system runs out of
    /// ports for one that connects often.
    fn dial(&self) -> TcpStream {
        let source = 0x7F01_0001 + self.connections.fetch_add(1, Ordering::Relaxed) % 0x00FE_0000;
        connect(self.mqtt, Ipv4Addr::from(source))
    }

    fn attack(&self, choice: u8, bytes: &[u8]) {
        let mut stream = self.dial();
        if let Some(login) = self.logins.get(usize::from(choice & 3)) {
            let level = if choice & 4 == 0 { 4 } else { 5 };
            send(&mut stream, &login.connect(level));
        }
        let split = if choice & 8 == 0 { 0 } else { bytes.len() / 2 };
        send(&mut stream, &bytes[..split]);
        send(&mut stream, &bytes[split..]);
        check_answers(&receive(stream));
    }

    /// The station, whose session the attack may have taken over, logs in and gets an answer.
    fn check_served(&self) {
        let mut stream = self.dial();
        send(&mut stream, &self.logins[0].connect(4));
        send(&mut stream, &[kind::PINGREQ << 4, 0]);
        let answers = receive(stream);
        let expected = [kind::CONNACK << 4, 2, 0, ACCEPTED, kind::PINGRESP << 4, 0];
        assert_eq!(answers, expected, "the hub no longer serves a well-behaved client");
    }
}

impl Login {
    fn connect(&self, level: u8) -> Vec<u8> {
        let mut body = vec![0, 4, b'M', b'Q', b'T', b'T', level, 0b1100_0010, 0, 60];
        if level == 5 {
            body.push(0);
        }
        for text in [self.name, self.name, &self.token] {
            body.extend((text.len() as u16).to_be_bytes());
            body.extend(text.as_bytes());
        }
        // Shorter than 128 bytes, so its length is one byte.
        let mut packet = vec![kind::CONNECT << 4, u8::try_from(body.len()).expect("a short CONNECT")];
        packet.extend(body);
        packet
    }
}

fn connect(to: SocketAddr, from: Ipv4Addr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((from, 0)).into()).expect("a loopback address");
    socket.connect(&to.into()).expect("the hub accepts");
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(ANSWER_TIMEOUT)).expect("a timeout");
    stream.set_write_timeout(Some(ANSWER_TIMEOUT)).expect("a timeout");
    stream
}

/// Sends; that the hub has closed already is fine.
fn send(stream: &mut TcpStream, bytes: &[u8]) {
    if let Err(error) = stream.write_all(bytes) {
        assert!(closed(error.kind()), "sending: {error}");
    }
}

/// Everything that the hub says until it closes, which it must once the client has.
fn receive(mut stream: TcpStream) -> Vec<u8> {
    if let Err(error) = stream.shutdown(Shutdown::Write) {
        assert!(closed(error.kind()), "closing: {error}");
    }
    let mut answers = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answers) {
        assert!(closed(error.kind()), "the hub does not close: {error}");
    }
    answers
}

fn closed(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::NotConnected)
}

/// Only packets that a server sends; the last one may be cut off by a reset.
fn check_answers(answers: &[u8]) {
    let mut rest = answers;
    while let Some(found) = frame(rest, usize::MAX).expect("answers are MQTT") {
        let client_only = [0, kind::CONNECT, kind::SUBSCRIBE, kind::UNSUBSCRIBE, kind::PINGREQ, 15];
        assert!(!client_only.contains(&found.kind()), "a server does not send {}", found.kind());
        rest = &rest[found.len..];
    }
}
