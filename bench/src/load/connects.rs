//! Opening connections: a few at once before a run, and as many a second as go, for their own figure.

use super::{KEEP_ALIVE_S, Login, PATIENCE, Target};
use crate::mqtt::{CONNACK_BYTES, DISCONNECT, connack_refusal, connect};
use anyhow::{Context, Result, bail};
use socket2::{Domain, Socket, Type};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

/// CONNECTs that wait for their CONNACK while more are sent. Less than the 100 that mosquitto lets wait to be accepted: one
/// more would be dropped and tried again by the kernel after a second.
const OUTSTANDING_MAX: usize = 64;
/// Loopback addresses that connections come from in turn, so that ports in TIME_WAIT never run out.
const SOURCES: u32 = 200;

/// Opens one connection per login and waits until all are accepted. The streams block.
pub fn open_all(target: &Target, connections: usize) -> Result<Vec<TcpStream>> {
    let mut streams = Vec::with_capacity(connections);
    let mut waiting = VecDeque::with_capacity(OUTSTANDING_MAX);
    for index in 0..connections {
        if waiting.len() == OUTSTANDING_MAX {
            streams.extend(accepted(waiting.pop_front())?);
        }
        let source = (index as u32 / 20_000) % SOURCES;
        waiting.push_back(begin(target.address, target.login(index)?, source)?);
    }
    while !waiting.is_empty() {
        streams.extend(accepted(waiting.pop_front())?);
    }
    Ok(streams)
}

/// Connects, waits for the CONNACK, disconnects, for `lasting`; returns logins per second.
pub fn connects_per_second(target: &Target, lasting: Duration) -> Result<f64> {
    let mut waiting = VecDeque::with_capacity(OUTSTANDING_MAX);
    let begun = Instant::now();
    let mut count = 0u64;
    let mut index = 0usize;
    while begun.elapsed() < lasting {
        if waiting.len() == OUTSTANDING_MAX {
            leave(accepted(waiting.pop_front())?)?;
            count += 1;
        }
        let login = target.login(index % target.logins.len().max(1))?;
        waiting.push_back(begin(target.address, login, index as u32 % SOURCES)?);
        index += 1;
    }
    let rate = count as f64 / begun.elapsed().as_secs_f64();
    while !waiting.is_empty() {
        leave(accepted(waiting.pop_front())?)?;
    }
    Ok(rate)
}

fn begin(address: SocketAddr, login: &Login, source: u32) -> Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if source > 0 {
        let from = Ipv4Addr::from(u32::from(Ipv4Addr::LOCALHOST) + source);
        socket.bind(&SocketAddrV4::new(from, 0).into())?;
    }
    socket.set_tcp_nodelay(true)?;
    socket.connect(&address.into()).with_context(|| format!("connecting to {address}"))?;
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE))?;
    let credentials = login.token.as_deref().map(|token| (login.station.as_str(), token));
    stream.write_all(&connect(&login.station, credentials, KEEP_ALIVE_S))?;
    Ok(stream)
}

fn accepted(stream: Option<TcpStream>) -> Result<Option<TcpStream>> {
    let Some(mut stream) = stream else { return Ok(None) };
    let mut answer = [0; CONNACK_BYTES];
    stream.read_exact(&mut answer).context("waiting for a CONNACK")?;
    match connack_refusal(answer) {
        None => Ok(Some(stream)),
        Some(refusal) => bail!("the server refused a login: {refusal}"),
    }
}

fn leave(stream: Option<TcpStream>) -> Result<()> {
    if let Some(mut stream) = stream {
        stream.write_all(&DISCONNECT)?;
    }
    Ok(())
}
