use std::net::TcpListener;
use std::path::Path;

use super::finding::{Outcome, print, print_json};
use super::{Language, Trying, findings};
use crate::config::examine;
use crate::registry::{NewStation, Registry};

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Checks this configuration with ports that are free, a log that fits, and a data folder of its own.
    fn findings(&self, text: &str) -> Vec<super::Finding> {
        let file = self.folder.path().join("hub.toml");
        std::fs::write(&file, text).unwrap();
        let data_dir = self.folder.path().join("data").to_str().unwrap().to_owned();
        let base = [
            ("WAYSTATION_DATA_DIR", data_dir.as_str()),
            ("WAYSTATION_MQTT__LISTEN", "127.0.0.1:0"),
            ("WAYSTATION_HTTP__LISTEN", "127.0.0.1:0"),
            ("WAYSTATION_LOG__MAX_BYTES", "128MiB"),
        ];
        let named = |(name, _): &(&str, &str)| {
            let key = name["WAYSTATION_".len()..].to_lowercase().replace("__", ".");
            !text.contains(&format!("# {key}"))
        };
        let variables =
            base.into_iter().filter(named).map(|(name, value)| (name.to_owned(), value.to_owned()));
        findings(&examine(Some(&file), variables), Trying::Reach)
    }

    /// Compares the keys and outcomes of what is not well, leaving out how fast the disk is.
    fn check(&self, text: &str, expected: &[(&str, Outcome)]) {
        let found = self.findings(text);
        let not_well: Vec<(&str, Outcome)> = found
            .iter()
            .filter(|finding| finding.outcome != Outcome::Ok && finding.name.en != "disk speed")
            .map(|finding| (finding.key.as_str(), finding.outcome))
            .collect();
        assert_eq!(not_well, expected, "{text}\n{found:#?}");
    }
}

#[test]
fn a_fresh_machine_is_well() {
    Case::new().check("", &[]);
}

#[test]
fn every_mistake_is_reported_and_the_rest_is_tried_all_the_same() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!(
        "colour = 1\n[http]\n# http.listen\nlisten = \"{}\"\n[mqtt]\n# mqtt.listen\nlisten = \"nowhere\"\n",
        taken.local_addr().unwrap()
    );
    Case::new().check(
        &text,
        &[("colour", Outcome::Failed), ("mqtt.listen", Outcome::Failed), ("http.listen", Outcome::Failed)],
    );
}

#[test]
fn a_channel_that_is_configured_wrong_is_reported_once() {
    let text = "[alerts.channels.c]\nkind = \"email\"\nserver = \"nowhere\"\nfrom = \"a@example.com\"\n\
                to = [\"b@example.com\"]\n";
    Case::new().check(text, &[("alerts.channels.c.server", Outcome::Failed)]);
    let good = "[alerts.channels.d]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:1/\"\n";
    Case::new().check(
        &format!("{text}{good}"),
        &[("alerts.channels.c.server", Outcome::Failed), ("alerts.channels.d", Outcome::Failed)],
    );
}

#[test]
fn a_file_that_is_not_there_is_a_mistake() {
    let found = findings(&examine(Some(Path::new("/nowhere/hub.toml")), []), Trying::Reach);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].outcome == Outcome::Failed && found[0].detail.en.contains("cannot be read"),
        "{found:#?}"
    );
}

#[test]
fn ports_that_cannot_be_had_are_named() {
    Case::new()
        .check("[mqtt]\n# mqtt.listen\nlisten = \"203.0.113.7:1883\"\n", &[("mqtt.listen", Outcome::Failed)]);
}

