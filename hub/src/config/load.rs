//! Reading the configuration: file, then environment, and every mistake of both in one run.
//!
//! Each value is tried alone over a configuration that is known to be good, so that one mistake hides no other.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use config::{FileFormat, Source, ValueKind};

use super::known::{Given, Known};
use super::places::{Places, VARIABLE_PREFIX};
use super::{Config, ConfigErrors, ConfigMistake, Place, Text};

/// Read when no other file is named; it may be absent.
pub const DEFAULT_FILE: &str = "hub.toml";

/// A good configuration, and where its values were written.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    /// The file that was read.
    pub file: Option<PathBuf>,
    pub places: Places,
}

/// Reads this file, or `hub.toml` if there is one, and the process's environment over it.
pub fn load(path: Option<&Path>) -> Result<Config, ConfigErrors> {
    load_with(path, environment()).map(|loaded| loaded.config)
}

/// The variables of this process that are text.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Like [`load`], with the environment as an argument; names without our prefix are passed over.
pub fn load_with(
    path: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Loaded, ConfigErrors> {
    let Examined { file, config, places, mistakes } = examine(path, environment);
    match config {
        Some(config) if mistakes.is_empty() => Ok(Loaded { config, file, places }),
        _ => Err(ConfigErrors { file, mistakes }),
    }
}

/// A configuration with its mistakes.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// What is left when the mistakes are left out, with defaults in their places; `None` when nothing is.
    pub config: Option<Config>,
    pub places: Places,
    /// In the order of the file.
    pub mistakes: Vec<ConfigMistake>,
}

/// Like [`load_with`], but goes on after mistakes, for those who want to try what is left.
pub fn examine(path: Option<&Path>, environment: impl IntoIterator<Item = (String, String)>) -> Examined {
    let (file, text) = match read(path) {
        Ok(read) => read,
        Err(ConfigErrors { file, mistakes }) => {
            return Examined { file, config: None, places: Places::default(), mistakes };
        }
    };
    let variables = environment.into_iter().filter(|(name, _)| name.starts_with(VARIABLE_PREFIX)).collect();
    let mut loader = Loader { known: Known::new(), mistakes: Vec::new(), good: Vec::new() };
    let places = loader.take(&text, variables);
    let config = loader.finish(&places);
    loader.mistakes.sort_by(|left, right| left.place.cmp(&right.place));
    Examined { file, config, places, mistakes: loader.mistakes }
}

