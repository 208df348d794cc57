//! A histogram whose observations can be counted many at a time: a thousand acknowledgements that leave in one
//! write are one addition, not a thousand.

use prometheus::core::{Collector, Desc, Describer};
use prometheus::proto::{Bucket, Histogram, Metric, MetricFamily, MetricType};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds in seconds, from a fast disk's fsync to a client's patience.
const BOUNDS_S: [f64; 16] = [
    0.000_25, 0.000_5, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// A histogram of durations, in seconds.
#[derive(Debug, Clone)]
pub struct Latency(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    desc: Desc,
    buckets: [AtomicU64; BOUNDS_S.len()],
    count: AtomicU64,
    sum_ns: AtomicU64,
}

impl Latency {
    pub(super) fn new(opts: prometheus::Opts) -> prometheus::Result<Self> {
        let desc = opts.describe()?;
        let buckets = std::array::from_fn(|_| AtomicU64::new(0));
        Ok(Self(Arc::new(Inner { desc, buckets, count: AtomicU64::new(0), sum_ns: AtomicU64::new(0) })))
    }

    /// Counts one duration.
    pub fn observe(&self, duration: Duration) {
        self.observe_many(duration, 1);
    }

    /// Counts the same duration `times` times.
    pub fn observe_many(&self, duration: Duration, times: u64) {
        let seconds = duration.as_secs_f64();
        if let Some(bucket) = BOUNDS_S.iter().position(|bound| seconds <= *bound) {
            self.0.buckets[bucket].fetch_add(times, Relaxed);
        }
        self.0.count.fetch_add(times, Relaxed);
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.0.sum_ns.fetch_add(nanos.saturating_mul(times), Relaxed);
    }
}

impl Collector for Latency {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.0.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut histogram = Histogram::default();
        let mut cumulative = 0;
        let buckets = BOUNDS_S.iter().zip(&self.0.buckets).map(|(bound, in_bucket)| {
            cumulative += in_bucket.load(Relaxed);
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(*bound);
            bucket.set_cumulative_count(cumulative);
            bucket
        });
        histogram.set_bucket(buckets.collect());
        histogram.set_sample_count(self.0.count.load(Relaxed));
        #[allow(clippy::cast_precision_loss)] // a sum of durations for a graph
        histogram.set_sample_sum(self.0.sum_ns.load(Relaxed) as f64 / 1e9);
        let mut metric = Metric::default();
        metric.set_histogram(histogram);
        let mut family = MetricFamily::default();
        family.set_name(self.0.desc.fq_name.clone());
        family.set_help(self.0.desc.help.clone());
        family.set_field_type(MetricType::HISTOGRAM);
        family.set_metric(vec![metric]);
        vec![family]
    }
}
