//! A network that can be paused: a TCP relay that holds everything back, in both directions, and lets it go later.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// The relay; its threads end with the connections.
pub struct Relay {
    pub address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_paused: Mutex<bool>,
    changed: Condvar,
    streams: Mutex<Vec<TcpStream>>,
}

impl Relay {
    /// Takes connections on a port of its own and passes them on.
    pub fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("a port");
        let state = Arc::new(State::default());
        let shared = state.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                shared.carry(client, to).ok();
            }
        });
        Self { address, state }
    }

    /// From now on nothing passes, and nobody is told.
    pub fn pause(&self) {
        self.state.set_paused(true);
    }

    /// What was held back goes on.
    pub fn resume(&self) {
        self.state.set_paused(false);
    }

    /// Every connection ends, with what was held back on it.
    pub fn cut(&self) {
        let mut streams = self.state.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
    }
}

impl State {
    fn set_paused(&self, paused: bool) {
        *self.is_paused.lock().unwrap_or_else(PoisonError::into_inner) = paused;
        self.changed.notify_all();
    }

    fn carry(self: &Arc<Self>, client: TcpStream, to: SocketAddr) -> io::Result<()> {
        let server = TcpStream::connect(to)?;
        for (from, to) in [(&client, &server), (&server, &client)] {
            let (from, to, state) = (from.try_clone()?, to.try_clone()?, self.clone());
            thread::spawn(move || state.pass(from, to));
        }
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).extend([client, server]);
        Ok(())
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = [0; 4096];
        while let Ok(len @ 1..) = from.read(&mut bytes) {
            let paused = self.is_paused.lock().unwrap_or_else(PoisonError::into_inner);
            let paused = self.changed.wait_while(paused, |paused| *paused);
            drop(paused);
            if to.write_all(&bytes[..len]).is_err() {
                break;
            }
        }
        to.shutdown(Shutdown::Both).ok();
    }
}
