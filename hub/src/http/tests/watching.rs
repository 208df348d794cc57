//! What machines watch: readiness, metrics, the stream.

use super::*;

#[tokio::test]
async fn readiness_names_the_parts_that_fail() {
    let server = Server::start(false).await;
    server.health.set("log", Err("the disk is full"));
    let answer = server.get("/readyz").await;
    assert_eq!(answer.status, 503);
    let failing = &answer.json()["failing"];
    assert_eq!(failing, &serde_json::json!([{ "part": "log", "reason": "the disk is full" }]));
    server.health.set("log", Ok::<_, String>(()));
    assert_eq!(server.get("/readyz").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn metrics_show_each_station() {
    let server = Server::start(false).await;
    let online = |answer: &Answer| answer.body.contains("waystation_station_up{station=\"jb-001\"} 1");
    let text = server.until("/metrics", online).await.body;
    assert!(text.contains("\nwaystation_hub_blind 0\n"), "{text}");
    let room = text.split("\nwaystation_mqtt_connections_max ").nth(1).unwrap().lines().next().unwrap();
    assert!(room.parse::<i64>().unwrap() > 0, "{room}");
    for line in [
        "waystation_stations{state=\"online\"} 1",
        "waystation_stations{state=\"never_seen\"} 2",
        "waystation_station_up{station=\"yz-001\"} 0",
        "waystation_station_people{station=\"jb-001\"} 5",
        "waystation_station_seat_utilisation_ratio{station=\"jb-001\"} 0.5",
        "waystation_station_cabinet_ready_batteries{class=\"48V\",station=\"jb-001\"} 1",
        "waystation_station_last_seen_timestamp_seconds{station=\"jb-001\"}",
        "waystation_log_bytes",
        "waystation_log_oldest_unsent_seconds 0",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_stream_tells_what_changes_and_ends_with_the_hub() {
    let mut server = Server::start(false).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"GET /api/v1/stream?limit=3 HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut text = String::new();
    read_until(&mut socket, &mut text, |text| text.contains("event: counts")).await;
    assert!(text.to_ascii_lowercase().contains("content-type: text/event-stream"));
    for id in ["jb-001", "jb-002", "jb-003"] {
        assert!(text.contains(&format!("data: {{\"id\":\"{id}\"")), "{id}");
    }
    assert!(!text.contains("yz-001"));
    text.clear();
    let reading = reading(Kind::Environment, r#"{"device":"env-9","co2_ppm":777}"#);
    append(&mut server.writer, vec![("jb-003", What::Readings(vec![reading]))]);
    read_until(&mut socket, &mut text, |text| text.contains("\"co2_ppm\":777")).await;
    let stopping = tokio::spawn(server.stop());
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).await.unwrap();
    stopping.await.unwrap();
}
