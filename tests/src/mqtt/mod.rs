//! A raw MQTT client with control over every byte: it can break each rule that a well-made client keeps.

mod packet;
mod write;

pub use packet::{Packet, Received};
pub use write::{Connect, Will, binary, publish, remaining_length, subscribe, text, unsubscribe};

use crate::hub::Login;
use crate::wait::PATIENCE;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V311,
    V5,
}

impl Version {
    pub const BOTH: [Version; 2] = [Version::V311, Version::V5];

    /// Of the two, the code that this version has.
    pub fn code(self, v311: u8, v5: u8) -> u8 {
        match self {
            Self::V311 => v311,
            Self::V5 => v5,
        }
    }
}

/// One connection.
pub struct Client {
    stream: TcpStream,
    version: Version,
    /// Received, not yet looked at.
    received: Vec<u8>,
    packet_id: u16,
}

impl Client {
    /// A TCP connection on which nothing has been said.
    ///
    /// # Errors
    /// If nobody listens there.
    pub fn open(address: SocketAddr, version: Version) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, version, received: Vec::new(), packet_id: 0 })
    }

    /// Connects and gives the return code of CONNACK too; none when the connection ended instead.
    pub fn try_connect(address: SocketAddr, connect: &Connect) -> (Self, Option<u8>) {
        let mut client =
            Self::open(address, connect.version).unwrap_or_else(|error| panic!("{address}: {error}"));
        client.send(&connect.bytes());
        let code = match client.next() {
            Received::Packet(Packet::ConnAck { code, .. }) => Some(code),
            Received::Closed => None,
            other => panic!("{other:?} instead of CONNACK"),
        };
        (client, code)
    }

    pub fn connect(address: SocketAddr, connect: &Connect) -> Self {
        let (client, code) = Self::try_connect(address, connect);
        assert_eq!(code, Some(0), "login of {}", connect.client_id);
        client
    }

    /// Logs in as a station or reader whose client id is its name.
    pub fn log_in(address: SocketAddr, login: &Login, version: Version) -> Self {
        Self::connect(address, &Connect::new(version, login))
    }

    /// Sends bytes as they are; what a closed connection does to them shows when it is read from.
    pub fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).ok();
    }

    /// # Errors
    /// If the connection is broken.
    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends a publish of QoS 1 and gives its packet id.
    pub fn publish(&mut self, topic: &str, payload: &[u8]) -> u16 {
        let id = self.take_id();
        self.send(&publish(self.version, topic, payload, 1, id));
        id
    }

    /// Publishes at QoS 1 and waits for the PUBACK; gives its reason code.
    pub fn publish_acked(&mut self, topic: &str, payload: &[u8]) -> u8 {
        let id = self.publish(topic, payload);
        match self.packet() {
            Packet::PubAck { id: acked, code } if acked == id => code,
            other => panic!("{other:?} instead of PUBACK {id}"),
        }
    }

    /// Subscribes at QoS 1 and gives the code of SUBACK.
    pub fn subscribe(&mut self, filter: &str) -> u8 {
        let id = self.take_id();
        self.send(&subscribe(self.version, id, filter, 1));
        match self.packet() {
            Packet::SubAck { id: acked, codes } if acked == id && codes.len() == 1 => codes[0],
            other => panic!("{other:?} instead of SUBACK {id}"),
        }
    }

    pub fn unsubscribe(&mut self, filter: &str) {
        let id = self.take_id();
        self.send(&unsubscribe(self.version, id, filter));
        while !matches!(self.packet(), Packet::UnsubAck { id: acked } if acked == id) {}
    }

    /// PINGREQ.
    pub fn ping(&mut self) {
        self.send(&[0xC0, 0]);
    }

    /// DISCONNECT: the will is not published.
    pub fn disconnect(mut self) {
        self.send(&[0xE0, 0]);
        while !matches!(self.next(), Received::Closed) {}
    }

    /// PUBACK of a message that was received.
    pub fn ack(&mut self, id: u16) {
        let [high, low] = id.to_be_bytes();
        self.send(&[0x40, 2, high, low]);
    }

    /// The next packet, or the end of the connection; panics after the patience of a test.
    #[allow(clippy::should_implement_trait)] // it never ends: an iterator would promise less
    pub fn next(&mut self) -> Received {
        loop {
            if let Some((packet, len)) = packet::parse(&self.received, self.version) {
                self.received.drain(..len);
                return Received::Packet(packet);
            }
            let mut buffer = [0; 16 * 1024];
            match self.stream.read(&mut buffer) {
                Ok(0) => return Received::Closed,
                Ok(len) => self.received.extend_from_slice(&buffer[..len]),
                Err(error) if is_timeout(&error) => panic!("nothing came from the server for {PATIENCE:?}"),
                Err(_) => return Received::Closed,
            }
        }
    }

    /// The next packet; panics if the connection ends.
    pub fn packet(&mut self) -> Packet {
        match self.next() {
            Received::Packet(packet) => packet,
            Received::Closed => panic!("the server closed the connection"),
        }
    }

    /// The next message, acknowledged if it asks for that.
    pub fn message(&mut self) -> Message {
        match self.packet() {
            Packet::Publish { topic, payload, qos, retain, id } => {
                if qos == 1 {
                    self.ack(id);
                }
                Message { topic, payload, qos, retain }
            }
            other => panic!("{other:?} instead of a message"),
        }
    }

    /// Returns once the server has closed the connection; gives the reason of its DISCONNECT, if it sent one.
    pub fn closed(&mut self) -> Option<u8> {
        let mut reason = None;
        loop {
            match self.next() {
                Received::Packet(Packet::Disconnect { code }) => reason = Some(code),
                Received::Packet(other) => panic!("{other:?} instead of the end"),
                Received::Closed => return reason,
            }
        }
    }

    /// Whether the connection is in use still: sends PINGREQ and waits for what comes.
    pub fn is_alive(&mut self) -> bool {
        self.ping();
        matches!(self.next(), Received::Packet(Packet::PingResp))
    }

    /// Cuts the connection without a word, as a lost network does.
    pub fn cut(self) {
        self.stream.shutdown(Shutdown::Both).ok();
    }

    pub fn take_id(&mut self) -> u16 {
        self.packet_id = self.packet_id % u16::MAX + 1;
        self.packet_id
    }

    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}

/// A message as a reader receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub retain: bool,
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
