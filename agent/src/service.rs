//! What a program tells systemd about itself (sd_notify(3)): that it is ready, how it does, that it is still alive, that
//! it stops. The hub uses it as well. Without `NOTIFY_SOCKET`, as on a terminal, nothing is told.

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;
use tokio::time::interval;

/// How often the status is told when the unit has no watchdog.
const STATUS_EVERY: Duration = Duration::from_secs(30);

/// The way to systemd.
#[derive(Debug, Default)]
pub struct Service {
    manager: Option<(UnixDatagram, SocketAddr)>,
    /// How long systemd waits for a sign of life.
    watchdog: Option<Duration>,
}

impl Service {
    /// As the environment says. A socket that cannot be used is no reason not to run.
    pub fn of_environment() -> Self {
        let manager = std::env::var_os("NOTIFY_SOCKET").and_then(|name| match connect(&name) {
            Ok(manager) => Some(manager),
            Err(error) => {
                tracing::warn!(%error, "NOTIFY_SOCKET cannot be used; systemd is told nothing");
                None
            }
        });
        let text = |name| std::env::var(name).ok();
        Self { manager, watchdog: watchdog(text("WATCHDOG_USEC"), text("WATCHDOG_PID"), std::process::id()) }
    }

    pub fn ready(&self) {
        self.tell("READY=1");
    }

    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// Tells how the program does, twice in each of the watchdog's times, for ever. It runs on the runtime that does
    /// the work: one that hangs falls silent, and systemd starts the program again.
    pub async fn report(&self, status: impl Fn() -> String) {
        if self.manager.is_none() {
            return std::future::pending().await;
        }
        let mut ticks = interval(self.watchdog.map_or(STATUS_EVERY, |limit| limit / 2));
        loop {
            ticks.tick().await;
            let status = status().replace('\n', " ");
            let alive = if self.watchdog.is_some() { "WATCHDOG=1\n" } else { "" };
            self.tell(&format!("{alive}STATUS={status}"));
        }
    }

    fn tell(&self, what: &str) {
        let Some((socket, manager)) = &self.manager else { return };
        if let Err(error) = socket.send_to_addr(what.as_bytes(), manager) {
            tracing::debug!(%error, "systemd was not told");
        }
    }
}

/// A path, or an abstract name after `@`. The socket never blocks.
fn connect(name: &OsString) -> io::Result<(UnixDatagram, SocketAddr)> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    Ok((socket, address))
}

/// The watchdog's time, if it is meant for this process.
fn watchdog(microseconds: Option<String>, process: Option<String>, own: u32) -> Option<Duration> {
    let is_ours = process.is_none_or(|process| process.parse() == Ok(own));
    let microseconds = microseconds?.parse().ok().filter(|microseconds| *microseconds > 0 && is_ours)?;
    Some(Duration::from_micros(microseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(manager: &UnixDatagram) -> String {
        let mut message = [0; 256];
        let length = manager.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn systemd_hears_of_it_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let service = Service {
            manager: Some(connect(&path.into_os_string()).unwrap()),
            watchdog: Some(Duration::from_secs(60)),
        };
        service.ready();
        assert_eq!(hear(&manager), "READY=1");
        let running =
            tokio::time::timeout(Duration::from_secs(65), service.report(|| "all\nwell".into())).await;
        assert!(running.is_err());
        for _ in 0..3 {
            assert_eq!(hear(&manager), "WATCHDOG=1\nSTATUS=all well");
        }
        service.stopping();
        assert_eq!(hear(&manager), "STOPPING=1");
    }

    #[test]
    fn abstract_names_and_absent_managers() {
        let name = format!("waystation-test-{}", std::process::id());
        let manager = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let service = Service { manager: Some(connect(&format!("@{name}").into()).unwrap()), watchdog: None };
        service.ready();
        assert_eq!(hear(&manager), "READY=1");
        drop(manager);
        // Nobody listens any more, which is no error.
        service.stopping();
        Service::default().ready();
    }

    #[test]
    fn the_watchdog_of_another_process_is_not_ours() {
        let check = |time: Option<&str>, process: Option<&str>, expected: Option<u64>| {
            let found = watchdog(time.map(str::to_owned), process.map(str::to_owned), 7);
            assert_eq!(found, expected.map(Duration::from_micros));
        };
        check(Some("30000000"), Some("7"), Some(30_000_000));
        check(Some("30000000"), None, Some(30_000_000));
        check(Some("30000000"), Some("8"), None);
        check(Some("0"), None, None);
        check(Some("soon"), None, None);
        check(None, None, None);
    }
}
