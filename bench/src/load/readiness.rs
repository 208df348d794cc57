//! An epoll set whose waits are exact to the microsecond (`epoll_pwait2`).

use anyhow::Result;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use std::time::Duration;

pub struct Readiness {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

/// One socket that can be read, or written again.
#[derive(Debug, Clone, Copy)]
pub struct Ready {
    pub index: usize,
    pub readable: bool,
    pub writable: bool,
}

impl Readiness {
    pub fn new() -> Result<Self> {
        Ok(Self { epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?, events: Vec::with_capacity(1024) })
    }

    /// Watches `socket`, edge-triggered, under `index`.
    pub fn watch(&self, socket: impl AsFd, index: usize) -> Result<()> {
        let interest =
            epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::RDHUP | epoll::EventFlags::ET;
        Ok(epoll::add(&self.epoll, socket, epoll::EventData::new_u64(index as u64), interest)?)
    }

    /// Waits at most `timeout` and puts what is ready into `ready`.
    pub fn wait(&mut self, timeout: Duration, ready: &mut Vec<Ready>) -> Result<()> {
        let timeout = Timespec { tv_sec: timeout.as_secs() as i64, tv_nsec: timeout.subsec_nanos().into() };
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        ready.clear();
        for event in &self.events {
            let flags = event.flags;
            ready.push(Ready {
                index: event.data.u64() as usize,
                readable: flags.intersects(!epoll::EventFlags::OUT),
                writable: flags.contains(epoll::EventFlags::OUT),
            });
        }
        Ok(())
    }
}
