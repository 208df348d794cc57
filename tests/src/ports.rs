//! Free ports that stay free: a server that is killed comes back on the port that it had.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Below the ports that the system gives to outgoing connections (from 32,768), above the well-known ones.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A loopback address that nobody listens on, never given twice in this process.
pub fn free_address() -> SocketAddr {
    for _ in 0..COUNT {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(start()) % COUNT;
        let address = SocketAddr::from(([127, 0, 0, 1], FIRST + offset));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + COUNT);
}

/// Test programs that run side by side begin at different places.
fn start() -> u16 {
    use std::sync::OnceLock;
    static START: OnceLock<u16> = OnceLock::new();
    *START.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
        u16::try_from((now ^ std::process::id().wrapping_mul(7919)) % u32::from(COUNT)).unwrap_or(0)
    })
}
