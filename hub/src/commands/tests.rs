use std::path::Path;

use clap::{CommandFactory, Parser};

use super::{Cli, Command, check, influx, maintenance, station, token};

/// Runs a command line against a registry of its own; gives what it printed, or its error.
struct Terminal {
    folder: tempfile::TempDir,
}

impl Terminal {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::write(folder.path().join("hub.toml"), format!("data_dir = {:?}\n", data.to_str().unwrap()))
            .unwrap();
        Self { folder }
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let config = self.path("hub.toml");
        let line = [&["waystation-hub"], arguments, &["--config", &config]].concat();
        let cli = Cli::try_parse_from(line).map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        match cli.command {
            Command::Run(_) | Command::Demo(_) => panic!("these do not return"),
            Command::Check(arguments) => check::run(&arguments, &mut out),
            Command::Station(command) => station::run(command, &mut out),
            Command::Token(command) => token::run(command, &mut out),
            Command::Influx(command) => influx::run(command, &mut out),
            Command::Maintenance(command) => maintenance::run(command, &mut out),
        }
        .map_err(|error| format!("{error:#}"))?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.run(arguments).unwrap()).unwrap()
    }

    fn fails(&self, arguments: &[&str], with: &str) {
        let error = self.run(arguments).unwrap_err();
        assert!(error.contains(with), "{arguments:?}: {error}");
    }
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_help_with_examples() {
    fn walk(command: &mut clap::Command, depth: usize) {
        let help = command.render_long_help().to_string();
        let grouped = command.has_subcommands();
        if grouped || depth < 2 {
            assert!(help.contains("Example"), "{}:\n{help}", command.get_name());
        }
        for inner in command.get_subcommands_mut() {
            walk(inner, depth + 1);
        }
    }
    walk(&mut Cli::command(), 0);
}

#[test]
fn a_station_is_added_listed_rotated_and_removed() {
    let terminal = Terminal::new();
    let added = terminal.json(&["station", "add", "dx-1", "--district", "大兴区", "--json"]);
    assert_eq!(added["station"], "dx-1");
    assert!(added["token"].as_str().unwrap().starts_with("wst_"));
    assert_eq!(added.as_object().unwrap().len(), 2);

    let rotated = terminal.json(&["station", "rotate-token", "dx-1", "--json"]);
    assert_ne!(rotated["token"], added["token"]);
    let listed = terminal.json(&["station", "list", "--json"]);
    assert_eq!((&listed[0]["id"], &listed[0]["district"]), (&"dx-1".into(), &"大兴区".into()));
    assert_eq!(terminal.run(&["station", "list"]).unwrap(), "dx-1                     大兴区\n");

    terminal.fails(&["station", "add", "dx-1"], "rotate-token dx-1");
    terminal.run(&["station", "remove", "dx-1"]).unwrap();
    terminal.fails(&["station", "remove", "dx-1"], "there is no station `dx-1`");
    terminal.fails(&["station", "rotate-token", "dx-1"], "there is no station `dx-1`");
}

#[test]
fn a_token_is_asked_for_online() {
    let terminal = Terminal::new();
    terminal.run(&["station", "add", "dx-1"]).unwrap();
    let rotate = ["station", "rotate-token", "dx-1", "--online"];
    let asked = terminal.json(&[&rotate[..], &["--json"]].concat());
    assert_eq!((&asked["station"], &asked["state"]), (&"dx-1".into(), &"pending".into()));
    assert!(asked.get("token").is_none());
    let printed = terminal.run(&[&rotate[..], &["--wait", "0"]].concat()).unwrap();
    assert!(printed.contains("gets a new token from a running hub"), "{printed}");
    terminal.run(&["station", "rotate-token", "dx-1"]).unwrap();
    let kept = crate::operations::Operations::open(Path::new(&terminal.path("data")), 0).unwrap();
    assert_eq!(kept.rotation("dx-1").unwrap().unwrap().state, "done", "a token by hand ends it");
    terminal.run(&rotate).unwrap();
    terminal.run(&["station", "remove", "dx-1"]).unwrap();
    terminal.run(&["station", "add", "dx-1"]).unwrap();
    assert_eq!(kept.rotation("dx-1").unwrap(), None, "another station under the id");
    terminal.fails(&["station", "rotate-token", "dx-9", "--online"], "there is no station `dx-9`");
    terminal.fails(&["station", "rotate-token", "dx-1", "--wait", "1"], "--online");
}

