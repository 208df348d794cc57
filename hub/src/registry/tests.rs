use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::shutdown;

struct Case {
    folder: tempfile::TempDir,
    registry: Arc<Registry>,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = Arc::new(Registry::open(folder.path()).unwrap());
        Self { folder, registry }
    }

    /// The same file, as another program would open it.
    fn elsewhere(&self) -> Registry {
        Registry::open(self.folder.path()).unwrap()
    }
}

fn station(id: &str) -> NewStation {
    NewStation::named(id)
}

#[test]
fn a_station_logs_in_with_its_token_and_no_other() {
    let case = Case::new();
    let token = case.registry.add(&station("a-1")).unwrap();
    let other = case.registry.add(&station("a-2")).unwrap();
    let directory = case.registry.load().unwrap();
    let check = |id: &str, token: &[u8], expected: bool| {
        assert_eq!(directory.login_station(id, token), expected, "{id}");
    };
    check("a-1", token.as_str().as_bytes(), true);
    check("a-2", other.as_str().as_bytes(), true);
    check("a-1", other.as_str().as_bytes(), false);
    check("a-3", token.as_str().as_bytes(), false);
    check("", b"", false);
    check("a-1", b"", false);
    check("a-1", token.as_str().to_uppercase().as_bytes(), false);
    // What an unknown station is compared with opens nothing either.
    check("a-3", b"no token hashes to this by any means but this text", false);
}

#[test]
fn an_old_token_is_worth_nothing_after_a_rotation_or_removal() {
    let case = Case::new();
    let old = case.registry.add(&station("a-1")).unwrap();
    let id = "a-1".parse().unwrap();
    let new = case.registry.rotate_token(&id).unwrap();
    let directory = case.registry.load().unwrap();
    assert!(!directory.login_station("a-1", old.as_str().as_bytes()));
    assert!(directory.login_station("a-1", new.as_str().as_bytes()));
    case.registry.remove(&id).unwrap();
    assert!(!case.registry.load().unwrap().login_station("a-1", new.as_str().as_bytes()));
}

#[test]
fn a_token_names_its_owner() {
    let case = Case::new();
    let name: TokenName = "zhang".parse().unwrap();
    let token = case.registry.add_token(&name, Role::Operator).unwrap();
    case.registry.add_token(&"li".parse().unwrap(), Role::Reader).unwrap();
    let directory = case.registry.load().unwrap();
    let check = |name: Option<&str>, token: &str, expected: Option<Role>| {
        let found = directory.login_token(name, token.as_bytes());
        assert_eq!(found.map(|owner| owner.role), expected, "{name:?}");
    };
    check(None, token.as_str(), Some(Role::Operator));
    check(Some("zhang"), token.as_str(), Some(Role::Operator));
    check(Some("li"), token.as_str(), None);
    check(Some("zhang"), "wst_", None);
    case.registry.remove_token(&name).unwrap();
    assert_eq!(case.registry.load().unwrap().login_token(None, token.as_str().as_bytes()), None);
}

#[test]
fn roles_may_do_what_the_help_says() {
    let table = Role::ALL.map(|role| {
        (
            role.as_str(),
            role.may_view(),
            role.may_operate(),
            role.may_administer(),
            role.may_publish_for_stations(),
        )
    });
    assert_eq!(
        table,
        [
            ("viewer", true, false, false, false),
            ("operator", true, true, false, false),
            ("admin", true, true, true, false),
            ("reader", false, false, false, false),
            ("service", false, false, false, true),
        ]
    );
    Role::ALL.iter().for_each(|role| assert_eq!(role.as_str().parse(), Ok(*role)));
}

#[test]
fn no_token_is_printed_by_mistake_or_kept() {
    let case = Case::new();
    let token = case.registry.add(&station("a-1")).unwrap();
    assert!(!format!("{token:?} {:?}", token.hash()).contains(&token.as_str()[4..12]));
    let text = token.as_str().as_bytes();
    for file in std::fs::read_dir(case.folder.path()).unwrap() {
        let content = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!content.windows(text.len()).any(|window| window == text));
    }
}

#[test]
fn everything_about_a_station_survives_the_file() {
    let case = Case::new();
    let new = NewStation {
        id: "dx-0001".into(),
        name_zh: "清源驿站".into(),
        name_en: " Qingyuan ".into(),
        city: "北京市".into(),
        district: "大兴区".into(),
        street: "清源街道".into(),
        grid: "7".into(),
        latitude: "39.7284".into(),
        longitude: "116.3394".into(),
        kind: "心灵驿站".into(),
        host_type: "union".into(),
        opening_hours: "22:00-06:30".into(),
        capacity: "20".into(),
        time_zone: "Asia/Urumqi".into(),
    };
    let checked = new.check().unwrap();
    assert_eq!(checked.name_en, "Qingyuan");
    case.registry.add(&new).unwrap();
    case.registry.add(&station("a")).unwrap();
    assert_eq!(case.elsewhere().list().unwrap(), [station("a").check().unwrap(), checked]);
}

