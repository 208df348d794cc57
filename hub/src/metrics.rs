//! Every metric of the hub: its name, its help text, its labels. Nothing else makes one.

mod latency;

pub use latency::Latency;

use prometheus::{GaugeVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};
use waystation_protocol::Kind;

/// The hub's metrics; each field is one family, cheap to clone and update from any thread.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    pub stations: IntGaugeVec,
    pub hub_blind: IntGauge,
    pub mqtt_connections: IntGauge,
    pub mqtt_connections_max: IntGauge,
    pub mqtt_connects: IntCounterVec,
    pub mqtt_refusals: IntCounterVec,
    pub mqtt_publishes_qos0: IntCounter,
    pub mqtt_time_answers: IntCounter,
    pub readings: PerKind,
    pub readings_quarantined: IntCounterVec,
    pub readings_duplicate: IntCounter,
    pub readings_lost: IntCounterVec,
    pub puback_seconds: Latency,
    pub log_fsync_seconds: Latency,
    pub log_bytes: IntGauge,
    pub log_max_bytes: IntGauge,
    pub disk_free_bytes: IntGauge,
    pub log_unsent_bytes: IntGauge,
    pub log_oldest_unsent_seconds: IntGauge,
    pub log_write_errors: IntCounterVec,
    pub log_accepting: IntGauge,
    pub readers: IntGauge,
    pub reader_messages: IntCounterVec,
    pub influx_up: IntGauge,
    pub influx_points: IntCounter,
    pub influx_write_seconds: Latency,
    pub influx_errors: IntCounterVec,
    pub influx_cursor_lag_records: IntGauge,
    pub history_lag_records: IntGauge,
    pub history_skipped_records: IntCounter,
    pub http_requests: IntCounterVec,
    pub claims: IntCounterVec,
    /// By name.
    pub files_begun_anew: IntGaugeVec,
    pub alerts_firing: IntGaugeVec,
    pub alert_notifications: IntCounterVec,
    pub station_up: IntGaugeVec,
    pub station_last_seen: GaugeVec,
    pub station_people: GaugeVec,
    pub station_seat_utilisation: GaugeVec,
    pub station_cabinet_ready: GaugeVec,
}

/// One counter a kind of reading, resolved once: the hot path looks nothing up.
#[derive(Debug, Clone)]
pub struct PerKind([IntCounter; 8]);

impl PerKind {
    /// The counter of one kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> &IntCounter {
        &self.0[kind as usize]
    }
}

struct Maker<'a>(&'a Registry);

// Names and labels below are literals, each registered once: registration cannot fail, and a mistake in one
// would stop the very first start, which every test does.
#[allow(clippy::expect_used)]
impl Maker<'_> {
    fn register<C: prometheus::core::Collector + Clone + 'static>(&self, made: prometheus::Result<C>) -> C {
        let collector = made.expect("a metric's name and labels are valid");
        self.0.register(Box::new(collector.clone())).expect("a metric is registered once");
        collector
    }

    fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.register(IntCounter::with_opts(opts(name, help)))
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        self.register(IntCounterVec::new(opts(name, help), labels))
    }

    fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.register(IntGauge::with_opts(opts(name, help)))
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
        self.register(IntGaugeVec::new(opts(name, help), labels))
    }

    fn float_gauges(&self, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
        self.register(GaugeVec::new(opts(name, help), labels))
    }

    fn latency(&self, name: &str, help: &str) -> Latency {
        self.register(Latency::new(opts(name, help)))
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(format!("waystation_{name}"), help)
}

