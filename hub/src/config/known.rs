//! Every key that there is, each with an example: the measure for what a file may say.

use std::net::SocketAddr;
use std::path::PathBuf;

use config::{Map, Source, Value, ValueKind};

use super::places::join;
use super::{
    ByteSize, Channel, ChannelKind, ClientAuth, Config, Coverage, Gbfs, Http, Influx, Mqtt, Text, Tls,
};

/// Stands for any name in a section whose keys people choose.
const ANY: &str = "_";

/// A configuration with nothing left out. Its values are the defaults, or examples where there is no default.
pub(super) fn complete() -> Config {
    let address = |port| Some(SocketAddr::from(([0, 0, 0, 0], port)));
    let tls = Tls {
        cert: PathBuf::from("hub.crt"),
        key: PathBuf::from("hub.key"),
        client_ca: Some(PathBuf::from("clients.crt")),
        client_auth: ClientAuth::Optional,
    };
    let influx = Influx {
        token: Some("…".into()),
        token_file: Some(PathBuf::from("influx.token")),
        username: Some("waystation".into()),
        password: Some("…".into()),
        password_file: Some(PathBuf::from("influx.password")),
        ..Influx::default()
    };
    Config {
        mqtt: Mqtt {
            tls_listen: address(8883),
            ws_listen: address(8083),
            tls: Some(tls.clone()),
            advertise: Some("mqtts://hub.example:8883".into()),
            advertise_ca: Some(PathBuf::from("ca.pem")),
            ..Mqtt::default()
        },
        influx: Some(influx),
        http: Http { tls: Some(tls), public_url: Some("https://hub.example".into()), ..Http::default() },
        gbfs: Gbfs { contact_email: Some("gbfs@example.com".into()), ..Gbfs::default() },
        coverage: Coverage { cells: Some(PathBuf::from("cells.csv")), ..Coverage::default() },
        alerts: super::Alerts {
            escalate_to: Some("boss".into()),
            channels: [(ANY.to_owned(), channel())].into(),
            ..super::Alerts::default()
        },
        ..Config::default()
    }
}

fn channel() -> Channel {
    Channel {
        kind: Some(ChannelKind::Dingtalk),
        url: "https://oapi.dingtalk.com/robot/send?access_token=…".into(),
        url_file: Some(PathBuf::from("robot.url")),
        secret: Some("…".into()),
        secret_file: Some(PathBuf::from("robot.secret")),
        token: Some("…".into()),
        token_file: Some(PathBuf::from("alertmanager.token")),
        username: Some("waystation".into()),
        password: Some("…".into()),
        password_file: Some(PathBuf::from("mail.password")),
        ca: Some(PathBuf::from("mail-ca.pem")),
        server: "smtp.example.com:587".into(),
        from: "hub@example.com".into(),
        // An empty list would not show as a key.
        to: vec!["a@example.com".into()],
        mobiles: vec!["13800000000".into()],
        users: vec!["zhangsan".into()],
        ..Channel::default()
    }
}

/// The tree of known keys.
pub(super) struct Known {
    tree: Map<String, Value>,
    /// The tree as the bottom layer of a configuration.
    pub(super) layer: config::Config,
}

/// A value that somebody gave for a known key.
pub(super) struct Given {
    pub(super) key: String,
    pub(super) value: Value,
}

/// What is wrong with a key, before its value is looked at.
pub(super) struct Misplaced {
    pub(super) key: String,
    pub(super) text: Text,
}

impl Known {
    // The only input is the default configuration, which every test serialises.
    #[allow(clippy::expect_used)]
    pub(super) fn new() -> Self {
        let layer = config::Config::try_from(&complete()).expect("the defaults can be serialised");
        let tree = layer.collect().expect("the defaults are a table");
        Self { tree, layer }
    }

    /// Splits what was given into values of known keys and keys that there are not.
    pub(super) fn sort(&self, given: Map<String, Value>) -> (Vec<Given>, Vec<Misplaced>) {
        let mut sorted = (Vec::new(), Vec::new());
        sort_section("", given, &self.tree, &mut sorted);
        sorted
    }

    /// `key = example`, as one may write it.
    pub(super) fn example(&self, key: &str) -> Option<String> {
        let name = key.rsplit('.').next()?;
        match self.kind(key)? {
            ValueKind::String(text) => Some(format!("{name} = \"{text}\"")),
            kind @ (ValueKind::Boolean(_) | ValueKind::I64(_) | ValueKind::U64(_) | ValueKind::Float(_)) => {
                Some(format!("{name} = {kind}"))
            }
            _ => None,
        }
    }

    /// Whether a number or a truth stands where text is meant. A size may be a number.
    pub(super) fn is_no_text(&self, given: &Given) -> bool {
        let Some(ValueKind::String(example)) = self.kind(&given.key) else { return false };
        let is_text = matches!(given.value.kind, ValueKind::String(_) | ValueKind::Nil);
        !is_text && ByteSize::parse(example).is_err()
    }

    fn kind(&self, key: &str) -> Option<&ValueKind> {
        let (sections, name) = key.rsplit_once('.').map_or((None, key), |(left, name)| (Some(left), name));
        let mut tree = &self.tree;
        for section in sections.into_iter().flat_map(|sections| sections.split('.')) {
            let ValueKind::Table(inner) = &tree.get(section).or_else(|| tree.get(ANY))?.kind else {
                return None;
            };
            tree = inner;
        }
        Some(&tree.get(name).or_else(|| tree.get(ANY))?.kind)
    }
}

fn sort_section(
    section: &str,
    given: Map<String, Value>,
    known: &Map<String, Value>,
    sorted: &mut (Vec<Given>, Vec<Misplaced>),
) {
    for (name, value) in given {
        let key = join(section, &name);
        match (known.get(&name).or_else(|| known.get(ANY)).map(|known| &known.kind), value.kind) {
            (None, _) => sorted.1.push(Misplaced { text: unknown(section, known), key }),
            (Some(ValueKind::Table(known)), ValueKind::Table(given)) => {
                sort_section(&key, given, known, sorted);
            }
            (Some(ValueKind::Table(_)), _) => {
                let text = Text::new(
                    format!("这是一个段落，请写成 [{key}]，键写在它下面"),
                    format!("is a section, not a value; write [{key}] with its keys below"),
                );
                sorted.1.push(Misplaced { key, text });
            }
            (Some(_), kind) => sorted.0.push(Given { key, value: Value::new(None, kind) }),
        }
    }
}

fn unknown(section: &str, known: &Map<String, Value>) -> Text {
    let mut names: Vec<&str> = known.keys().map(String::as_str).collect();
    names.sort_unstable();
    let names = names.join(", ");
    if section.is_empty() {
        return Text::new(
            format!("没有这个键；顶层可用的是：{names}"),
            format!("there is no such key; at the top there are {names}"),
        );
    }
    Text::new(
        format!("没有这个键；[{section}] 可用的是：{names}"),
        format!("there is no such key; [{section}] has {names}"),
    )
}