/// One member of a station, tried with one text: accepted, or refused with these words.
fn check_member(column: &str, text: &str, refused_with: Option<&str>) {
    let mut new = station("a");
    text.clone_into(new.column_mut(column).unwrap());
    if column == "latitude" {
        new.longitude = "1".into();
    }
    let mistakes = new.check().err().unwrap_or_default();
    let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    match refused_with {
        None => assert!(texts.is_empty(), "{column} {text:?}: {texts:?}"),
        Some(words) => assert!(texts.len() == 1 && texts[0].contains(words), "{column} {text:?}: {texts:?}"),
    }
}

#[test]
fn members_are_checked() {
    check_member("id", "", Some("id: "));
    check_member("id", "Has-Capitals", Some("id: "));
    check_member("id", &"a".repeat(48), None);
    check_member("id", &"a".repeat(49), Some("id: "));
    check_member("name_zh", &"站".repeat(100), None);
    check_member("name_zh", &"站".repeat(101), Some("longer than 100 characters"));
    check_member("name_en", "two\nlines", Some("control character"));
    check_member("latitude", "90", None);
    check_member("latitude", "-90.0", None);
    check_member("latitude", "90.1", Some("swapped?"));
    check_member("latitude", "NaN", Some("outside"));
    check_member("latitude", "inf", Some("outside"));
    check_member("latitude", "39°", Some("no number"));
    check_member("longitude", "1", Some("latitude: missing"));
    check_member("kind", "in_factory", None);
    check_member("kind", "暖心驿站", None);
    check_member("kind", "shop", Some("no kind"));
    check_member("capacity", "1", None);
    for capacity in ["0", "100001", "1.5", "-3"] {
        check_member("capacity", capacity, Some("no capacity"));
    }
    for hours in ["24h", "08:00-18:00", "00:00-24:00", "22:00-06:00"] {
        check_member("opening_hours", hours, None);
    }
    for hours in
        ["8-18", "08:00", "08:00-08:00", "24:00-08:00", "08:60-09:00", "08:00-25:00", "+8:00-09:00", "always"]
    {
        check_member("opening_hours", hours, Some("no opening hours"));
    }
    check_member("time_zone", "Asia/Urumqi", None);
    check_member("time_zone", "Beijing", Some("no time zone"));
}

/// Imports a CSV text; compares the mistakes, or the ids when there are none.
fn check_import(csv: &[u8], expected: Result<&[&str], &[&str]>) {
    let case = Case::new();
    let shown = String::from_utf8_lossy(csv);
    match (case.registry.import(csv, Existing::Refuse), expected) {
        (Ok(report), Ok(ids)) => {
            let added: Vec<&str> = report.added.iter().map(|(id, _)| id.as_str()).collect();
            assert_eq!(added, ids, "{shown}");
            assert_eq!(case.registry.list().unwrap().len(), ids.len());
        }
        (Err(ImportError::Mistakes(found)), Err(expected)) => {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            let fits = found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
            assert!(fits, "{shown}\nfound {found:#?}\nexpected {expected:#?}");
            assert!(case.registry.list().unwrap().is_empty(), "nothing is imported");
        }
        (found, expected) => panic!("{shown}: {found:?}, expected {expected:?}"),
    }
}

#[test]
fn an_import_takes_all_or_names_every_mistake() {
    check_import(b"id\n", Ok(&[]));
    check_import(b"\xEF\xBB\xBFid,name_zh\r\nb,\xE7\xAB\x99\r\na,\r\n", Ok(&["b", "a"]));
    check_import(b"capacity, id \n\n5, a \n", Ok(&["a"]));
    check_import(b"id,name_en\na,\"Nine, Hall \"\"9\"\"\"\n", Ok(&["a"]));
    check_import(b"", Err(&["line 1: the column `id` is missing"]));
    check_import(
        b"id,name,id\na,b,c\n",
        Err(&["line 1: there is no column `name`; the columns are id,", "line 1: column `id` stands twice"]),
    );
    check_import(
        b"id,kind,capacity\nA,shop,0\nb,rest,5\nb,rest,5\nc,rest\nd,rest,x\n",
        Err(&[
            "line 2: id: ",
            "line 2: kind: ",
            "line 2: capacity: ",
            "line 4: id: station `b` stands in line 3 already",
            "line 5: 2 values for 3 columns",
            "line 6: capacity: `x`",
        ]),
    );
    check_import(b"id,name_zh\na,\xC7\xE5\xD4\xB4\n", Err(&["line 2: name_zh: not UTF-8; save the file as"]));
}