fn read(path: Option<&Path>) -> Result<(Option<PathBuf>, String), ConfigErrors> {
    let file = path.unwrap_or(Path::new(DEFAULT_FILE));
    match std::fs::read_to_string(file) {
        Ok(text) => Ok((Some(file.to_owned()), text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && path.is_none() => {
            Ok((None, String::new()))
        }
        Err(error) => {
            let text = Text::new(
                format!("无法读取：{error}；请检查 --config 给出的路径和文件权限"),
                format!(
                    "cannot be read: {error}; check the path given with --config and the file's permissions"
                ),
            );
            let mistake = ConfigMistake { key: String::new(), place: Place::Default, text };
            Err(ConfigErrors { file: Some(file.to_owned()), mistakes: vec![mistake] })
        }
    }
}

struct Loader {
    known: Known,
    mistakes: Vec<ConfigMistake>,
    /// Values that are right by themselves; a later one overrides an earlier one of the same key.
    good: Vec<Given>,
}

impl Loader {
    /// Takes in both sources; gives the place of every key, the environment's last since it overrides.
    fn take(&mut self, text: &str, variables: HashMap<String, String>) -> Places {
        let (mut places, grammar) = Places::of_file(text);
        if grammar.is_empty() {
            self.take_source(&places, &config::File::from_str(text, FileFormat::Toml));
        }
        self.mistakes.extend(grammar);
        let mut environment_places = Places::default();
        for name in variables.keys() {
            let key = name[VARIABLE_PREFIX.len()..].to_lowercase().replace("__", ".");
            places.add_variable(name, &key);
            environment_places.add_variable(name, &key);
        }
        let environment =
            config::Environment::with_prefix("WAYSTATION").prefix_separator("_").separator("__");
        self.take_source(&environment_places, &environment.source(Some(variables.into_iter().collect())));
        places
    }

    fn take_source<S: Source + Clone + Send + Sync + 'static>(&mut self, places: &Places, source: &S) {
        let built = config::Config::builder().add_source(source.clone()).build();
        let given = match built.and_then(|built| built.collect()) {
            Ok(given) => given,
            Err(error) => return self.mistake(places, "", Text::new(error.to_string(), error.to_string())),
        };
        let (given, misplaced) = self.known.sort(given);
        for misplaced in misplaced {
            self.mistake(places, &misplaced.key, misplaced.text);
        }
        for given in given {
            let wrong = match self.try_alone(&given) {
                // Numbers are taken for text without a word: a folder `5` was hardly meant.
                Ok(()) if self.known.is_no_text(&given) => "it stands for text and needs quotes".to_owned(),
                Ok(()) => {
                    self.good.push(given);
                    continue;
                }
                Err(error) => sentence(error),
            };
            let text = self.explain(&given, wrong);
            self.mistake(places, &given.key, text);
        }
    }

    fn try_alone(&self, given: &Given) -> Result<(), config::ConfigError> {
        let layers = config::Config::builder().add_source(self.known.layer.clone());
        let config = layers.set_override(given.key.as_str(), given.value.clone())?.build()?;
        config.try_deserialize::<Config>().map(drop)
    }

    /// What is wrong with a value, for which the libraries have only English words: `what`.
    fn explain(&self, given: &Given, what: String) -> Text {
        let key = given.key.as_str();
        if let Some(choices) = choices(key) {
            return Text::new(
                format!("没有这个选项；请从 {choices} 中选"),
                format!("is none of {choices}; choose one"),
            );
        }
        let name = key.rsplit('.').next().unwrap_or_default();
        let is_secret = ["token", "secret", "password", "url"].contains(&name);
        let shown = if is_secret { "这个值".to_owned() } else { kind_zh(&given.value.kind) };
        let zh = format!("{shown}不能用在这里");
        let off = if key.ends_with("listen") { "，不用则写 \"off\"" } else { "" };
        let Some(example) = self.known.example(key) else { return Text::new(zh, what) };
        let zh = format!("{zh}；应写成类似 {example}{off}");
        let is_shown = what.contains("write it like");
        Text::new(zh, if is_shown { what } else { format!("{what}; write it like {example}") })
    }

    /// The configuration from all good values, with secrets read and values compared with one another.
    fn finish(&mut self, places: &Places) -> Option<Config> {
        self.complete_tls(places);
        let mut layers = config::Config::builder();
        for given in &self.good {
            layers = layers.set_override(given.key.as_str(), given.value.clone()).ok()?;
        }
        let mut config = match layers.build().and_then(config::Config::try_deserialize::<Config>) {
            Ok(config) => config,
            Err(error) => {
                let text = sentence(error);
                self.mistake(places, "", Text::new(text.clone(), text));
                return None;
            }
        };
        let mut found = super::secrets::read(&mut config);
        found.extend(config.check_values());
        let found = found.into_iter().map(|(key, text)| (key.into_owned(), text));
        for (key, text) in found.chain(config.alerts.check()) {
            // A key that is wrong by itself has its default here, which says nothing about what was meant.
            if !self.mistakes.iter().any(|mistake| mistake.key == key) {
                self.mistake(places, &key, text);
            }
        }
        Some(config)
    }

    /// A certificate without its key or the other way round is reported, and stands in for itself from here on.
    fn complete_tls(&mut self, places: &Places) {
        for section in ["mqtt.tls", "http.tls"] {
            let used = self
                .good
                .iter()
                .any(|given| given.key.starts_with(section) && given.key[section.len()..].starts_with('.'));
            for name in ["cert", "key"] {
                let key = format!("{section}.{name}");
                if !used || self.good.iter().any(|given| given.key == key) {
                    continue;
                }
                if !self.mistakes.iter().any(|mistake| mistake.key == key) {
                    let text = Text::new(
                        format!("缺少；[{section}] 需要 cert 和 key 两个 PEM 文件"),
                        format!("is missing; [{section}] needs both `cert` and `key`, PEM files"),
                    );
                    self.mistake(places, &key, text);
                }
                self.good.push(Given { key, value: "".into() });
            }
        }
    }

    fn mistake(&mut self, places: &Places, key: &str, text: Text) {
        self.mistakes.push(ConfigMistake { key: key.to_owned(), place: places.of(key), text });
    }
}

/// The words that a key takes, if it takes only certain ones.
fn choices(key: &str) -> Option<&'static str> {
    match key {
        "mqtt.tls.client_auth" | "http.tls.client_auth" => Some("none, optional, required"),
        "influx.api" => Some("v2, v1"),
        "metrics.per_station" => Some("auto, always, never"),
        rule if rule.starts_with("alerts.rules.") && rule.ends_with(".severity") => {
            Some("critical, warning, info")
        }
        _ => channel_choices(key),
    }
}

fn channel_choices(key: &str) -> Option<&'static str> {
    match key.strip_prefix("alerts.channels.")?.split_once('.')?.1 {
        "kind" => Some("alertmanager, webhook, dingtalk, wecom, feishu, email"),
        "min_severity" => Some("info, warning, critical"),
        "language" => Some("zh, en, both"),
        "security" => Some("starttls, tls, none"),
        _ => None,
    }
}

/// What was written, in Chinese.
fn kind_zh(kind: &ValueKind) -> String {
    match kind {
        ValueKind::Boolean(value) => format!("布尔值 {value} "),
        ValueKind::I64(_) | ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_) => {
            format!("整数 {kind} ")
        }
        ValueKind::Float(value) => format!("小数 {value} "),
        ValueKind::String(text) => format!("文本 `{text}` "),
        ValueKind::Table(_) => "段落".to_owned(),
        ValueKind::Array(_) => "列表".to_owned(),
        ValueKind::Nil => "空值".to_owned(),
    }
}

/// The error without the key, which is named already.
fn sentence(error: config::ConfigError) -> String {
    match error {
        config::ConfigError::At { error, .. } => sentence(*error),
        config::ConfigError::Type { unexpected, expected, .. } => {
            format!("found {unexpected}, expected {expected}")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
