//! Which parts of the hub are well; `/readyz` names those that are not.

use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared by all stages; each reports its own part under its own name. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<BTreeMap<&'static str, Part>>>);

/// One part of the hub, such as `log` or `influx`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    pub ok: bool,
    /// What is wrong and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Health {
    /// Reports a part: well, or failing with a reason that says what happened and what to do. A change is logged.
    pub fn set(&self, part: &'static str, result: Result<(), impl Into<String>>) {
        let new = match result {
            Ok(()) => Part { ok: true, reason: None },
            Err(reason) => Part { ok: false, reason: Some(reason.into()) },
        };
        let was_ok = self.parts_locked().insert(part, new.clone()).is_none_or(|old| old.ok);
        match (was_ok, &new.reason) {
            (true, Some(reason)) => tracing::error!(part, reason, "a part of the hub is failing"),
            (false, None) => tracing::info!(part, "a part of the hub works again"),
            _ => {}
        }
    }

    /// Every part that has reported, by name.
    #[must_use]
    pub fn parts(&self) -> BTreeMap<&'static str, Part> {
        self.parts_locked().clone()
    }

    /// Whether no part is failing.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.parts_locked().values().all(|part| part.ok)
    }

    /// A map insertion cannot be left half-done, so a poisoned lock is still good.
    fn parts_locked(&self) -> MutexGuard<'_, BTreeMap<&'static str, Part>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Health;

    #[test]
    fn names_what_fails_until_it_heals() {
        let health = Health::default();
        assert!(health.ready());
        health.set("log", Err("the disk is full"));
        health.set("influx", Ok::<_, &str>(()));
        assert!(!health.ready());
        assert_eq!(health.parts()["log"].reason.as_deref(), Some("the disk is full"));
        health.set("log", Ok::<_, &str>(()));
        assert!(health.ready());
    }
}
