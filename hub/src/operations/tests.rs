use super::*;
use crate::shutdown;

const NOW: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;

struct Case {
    operations: Operations,
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { operations: Operations::open(folder.path(), NOW).unwrap(), folder }
    }

    /// Another program with the same file.
    fn other(&self) -> Operations {
        Operations::open(self.folder.path(), NOW).unwrap()
    }
}

fn window(id: &str, station: Option<&str>, district: Option<&str>) -> Maintenance {
    Maintenance {
        id: id.into(),
        station: station.map(|id| id.parse().unwrap()),
        district: district.map(Into::into),
        starts_at: NOW,
        ends_at: NOW + HOUR,
        by: "li".into(),
        why: "new batteries".into(),
    }
}

fn silence(matchers: &[(&str, &str)]) -> Silence {
    let matcher = |(name, value): &(&str, &str)| Matcher { name: (*name).into(), value: (*value).into() };
    Silence {
        id: new_id().unwrap(),
        matchers: matchers.iter().map(matcher).collect(),
        starts_at: NOW,
        ends_at: NOW + HOUR,
        by: "li".into(),
        why: "known".into(),
    }
}

#[test]
fn an_alert_is_acknowledged_once() {
    let case = Case::new();
    assert_eq!(case.operations.acknowledgement("a1"), None);
    assert!(case.operations.acknowledge("a1", "li", "operator", "on my way", NOW).unwrap());
    assert!(!case.operations.acknowledge("a1", "wang", "operator", "me too", NOW + 1).unwrap());
    let expected = Acknowledgement { by: "li".into(), note: "on my way".into(), at: NOW };
    for operations in [case.operations.clone(), case.other()] {
        assert_eq!(operations.acknowledgement("a1").as_ref(), Some(&expected));
    }
    let page = case.operations.audit_page(None, 10, &AuditFilter::default()).unwrap();
    assert_eq!(page.items.len(), 1, "only what changed something is an act");
}

#[test]
fn silences_match_by_all_of_their_conditions() {
    let value = |name: &str| match name {
        "rule" => Some("offline".to_owned()),
        "station" => Some("dx-1".to_owned()),
        _ => None,
    };
    let check = |matchers: &[(&str, &str)], expected| {
        assert_eq!(silence(matchers).matches(value), expected, "{matchers:?}");
    };
    check(&[("rule", "offline")], true);
    check(&[("rule", "offline"), ("station", "dx-1")], true);
    check(&[("rule", "offline"), ("station", "dx-2")], false);
    check(&[("district", "大兴区")], false);
    check(&[], false);
}

#[test]
fn silences_are_added_listed_and_ended() {
    let case = Case::new();
    let added = silence(&[("rule", "offline")]);
    case.operations.add_silence(&added, "operator", NOW).unwrap();
    assert_eq!(*case.operations.silences_now(), std::slice::from_ref(&added)[..]);
    assert!(case.operations.end_silence(&added.id, "li", "operator", NOW + 1).unwrap());
    assert!(!case.operations.end_silence(&added.id, "li", "operator", NOW + 2).unwrap());
    assert!(case.operations.silences_now().is_empty());
    assert_eq!(case.operations.silences(false, NOW + 2).unwrap()[0].ends_at, NOW + 1);
    assert!(case.operations.silences(true, NOW + 2).unwrap().is_empty());

    for wrong in
        [silence(&[]), silence(&[("colour", "red")]), Silence { ends_at: NOW, ..silence(&[("rule", "x")]) }]
    {
        assert!(matches!(
            case.operations.add_silence(&wrong, "admin", NOW),
            Err(OperationsError::Refused(_))
        ));
    }
}

#[test]
fn maintenance_is_for_a_station_or_a_district() {
    let check = |window: Maintenance, station, district, expected| {
        assert_eq!(window.covers(station, district), expected, "{window:?}");
    };
    check(window("1", Some("dx-1"), None), "dx-1", None, true);
    check(window("1", Some("dx-1"), None), "dx-2", Some("大兴区"), false);
    check(window("1", None, Some("大兴区")), "dx-2", Some("大兴区"), true);
    check(window("1", None, Some("大兴区")), "dx-2", None, false);
    for wrong in [window("1", None, None), window("1", Some("dx-1"), Some("大兴区"))] {
        assert!(Case::new().operations.add_maintenance(&wrong, "admin", NOW).is_err());
    }
}

