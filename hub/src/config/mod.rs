//! `hub.toml`: every key with its default. Loading, environment overrides and checks are in [`load()`].

mod address;
mod alerts;
mod channels;
mod known;
mod load;
mod mistake;
mod places;
mod rules;
mod secrets;
mod size;
mod values;

pub use alerts::Alerts;
pub use channels::{Channel, ChannelKind, ChannelLanguage, MailSecurity};
pub use load::{DEFAULT_FILE, Examined, Loaded, environment, examine, load, load_with};
pub use mistake::{ConfigErrors, ConfigMistake, Place, Text};
pub use places::Places;
pub use rules::{Rule, RuleConfig, Rules, Severity};
pub use size::ByteSize;

use crate::calendar::Zone;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// The whole configuration. An unknown key is an error.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where everything that the hub keeps lives: `log/`, `registry.db`, `state.db`, `history.db`.
    pub data_dir: PathBuf,
    pub mqtt: Mqtt,
    pub log: Log,
    /// Absent: the hub keeps everything itself and writes to no InfluxDB.
    pub influx: Option<Influx>,
    pub history: History,
    pub calendar: CalendarConfig,
    pub http: Http,
    pub commands: Commands,
    pub gbfs: Gbfs,
    pub coverage: Coverage,
    pub presence: Presence,
    pub alerts: Alerts,
    pub metrics: MetricsConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            mqtt: Mqtt::default(),
            log: Log::default(),
            influx: None,
            history: History::default(),
            calendar: CalendarConfig::default(),
            http: Http::default(),
            commands: Commands::default(),
            gbfs: Gbfs::default(),
            coverage: Coverage::default(),
            presence: Presence::default(),
            alerts: Alerts::default(),
            metrics: MetricsConfig::default(),
        }
    }
}

/// The MQTT listeners and their limits.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mqtt {
    /// `"off"` for none, as for every address.
    #[serde(deserialize_with = "address::or_off")]
    pub listen: Option<SocketAddr>,
    #[serde(deserialize_with = "address::or_off")]
    pub tls_listen: Option<SocketAddr>,
    /// WebSocket at `/mqtt`; TLS is used on it when `ws_tls` is set.
    #[serde(deserialize_with = "address::or_off")]
    pub ws_listen: Option<SocketAddr>,
    pub ws_tls: bool,
    pub tls: Option<Tls>,
    /// Where gateways that claim their station are sent: `mqtts://HOST[:PORT]` or `mqtt://…`.
    pub advertise: Option<String>,
    /// The authority that they are given for the hub's certificate, PEM.
    pub advertise_ca: Option<PathBuf>,
    /// Largest MQTT packet taken, bytes.
    pub packet_bytes_max: ByteSize,
    /// QoS 1 and 2 publishes of one connection that may wait for their acknowledgement.
    pub inflight_max: u16,
    /// From TCP accept to a complete CONNECT, TLS and WebSocket handshakes included, seconds.
    pub connect_timeout_s: u64,
    /// Applied to clients that asked for keep-alive 0, seconds.
    pub idle_limit_s: u64,
    /// Connections that one address may hold; 0: no limit.
    pub connections_per_address_max: u32,
    /// Publishes per second and station, above which its socket is read more slowly; 0: no limit.
    pub publishes_per_second_max: u32,
    /// Largest decompressed batch, bytes.
    pub batch_bytes_max: ByteSize,
    /// Threads that serve connections; 0: one per processor.
    pub threads: usize,
}

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::from(([0, 0, 0, 0], 1883))),
            tls_listen: None,
            ws_listen: None,
            ws_tls: false,
            tls: None,
            advertise: None,
            advertise_ca: None,
            packet_bytes_max: ByteSize::kib(256),
            inflight_max: 1000,
            connect_timeout_s: 10,
            idle_limit_s: 3600,
            connections_per_address_max: 20_000,
            publishes_per_second_max: 0,
            batch_bytes_max: ByteSize::mib(4),
            threads: 0,
        }
    }
}

/// Certificates in PEM. They are read again when the files change.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub cert: PathBuf,
    pub key: PathBuf,
    /// Authorities that sign client certificates.
    #[serde(default)]
    pub client_ca: Option<PathBuf>,
    #[serde(default)]
    pub client_auth: ClientAuth,
}

/// Whether a client must, may or need not show a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuth {
    #[default]
    None,
    Optional,
    Required,
}

/// The durable log.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Disk that the log may take; when it is full the hub stops acknowledging.
    pub max_bytes: ByteSize,
    /// Least time between two commits, milliseconds: bounds the number of fsyncs a second.
    pub commit_delay_ms: u64,
    /// Size of one segment file.
    pub segment_bytes: ByteSize,
}

impl Default for Log {
    fn default() -> Self {
        Self { max_bytes: ByteSize::gib(20), commit_delay_ms: 2, segment_bytes: ByteSize::mib(64) }
    }
}

/// Which of InfluxDB's write APIs is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InfluxApi {
    #[default]
    V2,
    V1,
}

