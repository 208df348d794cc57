//! Whether InfluxDB takes what it is sent, for the log, the metrics and whoever asks.

use crate::metrics::Metrics;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Why nothing reaches InfluxDB at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The label of `influx_errors_total`.
    pub class: &'static str,
    pub message: String,
    /// What a person should do; `None` for what may heal by itself.
    pub advice: Option<&'static str>,
    /// Since when, ms since the Unix epoch.
    pub since_ms: i64,
}

/// The present trouble, if any. Changes are logged here, once each.
#[derive(Debug)]
pub struct Health {
    trouble: Mutex<Option<Trouble>>,
    metrics: Metrics,
}

impl Health {
    /// Well until something says otherwise.
    #[must_use]
    pub fn new(metrics: Metrics) -> Self {
        Self { trouble: Mutex::new(None), metrics }
    }

    /// The present trouble.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.lock().clone()
    }

    /// InfluxDB took a write.
    pub fn well(&self) {
        self.metrics.influx_up.set(1);
        if let Some(trouble) = self.lock().take() {
            let seconds = (now_ms() - trouble.since_ms) / 1000;
            tracing::info!(class = trouble.class, seconds, "InfluxDB takes writes again");
        }
    }

    /// Something keeps data from InfluxDB. It waits in the log.
    pub fn trouble_with(&self, class: &'static str, message: &str, advice: Option<&'static str>) {
        self.metrics.influx_up.set(0);
        self.metrics.influx_errors.with_label_values(&[class]).inc();
        let mut trouble = self.lock();
        let since_ms = trouble.as_ref().map_or_else(now_ms, |trouble| trouble.since_ms);
        let news = trouble.as_ref().is_none_or(|known| known.class != class);
        *trouble = Some(Trouble { class, message: message.to_owned(), advice, since_ms });
        drop(trouble);
        match advice {
            Some(advice) if news => {
                tracing::error!(
                    class,
                    message,
                    advice,
                    "InfluxDB cannot be written to; data waits in the log"
                );
            }
            None if news => {
                tracing::warn!(class, message, "InfluxDB cannot be written to; data waits in the log");
            }
            _ => tracing::debug!(class, message, "InfluxDB still cannot be written to"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Trouble>> {
        // No code that holds the lock can panic half-way through a change.
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