#[test]
fn a_window_that_never_began_is_forgotten() {
    let case = Case::new();
    let begun = window("begun", Some("dx-1"), None);
    let future = Maintenance {
        starts_at: NOW + HOUR,
        ends_at: NOW + 2 * HOUR,
        ..window("future", Some("dx-1"), None)
    };
    for window in [&begun, &future] {
        case.operations.add_maintenance(window, "cli", NOW).unwrap();
    }
    assert_eq!(case.operations.maintenance_now().len(), 2);
    let unchanged = case.operations.maintenance_now();
    case.operations.acknowledge("a", "li", "operator", "", NOW).unwrap();
    assert!(std::sync::Arc::ptr_eq(&unchanged, &case.operations.maintenance_now()));

    for id in ["begun", "future"] {
        assert!(case.operations.end_maintenance(id, "li", "cli", NOW + 60_000).unwrap());
    }
    assert!(case.operations.maintenance_now().is_empty());
    assert_eq!(case.operations.maintenance().unwrap(), [Maintenance { ends_at: NOW + 60_000, ..begun }]);
}

#[tokio::test]
async fn what_another_program_wrote_is_seen() {
    let case = Case::new();
    let (trigger, shutdown) = shutdown::switch();
    let watching = tokio::spawn(watch(case.operations.clone(), || NOW, shutdown));
    let other = case.other();
    let added = window("1", None, Some("大兴区"));
    tokio::task::spawn_blocking(move || other.add_maintenance(&added, "cli", NOW)).await.unwrap().unwrap();
    while case.operations.maintenance_now().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    trigger.stop();
    watching.await.unwrap();
}

#[test]
fn the_audit_log_is_paged_and_never_changed() {
    let case = Case::new();
    for number in 0..5 {
        let action = if number % 2 == 0 { "silence.add" } else { "maintenance.add" };
        let entry =
            Audit::new(NOW + number, "li", "operator", action, &number.to_string(), &"长".repeat(1_000));
        case.operations.audit(&entry).unwrap();
    }
    let page = |before, action: Option<&str>| {
        let filter = AuditFilter { action: action.map(Into::into), ..AuditFilter::default() };
        let page = case.operations.audit_page(before, 2, &filter).unwrap();
        let targets: Vec<String> = page.items.iter().map(|entry| entry.audit.target.clone()).collect();
        (targets.join(" "), page.next)
    };
    let (first, next) = page(None, None);
    assert_eq!(first, "4 3");
    let (second, next) = page(next, None);
    assert_eq!(second, "2 1");
    assert_eq!(page(next, None), ("0".to_owned(), None));
    assert_eq!(page(None, Some("maintenance.")), ("3 1".to_owned(), None));
    let entries = case.operations.audit_page(None, 1, &AuditFilter::default()).unwrap().items;
    assert_eq!(entries[0].audit.detail.len(), 1_998, "cut between two letters");

    let raw = rusqlite::Connection::open(case.operations.path()).unwrap();
    let error = raw.execute("UPDATE audit SET who = 'nobody'", []).unwrap_err();
    assert!(error.to_string().contains("the audit log is never changed"), "{error}");
}

#[test]
fn the_hubs_own_entries_push_no_person_out() {
    let case = Case::new();
    case.operations.audit(&Audit::new(NOW, "li", "operator", "silence.add", "s", "")).unwrap();
    let many: Vec<Audit> = (0..1_300)
        .map(|number| Audit::new(NOW, "duty", HUB, "notice.send", &number.to_string(), ""))
        .collect();
    case.operations.settle(&[], &many).unwrap();
    let people = AuditFilter { who: Some("li".into()), ..AuditFilter::default() };
    assert_eq!(case.operations.audit_page(None, 10, &people).unwrap().items.len(), 1);
    let kept: i64 = case
        .operations
        .read(|connection| connection.query_row("SELECT count(*) FROM audit", [], |row| row.get(0)))
        .unwrap();
    assert!((1_000..1_200).contains(&kept), "{kept}");
}

fn draft(channel: &str, rank: i64, notice: &str) -> DeliveryDraft {
    DeliveryDraft { channel: channel.into(), rank, notice: notice.into() }
}

