//! The gateway agent, with the defaults of `agent.toml` except for addresses and folders.

use super::Places;
use crate::load::Login;
use crate::process::{Process, free_address};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub struct Agent {
    process: Process,
    lines: SocketAddr,
    status_socket: PathBuf,
}

impl Agent {
    /// Starts an agent whose outbox is in `folder`, for the station of `login` and a hub at `hub`, which may not be there.
    pub fn start(places: &Places, folder: &Path, login: &Login, hub: SocketAddr) -> Result<Self> {
        Self::start_with(places, folder, login, hub, "")
    }

    /// The same with more in its configuration.
    pub fn start_with(
        places: &Places,
        folder: &Path,
        login: &Login,
        hub: SocketAddr,
        more: &str,
    ) -> Result<Self> {
        let lines = free_address()?;
        let data = folder.join("data");
        let config = folder.join("agent.toml");
        std::fs::write(
            &config,
            format!(
                "station = {:?}\ntoken = {:?}\nhub = \"mqtt://{hub}\"\ndata_dir = {data:?}\n\
                 [sources.jsonl]\nlisten = \"{lines}\"\n{more}",
                login.station,
                login.token.as_deref().unwrap_or("none")
            ),
        )?;
        let mut command = Command::new(places.agent());
        // As its unit has it.
        command.arg("run").arg("--config").arg(&config).env("MALLOC_ARENA_MAX", "1");
        let mut process = Process::start("waystation-agent", &mut command, &folder.join("output.log"))?;
        process.wait_listening(lines)?;
        Ok(Self { process, lines, status_socket: data.join("status.sock") })
    }

    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Sends `count` lines, each made by `line`, and waits until the agent says that all are on disk.
    pub fn feed(&self, count: u64, line: impl Fn(&mut Vec<u8>, u64) + Sync) -> Result<()> {
        let stream = TcpStream::connect(self.lines)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut sink = stream.try_clone()?;
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| -> Result<()> {
                let mut buffer = b"{\"want_acks\":true}\n".to_vec();
                for index in 0..count {
                    line(&mut buffer, index);
                    if buffer.len() > 60_000 || index + 1 == count {
                        sink.write_all(&buffer)?;
                        buffer.clear();
                    }
                }
                Ok(())
            });
            let acknowledged = wait_for_acks(stream, count);
            writer.join().map_err(|_| anyhow::anyhow!("the writer of lines panicked"))??;
            acknowledged
        })
    }

    /// Readings that the hub has not acknowledged.
    pub fn waiting(&self) -> Result<u64> {
        let mut answer = String::new();
        UnixStream::connect(&self.status_socket)?.read_to_string(&mut answer)?;
        let status: Value = serde_json::from_str(&answer)?;
        status["records"].as_u64().context("the agent's status has no records")
    }

    /// Lets the agent end in order.
    pub fn stop(mut self) -> Result<()> {
        self.process.stop()
    }
}

fn wait_for_acks(stream: TcpStream, count: u64) -> Result<()> {
    let mut answers = BufReader::new(stream);
    let mut answer = String::new();
    loop {
        answer.clear();
        ensure!(answers.read_line(&mut answer)? > 0, "the agent closed the source");
        let value: Value = serde_json::from_str(&answer)?;
        let acknowledged = value["ack"].as_u64().with_context(|| format!("the agent answered {answer}"))?;
        if acknowledged >= count {
            return Ok(());
        }
    }
}
