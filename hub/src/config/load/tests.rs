use super::super::known::complete;
use super::load_with;
use crate::config::{Channel, ChannelKind, ClientAuth, Config};

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("hub.toml"), text).unwrap();
        Self { folder }
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        match load_with(Some(&self.folder.path().join("hub.toml")), variables) {
            Ok(loaded) => Ok(loaded.config),
            Err(errors) => {
                let all = errors.to_string();
                for mistake in &errors.mistakes {
                    assert!(!mistake.text.zh.is_empty() && !mistake.zh().is_empty());
                    assert!(all.contains(&mistake.to_string()));
                }
                Err(errors.mistakes.iter().map(ToString::to_string).collect())
            }
        }
    }
}

/// Loads the text and compares the beginnings of all mistakes, in order.
fn check(text: &str, variables: &[(&str, &str)], expected: &[&str]) {
    let found = Case::new(text).load(variables).err().unwrap_or_default();
    let fits = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
    assert!(fits, "{text}\n{variables:?}\nfound {found:#?}\nexpected {expected:#?}");
}

fn good(text: &str, variables: &[(&str, &str)]) -> Config {
    Case::new(text).load(variables).unwrap()
}

#[test]
fn an_empty_file_is_the_default() {
    let config = good("", &[]);
    assert_eq!(toml_of(&config), toml_of(&Config::default()));
}

#[test]
fn every_key_can_be_written_and_is_read_back() {
    let mut config = complete();
    // The two ways to give a secret exclude each other.
    if let Some(influx) = &mut config.influx {
        influx.token_file = None;
        influx.password_file = None;
    }
    // Its example has the keys of every kind; here one of them is meant.
    let channel = Channel {
        kind: Some(ChannelKind::Dingtalk),
        url: "https://oapi.dingtalk.com/robot/send".into(),
        mobiles: vec!["13800000000".into()],
        ..Channel::default()
    };
    config.alerts.channels = [("boss".to_owned(), channel)].into();
    let text = toml_of(&config);
    assert_eq!(toml_of(&good(&text, &[])), text);
}

/// The configuration as a file would say it: JSON's scalars and arrays are TOML's too.
fn toml_of(config: &Config) -> String {
    fn write(out: &mut String, section: &str, value: &serde_json::Value) {
        let members = value.as_object().unwrap();
        for (key, value) in members.iter().filter(|(_, value)| !value.is_object() && !value.is_null()) {
            out.push_str(&format!("{key} = {value}\n"));
        }
        for (key, value) in members.iter().filter(|(_, value)| value.is_object()) {
            let section = if section.is_empty() { key.clone() } else { format!("{section}.{key}") };
            out.push_str(&format!("[{section}]\n"));
            write(out, &section, value);
        }
    }
    let mut out = String::new();
    write(&mut out, "", &serde_json::to_value(config).unwrap());
    out
}

#[test]
fn the_environment_overrides_the_file() {
    let config = good(
        "data_dir = \"a\"\n[mqtt]\ninflight_max = 5\n",
        &[
            ("WAYSTATION_MQTT__INFLIGHT_MAX", "7"),
            ("WAYSTATION_LOG__MAX_BYTES", "3GiB"),
            ("WAYSTATION_MQTT__PACKET_BYTES_MAX", "2048"),
            ("WAYSTATION_INFLUX__TOKEN", "12345"),
            ("WAYSTATION_INFLUX__GZIP", "false"),
            ("WAYSTATION_HTTP__LISTEN", "off"),
            ("HOME", "/root"),
        ],
    );
    assert_eq!(config.mqtt.inflight_max, 7);
    assert_eq!(config.log.max_bytes.to_string(), "3GiB");
    assert_eq!(config.mqtt.packet_bytes_max.0, 2048);
    assert_eq!(config.http.listen, None);
    let influx = config.influx.unwrap();
    assert_eq!((influx.token.as_deref(), influx.gzip), (Some("12345"), false));
    assert_eq!(config.data_dir.to_str(), Some("a"));
}

