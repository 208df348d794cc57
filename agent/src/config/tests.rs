use super::*;
use crate::texts::Language;

fn load(text: &str) -> Result<Config, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(Some(&path)).map_err(|mistakes| {
        let without_place = |mistake: &mistake::Mistake| mistake.without_place(Language::En);
        mistakes.list.iter().map(without_place).collect()
    })
}

/// The mistakes must be these, each found by its beginning.
fn check(text: &str, expected: &[&str]) {
    let found = load(text).err().unwrap_or_default();
    assert_eq!(found.len(), expected.len(), "{text}\n{found:#?}");
    for wanted in expected {
        assert!(found.iter().any(|mistake| mistake.starts_with(wanted)), "{wanted} in {found:#?}");
    }
}

#[test]
fn the_least_configuration_has_sensible_defaults() {
    let config = load("station = \"jb-001\"\nhub = \"mqtt://hub\"").unwrap();
    assert_eq!(config.outbox.max_bytes, 1 << 30);
    assert_eq!(config.batch.readings_max, 500);
    assert!(config.batch.zstd);
    assert_eq!(config.gateway.interval, Some(Duration::from_secs(60)));
    assert_eq!(config.token, None);
}

#[test]
fn a_token_comes_from_a_file_that_is_known_then() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "wst_1\n").unwrap();
    let config = load(&format!("station = \"a\"\nhub = \"mqtt://h\"\ntoken_file = {path:?}")).unwrap();
    assert_eq!((config.token.as_deref(), config.token_file), (Some("wst_1"), Some(path)));
}

#[test]
fn every_mistake_comes_up_in_one_run() {
    check("", &["station: is missing", "hub: is missing"]);
    check(
        "station = \"JB 1\"\nhub = \"hub:1883\"\ncolour = 1\n[outbox]\nmax_bytes = \"much\"\nmaximum = 2\n\
         [batch]\nzstd = 7\n[sources.jsonl]\nlisten = \"0.0.0.0:1\"\n[gateway]\ninterval_s = -1",
        &[
            "station: ",
            "hub: ",
            "colour: unknown key",
            "outbox.max_bytes: must be",
            "outbox.maximum: unknown key",
            "batch.zstd: must be true or false",
            "sources.jsonl.listen: must be a loopback",
            "gateway.interval_s: must be",
        ],
    );
    check("station = \"a\"\nhub = \"mqtt://h\"\ntoken = \"t\"\ntoken_file = \"f\"", &["token: token and"]);
    check("station = \"a\"\nhub = \"mqtt://h\"\ntoken_file = \"/no/such\"", &["token_file: /no/such"]);
    check("station = \"a\"\nhub = \"mqtt://h\"\n[mqtt]\nlisten = \"x\"", &["mqtt.listen: unknown key"]);
    check("station = ", &["no valid TOML"]);
}

#[test]
fn mistakes_name_their_lines_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.toml");
    let check = |text: &str, language, expected: &[&str]| {
        std::fs::write(&path, text).unwrap();
        let said = Config::load(Some(&path)).unwrap_err().text(language);
        assert_eq!(said.lines().skip(1).map(str::trim).collect::<Vec<_>>(), expected, "{text}");
    };
    let text = "station = \"JB 1\"\n\n[outbox]\nmax_bytes = \"lots\"\n[[sources.line]]\ndevice = \"front\"\n\
                values = { 1 = \"ajar\" }\n[batch]\nzst = true\n";
    check(
        text,
        Language::En,
        &[
            "hub: is missing",
            "line 1: station: must be 1 to 48 of a-z, 0-9 and -, not beginning with -, such as jb-001",
            "line 4: outbox.max_bytes: must be 1048576 to 1125899906842624 bytes, such as \"512MiB\"",
            "line 5: sources.line[0].path: is missing",
            "line 7: sources.line[0].values.1: contact cannot be ajar",
            "line 7: sources.line[0].values: is missing, such as { 1 = \"open\", 0 = \"closed\" }",
            "line 9: batch.zst: unknown key",
        ],
    );
    check(
        text,
        Language::Zh,
        &[
            "hub：缺少",
            "第 1 行：station：须为 1 到 48 个 a-z、0-9 和 -，以字母或数字开头，如 jb-001",
            "第 4 行：outbox.max_bytes：须为 1048576 到 1125899906842624 字节，如 \"512MiB\"",
            "第 5 行：sources.line[0].path：缺少",
            "第 7 行：sources.line[0].values.1：contact 不能是 ajar",
            "第 7 行：sources.line[0].values：缺少，应类似 { 1 = \"open\", 0 = \"closed\" }",
            "第 9 行：batch.zst：没有这个键",
        ],
    );
}