#[test]
fn notices_wait_on_disk_until_they_are_settled() {
    let case = Case::new();
    let mark = NoticeMark {
        alert: "a".into(),
        channel: "duty".into(),
        first_at: NOW - 1,
        told_at: NOW,
        severity: "critical".into(),
        stations: 3,
    };
    let handed = Handed {
        revision: 7,
        drafts: vec![draft("duty", 2, "1"), draft("boss", 2, "2"), draft("duty", 0, "3")],
        marks: vec![mark.clone()],
        over: Vec::new(),
    };
    assert!(case.operations.hand_over(&handed, NOW).unwrap().is_empty());

    let after = case.other();
    assert_eq!(after.handed().unwrap(), (7, vec![mark]));
    let due = after.due("duty", NOW, 10).unwrap();
    assert_eq!(due.iter().map(|delivery| delivery.notice.as_str()).collect::<Vec<_>>(), ["1", "3"]);
    let attempt = Attempt { ids: vec![due[0].id], next_at: NOW + 500, error: "away".into(), refused: false };
    after.postpone(&attempt, None).unwrap();
    after.settle(&[due[1].id], &[]).unwrap();
    assert!(after.due("duty", NOW, 10).unwrap().is_empty());
    assert_eq!(after.next_due_at("duty").unwrap(), Some(NOW + 500));
    assert_eq!(after.next_due_at("nobody").unwrap(), None);
    let again = &after.due("duty", NOW + 500, 10).unwrap()[0];
    assert_eq!((again.attempts, again.refused, again.last_error.as_deref()), (1, 0, Some("away")));
    assert_eq!(after.pending().unwrap(), [("boss".to_owned(), 1), ("duty".to_owned(), 1)]);

    assert_eq!(after.keep_channels(&["duty".to_owned()], NOW).unwrap(), 1);
    let over = Handed { revision: 8, over: vec!["a".into()], ..Handed::default() };
    after.hand_over(&over, NOW).unwrap();
    assert_eq!(after.handed().unwrap(), (8, Vec::new()));
}

#[test]
fn a_full_queue_drops_the_least_severe_first() {
    let case = Case::new();
    let mut drafts: Vec<DeliveryDraft> =
        (0..PENDING_PER_CHANNEL_MAX).map(|_| draft("duty", 2, "critical")).collect();
    drafts.insert(0, draft("duty", 1, "warning"));
    drafts.push(draft("duty", 0, "info"));
    let dropped = case.operations.hand_over(&Handed { drafts, ..Handed::default() }, NOW).unwrap();
    assert_eq!(dropped, [("duty".to_owned(), 2)]);
    let kept = case.operations.due("duty", NOW, 2_000).unwrap();
    assert!(
        kept.len() == PENDING_PER_CHANNEL_MAX && kept.iter().all(|delivery| delivery.notice == "critical")
    );
}

