//! One switch that every stage watches, and the order in which stages drain.

use tokio::sync::watch;

/// Turns the switch. Dropping it turns the switch too, so a wiring that fails half-way stops what it started.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

/// Watches the switch; cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

/// A new switch, not yet turned.
#[must_use]
pub fn switch() -> (Trigger, Shutdown) {
    let (sender, receiver) = watch::channel(false);
    (Trigger(sender), Shutdown(receiver))
}

impl Trigger {
    /// Asks every watcher to stop. Idempotent.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Whether the switch has been turned.
    #[must_use]
    pub fn stopping(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Resolves when the switch is turned (or its trigger is gone). Cancel-safe.
    pub async fn stopped(&mut self) {
        // An error means that the trigger is gone, which stops the watchers as well.
        if self.0.wait_for(|stop| *stop).await.is_err() {
            tracing::debug!("shutdown trigger dropped");
        }
    }
}