#[test]
fn every_mistake_is_found_in_one_run() {
    check(
        "data_dri = \"x\"\n\
         [mqtt]\n\
         lisen = \"0.0.0.0:1\"\n\
         listen = \"nowhere\"\n\
         inflight_max = 70000\n\
         tls_listen = \"0.0.0.0:8883\"\n\
         [log]\n\
         max_bytes = \"many\"\n\
         commit_delay_ms = 5000\n\
         [presence]\n\
         warn_after_s = 900\n\
         [metrics]\n\
         per_station = \"sometimes\"\n\
         [colour]\n\
         sky = \"blue\"\n",
        &[("WAYSTATION_HTTP__REQUIRE_TOKEN", "perhaps"), ("WAYSTATION_HTPP__LISTEN", "off")],
        &[
            "line 1: data_dri: there is no such key; at the top there are alerts, calendar, commands, coverage, data_dir",
            "line 3: mqtt.lisen: there is no such key; [mqtt] has ",
            "line 4: mqtt.listen: `nowhere` is no address of this machine with a port, nor \"off\"; write it like listen = \"0.0.0.0:1883\"",
            "line 5: mqtt.inflight_max: ",
            "line 6: mqtt.tls_listen: needs a certificate; add [mqtt.tls]",
            "line 8: log.max_bytes: `many` is no size; write it like 256KiB, 20GiB or 1048576",
            "line 9: log.commit_delay_ms: 5000 is out of range; choose 0 to 1000",
            "line 10: presence.offline_after_s: must be greater than warn_after_s (900)",
            "line 13: metrics.per_station: is none of auto, always, never; choose one",
            "line 14: colour: there is no such key",
            "environment variable WAYSTATION_HTPP__LISTEN: htpp: there is no such key",
            "environment variable WAYSTATION_HTTP__REQUIRE_TOKEN: http.require_token: ",
        ],
    );
}

#[test]
fn mistakes_of_shape_are_named() {
    check("mqtt = 5\n", &[], &["line 1: mqtt: is a section, not a value; write [mqtt]"]);
    check(
        "[mqtt]\nthreads = [1]\n",
        &[],
        &["line 2: mqtt.threads: found sequence, expected an integer; write it like threads = 0"],
    );
    check("[mqtt.listen]\nport = 1\n", &[], &["line 1: mqtt.listen: "]);
    check("[log]\nmax_bytes = -1\n", &[], &["line 2: log.max_bytes: a size cannot be negative"]);
    check("[log]\nmax_bytes = 1.5\n", &[], &["line 2: log.max_bytes: "]);
    check("a = \n[mqtt]\nb = [\n", &[], &["line 1: no valid TOML: ", "line 3: no valid TOML: "]);
    check("[http]\n[http]\n", &[], &["line 2: no valid TOML: "]);
}

#[test]
fn a_certificate_needs_its_key() {
    let listen = "[mqtt]\ntls_listen = \"0.0.0.0:8883\"\n";
    check(
        &format!("{listen}[mqtt.tls]\ncert = \"a.pem\"\n"),
        &[],
        &["line 3: mqtt.tls.key: is missing; [mqtt.tls] needs both"],
    );
    check(
        &format!("{listen}[mqtt.tls]\nclient_auth = \"required\"\n"),
        &[],
        &[
            "line 3: mqtt.tls.cert: is missing",
            "line 3: mqtt.tls.key: is missing",
            "line 4: mqtt.tls.client_auth: client certificates cannot be verified without client_ca",
        ],
    );
    let config = good(&format!("{listen}[mqtt.tls]\ncert = \"a\"\nkey = \"b\"\n"), &[]);
    assert_eq!(config.mqtt.tls.map(|tls| tls.client_auth), Some(ClientAuth::None));
}

#[test]
fn secrets_come_from_files() {
    let case = Case::new("");
    let secret = case.folder.path().join("secret");
    std::fs::write(&secret, "s3cret\n").unwrap();
    let file = secret.to_str().unwrap();
    let config = case.load(&[("WAYSTATION_INFLUX__TOKEN_FILE", file)]).unwrap();
    assert_eq!(config.influx.unwrap().token.as_deref(), Some("s3cret"));

    let both = [("WAYSTATION_INFLUX__TOKEN_FILE", file), ("WAYSTATION_INFLUX__TOKEN", "other")];
    check(
        "",
        &both,
        &["environment variable WAYSTATION_INFLUX__TOKEN_FILE: influx.token_file: stands beside `token`"],
    );
    let absent =
        [("WAYSTATION_INFLUX__PASSWORD_FILE", "/nowhere/at/all"), ("WAYSTATION_INFLUX__USERNAME", "u")];
    check(
        "",
        &absent,
        &[
            "environment variable WAYSTATION_INFLUX__PASSWORD_FILE: influx.password_file: /nowhere/at/all cannot be read",
        ],
    );
}

