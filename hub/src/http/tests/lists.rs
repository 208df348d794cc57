//! What is read of stations, page by page.

use super::*;

#[tokio::test]
async fn stations_are_listed_with_their_latest_readings() {
    let server = Server::start(false).await;
    let answer = server.until("/api/v1/stations", |answer| answer.body.contains("online")).await;
    let page = answer.json();
    assert_eq!(ids(&page), ["jb-001", "jb-002", "jb-003", "yz-001"]);
    assert_eq!(page["next"], Value::Null);
    let first = &page["items"][0];
    assert_eq!(first["state"], "online");
    assert_eq!(first["district"], "江北");
    assert!(first["last_seen"].is_i64());
    assert_eq!(first["latest"]["environment"]["env-1"]["temperature_c"], 23.5);
    let silent = &page["items"][2];
    assert_eq!((&silent["state"], &silent["last_seen"]), (&"never_seen".into(), &Value::Null));
    assert_eq!(silent["latest"], serde_json::json!({}));
    let one = server.get("/api/v1/stations/jb-002").await.json();
    assert_eq!(one["ledger"][0]["outbox"], "outbox-1");
    server.stop().await;
}

#[tokio::test]
async fn lists_are_paged_and_filtered() {
    let server = Server::start(false).await;
    let mut seen = Vec::new();
    let mut path = "/api/v1/stations?limit=3".to_owned();
    loop {
        let page = server.get(&path).await.json();
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/stations?limit=3&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["jb-001", "jb-002", "jb-003", "yz-001"]);
    let page = server.get("/api/v1/stations?district=%E9%84%9E%E5%B7%9E").await.json();
    assert_eq!(ids(&page), ["yz-001"]);
    let page = server.get("/api/v1/stations?state=never_seen&limit=1").await.json();
    assert_eq!((ids(&page), &page["next"]), (vec!["jb-003"], &"jb-003".into()));
    let page = server.get("/api/v1/stations?state=never_seen&limit=2").await.json();
    assert_eq!((ids(&page), &page["next"]), (vec!["jb-003", "yz-001"], &Value::Null));
    server.stop().await;
}

#[tokio::test]
async fn the_ledger_and_the_quarantine_are_shown() {
    let server = Server::start(false).await;
    let ledger = server.get("/api/v1/ledger").await.json();
    let expected = serde_json::json!({
        "station": "jb-002", "outbox": "outbox-1", "durable_up_to": 8, "gaps": [[9, 9]], "dropped": [[7, 8]],
        "received": 1, "missing_total": 1, "dropped_total": 2
    });
    assert_eq!(ledger, serde_json::json!({ "items": [expected], "next": null }));
    assert_eq!(server.get("/api/v1/ledger?station=jb-001").await.json()["items"], serde_json::json!([]));
    let item = &server.get("/api/v1/quarantine").await.json()["items"][0];
    assert_eq!(item["reason"], "out_of_range");
    assert_eq!(item["member"], "temperature_c");
    assert_eq!(item["payload"], r#"{"temperature_c":999}"#);
    server.stop().await;
}
