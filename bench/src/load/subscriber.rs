//! A subscriber that reads everything at QoS 0 and counts it: the cheapest consumer that a broker can have.

use super::PATIENCE;
use crate::mqtt::{CONNACK_BYTES, connack_refusal, connect, publish_packets, subscribe};
use anyhow::{Result, anyhow, bail};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::JoinHandle;

const READ_BYTES: usize = 256 * 1024;
const SUBACK_BYTES: usize = 5;

pub struct Subscriber {
    stream: TcpStream,
    thread: JoinHandle<std::io::Result<u64>>,
}

impl Subscriber {
    /// Subscribes to `filter`, and reads on a thread of its own.
    pub fn start(address: SocketAddr, filter: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&connect("bench-subscriber", None, super::KEEP_ALIVE_S))?;
        let mut connack = [0; CONNACK_BYTES];
        stream.read_exact(&mut connack)?;
        if let Some(refusal) = connack_refusal(connack) {
            bail!("the subscriber was refused: {refusal}");
        }
        stream.write_all(&subscribe(filter))?;
        let mut suback = [0; SUBACK_BYTES];
        stream.read_exact(&mut suback)?;
        if suback[..2] != [0x90, 3] || suback[4] > 2 {
            bail!("the subscription was refused: {suback:02x?}");
        }
        stream.set_read_timeout(None)?;
        let reader = stream.try_clone()?;
        let thread = std::thread::Builder::new().name("subscriber".into()).spawn(move || count(reader))?;
        Ok(Self { stream, thread })
    }

    /// Ends the subscription; returns how many messages came.
    pub fn stop(self) -> Result<u64> {
        // The server may have closed the connection already; then the thread's answer says so.
        self.stream.shutdown(Shutdown::Both).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotConnected => Ok(()),
            _ => Err(error),
        })?;
        Ok(self.thread.join().map_err(|_| anyhow!("the subscriber's thread panicked"))??)
    }
}

fn count(mut stream: TcpStream) -> std::io::Result<u64> {
    let mut buffer = vec![0; READ_BYTES];
    let (mut total, mut skip, mut carried) = (0, 0, 0);
    loop {
        let read = stream.read(&mut buffer[carried..])?;
        if read == 0 {
            return Ok(total);
        }
        let filled = carried + read;
        let (packets, next_skip, incomplete) = publish_packets(&buffer[..filled], skip);
        total += packets;
        skip = next_skip;
        buffer.copy_within(filled - incomplete..filled, 0);
        carried = incomplete;
    }
}
