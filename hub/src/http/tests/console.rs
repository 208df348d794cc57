//! What the console asks for besides.

use super::*;
use serde_json::json;

#[tokio::test]
async fn a_token_knows_its_name_and_role() {
    let server = Server::start(true).await;
    let me = server.request("GET", "/api/v1/me", Some("operator")).await.json();
    assert_eq!(me, json!({ "name": "operator", "role": "operator" }));
    assert_eq!(server.get("/api/v1/me").await.status, 401);
    assert_eq!(server.request("GET", "/api/v1/me", Some("service")).await.status, 403);
    server.stop().await;

    let server = Server::start(false).await;
    assert_eq!(server.get("/api/v1/me").await.json(), json!({ "name": null, "role": "viewer" }));
    server.stop().await;
}

#[tokio::test]
async fn the_fleet_is_told_in_brief_and_the_stream_goes_on_from_there() {
    let mut server = Server::start(false).await;
    let seen = |answer: &Answer| answer.body.contains("\"people\":5");
    let fleet = server.until("/api/v1/fleet", seen).await.json();
    assert_eq!(fleet["items"].as_array().map(Vec::len), Some(4));
    assert_eq!(fleet["time_zone"], "Asia/Shanghai");
    let first = &fleet["items"][0];
    assert_eq!((&first["id"], &first["state"]), (&json!("jb-001"), &json!("online")), "{first}");
    assert_eq!((&first["people"], &first["capacity"]), (&json!(5), &json!(10)));
    assert_eq!((&first["ready"], &first["slots"], &first["alerts"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(fleet["items"][3]["ready"], Value::Null, "no cabinet");

    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let id = fleet["event_id"].as_str().unwrap();
    let request =
        format!("GET /api/v1/stream?view=brief HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {id}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let more = reading(Kind::Occupancy, r#"{"device":"hall","people":7,"capacity":10}"#);
    append(&mut server.writer, vec![("yz-001", What::Readings(vec![more]))]);
    let (mut text, mut part) = (String::new(), [0; 4096]);
    while !text.contains("\"people\":7") {
        let read = socket.read(&mut part).await.unwrap();
        assert!(read > 0, "the stream ended: {text}");
        text.push_str(&String::from_utf8_lossy(&part[..read]));
    }
    assert!(!text.contains("jb-003"), "what did not change is not sent again: {text}");
    assert_eq!(server.get("/api/v1/stream?view=all").await.status, 400);
    server.stop().await;
}

#[tokio::test]
async fn a_large_answer_is_compressed_for_whoever_takes_it() {
    let server = Server::start(false).await;
    for number in 0..20 {
        let name = format!("st-{number:02}");
        let body = json!({ "id": name }).to_string();
        assert_eq!(server.send("POST", "/api/v1/stations", Some("admin"), &body).await.status, 201);
    }
    let request = format!(
        "GET /api/v1/fleet HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n",
        server.address
    );
    let packed = |answer: &Answer| answer.head.contains("content-encoding: gzip");
    let mut answer = server.raw(request.as_bytes()).await;
    while !packed(&answer) {
        answer = server.raw(request.as_bytes()).await; // the registry is read again within a second
    }
    assert!(!packed(&server.get("/api/v1/fleet").await));
    server.stop().await;
}

#[tokio::test]
async fn the_screen_tells_sums_and_nothing_of_single_stations() {
    let server = Server::start(false).await;
    let screen = server.until("/public/screen", |answer| answer.body.contains("\"online\":1")).await.json();
    assert_eq!(screen["stations"], json!({ "total": 4, "online": 1, "away": 3 }), "{screen}");
    assert_eq!(screen["bands"], json!({ "free": 0, "moderate": 1, "crowded": 0, "unknown": 3 }));
    assert_eq!(screen["batteries"]["48V"], json!({ "ready": 1, "installed": 1 }));
    assert_eq!(screen["fund_total_fen"], Value::Null, "no till is not an empty one");
    assert_eq!(screen["visits_today"], Value::Null);
    assert!(!screen.to_string().contains("jb-001") && !screen.to_string().contains("people"));
    server.stop().await;
}

#[tokio::test]
async fn channels_are_listed_and_tried() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", receiver.local_addr().unwrap());
    let server = Server::start_with(|config| {
        let channel = crate::config::Channel {
            kind: Some(crate::config::ChannelKind::Webhook),
            url: url.clone(),
            ..Default::default()
        };
        config.alerts.channels.insert("duty".into(), channel);
    })
    .await;
    let list = server.request("GET", "/api/v1/channels", Some("operator")).await.json();
    let channel = &list["items"][0];
    assert_eq!((&channel["name"], &channel["kind"]), (&json!("duty"), &json!("webhook")), "{list}");
    assert_eq!((&channel["waiting"], &channel["last_sent_at"]), (&json!(0), &Value::Null));
    assert_eq!(server.request("GET", "/api/v1/channels", Some("viewer")).await.status, 403);

    let answer = tokio::spawn(async move {
        let (mut socket, _) = receiver.accept().await.unwrap();
        let mut part = [0; 4096];
        let read = socket.read(&mut part).await.unwrap();
        socket.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&part[..read]).into_owned()
    });
    let trial = server.request("POST", "/api/v1/channels/duty/test", Some("admin")).await;
    assert_eq!(trial.status, 200, "{}", trial.body);
    assert_eq!(trial.json()["outcome"], "delivered", "{}", trial.body);
    assert!(answer.await.unwrap().starts_with("POST /hook"));
    assert_eq!(server.request("POST", "/api/v1/channels/duty/test", Some("operator")).await.status, 403);
    assert_eq!(server.request("POST", "/api/v1/channels/nobody/test", Some("admin")).await.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn a_stream_ends_when_its_token_is_withdrawn() {
    let server = Server::start(true).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let token = &server.tokens["viewer"];
    let request = format!("GET /api/v1/stream HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut part = [0; 4096];
    assert!(socket.read(&mut part).await.unwrap() > 0);
    assert_eq!(server.request("DELETE", "/api/v1/tokens/viewer", Some("admin")).await.status, 204);
    let mut text = String::new();
    // The last chunk of an answer without a length.
    while !text.ends_with("0\r\n\r\n") {
        let read = socket.read(&mut part).await.unwrap();
        assert!(read > 0, "cut off: {text}");
        text.push_str(&String::from_utf8_lossy(&part[..read]));
    }
    server.stop().await;
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let server = Server::start(false).await;
    let page = server.get("/").await;
    assert!(page.head.contains("content-security-policy: default-src 'none'"));
    assert!(page.head.contains("cache-control: no-cache"));
    let mut names = page.body.split("/assets/").skip(1).filter_map(|rest| rest.split('"').next());
    let script = names.find(|name| name.ends_with(".js")).expect("`make console` builds what is served here");
    let answer = server.get(&format!("/assets/{script}")).await;
    assert!(answer.head.contains("immutable") && answer.head.contains("text/javascript"), "{}", answer.head);
    for (path, body) in [("/", &page.body), (script, &answer.body)] {
        assert!(!body.contains("src=\"http") && !body.contains("href=\"http"), "{path}");
        assert!(!body.contains(" style="), "{path}");
    }
    assert_eq!(server.get("/assets/texts.json").await.json()["state.online"]["zh"], "在线");
    check_problem(&server.get("/assets/index.html").await, 404, "/assets/index.html");
    server.sessions.disconnected(&StationId::try_from("jb-001").unwrap(), now_ms());
    server.stop().await;
}