#[test]
fn an_update_keeps_the_token() {
    let case = Case::new();
    let token = case.registry.add(&station("a")).unwrap();
    let report = case.registry.import("id,district\na,x\nb,y\n".as_bytes(), Existing::Update).unwrap();
    assert_eq!((report.added.len(), report.updated.len()), (1, 1));
    let directory = case.registry.load().unwrap();
    assert!(directory.login_station("a", token.as_str().as_bytes()));
    assert_eq!(directory.station("a").and_then(|station| station.district.as_deref()), Some("x"));
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let case = Case::new();
    let full = NewStation {
        name_zh: "清源驿站".into(),
        latitude: "39.7284".into(),
        longitude: "116.25".into(),
        capacity: "20".into(),
        kind: "in_factory".into(),
        ..station("a")
    };
    let token = case.registry.add(&full).unwrap();
    let id = station("a").check().unwrap().id;
    let mut edit = Edit::default();
    assert!(!edit.set("id", "b".into()) && !edit.set("phone", "1".into()) && edit.is_empty());
    assert!(edit.set("name_en", " Qingyuan ".into()) && edit.set("capacity", String::new()));
    assert!(edit.set("kind", "in_factory".into()));
    let (before, after) = case.registry.edit(&id, &edit).unwrap();
    assert_eq!(differing(&before, &after), ["name_en", "capacity"]);
    let expected = NewStation { name_en: "Qingyuan".into(), capacity: String::new(), ..full };
    assert_eq!(after, expected.check().unwrap());
    assert_eq!(case.registry.list().unwrap(), [after]);
    assert!(case.registry.load().unwrap().login_station("a", token.as_str().as_bytes()));

    let mut wrong = Edit::default();
    assert!(wrong.set("latitude", String::new()) && wrong.set("kind", "shop".into()));
    let error = case.registry.edit(&id, &wrong).unwrap_err().to_string();
    assert!(error.contains("latitude: missing") && error.contains("kind: `shop`"), "{error}");
    let nobody = station("b").check().unwrap().id;
    assert!(matches!(case.registry.edit(&nobody, &edit), Err(RegistryError::NoSuchStation(_))));
}

#[test]
fn a_change_by_us_or_by_others_is_noticed() {
    let case = Case::new();
    let other = case.elsewhere();
    let first = case.registry.data_version().unwrap();
    assert_eq!(case.registry.data_version().unwrap(), first);
    case.registry.add(&station("a")).unwrap();
    let second = case.registry.data_version().unwrap();
    assert_ne!(second, first);
    other.add(&station("b")).unwrap();
    assert_ne!(case.registry.data_version().unwrap(), second);
    assert_eq!(case.registry.load().unwrap().len(), 2);
}

#[test]
fn many_programs_may_write_at_once() {
    let case = Case::new();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let registry = case.elsewhere();
            scope.spawn(move || {
                (0..25).for_each(|n| drop(registry.add(&station(&format!("s-{writer}-{n}"))).unwrap()));
            });
        }
    });
    assert_eq!(case.registry.load().unwrap().len(), 100);
}