/// The InfluxDB that derived and raw points are written to.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Influx {
    /// Base URL; a path in it is kept.
    pub url: String,
    pub api: InfluxApi,
    pub org: String,
    pub bucket: String,
    pub token: Option<String>,
    pub token_file: Option<PathBuf>,
    pub database: String,
    pub username: Option<String>,
    pub password: Option<String>,
    pub password_file: Option<PathBuf>,
    pub gzip: bool,
    /// Lines in one write request.
    pub batch_lines: usize,
    /// Oldest age of a line that waits for a fuller batch, milliseconds.
    pub batch_age_ms: u64,
    /// Write requests under way at once.
    pub writers: usize,
    pub timeout_s: u64,
    /// Retention that `influx init` sets, days; 0: for ever.
    pub retention_days: u32,
}

impl Default for Influx {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:8086".into(),
            api: InfluxApi::V2,
            org: "waystation".into(),
            bucket: "waystation".into(),
            token: None,
            token_file: None,
            database: "waystation".into(),
            username: None,
            password: None,
            password_file: None,
            gzip: true,
            batch_lines: 5_000,
            batch_age_ms: 1_000,
            writers: 2,
            timeout_s: 10,
            retention_days: 0,
        }
    }
}

/// The embedded store.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct History {
    pub enabled: bool,
    /// How long readings are kept as they came, hours.
    pub raw_hours: u32,
    /// How long means of a minute are kept, days; those of an hour are kept for ever.
    pub minute_days: u32,
}

impl Default for History {
    fn default() -> Self {
        Self { enabled: true, raw_hours: 48, minute_days: 30 }
    }
}

/// Time as the stations' clocks on the wall show it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CalendarConfig {
    /// IANA name of the zone of stations that have none of their own.
    pub time_zone: String,
}

impl Default for CalendarConfig {
    fn default() -> Self {
        Self { time_zone: "Asia/Shanghai".into() }
    }
}

impl CalendarConfig {
    /// The zone, which the checks of the configuration have found good.
    #[must_use]
    pub fn zone(&self) -> Zone {
        Zone::parse(&self.time_zone).unwrap_or_else(|_| Zone::utc())
    }
}

/// The HTTP server: API, metrics, console.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    #[serde(deserialize_with = "address::or_off")]
    pub listen: Option<SocketAddr>,
    pub tls: Option<Tls>,
    /// Reading needs no token when the address is loopback; set to require one there too.
    pub require_token: bool,
    /// How people reach this hub, for links in messages; without it messages have none.
    pub public_url: Option<String>,
    /// What the big screen is headed with.
    pub name_zh: String,
    pub name_en: String,
    /// Requests per second of one token, or of one address without a token; 0: no limit.
    pub requests_per_second_max: u32,
}

/// What operators may ask of stations.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Commands {
    /// Commands that one station is asked for within a minute; 0: no limit.
    pub per_minute_max: u32,
    /// A door opens only after a second person has confirmed it.
    pub two_person: bool,
}

impl Default for Commands {
    fn default() -> Self {
        Self { per_minute_max: 6, two_person: false }
    }
}

/// What the feeds for everybody say of this hub.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gbfs {
    /// Feeds and `/public` need no token, wherever the server listens.
    pub public: bool,
    /// Globally unique; a domain name does it.
    pub system_id: String,
    pub name_zh: String,
    pub name_en: String,
    /// Where readers of the feeds report that something is wrong. GBFS requires one, so without it the feeds are off.
    pub contact_email: Option<String>,
}

impl Default for Gbfs {
    fn default() -> Self {
        Self {
            public: false,
            system_id: "waystation".into(),
            name_zh: "驿站换电".into(),
            name_en: "Waystation battery swap".into(),
            contact_email: None,
        }
    }
}

/// Which places have a station near.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Coverage {
    /// A CSV file of demand cells; absent: there is no figure.
    pub cells: Option<PathBuf>,
    /// How far a station reaches, m; 1,000 are a walk of 15 minutes (domain).
    pub radius_m: u32,
}

impl Default for Coverage {
    fn default() -> Self {
        Self { cells: None, radius_m: 1_000 }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::from(([127, 0, 0, 1], 8080))),
            tls: None,
            require_token: false,
            public_url: None,
            name_zh: "驿站".into(),
            name_en: "Worker stations".into(),
            requests_per_second_max: 100,
        }
    }
}

/// When a silent station is late and when it is offline.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Presence {
    /// Seconds without contact after which a station is late (default 180).
    pub warn_after_s: u64,
    /// Seconds without contact after which a station is offline (default 900).
    pub offline_after_s: u64,
    /// Changes within this window are one flapping, seconds.
    pub flap_window_s: u64,
}

impl Default for Presence {
    fn default() -> Self {
        Self { warn_after_s: 180, offline_after_s: 900, flap_window_s: 600 }
    }
}

/// Prometheus metrics.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// Series per station: `auto` up to 5,000 stations, `always`, `never`.
    pub per_station: PerStation,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self { per_station: PerStation::Auto }
    }
}

/// Whether each station gets series of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PerStation {
    Auto,
    Always,
    Never,
}