#[test]
fn another_programs_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("operations.db");
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign.execute_batch("PRAGMA application_id = 5; CREATE TABLE t (x)").unwrap();
    assert!(matches!(Operations::open(folder.path(), NOW), Err(OperationsError::Foreign { .. })));
    foreign.execute_batch("PRAGMA application_id = 1463900495; PRAGMA user_version = 99").unwrap();
    let error = Operations::open(folder.path(), NOW).unwrap_err();
    assert!(matches!(error, OperationsError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn what_a_station_said_of_a_command_stands_in_the_audit_log_with_its_detail_if_it_gave_one() {
    let case = Case::new();
    for (id, detail, expected) in [("c-1", None, "id c-1"), ("c-2", Some("jammed"), "id c-2: jammed")] {
        let asked = AskedCommand {
            number: 0,
            station: "jb-001".into(),
            id: id.into(),
            action: "unlock".into(),
            device: None,
            expires: NOW + HOUR,
            at: NOW,
            by: "li".into(),
            confirmed_by: None,
            awaits: false,
            sent: false,
            outcome: None,
            detail: None,
            answered_at: None,
        };
        case.operations.add_command(&asked, "operator", 0).unwrap();
        let detail = detail.map(str::to_owned);
        let said =
            CommandOutcome { station: "jb-001".into(), id: id.into(), at: NOW, outcome: "failed", detail };
        case.operations.command_outcomes(&[said]).unwrap();
        let page = case.operations.audit_page(None, 1, &AuditFilter::default()).unwrap();
        assert_eq!(page.items[0].audit.detail, expected);
    }
}

/// The tables as earlier hubs made them.
const FORMER_TABLES: &str = "
CREATE TABLE acknowledgement (
  alert TEXT PRIMARY KEY NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE silence (
  id TEXT PRIMARY KEY NOT NULL, matchers TEXT NOT NULL,
  starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, by TEXT NOT NULL, why TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE maintenance (
  id TEXT PRIMARY KEY NOT NULL, station TEXT, district TEXT,
  starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, by TEXT NOT NULL, why TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL,
  action TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_role ON audit (role, id);
CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL, rank INTEGER NOT NULL, created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL,
  last_error TEXT, notice TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_by_channel ON delivery (channel, next_at);
CREATE TABLE mark (
  alert TEXT NOT NULL, channel TEXT NOT NULL, first_at INTEGER NOT NULL, told_at INTEGER NOT NULL,
  severity TEXT NOT NULL, stations INTEGER NOT NULL, PRIMARY KEY (alert, channel)
) STRICT, WITHOUT ROWID;
CREATE TABLE handed (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL) STRICT;
INSERT INTO handed VALUES (1, 0);
CREATE TABLE command (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  station TEXT NOT NULL, id TEXT NOT NULL,
  action TEXT NOT NULL, device TEXT, expires INTEGER NOT NULL,
  at INTEGER NOT NULL, by TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0,
  outcome TEXT, detail TEXT, answered_at INTEGER,
  /**/UNIQUE (station, id)
) STRICT;
PRAGMA application_id = 1463900495;
INSERT INTO command (station, id, action, expires, at, by) VALUES ('dx-0001', 'c-1', 'report_now', 2, 1, 'li');
INSERT INTO audit (at, who, role, action, target, detail) VALUES (1, 'li', 'admin', 'x', 'y', 'z');
";
const FORMER_CONFIGURATION: &str = "
CREATE TABLE configuration (
  station TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, report TEXT NOT NULL,
  at INTEGER NOT NULL, by TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending', detail TEXT, answered_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO configuration (station, version, report, at, by) VALUES ('dx-0001', 7, '{\"min_interval_s\":9}', 1, 'li');
";

#[test]
fn a_file_of_an_earlier_hub_gets_what_it_lacks() {
    let with_confirmation =
        FORMER_TABLES.replace("/**/", "awaits INTEGER NOT NULL DEFAULT 0, confirmed_by TEXT,\n  ");
    let check = |format: i64, tables: &str, version: Option<u32>| {
        let folder = tempfile::tempdir().unwrap();
        let raw = rusqlite::Connection::open(folder.path().join("operations.db")).unwrap();
        raw.execute_batch(&format!("{tables} PRAGMA user_version = {format};")).unwrap();
        drop(raw);
        drop(Operations::open(folder.path(), NOW).unwrap());
        let operations = Operations::open(folder.path(), NOW).unwrap();
        let commands = operations.commands("dx-0001", None, 9).unwrap();
        assert_eq!((commands.len(), commands[0].id.as_str()), (1, "c-1"), "format {format}");
        let kept = operations.configuration("dx-0001").unwrap();
        assert_eq!(kept.map(|kept| kept.version), version, "format {format}");
        operations.configure("dx-0001", &Default::default(), ("li", "admin"), NOW).unwrap();
        assert_eq!(operations.rotation("dx-0001").unwrap(), None);
        operations.ask_rotation("dx-0001", ("li", "admin"), NOW).unwrap();
        assert_eq!(operations.audit_page(None, 9, &AuditFilter::default()).unwrap().items.len(), 3);
    };
    check(1, FORMER_TABLES, None);
    check(2, &with_confirmation, None);
    check(3, &format!("{with_confirmation} {FORMER_CONFIGURATION}"), Some(7));
}

#[test]
fn a_rotation_is_under_way_until_the_station_has_its_token_or_refuses_it() {
    let case = Case::new();
    let ask = || case.operations.ask_rotation("dx-0001", ("li", "admin"), NOW).unwrap().state;
    let check = |expected: &str, under_way: usize| {
        assert_eq!(case.other().rotation("dx-0001").unwrap().unwrap().state, expected);
        assert_eq!(case.operations.rotations_under_way().unwrap().len(), under_way, "{expected}");
    };
    let said = |id: &str, outcome| {
        let detail = Some("its token is in no file".into());
        let said = CommandOutcome { station: "dx-0001".into(), id: id.into(), at: NOW + 1, outcome, detail };
        case.operations.command_outcomes(&[said]).unwrap();
    };
    assert_eq!(ask(), "pending");
    case.operations.rotation_waits("dx-0001", true).unwrap();
    check("insecure", 1);
    assert_eq!(ask(), "insecure", "it goes on");
    case.operations.rotation_waits("dx-0001", false).unwrap();
    check("pending", 1);
    assert_eq!(case.operations.rotation_offered("dx-0001").unwrap(), 1);
    assert_eq!(case.operations.rotation_offered("dx-0001").unwrap(), 2);
    case.operations.rotation_waits("dx-0001", true).unwrap();
    said("token-1", "refused");
    said("token-2", "done");
    check("sent", 1);
    said("token-2", "refused");
    said("token-2", "refused");
    check("refused", 0);
    let detail = case.operations.rotation("dx-0001").unwrap().unwrap().detail;
    assert_eq!(detail.as_deref(), Some("its token is in no file"));
    // Another client of the station had said so.
    case.operations.rotation_done("dx-0001", NOW).unwrap();
    check("done", 0);
    assert_eq!(ask(), "pending");
    assert_eq!(case.operations.rotation_offered("dx-0001").unwrap(), 3);
    case.operations.rotation_done("dx-0001", NOW).unwrap();
    case.operations.rotation_done("dx-0001", NOW).unwrap();
    check("done", 0);
    let page = case.operations.audit_page(None, 10, &AuditFilter::default()).unwrap();
    let actions: Vec<&str> = page.items.iter().rev().map(|item| item.audit.action.as_str()).collect();
    let (asked, rotated) = ("station.rotate_token", "station.token_rotated");
    assert_eq!(actions, [asked, asked, "station.token_refused", rotated, asked, rotated]);
    ask();
    case.operations.rotation_overtaken("dx-0001").unwrap();
    check("done", 0);
    case.operations.forget_station("dx-0001").unwrap();
    assert_eq!(case.operations.rotation("dx-0001").unwrap(), None);
}

#[test]
fn a_configuration_is_pending_until_its_station_says_something() {
    let case = Case::new();
    let set = |seconds: u32| {
        let report = waystation_protocol::Reporting {
            intervals_s: [(waystation_protocol::Kind::Door, seconds)].into(),
            ..Default::default()
        };
        case.operations.configure("dx-0001", &report, ("li", "admin"), NOW).unwrap().version
    };
    let check = |id: &str, outcome, state: &str| {
        let said = CommandOutcome {
            station: "dx-0001".into(),
            id: id.into(),
            at: NOW + 1,
            outcome,
            detail: Some("so".into()),
        };
        case.operations.command_outcomes(&[said]).unwrap();
        let kept = case.other().configuration("dx-0001").unwrap().unwrap();
        assert_eq!(kept.state, state, "after {id} {outcome}");
    };
    let pending = || -> Vec<u32> {
        let pending = case.operations.pending_configurations().unwrap();
        pending.into_iter().map(|(_, configuration)| configuration.version).collect()
    };
    assert_eq!((set(60), set(30)), (1, 2));
    assert_eq!(pending(), [2]);
    check("config-1", "done", "pending");
    check("config-3", "done", "pending");
    check("config-2", "done", "acknowledged");
    assert!(pending().is_empty());
    check("config-2", "failed", "rolled_back");
    check("config-2", "done", "rolled_back");
    assert_eq!((set(0), pending()), (3, vec![3]));
    check("config-3", "refused", "refused");
    check("config-3", "refused", "refused");
    let filter = AuditFilter { action: Some("configuration.".into()), ..AuditFilter::default() };
    let page = case.operations.audit_page(None, 10, &filter).unwrap();
    let actions: Vec<&str> = page.items.iter().map(|item| item.audit.action.as_str()).collect();
    assert_eq!(actions, ["configuration.refused", "configuration.rolled_back", "configuration.acknowledged"]);
}
