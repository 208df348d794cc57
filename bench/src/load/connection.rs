//! One publishing connection.

use super::Login;
use crate::mqtt::{Composer, InFlight, PUBACK_BYTES, Sender, StationClock};
use anyhow::{Result, bail};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

/// Bytes taken from a socket at once: 16,384 acknowledgements.
pub const READ_BYTES: usize = 64 * 1024;

pub struct Connection {
    stream: TcpStream,
    sender: Sender,
    clock: StationClock,
    ids: InFlight,
    first_seq: u64,
    /// Composed and not yet written from `written` on.
    out: Vec<u8>,
    written: usize,
    /// The beginning of an acknowledgement that was cut in two.
    carry: [u8; PUBACK_BYTES],
    carried: usize,
}

impl Connection {
    /// `stream` has its CONNACK behind it and does not block.
    pub fn new(stream: TcpStream, login: &Login, outbox: String, window: usize, devices: u8) -> Self {
        Self {
            stream,
            sender: Sender { station: login.station.clone(), outbox },
            clock: StationClock::new(devices),
            ids: InFlight::new(window),
            first_seq: 1,
            out: Vec::new(),
            written: 0,
            carry: [0; PUBACK_BYTES],
            carried: 0,
        }
    }

    pub fn in_flight(&self) -> usize {
        self.ids.count()
    }

    /// See [`InFlight::id_end`].
    pub fn id_end(&self) -> usize {
        self.ids.id_end()
    }

    /// Composes one message; returns its packet id.
    pub fn compose(&mut self, composer: &mut Composer, readings: u64, now_ms: i64) -> u16 {
        let id = self.ids.take();
        composer.compose(&mut self.out, &self.sender, id, self.first_seq, &mut self.clock, now_ms);
        self.first_seq += readings;
        id
    }

    /// Writes what is composed, as far as the socket takes it.
    pub fn flush(&mut self) -> Result<()> {
        while self.written < self.out.len() {
            match self.stream.write(&self.out[self.written..]) {
                Ok(0) => bail!("{} takes no more bytes", self.sender.station),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => bail!("{} was cut off while publishing: {error}", self.sender.station),
            }
        }
        self.out.clear();
        self.written = 0;
        Ok(())
    }

    /// Reads all acknowledgements that have arrived and calls `on_ack` with each packet id. `buffer` is scratch space
    /// of [`READ_BYTES`]. Returns how many there were.
    pub fn read_acks(&mut self, buffer: &mut [u8], mut on_ack: impl FnMut(u16)) -> Result<u64> {
        let mut acks = 0;
        loop {
            buffer[..self.carried].copy_from_slice(&self.carry[..self.carried]);
            let read = match self.stream.read(&mut buffer[self.carried..]) {
                Ok(0) => bail!("the server closed the connection of {}", self.sender.station),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(acks),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => bail!("{} was cut off: {error}", self.sender.station),
            };
            let filled = self.carried + read;
            let (packets, rest) = buffer[..filled].as_chunks::<PUBACK_BYTES>();
            for packet in packets {
                let [0x40, 2, high, low] = *packet else {
                    bail!("{packet:02x?} for {} where a PUBACK was due", self.sender.station);
                };
                let id = u16::from_be_bytes([high, low]);
                if !self.ids.release(id) {
                    bail!("PUBACK for packet id {id} of {}, which is not in flight", self.sender.station);
                }
                on_ack(id);
            }
            acks += packets.len() as u64;
            self.carry[..rest.len()].copy_from_slice(rest);
            self.carried = rest.len();
            // A short read has emptied the socket: epoll(7), "edge-triggered".
            if filled < buffer.len() {
                return Ok(acks);
            }
        }
    }
}
