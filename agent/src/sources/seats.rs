//! Room for the clients of a local socket: a bounded number of them, of which the one that has been silent for longest
//! gives way to who comes, so that connections which nobody closes keep no device out.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Clients at a time [J]: several times what a station has devices.
pub const SEATS: usize = 64;
/// One that spoke more recently keeps its place; who comes waits [J].
const SILENT_MIN: Duration = Duration::from_secs(1);

/// Who is there.
pub struct Seats {
    began: Instant,
    taken: Vec<Arc<Seat>>,
}

/// A client's place, held by its task.
pub struct Seat {
    began: Instant,
    /// When it spoke last, ms since `began`.
    spoke_ms: AtomicU64,
    leave: Notify,
}

impl Seats {
    pub fn new() -> Self {
        Self { began: Instant::now(), taken: Vec::new() }
    }

    /// When there is room for one more.
    pub fn room_at(&mut self) -> Instant {
        self.taken.retain(|seat| Arc::strong_count(seat) > 1);
        match self.silent_for_longest() {
            Some((_, spoke)) if self.taken.len() >= SEATS => spoke + SILENT_MIN,
            _ => self.began,
        }
    }

    /// Takes one in; if all places are taken, who has been silent for longest has to leave.
    pub fn sit(&mut self) -> Arc<Seat> {
        if self.taken.len() >= SEATS
            && let Some((at, _)) = self.silent_for_longest()
        {
            self.taken.swap_remove(at).leave.notify_one();
        }
        let (spoke_ms, leave) = (AtomicU64::new(0), Notify::new());
        let seat = Arc::new(Seat { began: self.began, spoke_ms, leave });
        seat.spoke();
        self.taken.push(seat.clone());
        seat
    }

    fn silent_for_longest(&self) -> Option<(usize, Instant)> {
        let spoke = self.taken.iter().map(|seat| seat.spoke_ms.load(Relaxed)).enumerate();
        let (at, spoke_ms) = spoke.min_by_key(|(_, spoke_ms)| *spoke_ms)?;
        Some((at, self.began + Duration::from_millis(spoke_ms)))
    }
}

impl Seat {
    /// Resolves when it has to leave. Cancel-safe.
    pub async fn left(&self) {
        self.leave.notified().await;
    }

    fn spoke(&self) {
        let elapsed_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.spoke_ms.store(elapsed_ms, Relaxed);
    }
}

/// What a client says, noted by its seat.
pub struct Heard<R> {
    pub lines: R,
    pub seat: Arc<Seat>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Heard<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let read = Pin::new(&mut self.lines).poll_read(context, buffer);
        if read.is_ready() {
            self.seat.spoke();
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::task::Waker;

    fn has_to_leave(seat: &Seat) -> bool {
        let left = std::pin::pin!(seat.left());
        left.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_silent_for_longest_gives_way() {
        let mut seats = Seats::new();
        let mut there: Vec<_> = std::iter::repeat_with(|| seats.sit()).take(SEATS).collect();
        assert_eq!(seats.room_at(), Instant::now() + SILENT_MIN);
        tokio::time::advance(SILENT_MIN).await;
        there.iter().skip(1).for_each(|seat| seat.spoke());
        assert!(seats.room_at() <= Instant::now());
        let _late = seats.sit();
        let left: Vec<bool> = there.iter().map(|seat| has_to_leave(seat)).collect();
        assert!(left[0] && !left[1..].contains(&true), "{left:?}");
        // All others spoke just now.
        assert_eq!(seats.room_at(), Instant::now() + SILENT_MIN);
        there.truncate(10);
        assert!(seats.room_at() <= Instant::now());
    }
}