#[tokio::test]
async fn the_watcher_brings_every_change_into_the_snapshot() {
    let case = Case::new();
    let shared = Directory::default().shared();
    let (trigger, shutdown) = shutdown::switch();
    let watcher = tokio::spawn(watch(Arc::clone(&case.registry), Arc::clone(&shared), shutdown));
    let other = case.elsewhere();
    for count in 1..=3 {
        other.add(&station(&format!("s-{count}"))).unwrap();
        while shared.load().len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    trigger.stop();
    watcher.await.unwrap();
}

#[test]
fn foreign_newer_and_broken_files_are_refused_with_advice() {
    let check = |prepare: &dyn Fn(&std::path::Path), words: &str| {
        let folder = tempfile::tempdir().unwrap();
        prepare(&folder.path().join("registry.db"));
        let error = Registry::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let sqlite = |text: &'static str| {
        move |path: &std::path::Path| rusqlite::Connection::open(path).unwrap().execute_batch(text).unwrap()
    };
    check(&sqlite("PRAGMA application_id = 1; CREATE TABLE x (y)"), "is not a Waystation registry");
    check(&sqlite("PRAGMA application_id = 0x57415953; PRAGMA user_version = 9"), "update this program");
    check(
        &|path| std::fs::write(path, "no database at all, but long enough to be looked at").unwrap(),
        "registry.db",
    );
    check(&|path| std::fs::create_dir(path).unwrap(), "registry.db");
}

/// The stations' table as the first hub made it, but for a column.
const FORMER_STATION: &str = "
CREATE TABLE station (
  id TEXT PRIMARY KEY NOT NULL,
  name_zh TEXT NOT NULL, name_en TEXT NOT NULL,
  city TEXT, district TEXT, street TEXT, grid TEXT,
  latitude REAL, longitude REAL,
  kind TEXT NOT NULL, host_type TEXT, opening_hours TEXT, capacity INTEGER,
  token_sha256 BLOB NOT NULL,
  created_ms INTEGER NOT NULL, token_created_ms INTEGER NOT NULL/**/
) STRICT, WITHOUT ROWID;
CREATE TABLE token (
  name TEXT PRIMARY KEY NOT NULL,
  role TEXT NOT NULL,
  sha256 BLOB NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
PRAGMA application_id = 1463900499;
";
const FORMER_CLAIM: &str = "
CREATE TABLE claim (
  station TEXT PRIMARY KEY NOT NULL REFERENCES station (id) ON DELETE CASCADE,
  sha256 BLOB NOT NULL UNIQUE,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

#[test]
fn a_file_of_an_earlier_format_is_taken_over() {
    let with_zone = FORMER_STATION.replace("/**/", ",\n  time_zone TEXT");
    let check = |format: i64, tables: &str| {
        let folder = tempfile::tempdir().unwrap();
        let raw = rusqlite::Connection::open(folder.path().join("registry.db")).unwrap();
        raw.execute_batch(&format!("{tables} PRAGMA user_version = {format};")).unwrap();
        let insert = "INSERT INTO station (id, name_zh, name_en, kind, token_sha256, created_ms, token_created_ms) \
                      VALUES ('a', '', '', 'rest', ?1, 1, 1)";
        raw.execute(insert, [TokenHash::of(b"wst_old").as_bytes()]).unwrap();
        drop(raw);
        for _ in 0..2 {
            let registry = Registry::open(folder.path()).unwrap();
            assert!(registry.load().unwrap().login_station("a", b"wst_old"), "format {format}");
        }
        let registry = Registry::open(folder.path()).unwrap();
        registry.add(&NewStation { time_zone: "Asia/Urumqi".into(), ..station("b") }).unwrap();
        let zones: Vec<_> = registry.list().unwrap().into_iter().map(|station| station.time_zone).collect();
        assert_eq!(zones, [None, Some("Asia/Urumqi".into())]);
        let id = "a".parse().unwrap();
        let token = registry.offer_successor(&id).unwrap();
        assert!(registry.succeed(&id, &token.hash()).unwrap());
        let code = registry.make_claim(&id, i64::MAX).unwrap();
        assert!(registry.redeem(&code, 0).unwrap().is_some());
    };
    check(1, FORMER_STATION);
    check(2, &with_zone);
    check(3, &format!("{with_zone} {FORMER_CLAIM}"));
}

#[test]
fn a_damaged_row_is_named() {
    let case = Case::new();
    case.registry.add(&station("a")).unwrap();
    let raw = rusqlite::Connection::open(case.registry.path()).unwrap();
    raw.execute("UPDATE station SET kind = 'shop'", []).unwrap();
    let error = case.registry.load().unwrap_err().to_string();
    assert!(error.contains("is damaged: a station's row: `shop` is no kind"), "{error}");
}

proptest! {
    #[test]
    fn a_directory_finds_what_it_was_given(ids in proptest::collection::btree_set("[a-z0-9][a-z0-9-]{0,6}", 0..40), after in "[a-z0-9-]{0,4}") {
        let mut given: Vec<_> = ids.iter().map(|id| (station(id).check().unwrap(), TokenHash::of(id.as_bytes()))).collect();
        given.reverse();
        let directory = Directory::new(given, Vec::new());
        prop_assert!(directory.stations().iter().map(|station| station.id.as_str()).eq(ids.iter().map(String::as_str)));
        for id in &ids {
            prop_assert!(directory.login_station(id, id.as_bytes()));
            prop_assert_eq!(directory.station(id).map(|station| station.id.as_str()), Some(id.as_str()));
        }
        prop_assert_eq!(directory.station(&after).is_some(), ids.contains(&after));
        let expected = ids.iter().filter(|id| id.as_str() > after.as_str()).count();
        prop_assert_eq!(directory.stations_after(&after).len(), expected);
    }

    #[test]
    fn no_text_makes_the_checks_panic(texts in proptest::collection::vec(any::<String>(), COLUMNS.len())) {
        let mut new = NewStation::default();
        for (column, text) in COLUMNS.iter().zip(texts) {
            *new.column_mut(column).unwrap() = text;
        }
        prop_assert!(new.check().is_ok() || !new.check().unwrap_err().is_empty());
    }

}

proptest! {
    // Each case makes a registry on disk.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_file_makes_the_import_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let case = Case::new();
        let text = [b"id,name_zh\n".as_slice(), &bytes].concat();
        let added = case.registry.import(text.as_slice(), Existing::Refuse).map_or(0, |report| report.added.len());
        prop_assert_eq!(case.registry.list().unwrap().len(), added);
    }
}