#[test]
fn doors_that_open_by_command() {
    let start = "station = \"a\"\nhub = \"mqtt://h\"\n";
    let config =
        load(&format!("{start}[[doors]]\ndevice = \"front\"\nunlock = {{ exec = [\"open\", \"1\"] }}"));
    let doors = config.unwrap().doors;
    assert!(matches!(&doors[0].unlock, Unlock::Exec(command) if command == &["open", "1"]), "{doors:?}");
    assert_eq!(doors[0].confirm, Duration::from_secs(10));
    let http = load(&format!(
        "{start}[[doors]]\ndevice = \"front\"\nunlock = {{ http = {{ url = \"http://lock/open\" }} }}"
    ));
    let unlock = http.unwrap().doors.remove(0).unlock;
    assert!(
        matches!(&unlock, Unlock::Http(lock) if lock.method == "POST" && lock.token.is_none()),
        "{unlock:?}"
    );
    let both = "unlock = { exec = [\"x\"], http = { url = \"http://lock\" } }";
    check(
        &format!("{start}[[doors]]\ndevice = \"front\"\n{both}"),
        &["doors[0].unlock: give either", "doors[0].unlock.http.url: unknown key"],
    );
    let odd = "unlock = { http = { url = \"mqtt://lock\", method = \"OPEN\", token_file = \"/no/such\" } }";
    check(
        &format!("{start}[[doors]]\ndevice = \"front\"\n{odd}"),
        &[
            "doors[0].unlock.http.url: must be",
            "doors[0].unlock.http.method: must be POST",
            "doors[0].unlock.http.token_file: /no/such",
        ],
    );
    let wrong = "[[doors]]\ndevice = \"front\"\n[[doors]]\ndevice = \"b\"\nconfirm_s = 0\n\
                 unlock = { mqtt = \"x\", topic = \"t/#\", payload = \"1\" }\n\
                 [[doors]]\ndevice = \"c\"\nunlock = { exec = [\"x\"] }\n[[doors]]\ndevice = \"c\"\n\
                 unlock = { exec = [\"x\"] }";
    check(
        &format!("{start}{wrong}"),
        &[
            "doors[0].unlock: give either",
            "doors[1].unlock.topic: must be one",
            "doors[1].unlock.mqtt: must be the name",
            "doors[1].confirm_s: must be",
            "doors[3].device: stands",
        ],
    );
}

#[test]
fn what_is_reported_can_be_said() {
    let table = "station = \"a\"\nhub = \"mqtt://h\"\n[report]\nmin_interval_s = 7\n\
                 intervals_s = { environment = 30 }\n[report.cabinet]\nsoc_pct = 2\n";
    let report = load(table).unwrap().report;
    assert_eq!(report.min_interval().as_secs(), 7);
    assert_eq!(report.interval(waystation_protocol::Kind::Environment).as_secs(), 30);
    assert_eq!(report.deadband(waystation_protocol::Kind::Cabinet, "soc_pct"), 2.0);
    let least = "station = \"a\"\nhub = \"mqtt://h\"\n[report]\n";
    check(
        &format!("{least}intervals_s = {{ weather = 30, door = 0 }}"),
        &["report.intervals_s.weather: there is no such kind", "report.intervals_s.door: must be"],
    );
    check(&format!("{least}[report.door]\ncontact = 1"), &["report.door.contact: "]);
    check(
        &format!("{least}[report.environment]\ntemperature_c = -1\nfoo_c = 2\nbar_c = 3"),
        &[
            "report.environment.temperature_c: must be a number of at least 0",
            "report.environment.foo_c: ",
            "report.environment.bar_c: ",
        ],
    );
    check(&format!("{least}[report.weather]\nrain_mm = 1"), &["report.weather.rain_mm: unknown key"]);
}

#[test]
fn lists_and_tables_are_read_item_by_item() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.toml");
    let text = "words = [\"a\", 2]\nwordsmith = 1\n[[meter]]\nunit = 1.5\n[[meter]]\nunit = 9\n[meter_names]\nb.c = 1\nb.d = 2\ne = 3";
    std::fs::write(&path, text).unwrap();
    let mut keys = Keys::load(Some(&path), &path).unwrap();
    assert_eq!(keys.items("meter"), ["meter[0]", "meter[1]"]);
    assert_eq!(keys.items("mete"), Vec::<String>::new());
    assert_eq!(keys.names("meter_names"), ["b", "e"]);
    assert!(keys.has("words") && keys.has("meter[1]") && !keys.has("word") && !keys.has("meter[2]"));
    assert_eq!(keys.texts("words"), ["a", "2"]);
    assert_eq!(keys.number("meter[0].unit", 0.0, 0.0..=2.0), Some(1.5));
    assert_eq!(keys.number("meter[1].unit", 0.0, 0.0..=2.0), None);
    let mistakes = keys.finish(Some(())).unwrap_err();
    assert_eq!(mistakes.list.len(), 5, "{mistakes}");
}

#[test]
fn sizes() {
    let check = |text, bytes| assert_eq!(size::parse_bytes(text), bytes, "{text}");
    check("4096", Some(4096));
    check("190KiB", Some(190 * 1024));
    check("1 GiB", Some(1 << 30));
    check("2MB", Some(2_000_000));
    check("1.5GiB", None);
    check("GiB", None);
    check("", None);
    check("99999999999TiB", None);
}
