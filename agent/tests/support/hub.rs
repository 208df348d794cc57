//! A hub that remembers what it was sent and breaks off at random: enough of MQTT 3.1.1 for an agent.

use bytes::BytesMut;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v4::{
    ConnAck, ConnectReturnCode, Packet, PubAck, Publish, SubAck, SubscribeReasonCode,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use waystation_agent::dice::Dice;
use waystation_protocol::{Decoded, Limits, OutboxId, TimeAnswer, TimeQuestion, decode_batch};

const PACKET_BYTES_MAX: usize = 1 << 20;

/// Everything that reached the hub's disk.
#[derive(Default)]
pub struct Received {
    pub outbox: Option<OutboxId>,
    /// Times by sequence number, and the other way round.
    pub by_seq: BTreeMap<u64, i64>,
    pub by_ts: HashMap<i64, u64>,
    /// What the agent said that it had to give up.
    pub lost: BTreeSet<(u64, u64)>,
    pub repeated: u64,
}

/// The server, and how it is.
pub struct FickleHub {
    pub port: u16,
    pub received: Arc<Mutex<Received>>,
    /// Off: connections are closed at once.
    pub is_up: Arc<AtomicBool>,
    /// Breaks off, keeps silent and dawdles now and then.
    pub is_fickle: Arc<AtomicBool>,
}

impl FickleHub {
    /// Serves until the runtime ends.
    pub async fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hub = Self {
            port: listener.local_addr().unwrap().port(),
            received: Arc::default(),
            is_up: Arc::new(AtomicBool::new(true)),
            is_fickle: Arc::new(AtomicBool::new(true)),
        };
        let (received, is_up, is_fickle) = (hub.received.clone(), hub.is_up.clone(), hub.is_fickle.clone());
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                // As a hub does: short answers to questions are not held back for one another.
                stream.set_nodelay(true).unwrap();
                if is_up.load(SeqCst) {
                    let dice = Dice::new(seed ^ connection);
                    let session =
                        Session { stream, dice, received: received.clone(), is_fickle: is_fickle.clone() };
                    // An agent that was killed is no error.
                    tokio::spawn(async move { session.run().await.ok() });
                }
            }
        });
        hub
    }
}

struct Session {
    stream: TcpStream,
    dice: Dice,
    received: Arc<Mutex<Received>>,
    is_fickle: Arc<AtomicBool>,
}

impl Session {
    async fn run(mut self) -> std::io::Result<()> {
        let mut inbound = BytesMut::new();
        loop {
            while let Ok(packet) = Packet::read(&mut inbound, PACKET_BYTES_MAX) {
                if !self.answer(packet).await? {
                    return Ok(());
                }
            }
            if self.stream.read_buf(&mut inbound).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Whether the connection goes on.
    async fn answer(&mut self, packet: Packet) -> std::io::Result<bool> {
        let mut out = BytesMut::new();
        match packet {
            Packet::Connect(_) => {
                ConnAck::new(ConnectReturnCode::Success, false).write(&mut out).unwrap();
            }
            Packet::Subscribe(subscribe) => {
                let granted = vec![SubscribeReasonCode::Success(QoS::AtLeastOnce); subscribe.filters.len()];
                SubAck::new(subscribe.pkid, granted).write(&mut out).unwrap();
            }
            Packet::Publish(publish) => {
                let mood = if self.is_fickle.load(SeqCst) { self.dice.whole(0, 100) } else { 100 };
                if publish.topic.ends_with("/time") {
                    let question = TimeQuestion::parse(&publish.payload).expect("a question");
                    let answer = TimeAnswer { t: question.t, hub: waystation_agent::clock::now_ms() };
                    let answer = Publish::new(&publish.topic, QoS::AtMostOnce, answer.to_json());
                    answer.write(&mut out).unwrap();
                }
                if publish.topic.ends_with("/batch") {
                    match mood {
                        0..4 => return Ok(false),
                        4..8 => {
                            self.take(&publish.payload);
                            return Ok(false);
                        }
                        8..20 => tokio::time::sleep(Duration::from_millis(mood as u64)).await,
                        _ => {}
                    }
                    self.take(&publish.payload);
                }
                if publish.pkid > 0 {
                    PubAck::new(publish.pkid).write(&mut out).unwrap();
                }
            }
            Packet::PingReq => out.extend_from_slice(&[0xd0, 0]),
            Packet::Disconnect => return Ok(false),
            _ => {}
        }
        self.stream.write_all(&out).await?;
        Ok(true)
    }

    /// A reading has one number, and a number one reading, for ever.
    fn take(&self, payload: &[u8]) {
        let mut decoded = Decoded::default();
        let now_ms = waystation_agent::clock::now_ms();
        let header = decode_batch(payload, now_ms, &Limits::default(), &mut decoded).expect("a batch");
        assert!(decoded.rejected.is_empty(), "{:?}", decoded.rejected);
        let received = &mut *self.received.lock().unwrap();
        assert_eq!(received.outbox.get_or_insert_with(|| header.outbox.clone()), &header.outbox);
        received.lost.extend(header.lost);
        for (seq, accepted) in (header.first_seq..).zip(decoded.accepted) {
            let ts = accepted.reading.ts;
            let number = *received.by_ts.entry(ts).or_insert(seq);
            assert_eq!(number, seq, "the reading of {ts} has two numbers");
            if let Some(before) = received.by_seq.insert(seq, ts) {
                assert_eq!(before, ts, "number {seq} stands for two readings");
                received.repeated += 1;
            }
        }
    }
}
