//! Alerts and outages, as the API shows them.

use super::*;
use serde_json::json;

async fn smoke(server: &mut Server) -> Value {
    let smoke = reading(Kind::Cabinet, r#"{"device":"cab-1","smoke":true}"#);
    append(&mut server.writer, vec![("jb-001", What::Readings(vec![smoke]))]);
    let path = "/api/v1/alerts?rule=cabinet_smoke";
    let there = |answer: &Answer| !answer.json()["items"].as_array().unwrap().is_empty();
    server.until(path, there).await.json()["items"][0].clone()
}

#[tokio::test]
async fn an_alert_is_listed_acknowledged_and_silenced() {
    let mut server = Server::start(false).await;
    let alert = smoke(&mut server).await;
    assert_eq!((&alert["severity"], &alert["state"]), (&"critical".into(), &"firing".into()));
    assert_eq!((&alert["station"], &alert["stations"]), (&"jb-001".into(), &json!(["jb-001"])));
    assert_eq!((&alert["acknowledged"], &alert["silenced"]), (&false.into(), &false.into()));
    for lang in ["zh", "en"] {
        assert!(!alert["title"][lang].as_str().unwrap().is_empty(), "{alert}");
        assert!(!alert["advice"][lang].as_str().unwrap().is_empty(), "{alert}");
    }
    let one = format!("/api/v1/alerts/{}", alert["id"].as_str().unwrap());
    assert_eq!(server.get(&one).await.json(), alert);
    let seen = format!("{one}/acknowledge");
    check_problem(&server.request("POST", &seen, None).await, 401, "no token");
    check_problem(&server.request("POST", &seen, Some("viewer")).await, 403, "a viewer");
    let answer = server.send("POST", &seen, Some("operator"), r#"{"note":"在路上"}"#).await.json();
    assert_eq!(
        (&answer["acknowledged"], &answer["acknowledgement"]["note"]),
        (&true.into(), &"在路上".into())
    );
    // The first one stands, and a body is not needed.
    let again = server.request("POST", &seen, Some("admin")).await;
    assert_eq!(again.json()["acknowledgement"]["by"], "operator", "{}", again.body);
    let silence = r#"{"matchers":[{"name":"station","value":"jb-001"}],"for_s":60,"why":"drill"}"#;
    assert_eq!(server.send("POST", "/api/v1/silences", Some("operator"), silence).await.status, 201);
    assert_eq!(server.get(&one).await.json()["silenced"], true);
    server.stop().await;
}

#[tokio::test]
async fn alerts_are_filtered_and_opened_in_a_spreadsheet() {
    let mut server = Server::start(false).await;
    let alert = smoke(&mut server).await;
    for (filter, found) in [
        ("state=firing", 1),
        ("state=resolved", 0),
        ("severity=critical", 1),
        ("severity=info", 0),
        ("station=jb-001", 1),
        ("station=jb-002", 0),
        ("district=%E6%B1%9F%E5%8C%97", 1),
    ] {
        let path = format!("/api/v1/alerts?rule=cabinet_smoke&{filter}");
        assert_eq!(server.get(&path).await.json()["items"].as_array().unwrap().len(), found, "{filter}");
    }
    for wrong in ["state=on", "rule=rain", "severity=mild", "station=No", "cursor=1", "limit=0", "why=1"] {
        check_problem(&server.get(&format!("/api/v1/alerts?{wrong}")).await, 400, wrong);
    }
    check_problem(&server.get("/api/v1/alerts/0000000000000000").await, 404, "unknown");
    let file = server.get("/api/v1/alerts?rule=cabinet_smoke&format=csv").await.body;
    assert!(file.starts_with("\u{feff}id,rule,severity"), "{file}");
    assert!(file.contains(",starts_at (Asia/Shanghai),ends_at (Asia/Shanghai),"), "{file}");
    assert!(file.contains(alert["title"]["zh"].as_str().unwrap()), "{file}");
    server.stop().await;
}

#[tokio::test]
async fn the_stream_tells_of_alerts_and_does_not_repeat_them() {
    let mut server = Server::start(false).await;
    let alert = smoke(&mut server).await;
    let id = alert["id"].as_str().unwrap();
    let (first, last) = stream(&server, "none").await;
    assert!(first.contains("event: alert") && first.contains(id), "{first}");
    let (second, _) = stream(&server, &last).await;
    assert!(!second.contains("event: alert"), "{second}");
    let filtered = "GET /api/v1/stream?district=%E9%84%9E%E5%B7%9E HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(filtered.as_bytes()).await.unwrap();
    let mut text = String::new();
    read_until(&mut socket, &mut text, |text| text.contains("\nid: ")).await;
    assert!(!text.contains(id), "another district's alert: {text}");
    drop(socket);
    server.stop().await;
}

/// What a stream begins with, and the id of it.
async fn stream(server: &Server, last: &str) -> (String, String) {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {last}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    read_until(&mut socket, &mut text, |text| text.contains("\nid: ")).await;
    let id = text.rsplit("\nid: ").next().unwrap().split_whitespace().next().unwrap().to_owned();
    (text, id)
}

#[tokio::test]
async fn availability_has_both_figures_and_names_its_outages() {
    let server = Server::start(false).await;
    let heard = |answer: &Answer| answer.json()["observed_ms"].as_i64() > Some(0);
    let shown = server.until("/api/v1/stations/jb-001/availability", heard).await.json();
    assert_eq!(shown["station"], "jb-001");
    assert_eq!((&shown["availability"], &shown["availability_station"]), (&json!(1.0), &json!(1.0)));
    assert_eq!(shown["outages"], json!([]));
    let never = server.get("/api/v1/stations/jb-003/availability").await.json();
    assert_eq!((&never["availability"], &never["observed_ms"]), (&Value::Null, &0.into()));
    assert_eq!(
        server.get("/api/v1/outages?station=jb-001").await.json(),
        json!({ "items": [], "next": null })
    );
    for (status, path) in [
        (404, "/api/v1/outages?station=zz"),
        (400, "/api/v1/outages?from=0"),
        (400, "/api/v1/outages?cursor=100"),
        (400, "/api/v1/stars?cursor=100"),
        (404, "/api/v1/stations/zz/availability"),
        (400, "/api/v1/stations/jb-001/availability?to=soon"),
    ] {
        check_problem(&server.get(path).await, status, path);
    }
    server.stop().await;
}