#[test]
fn a_station_is_edited() {
    let terminal = Terminal::new();
    terminal.run(&["station", "add", "dx-1", "--district", "大兴区", "--capacity", "20"]).unwrap();
    let edit = ["station", "edit", "dx-1", "--capacity", "24", "--district", "", "--name-zh", "清源驿站"];
    let printed = terminal.run(&edit).unwrap();
    assert_eq!(printed, "Station dx-1 has a new name_zh, district, capacity.\n");
    assert_eq!(terminal.run(&edit).unwrap(), "Station dx-1 is like that already.\n");
    let shown =
        terminal.json(&["station", "edit", "dx-1", "--latitude", "-1.5", "--longitude", "2", "--json"]);
    assert_eq!((&shown["latitude"], &shown["capacity"]), (&(-1.5).into(), &24.into()));
    assert!(shown["district"].is_null());
    terminal.fails(&["station", "edit", "dx-1", "--capacity", "many"], "capacity: `many`");
    terminal.fails(&["station", "edit", "dx-1"], "nothing to change");
    terminal.fails(&["station", "edit", "dx-9", "--capacity", "1"], "there is no station `dx-9`");
}

#[test]
fn a_station_is_configured_from_afar() {
    let terminal = Terminal::new();
    terminal.run(&["station", "add", "dx-1"]).unwrap();
    let configure =
        |options: &[&str]| terminal.json(&[&["station", "configure", "dx-1", "--json"], options].concat());
    assert_eq!(configure(&[])["state"], "unset");
    let printed = terminal.run(&["station", "configure", "dx-1"]).unwrap();
    assert!(printed.starts_with("Nothing was ever set"), "{printed}");
    let first = ["--interval", "environment=60", "--deadband", "environment.temperature_c=0.2"];
    let set = configure(&first);
    assert_eq!((&set["version"], &set["state"]), (&1.into(), &"pending".into()), "{set}");
    let set = configure(&["--interval", "door=90", "--interval", "environment=30", "--min-interval", "7"]);
    let expected = serde_json::json!({
        "intervals_s": { "door": 90, "environment": 30 },
        "deadbands": { "environment": { "temperature_c": 0.2 } },
        "min_interval_s": 7,
    });
    assert_eq!((&set["version"], &set["report"]), (&2.into(), &expected));
    assert_eq!(configure(&[]), set);
    let printed = terminal.run(&["station", "configure", "dx-1"]).unwrap();
    for part in ["version 2 by ", "\n  --deadband environment.temperature_c=0.2\n", "\npending: "] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    assert_eq!(
        configure(&["--reset", "--min-interval", "9"])["report"],
        serde_json::json!({ "min_interval_s": 9 })
    );
    assert_eq!(configure(&["--reset"])["report"], serde_json::json!({}));
}

#[test]
fn mistakes_of_a_configuration_are_explained() {
    let terminal = Terminal::new();
    terminal.run(&["station", "add", "dx-1"]).unwrap();
    let fails = |options: &[&str], with: &str| {
        terminal.fails(&[&["station", "configure", "dx-1"], options].concat(), with);
    };
    fails(&["--interval", "weather=5"], "`weather` is no kind of reading; there are door, ");
    fails(&["--interval", "door"], "write it like environment=60");
    fails(&["--interval", "door=soon"], "give whole seconds, 1 to 86400");
    fails(&["--deadband", "door=1"], "write it like environment.temperature_c=0.2");
    fails(&["--deadband", "door.contact=x"], "`x` is no number");
    fails(
        &["--deadband", "door.contact=1", "--interval", "door=0"],
        "intervals_s.door: must be 1 to 86400; deadbands",
    );
    fails(&["--min-interval", "9999"], "min_interval_s: must be 0 to 3600");
    terminal.fails(&["station", "configure", "dx-9"], "there is no station `dx-9`");
    assert_eq!(terminal.json(&["station", "configure", "dx-1", "--json"])["state"], "unset");
}

#[test]
fn every_mistake_of_a_station_is_named() {
    let arguments = ["station", "add", "DX", "--capacity", "many", "--latitude", "-200", "--kind", "shop"];
    let error = Terminal::new().run(&arguments).unwrap_err();
    for part in ["id: ", "capacity: `many`", "latitude: `-200`", "kind: `shop`", "longitude: missing"] {
        assert!(error.contains(part), "{part} in {error}");
    }
}

#[test]
fn tokens_are_made_listed_and_withdrawn() {
    let terminal = Terminal::new();
    let made = terminal.json(&["token", "add", "zhang", "--role", "operator", "--json"]);
    assert_eq!((&made["name"], &made["role"]), (&"zhang".into(), &"operator".into()));
    let plain = terminal.run(&["token", "add", "li", "--role", "viewer"]).unwrap();
    assert!(plain.lines().last().unwrap().starts_with("wst_"), "{plain}");
    assert_eq!(terminal.run(&["token", "list"]).unwrap(), "viewer    li\noperator  zhang\n");
    terminal.fails(&["token", "add", "zhang", "--role", "admin"], "a token named `zhang` exists already");
    terminal.fails(&["token", "add", "x", "--role", "king"], "`king` is no role");
    terminal.fails(&["token", "add", "a b", "--role", "admin"], "1 to 64 characters");
    terminal.run(&["token", "remove", "zhang"]).unwrap();
    terminal.fails(&["token", "remove", "zhang"], "there is no token named `zhang`");
}