impl Metrics {
    /// A registry with every family in it, all at zero.
    #[must_use]
    pub fn new() -> Self {
        let registry = Registry::new();
        let make = Maker(&registry);
        let readings = make.counters("readings_total", "Readings taken in and put on disk.", &["kind"]);
        let station = &["station"][..];
        Self {
            stations: make.gauges("stations", "Stations by presence state.", &["state"]),
            hub_blind: make.gauge("hub_blind", "1 while the hub cannot see its stations: it was away, or nothing comes."),
            mqtt_connections: make.gauge("mqtt_connections", "MQTT connections that are logged in."),
            mqtt_connections_max: make
                .gauge("mqtt_connections_max", "MQTT connections that the limit of open files leaves room for."),
            mqtt_connects: make.counters("mqtt_connects_total", "CONNECTs answered.", &["result"]),
            mqtt_refusals: make.counters("mqtt_refusals_total", "What clients were refused.", &["reason"]),
            mqtt_publishes_qos0: make
                .counter("mqtt_publishes_qos0_total", "Publishes at QoS 0, which are promised nothing."),
            mqtt_time_answers: make
                .counter("mqtt_time_answers_total", "Questions of stations for the time that were answered."),
            readings: PerKind(std::array::from_fn(|index| readings.with_label_values(&[Kind::ALL[index].as_str()]))),
            readings_quarantined: make.counters(
                "readings_quarantined_total",
                "Readings and payloads set aside, by reason.",
                &["reason"],
            ),
            readings_duplicate: make
                .counter("readings_duplicate_total", "Readings of a batch that were on disk already."),
            readings_lost: make.counters(
                "readings_lost_total",
                "Readings that will never arrive: dropped by the agent, missing without a word, or damaged on disk.",
                &["cause"],
            ),
            puback_seconds: make
                .latency("puback_seconds", "From receipt of a publish to its acknowledgement being written."),
            log_fsync_seconds: make.latency("log_fsync_seconds", "One commit of the log: write and fdatasync."),
            log_bytes: make.gauge("log_bytes", "Disk that the log takes."),
            log_max_bytes: make.gauge("log_max_bytes", "Disk that the log may take: `log.max_bytes`."),
            disk_free_bytes: make.gauge("disk_free_bytes", "Free on the disk that holds the log."),
            log_unsent_bytes: make.gauge("log_unsent_bytes", "Log not yet passed by its slowest reader."),
            log_oldest_unsent_seconds: make
                .gauge("log_oldest_unsent_seconds", "Age of the oldest record not yet passed by the slowest reader."),
            log_write_errors: make.counters(
                "log_write_errors_total",
                "Commits that failed; nothing is acknowledged until one succeeds.",
                &["kind"],
            ),
            log_accepting: make
                .gauge("log_accepting", "1 while the log takes writes, 0 while it is full or failing."),
            readers: make.gauge("readers", "MQTT readers that are connected."),
            reader_messages: make.counters(
                "reader_messages_total",
                "Messages to readers, by what became of them.",
                &["result"],
            ),
            influx_up: make.gauge("influx_up", "1 if InfluxDB took the last write."),
            influx_points: make.counter("influx_points_total", "Points that InfluxDB has taken."),
            influx_write_seconds: make.latency("influx_write_seconds", "One write request to InfluxDB."),
            influx_errors: make.counters("influx_errors_total", "Failed writes by class.", &["class"]),
            influx_cursor_lag_records: make
                .gauge("influx_cursor_lag_records", "Log records that InfluxDB has not taken yet."),
            history_lag_records: make
                .gauge("history_lag_records", "Log records that the embedded store has not committed yet."),
            history_skipped_records: make.counter(
                "history_skipped_records_total",
                "Log records that the embedded store passed over because the log was nearly full.",
            ),
            files_begun_anew: make.gauges(
                "files_begun_anew",
                "1 if this file of the data folder was damaged or gone when the hub started, and was begun anew.",
                &["file"],
            ),
            claims: make.counters("claims_total", "Claim codes that gateways sent.", &["result"]),
            http_requests: make.counters("http_requests_total", "HTTP answers by status.", &["status"]),
            alerts_firing: make.gauges("alerts_firing", "Alerts that fire now.", &["severity"]),
            alert_notifications: make.counters(
                "alert_notifications_total",
                "Alert deliveries by channel and result.",
                &["channel", "result"],
            ),
            station_up: make.gauges("station_up", "1 if the station is online.", station),
            station_last_seen: make.float_gauges(
                "station_last_seen_timestamp_seconds",
                "When the hub last heard of the station.",
                station,
            ),
            station_people: make.float_gauges("station_people", "People present, summed over zones.", station),
            station_seat_utilisation: make.float_gauges(
                "station_seat_utilisation_ratio",
                "People present over capacity, at most 1.",
                station,
            ),
            station_cabinet_ready: make.float_gauges(
                "station_cabinet_ready_batteries",
                "Batteries ready to be swapped.",
                &["station", "class"],
            ),
            registry,
        }
    }

    /// All families in Prometheus' text format.
    ///
    /// # Errors
    /// If a family cannot be encoded, which would be a mistake in this file.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
