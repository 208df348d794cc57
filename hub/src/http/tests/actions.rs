//! Whatever writes: who may, what becomes of it, and that it is noted.

use super::*;
use serde_json::json;

/// The actions of the audit log, oldest first, with who did it to what.
async fn audited(server: &Server) -> Vec<String> {
    let page = server.request("GET", "/api/v1/audit", Some("operator")).await.json();
    let line = |item: &Value| {
        let text = |member: &str| item[member].as_str().unwrap().to_owned();
        format!("{} {} {}", text("who"), text("action"), text("target"))
    };
    page["items"].as_array().unwrap().iter().rev().map(line).collect()
}

#[tokio::test]
async fn writing_needs_a_token_of_the_right_role_even_on_loopback() {
    let server = Server::start(false).await;
    let command = r#"{"action":"report_now"}"#;
    let silence = r#"{"matchers":[{"name":"rule","value":"offline"}],"for_s":60,"why":"test"}"#;
    let token = r#"{"name":"li","role":"viewer"}"#;
    for (lowest, path, body, status) in [
        ("operator", "/api/v1/stations/jb-001/commands", command, 409),
        ("operator", "/api/v1/silences", silence, 201),
        ("admin", "/api/v1/tokens", token, 201),
        ("admin", "/api/v1/stations", r#"{"id":"nb-001"}"#, 201),
        ("admin", "/api/v1/stations/jb-003/token", "", 200),
    ] {
        check_problem(&server.send("POST", path, None, body).await, 401, path);
        check_problem(&server.send("POST", path, Some("guessed"), body).await, 401, path);
        for role in ["viewer", "reader", "service"] {
            check_problem(&server.send("POST", path, Some(role), body).await, 403, path);
        }
        if lowest == "admin" {
            check_problem(&server.send("POST", path, Some("operator"), body).await, 403, path);
        }
        let answer = server.send("POST", path, Some(lowest), body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_token_works_from_its_first_answer_to_its_removal() {
    let server = Server::start(true).await;
    let made = server.send("POST", "/api/v1/tokens", Some("admin"), r#"{"name":"li","role":"viewer"}"#).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let token = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(server.request("GET", "/api/v1/stations", Some(&token)).await.status, 200);
    let again = server.send("POST", "/api/v1/tokens", Some("admin"), r#"{"name":"li","role":"admin"}"#).await;
    check_problem(&again, 409, "a name twice");
    let mut names = Vec::new();
    let mut path = "/api/v1/tokens?limit=2".to_owned();
    loop {
        let page = server.request("GET", &path, Some("admin")).await.json();
        assert!(!page.to_string().contains("wst_"), "a list shows a token");
        names.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/tokens?limit=2&cursor={next}");
    }
    assert_eq!(names, ["admin", "li", "operator", "reader", "service", "viewer"]);
    assert_eq!(server.request("DELETE", "/api/v1/tokens/li", Some("admin")).await.status, 204);
    check_problem(&server.request("DELETE", "/api/v1/tokens/li", Some("admin")).await, 404, "gone");
    check_problem(&server.request("GET", "/api/v1/stations", Some(&token)).await, 401, "withdrawn");
    let expected = [
        "admin token.add li",
        "admin token.add li",
        "admin token.add.failed li",
        "admin token.remove li",
        "admin token.remove li",
        "admin token.remove.failed li",
    ];
    assert_eq!(audited(&server).await, expected);
    server.stop().await;
}

#[tokio::test]
async fn stations_are_registered_and_forgotten() {
    let server = Server::start(false).await;
    let body = r#"{"id":"nb-001","district":"宁波","latitude":29.8,"longitude":121.5,"capacity":12}"#;
    let made = server.send("POST", "/api/v1/stations", Some("admin"), body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert!(made.json()["token"].as_str().unwrap().starts_with("wst_"));
    assert_eq!(made.json()["claim"], Value::Null);
    let claimable = r#"{"id":"nb-002","claim":true}"#;
    let made = server.send("POST", "/api/v1/stations", Some("admin"), claimable).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert!(made.json()["token"].as_str().unwrap().starts_with("wst_"));
    assert!(made.json()["expires"].as_i64().unwrap() > now_ms(), "{}", made.body);
    let code = json!({ "code": made.json()["claim"] }).to_string();
    let claimed = server.send("POST", "/claim", None, &code).await;
    assert_eq!((claimed.status, &claimed.json()["station"]), (200, &"nb-002".into()), "{}", claimed.body);
    let unsure = r#"{"id":"nb-003","claim":"yes"}"#;
    let refused = server.send("POST", "/api/v1/stations", Some("admin"), unsure).await;
    assert_eq!((refused.status, &refused.json()["mistakes"][0]["member"]), (400, &"claim".into()));
    let shown = server.get("/api/v1/stations/nb-001").await.json();
    assert_eq!((&shown["district"], &shown["capacity"]), (&"宁波".into(), &12.into()));
    assert_eq!(server.send("POST", "/api/v1/stations", Some("admin"), body).await.status, 409);
    assert_eq!(server.request("DELETE", "/api/v1/stations/nb-001", Some("admin")).await.status, 204);
    assert_eq!(server.get("/api/v1/stations/nb-001").await.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn a_registration_is_read_and_changed_by_its_members() {
    let server = Server::start(false).await;
    let path = "/api/v1/stations/nb-001/registration";
    check_problem(&server.request("GET", path, Some("operator")).await, 404, "unknown");
    let body = r#"{"id":"nb-001","name_zh":"洪塘驿站","latitude":29.8,"longitude":121.5,"capacity":12}"#;
    assert_eq!(server.send("POST", "/api/v1/stations", Some("admin"), body).await.status, 201);
    check_problem(&server.get(path).await, 401, "nobody");
    check_problem(&server.request("GET", path, Some("viewer")).await, 403, "viewer");
    let before = server.request("GET", path, Some("operator")).await.json();
    assert_eq!(before["name_zh"], "洪塘驿站");
    assert_eq!((&before["kind"], &before["district"]), (&"rest".into(), &Value::Null));

    let edit = r#"{"capacity":20,"latitude":null,"longitude":null,"district":"江北区","name_zh":"洪塘驿站"}"#;
    check_problem(&server.send("PATCH", path, Some("operator"), edit).await, 403, "operator");
    let answer = server.send("PATCH", path, Some("admin"), edit).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut expected = before;
    expected["capacity"] = 20.into();
    expected["district"] = "江北区".into();
    (expected["latitude"], expected["longitude"]) = (Value::Null, Value::Null);
    assert_eq!(answer.json(), expected);
    assert_eq!(server.request("GET", path, Some("operator")).await.json(), expected);
    assert_eq!(server.get("/api/v1/stations/nb-001").await.json()["district"], "江北区", "at once");
    let audit = server.request("GET", "/api/v1/audit?action=station.edit", Some("operator")).await.json();
    assert_eq!(audit["items"][0]["detail"], "district, latitude, longitude, capacity");
    for nothing_new in ["{}", r#"{"capacity":20}"#] {
        let answer = server.send("PATCH", path, Some("admin"), nothing_new).await;
        assert_eq!((answer.status, answer.json()), (200, expected.clone()), "{nothing_new}");
    }
    let again = server.request("GET", "/api/v1/audit?action=station.edit", Some("operator")).await.json();
    assert_eq!(again, audit, "what changes nothing is no act");

    let wrong =
        r#"{"id":"x","phone":1,"capacity":"many","kind":"shop","longitude":3,"opening_hours":"late"}"#;
    let refused = server.send("PATCH", path, Some("admin"), wrong).await;
    check_problem(&refused, 400, "mistakes");
    let mistakes = refused.json()["mistakes"].as_array().unwrap().clone();
    let members: Vec<&str> = mistakes.iter().map(|mistake| mistake["member"].as_str().unwrap()).collect();
    assert!(
        mistakes[2]["detail"].as_str().unwrap().starts_with("there is no such member"),
        "{}",
        refused.body
    );
    assert_eq!(members, ["capacity", "id", "phone", "latitude", "kind", "opening_hours"], "{}", refused.body);
    assert_eq!(server.request("GET", path, Some("operator")).await.json(), expected);
    server.stop().await;
}

#[tokio::test]
async fn bodies_are_taken_strictly() {
    let server = Server::start(false).await;
    let future = now_ms() + 3_600_000 * 2;
    for (path, body, named) in [
        ("/api/v1/tokens", "{".to_owned(), "body"),
        ("/api/v1/tokens", "[]".into(), "body"),
        ("/api/v1/tokens", r#"{"name":"li"}"#.into(), "role"),
        ("/api/v1/tokens", r#"{"name":"li","role":"king"}"#.into(), "role"),
        ("/api/v1/tokens", r#"{"name":"李","role":"viewer"}"#.into(), "name"),
        ("/api/v1/tokens", r#"{"name":"li","role":"viewer","more":1}"#.into(), "more"),
        ("/api/v1/stations", r#"{"id":"NB 1"}"#.into(), "id"),
        ("/api/v1/stations", r#"{"id":"nb-1","latitude":1}"#.into(), "longitude"),
        ("/api/v1/stations", r#"{"id":"nb-1","phone":"1"}"#.into(), "phone"),
        ("/api/v1/silences", r#"{"matchers":[],"for_s":9,"why":"w"}"#.into(), "matcher"),
        ("/api/v1/silences", r#"{"matchers":[{"name":"x","value":"y"}],"for_s":9,"why":"w"}"#.into(), "`x`"),
        ("/api/v1/silences", r#"{"matchers":[{"name":"rule","value":"y"}],"why":"w"}"#.into(), "ends_at"),
        (
            "/api/v1/silences",
            r#"{"matchers":[{"name":"rule","value":"y"}],"for_s":9,"why":" "}"#.into(),
            "why",
        ),
        (
            "/api/v1/silences",
            r#"{"matchers":[{"name":"rule","value":"nonsense"}],"for_s":9,"why":"w"}"#.into(),
            "`nonsense` is no rule; the names stand in",
        ),
        (
            "/api/v1/silences",
            r#"{"matchers":[{"name":"severity","value":"fatal"}],"for_s":9,"why":"w"}"#.into(),
            "`fatal` is no severity; choose critical, warning, info",
        ),
        (
            "/api/v1/silences",
            r#"{"matchers":[{"name":"station","value":"jb-001"},{"name":"station","value":"jb-002"}],"for_s":9,"why":"w"}"#
                .into(),
            "two values of `station`",
        ),
        ("/api/v1/maintenance", r#"{"for_s":9,"why":"w"}"#.into(), "station"),
        ("/api/v1/maintenance", r#"{"station":"jb-001","ends_at":"noon","why":"w"}"#.into(), "RFC 3339"),
        ("/api/v1/stations/jb-001/commands", r#"{"action":"unlock"}"#.into(), "device"),
        ("/api/v1/stations/jb-001/commands", r#"{"action":"dance"}"#.into(), "action"),
        ("/api/v1/stations/jb-001/commands", r#"{"action":"set_intervals"}"#.into(), "intervals_s"),
        ("/api/v1/stations/jb-001/commands", r#"{"action":"report_now","expires":1}"#.into(), "expires"),
        (
            "/api/v1/stations/jb-001/commands",
            format!(r#"{{"action":"report_now","expires":{future}}}"#),
            "expires",
        ),
    ] {
        let answer = server.send("POST", path, Some("admin"), &body).await;
        check_problem(&answer, 400, &body);
        assert!(answer.body.contains(named), "{body}: {}", answer.body);
    }
    for (path, body) in [
        ("/api/v1/maintenance", r#"{"station":"zz","for_s":9,"why":"w"}"#),
        ("/api/v1/maintenance", r#"{"district":"月球","for_s":9,"why":"w"}"#),
        ("/api/v1/silences", r#"{"matchers":[{"name":"station","value":"zz"}],"for_s":9,"why":"w"}"#),
        ("/api/v1/silences", r#"{"matchers":[{"name":"district","value":"月球"}],"for_s":9,"why":"w"}"#),
    ] {
        check_problem(&server.send("POST", path, Some("admin"), body).await, 404, body);
    }
    let long = format!(r#"{{"name":"{}","role":"viewer"}}"#, "a".repeat(70_000));
    check_problem(&server.send("POST", "/api/v1/tokens", Some("admin"), &long).await, 413, "a long body");
    check_problem(&server.request("POST", "/api/v1/tokens", Some("admin")).await, 415, "no body");
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_named_as_it_was_asked_for() {
    let server = Server::start(false).await;
    for (method, path, status) in [
        ("GET", "/api/v1/nope", 404),
        ("GET", "/nope", 404),
        ("PUT", "/api/v1/stations", 405),
        ("PUT", "/healthz", 405),
    ] {
        let answer = server.request(method, path, Some("admin")).await;
        check_problem(&answer, status, path);
        assert!(answer.body.contains(&format!(" at {path}; ")), "{}", answer.body);
    }
    server.stop().await;
}

#[tokio::test]
async fn silences_and_maintenance_are_added_and_ended() {
    let server = Server::start(false).await;
    let silence = json!({
        "matchers": [{ "name": "station", "value": "jb-001" }], "for_s": 3600, "why": "设备更换"
    });
    let window = json!({ "district": "江北", "ends_at": "2199-01-01T00:00:00+08:00", "why": "断电检修" });
    check_problem(
        &server.send("POST", "/api/v1/maintenance", Some("operator"), &window.to_string()).await,
        400,
        "two centuries",
    );
    let window = json!({ "district": "江北", "for_s": 7200, "why": "断电检修" });
    for (path, body) in [("/api/v1/silences", silence), ("/api/v1/maintenance", window)] {
        let made = server.send("POST", path, Some("operator"), &body.to_string()).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let made = made.json();
        assert_eq!((&made["by"], &made["active"]), (&"operator".into(), &true.into()));
        assert_eq!(server.get(path).await.json()["items"], json!([made]));
        let one = format!("{path}/{}", made["id"].as_str().unwrap());
        assert_eq!(server.request("DELETE", &one, Some("operator")).await.status, 204);
        check_problem(&server.request("DELETE", &one, Some("operator")).await, 404, path);
        assert_eq!(server.get(path).await.json()["items"], json!([]));
        assert_eq!(server.get(&format!("{path}?ended=maybe")).await.status, 400);
        assert_eq!(server.get(&format!("{path}?ended=true")).await.status, 200);
    }
    let actions = audited(&server).await;
    let begins: Vec<_> = actions.iter().map(|line| line.rsplit_once(' ').unwrap().0).collect();
    let expected = [
        "operator silence.add",
        "operator silence.end",
        "operator maintenance.add",
        "operator maintenance.end",
    ];
    assert_eq!(begins, expected);
    server.stop().await;
}

#[tokio::test]
async fn a_command_to_a_station_that_is_away_goes_nowhere_and_is_noted() {
    let server = Server::start(false).await;
    let body = r#"{"id":"open-1","action":"unlock","device":"front"}"#;
    let answer = server.send("POST", "/api/v1/stations/jb-002/commands", Some("operator"), body).await;
    check_problem(&answer, 409, "away");
    let items = server.get("/api/v1/stations/jb-002/commands").await.json()["items"].clone();
    assert_eq!((&items[0]["id"], &items[0]["state"]), (&"open-1".into(), &"not_sent".into()));
    assert_eq!(items[0]["asked_by"], "operator");
    let again = server.send("POST", "/api/v1/stations/jb-002/commands", Some("operator"), body).await;
    assert!(again.body.contains("before"), "{}", again.body);
    assert_eq!(audited(&server).await, ["operator command.unlock jb-002"]);
    check_problem(&server.get("/api/v1/stations/zz/commands").await, 404, "unknown");
    check_problem(&server.request("GET", "/api/v1/audit", Some("viewer")).await, 403, "audit");
    server.stop().await;
}

#[tokio::test]
async fn a_station_s_word_on_a_command_is_shown_once_and_noted() {
    let mut server = Server::start(false).await;
    let body = r#"{"id":"open-1","action":"unlock","device":"front"}"#;
    server.send("POST", "/api/v1/stations/jb-002/commands", Some("operator"), body).await;
    let said = |id: &str, outcome: &str| {
        What::Result(format!(r#"{{"id":"{id}","ts":1,"outcome":"{outcome}","detail":"d"}}"#).into_bytes())
    };
    let entries = vec![
        ("jb-002", said("nobody-asked", "done")),
        ("jb-001", said("open-1", "failed")),
        ("jb-002", said("open-1", "done")),
        ("jb-002", said("open-1", "refused")),
    ];
    append(&mut server.writer, entries);
    let done = |answer: &Answer| answer.json()["items"][0]["state"] == "done";
    let shown = server.until("/api/v1/stations/jb-002/commands", done).await.json();
    assert_eq!(shown["items"][0]["detail"], "d");
    assert!(shown["items"][0]["answered_at"].is_i64());
    assert_eq!(audited(&server).await, ["operator command.unlock jb-002", "jb-002 command.done jb-002"]);
    server.stop().await;
}

#[tokio::test]
async fn who_asks_too_often_must_wait() {
    let server = Server::start_with(|config| {
        config.http.require_token = true;
        config.http.requests_per_second_max = 1;
    })
    .await;
    for token in [Some("viewer"), None] {
        let mut last = server.request("GET", "/api/v1/ledger", token).await;
        // Six in a second is over the limit, and no machine is so slow that a hundred are not.
        for _ in 0..100 {
            if last.status == 429 {
                break;
            }
            last = server.request("GET", "/api/v1/ledger", token).await;
        }
        check_problem(&last, 429, "too often");
        assert!(last.head.contains("retry-after: "), "{}", last.head);
    }
    assert_eq!(server.request("GET", "/api/v1/ledger", Some("operator")).await.status, 200);
    assert_eq!(server.get("/healthz").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn the_audit_log_is_cut_by_time_and_opened_in_a_spreadsheet() {
    let server = Server::start(false).await;
    let body = r#"{"action":"report_now"}"#;
    let command = "/api/v1/stations/jb-002/commands";
    assert_eq!(server.send("POST", command, Some("operator"), body).await.status, 409);
    let list = |query: &str| format!("/api/v1/audit?{query}");
    let ask = async |query: &str| server.request("GET", &list(query), Some("operator")).await;
    let at = ask("").await.json()["items"][0]["at"].as_i64().unwrap();
    for (from, to, found) in [(at, at + 1, 1), (at + 1, at + 2, 0), (at - 1, at, 0)] {
        let answer = ask(&format!("from={from}&to={to}&action=command.")).await;
        assert_eq!(answer.json()["items"].as_array().unwrap().len(), found, "{from} {to}");
    }
    let file = ask("format=csv&who=operator").await;
    assert!(file.head.contains("filename=\"audit.csv\""), "{}", file.head);
    let mut lines = file.body.lines();
    assert_eq!(lines.next(), Some("\u{feff}id,time (Asia/Shanghai),who,role,action,target,detail"));
    let line = lines.next().unwrap();
    assert!(line.contains(",operator,operator,command.report_now,jb-002,"), "{line}");
    check_problem(&ask("from=noon").await, 400, "from");
    let file = server.request("GET", &list("format=csv"), Some("viewer")).await;
    check_problem(&file, 403, "a viewer");
    server.stop().await;
}

#[tokio::test]
async fn a_configuration_is_set_by_admins_and_shown_to_viewers() {
    let server = Server::start(false).await;
    let station = r#"{"id":"nb-001","name_zh":"洪塘驿站"}"#;
    assert_eq!(server.send("POST", "/api/v1/stations", Some("admin"), station).await.status, 201);
    let path = "/api/v1/stations/nb-001/configuration";
    let before = server.request("GET", path, Some("viewer")).await.json();
    assert_eq!((&before["version"], &before["state"]), (&0.into(), &"unset".into()), "{before}");
    assert_eq!((&before["report"], &before["set_by"]), (&json!({}), &Value::Null), "{before}");
    let report = r#"{"intervals_s":{"environment":30},"deadbands":{"cabinet":{"soc_pct":2.5}}}"#;
    check_problem(&server.send("PUT", path, Some("operator"), report).await, 403, "operator");
    let unknown = "/api/v1/stations/nb-002/configuration";
    check_problem(&server.send("PUT", unknown, Some("admin"), report).await, 404, "unknown");
    let nonsense = r#"{"intervals_s":{"door":0},"deadbands":{"door":{"contact":1}},"min_interval_s":9999}"#;
    let refused = server.send("PUT", path, Some("admin"), nonsense).await;
    check_problem(&refused, 400, "nonsense");
    let mistakes = refused.json()["mistakes"].as_array().unwrap().clone();
    let members: Vec<&str> = mistakes.iter().map(|mistake| mistake["member"].as_str().unwrap()).collect();
    assert_eq!(members, ["intervals_s.door", "min_interval_s", "deadbands.door.contact"], "{}", refused.body);
    for version in 1..=2 {
        let set = server.send("PUT", path, Some("admin"), report).await;
        assert_eq!(set.status, 200, "{}", set.body);
        let shown = server.request("GET", path, Some("viewer")).await.json();
        assert_eq!(shown, set.json());
        assert_eq!((&shown["version"], &shown["state"]), (&version.into(), &"pending".into()));
        assert_eq!(shown["report"], serde_json::from_str::<Value>(report).unwrap());
    }
    let audit =
        server.request("GET", "/api/v1/audit?action=station.configure", Some("operator")).await.json();
    assert_eq!(audit["items"].as_array().unwrap().len(), 2);
    assert_eq!(audit["items"][0]["detail"], format!("version 2 {report}"));
    // Another station under the id has nothing to do with it.
    let removed = server.request("DELETE", "/api/v1/stations/nb-001", Some("admin")).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(server.send("POST", "/api/v1/stations", Some("admin"), station).await.status, 201);
    assert_eq!(server.request("GET", path, Some("viewer")).await.json()["state"], "unset");
    server.stop().await;
}

#[tokio::test]
async fn a_token_is_rotated_without_a_visit() {
    let server = Server::start(false).await;
    let station = r#"{"id":"nb-001","name_zh":"洪塘驿站"}"#;
    assert_eq!(server.send("POST", "/api/v1/stations", Some("admin"), station).await.status, 201);
    let (path, online) = ("/api/v1/stations/nb-001/token", r#"{"online":true}"#);
    let registration = "/api/v1/stations/nb-001/registration";
    let shown = async || server.request("GET", registration, Some("operator")).await.json();
    let before = shown().await;
    assert!(before["rotation"].is_null() && before["rotation_detail"].is_null(), "{before}");
    check_problem(&server.send("POST", path, Some("operator"), online).await, 403, "operator");
    check_problem(&server.send("POST", path, Some("admin"), r#"{"online":1}"#).await, 400, "online");
    check_problem(&server.send("POST", path, Some("admin"), r#"{"offline":1}"#).await, 400, "offline");
    let unknown = "/api/v1/stations/nb-002/token";
    check_problem(&server.send("POST", unknown, Some("admin"), online).await, 404, "unknown");
    let asked = server.send("POST", path, Some("admin"), online).await;
    let expected = json!({ "station": "nb-001", "online": true, "state": "pending" });
    assert_eq!((asked.status, asked.json()), (200, expected));
    assert_eq!(shown().await["rotation"], "pending");
    let edited = server.send("PATCH", registration, Some("admin"), r#"{"capacity":9}"#).await.json();
    assert_eq!((&edited["rotation"], &edited["capacity"]), (&"pending".into(), &9.into()));
    for body in ["", "{}", r#"{"online":false}"#] {
        let made = server.send("POST", path, Some("admin"), body).await.json();
        assert!(made["token"].as_str().unwrap().starts_with("wst_"), "{made}");
    }
    assert!(shown().await["rotation"].is_null(), "a token by hand ends it");
    let audit = "/api/v1/audit?action=station.rotate_token";
    let audit = server.request("GET", audit, Some("operator")).await;
    assert_eq!(audit.json()["items"][3]["detail"], "online");
    assert!(!audit.body.contains("wst_"), "{}", audit.body);
    server.stop().await;
}
