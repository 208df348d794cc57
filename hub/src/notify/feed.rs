//! Where alerts come from: the fleet's store, with the bell that rings after it saved some.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::fleet::alerts::{Alert, AlertState};
use crate::fleet::{AlertBell, AlertFilter, Store, StoreError};

/// Alerts read at once.
const PAGE: u32 = 500;

/// The alerts cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the alerts cannot be read: {0}")]
pub struct FeedError(pub String);

/// Alerts by revision: each change of one gives it a new, greater one. Calls but for `changed` block.
pub trait AlertFeed: Send + Sync + 'static {
    /// Alerts with a greater revision, the smallest first, each in its present state.
    ///
    /// # Errors
    /// If they cannot be read.
    fn alerts_since(&self, revision: i64, limit: usize) -> Result<Vec<(i64, Alert)>, FeedError>;

    /// Every alert that fires.
    ///
    /// # Errors
    /// If they cannot be read.
    fn firing(&self) -> Result<Vec<Alert>, FeedError>;

    /// One alert, firing or not, if it is still known.
    ///
    /// # Errors
    /// If they cannot be read.
    fn alert(&self, id: &str) -> Result<Option<Alert>, FeedError>;

    /// Resolves when alerts were saved since this was called.
    fn changed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// What the projector saves in `state.db`.
#[derive(Clone)]
pub struct SavedAlerts {
    pub store: Arc<Store>,
    pub bell: AlertBell,
}

impl AlertFeed for SavedAlerts {
    fn alerts_since(&self, revision: i64, limit: usize) -> Result<Vec<(i64, Alert)>, FeedError> {
        Ok(self.store.alerts_since(revision, u32::try_from(limit).unwrap_or(u32::MAX))?)
    }

    fn firing(&self) -> Result<Vec<Alert>, FeedError> {
        let mut filter =
            AlertFilter { state: Some(AlertState::Firing), limit: PAGE, ..AlertFilter::default() };
        let mut firing = Vec::new();
        loop {
            let page = self.store.alert_page(&filter)?;
            firing.extend(page.items);
            match page.next {
                Some(next) => filter.after = Some(next),
                None => return Ok(firing),
            }
        }
    }

    fn alert(&self, id: &str) -> Result<Option<Alert>, FeedError> {
        Ok(self.store.alert(id)?)
    }

    fn changed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.bell.rung())
    }
}

impl From<StoreError> for FeedError {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}