#[test]
fn an_import_writes_its_tokens_where_asked() {
    let terminal = Terminal::new();
    let csv = terminal.file("stations.csv", "id,district\na-1,大兴区\na-2,江北区\n");
    let tokens = terminal.path("tokens.csv");
    let printed = terminal.run(&["station", "import", &csv, "--tokens-out", &tokens]).unwrap();
    assert_eq!(printed, "");
    let written = std::fs::read_to_string(&tokens).unwrap();
    assert!(written.starts_with("station,token\na-1,wst_") && written.lines().count() == 3, "{written}");
    assert!(is_private(Path::new(&tokens)));

    terminal.fails(&["station", "import", &csv], "line 2: id: station `a-1` exists already");
    terminal.fails(&["station", "import", &csv, "--tokens-out", &tokens], "cannot create");
    let unused = terminal.path("unused.csv");
    terminal.fails(&["station", "import", &csv, "--tokens-out", &unused], "2 mistake(s)");
    assert!(!Path::new(&unused).exists());

    let changed = terminal.file("changed.csv", "id,district\na-2,鄞州区\na-3,\n");
    let report = terminal.json(&["station", "import", &changed, "--update", "--json"]);
    assert_eq!((&report["added"][0]["station"], &report["updated"][0]), (&"a-3".into(), &"a-2".into()));
}

fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().unwrap().permissions().mode() & 0o077 == 0
}

#[test]
fn influx_init_says_what_is_missing() {
    let terminal = Terminal::new();
    terminal.fails(&["influx", "init"], "no [influx] section");
    terminal.file("hub.toml", "[influx]\nurl = \"http://127.0.0.1:1\"\n");
    terminal.fails(&["influx", "init"], "InfluxDB at http://127.0.0.1:1");
}

#[test]
fn a_wrong_configuration_is_explained() {
    let terminal = Terminal::new();
    terminal.file("hub.toml", "[mqtt]\nport = 1\n");
    terminal.fails(&["station", "list"], "line 2: mqtt.port: there is no such key");
}

#[test]
fn maintenance_is_added_listed_and_ended() {
    let terminal = Terminal::new();
    terminal.run(&["station", "add", "dx-1", "--district", "大兴区"]).unwrap();
    let add = ["maintenance", "add", "--why", "换电池", "--json"];
    let added = terminal.json(&[&add[..], &["--station", "dx-1", "--for", "2h"]].concat());
    assert_eq!((&added["station"], &added["why"]), (&"dx-1".into(), &"换电池".into()));
    assert_eq!(added["ends_at"].as_i64().unwrap() - added["starts_at"].as_i64().unwrap(), 7_200_000);
    let later = terminal.json(&[&add[..], &["--district", "大兴区", "--until", "2099-01-01 08:00"]].concat());
    assert_eq!(later["ends_at"], 4_070_908_800_000_i64, "in the zone of the stations");

    let listed = terminal.run(&["maintenance", "list"]).unwrap();
    assert!(listed.contains("dx-1") && listed.contains("2099-01-01 08:00"), "{listed}");
    let id = added["id"].as_str().unwrap();
    terminal.run(&["maintenance", "end", id]).unwrap();
    terminal.fails(&["maintenance", "end", id], "there is no maintenance");
    let items = terminal.json(&["maintenance", "list", "--json"]);
    assert_eq!(items.as_array().unwrap().len(), 1);
    assert_eq!(terminal.json(&["maintenance", "list", "--all", "--json"]).as_array().unwrap().len(), 2);
}

#[test]
fn mistakes_of_maintenance_are_explained() {
    let terminal = Terminal::new();
    terminal.run(&["station", "add", "dx-1", "--district", "大兴区"]).unwrap();
    let fails = |arguments: &[&str], with: &str| {
        terminal.fails(&[&["maintenance", "add", "--why", "x"], arguments].concat(), with);
    };
    fails(&["--station", "dx-9", "--for", "2h"], "there is no station `dx-9`");
    fails(&["--district", "江北区", "--for", "2h"], "no station of district `江北区`");
    fails(&["--station", "dx-1", "--for", "soon"], "`soon` is no length of time");
    fails(&["--station", "dx-1", "--until", "soon"], "`soon` is no time");
    fails(&["--station", "dx-1", "--until", "2020-01-01 00:00"], "must end after it begins");
    fails(&["--for", "2h"], "--station");
    fails(&["--station", "dx-1", "--district", "大兴区", "--for", "2h"], "cannot be used with");
    fails(&["--station", "dx-1"], "--until");
}