#[test]
fn a_named_file_must_be_there() {
    let errors = load_with(Some(std::path::Path::new("/nowhere/hub.toml")), []).unwrap_err();
    assert!(errors.to_string().contains("/nowhere/hub.toml:\n  cannot be read"), "{errors}");
}

#[test]
fn no_mistake_shows_a_secret() {
    let found = Case::new("[influx]\ntoken = \"hush-hush\"\ntoken_file = \"/nowhere\"\nusername = \"u\"\n[influx.password]\nx = \"hush-hush\"\n")
        .load(&[("WAYSTATION_INFLUX__TOKEN", "hush-hush")])
        .unwrap_err();
    assert!(!found.concat().contains("hush"), "{found:#?}");
}

#[test]
fn mistakes_in_alert_rules_are_reported_like_all_others() {
    let text = r#"
[alerts]
group_share_pct = 0
[alerts.rules.crowded]
set = 80
for_s = 99999999
severity = "loud"
low_set = 3
[alerts.rules.smoke]
enabled = false
[alerts.rules.cell_hot]
critical = 40
"#;
    check(
        text,
        &[],
        &[
            "line 3: alerts.group_share_pct: 0 is out of range",
            "line 4: alerts.rules.crowded.clear: must be less than set (80)",
            "line 6: alerts.rules.crowded.for_s: is out of range",
            "line 7: alerts.rules.crowded.severity: is none of critical, warning, info",
            "line 8: alerts.rules.crowded.low_set: there is no such key; [alerts.rules.crowded] has clear, enabled",
            "line 9: alerts.rules.smoke: there is no such key; [alerts.rules] has ",
            "line 12: alerts.rules.cell_hot.critical: must be greater than set (50)",
        ],
    );
    let config = good(
        "[alerts.rules.crowded]\nset = 120\nclear = 110.5\n[alerts.rules.offline]\nenabled = false",
        &[],
    );
    let crowded = config.alerts.rules.of(crate::config::Rule::Crowded);
    assert_eq!((crowded.set, crowded.clear, crowded.for_s), (Some(120.0), Some(110.5), Some(600)));
    assert!(!config.alerts.rules.of(crate::config::Rule::Offline).enabled);
    assert!(config.alerts.rules.of(crate::config::Rule::DoorForced).enabled);
}

/// Compares what is said in Chinese, of which the libraries know nothing.
fn check_zh(text: &str, expected: &str) {
    let case = Case::new(text);
    let errors = load_with(Some(&case.folder.path().join("hub.toml")), []).expect_err("a mistake");
    let found: Vec<String> = errors.mistakes.iter().map(super::ConfigMistake::zh).collect();
    assert_eq!(found, [expected], "{text}");
}

#[test]
fn mistakes_are_said_in_chinese_alone() {
    check_zh(
        "[mqtt]\nlisten = \"127.0.0.1:99999\"\n",
        "第 2 行：mqtt.listen：文本 `127.0.0.1:99999` 不能用在这里；应写成类似 listen = \"0.0.0.0:1883\"，不用则写 \"off\"",
    );
    check_zh(
        "[log]\nmax_bytes = -1\n",
        "第 2 行：log.max_bytes：整数 -1 不能用在这里；应写成类似 max_bytes = \"20GiB\"",
    );
    check_zh(
        "[mqtt]\ninflight_max = -1\n",
        "第 2 行：mqtt.inflight_max：整数 -1 不能用在这里；应写成类似 inflight_max = 1000",
    );
    check_zh(
        "[http]\nrequire_token = \"maybe\"\n",
        "第 2 行：http.require_token：文本 `maybe` 不能用在这里；应写成类似 require_token = false",
    );
    check_zh("data_dir = 5\n", "第 1 行：data_dir：整数 5 不能用在这里；应写成类似 data_dir = \"data\"");
}

#[test]
fn a_number_is_no_text() {
    let expected = "line 1: data_dir: it stands for text and needs quotes; write it like data_dir = \"data\"";
    check("data_dir = 5\n", &[], &[expected]);
    check("data_dir = true\n", &[], &[expected]);
    check("[influx]\ntoken = 12345\n", &[], &["line 2: influx.token: it stands for text and needs quotes"]);
    assert_eq!(
        good("[log]\nmax_bytes = 1073741824\n", &[]).log.max_bytes.0,
        1 << 30,
        "a size may be a number"
    );
    assert_eq!(good("", &[("WAYSTATION_DATA_DIR", "5")]).data_dir.to_str(), Some("5"), "all text there");
}