#[test]
fn a_log_that_does_not_fit_is_named() {
    Case::new()
        .check("[log]\n# log.max_bytes\nmax_bytes = \"9000TiB\"\n", &[("log.max_bytes", Outcome::Failed)]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    Case::new().check(
        "# data_dir\ndata_dir = \"/proc/waystation\"\n",
        &[("data_dir", Outcome::Failed), ("log.max_bytes", Outcome::Failed)],
    );
}

#[test]
fn mistakes_in_the_demand_cells_are_named_by_line() {
    let case = Case::new();
    let file = case.folder.path().join("cells.csv");
    let text = format!("[coverage]\ncells = {:?}\n", file.display().to_string());
    case.check(&text, &[("coverage.cells", Outcome::Failed)]);
    std::fs::write(&file, "id,latitude,longitude\na,39.9,116.4\nb,116.4,39.9\n").unwrap();
    case.check(&text, &[("coverage.cells", Outcome::Failed)]);
    let found = case.findings(&text);
    assert!(found.iter().any(|finding| finding.detail.en.contains("line 3: latitude")), "{found:#?}");
    std::fs::write(&file, "id,latitude,longitude\na,39.9,116.4\n").unwrap();
    case.check(&text, &[]);
}

#[test]
fn feeds_that_were_asked_for_and_are_off_are_named() {
    let case = Case::new();
    case.check("[gbfs]\npublic = true\n", &[("gbfs.contact_email", Outcome::Warning)]);
    let address = "[gbfs]\npublic = true\ncontact_email = \"gbfs@example.com\"\n";
    case.check(address, &[("gbfs.system_id", Outcome::Warning)]);
    case.check(&format!("{address}system_id = \"example.com\"\n"), &[]);
    case.check("[gbfs]\ncontact_email = \"nobody\"\n", &[("gbfs.contact_email", Outcome::Failed)]);
    let off = case.findings("").into_iter().find(|finding| finding.key == "gbfs.contact_email");
    assert!(off.is_some_and(|off| off.detail.en == "are off" && off.advice.is_some()));
}

#[test]
fn a_running_hub_may_keep_its_ports() {
    let case = Case::new();
    let log = case.folder.path().join("data").join("log");
    std::fs::create_dir_all(&log).unwrap();
    let lock = std::fs::File::create(log.join("lock")).unwrap();
    lock.lock().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!("[mqtt]\n# mqtt.listen\nlisten = \"{}\"\n", taken.local_addr().unwrap());
    case.check(&text, &[]);
    lock.unlock().unwrap();
    case.check(&text, &[("mqtt.listen", Outcome::Failed)]);
}

#[test]
fn an_influxdb_that_is_away_is_named() {
    Case::new().check("[influx]\nurl = \"http://127.0.0.1:1\"\n", &[("influx", Outcome::Failed)]);
}

#[test]
fn the_registry_is_read() {
    let case = Case::new();
    let data = case.folder.path().join("data");
    Registry::open(&data).unwrap().add(&NewStation::named("a")).unwrap();
    let found = case.findings("");
    assert!(found.iter().any(|finding| finding.detail.en == "1 station(s)"), "{found:#?}");
    std::fs::write(data.join("registry.db"), "no database at all").unwrap();
    for other in ["registry.db-wal", "registry.db-shm"] {
        assert!(std::fs::remove_file(data.join(other)).is_ok() || !data.join(other).exists());
    }
    case.check("", &[("data_dir", Outcome::Failed)]);
}

#[test]
fn nothing_is_left_behind() {
    let case = Case::new();
    case.findings("");
    let names: Vec<_> =
        std::fs::read_dir(case.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["hub.toml"]);
}

#[test]
fn the_report_speaks_both_languages_and_json() {
    let found = Case::new().findings("[log]\n# log.max_bytes\nmax_bytes = \"9000TiB\"\n");
    let printed = |language| {
        let mut out = Vec::new();
        print(&mut out, &found, language).unwrap();
        String::from_utf8(out).unwrap()
    };
    let (zh, en) = (printed(Language::Zh), printed(Language::En));
    assert!(
        zh.contains("失败  磁盘空间") && zh.contains("（log.max_bytes，第 3 行）") && zh.contains("1 项失败"),
        "{zh}"
    );
    assert!(
        en.contains("FAILED   disk space")
            && en.contains("(log.max_bytes, line 3)")
            && en.contains("1 failed"),
        "{en}"
    );
    let mut out = Vec::new();
    print_json(&mut out, &found, false).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json["ok"], false);
    let failed = json["items"].as_array().unwrap().iter().find(|item| item["outcome"] == "failed").unwrap();
    assert_eq!((&failed["key"], &failed["place"]["line"]), (&"log.max_bytes".into(), &3.into()));
}

/// A self-signed certificate for so many days and its key, in this folder.
fn certificate(folder: &Path, name: &str, days: u32) -> (String, String) {
    let path = |extension: &str| folder.join(format!("{name}.{extension}")).to_str().unwrap().to_owned();
    let (cert, key) = (path("crt"), path("key"));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-subj", "/CN=localhost", "-days", &days.to_string(), "-keyout", &key, "-out", &cert])
        .output()
        .expect("the tests need the openssl command");
    assert!(made.status.success(), "{made:?}");
    (cert, key)
}

#[test]
fn certificates_are_read_matched_and_dated() {
    let case = Case::new();
    let folder = case.folder.path();
    let (cert, key) = certificate(folder, "good", 90);
    let (soon_cert, soon_key) = certificate(folder, "soon", 3);
    let check = |cert: &str, key: &str, expected: &[(&str, Outcome)]| {
        let text =
            format!("[mqtt]\ntls_listen = \"127.0.0.1:0\"\n[mqtt.tls]\ncert = \"{cert}\"\nkey = \"{key}\"\n");
        case.check(&text, expected);
    };
    check(&cert, &key, &[]);
    check(&soon_cert, &soon_key, &[("mqtt.tls", Outcome::Warning)]);
    check(&cert, &soon_key, &[("mqtt.tls", Outcome::Failed)]);
    check(&key, &key, &[("mqtt.tls", Outcome::Failed)]);
    check("/nowhere.crt", &key, &[("mqtt.tls", Outcome::Failed)]);
    let mut open = std::fs::metadata(&key).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut open, 0o644);
    std::fs::set_permissions(&key, open).unwrap();
    check(&cert, &key, &[("mqtt.tls", Outcome::Warning)]);
}
