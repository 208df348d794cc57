//! A server process that the bench has started, and that ends with it.

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const START_PATIENCE: Duration = Duration::from_secs(60);
const STOP_PATIENCE: Duration = Duration::from_secs(20);

pub struct Process {
    name: String,
    child: Child,
    exit: OwnedFd,
    output: PathBuf,
}

impl Process {
    /// Starts `command`; what it prints goes to `output`.
    pub fn start(name: &str, command: &mut Command, output: &Path) -> Result<Self> {
        let file = File::create(output).with_context(|| format!("creating {}", output.display()))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("starting {name}: is {:?} installed?", command.get_program()))?;
        let exit = match pidfd_open(Pid::from_child(&child), PidfdFlags::empty()) {
            Ok(exit) => exit,
            Err(error) => {
                child.kill()?;
                child.wait()?;
                return Err(error.into());
            }
        };
        Ok(Self { name: name.to_owned(), child, exit, output: output.to_owned() })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for `duration`; an error if the process ends before that.
    pub fn stays_up_for(&mut self, duration: Duration) -> Result<()> {
        if self.exits_within(duration)? {
            let status = self.child.wait()?;
            bail!("{} ended ({status}); it said: {}", self.name, self.last_words());
        }
        Ok(())
    }

    /// Waits until `address` takes connections.
    pub fn wait_listening(&mut self, address: SocketAddr) -> Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if begun.elapsed() > START_PATIENCE {
                bail!("{} does not listen on {address}; it said: {}", self.name, self.last_words());
            }
            self.stays_up_for(Duration::from_millis(20))?;
        }
        Ok(())
    }

    /// Waits until what the process has printed contains `wanted`.
    pub fn wait_for_output(&mut self, wanted: &str) -> Result<()> {
        let begun = Instant::now();
        while !std::fs::read_to_string(&self.output)?.contains(wanted) {
            if begun.elapsed() > START_PATIENCE {
                bail!("{} never said {wanted:?}; it said: {}", self.name, self.last_words());
            }
            self.stays_up_for(Duration::from_millis(20))?;
        }
        Ok(())
    }

    /// Asks the process to end, and makes it end if it does not.
    pub fn stop(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_none() {
            pidfd_send_signal(&self.exit, Signal::TERM)?;
            if !self.exits_within(STOP_PATIENCE)? {
                self.child.kill()?;
            }
            self.child.wait()?;
        }
        Ok(())
    }

    fn exits_within(&self, duration: Duration) -> Result<bool> {
        let timeout = Timespec { tv_sec: duration.as_secs() as i64, tv_nsec: duration.subsec_nanos().into() };
        let mut watched = [PollFd::new(&self.exit, PollFlags::IN)];
        Ok(poll(&mut watched, Some(&timeout))? > 0)
    }

    /// The end of what the process printed.
    fn last_words(&self) -> String {
        let text = std::fs::read(&self.output).unwrap_or_default();
        let tail = &text[text.len().saturating_sub(2000)..];
        String::from_utf8_lossy(tail).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("could not end {}: {error}", self.name);
        }
    }
}

/// Ports below those that the kernel gives to outgoing connections (`ip_local_port_range`, from 32,768), so that a port that is
/// free now is still free when a server takes it.
const PORTS: Range<u16> = 10_000..32_000;

/// A loopback address that nobody listens on, another one each time.
pub fn free_address() -> Result<SocketAddr> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Different benches on one machine begin at different ports.
    let first = std::process::id().wrapping_mul(97);
    let count = u32::from(PORTS.end - PORTS.start);
    for _ in 0..count {
        let offset = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % count;
        let address = SocketAddr::from(([127, 0, 0, 1], PORTS.start + offset as u16));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no port in {PORTS:?} is free")
}
