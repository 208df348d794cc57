//! Who is let in, and what is answered to nonsense.

use super::*;

#[tokio::test]
async fn errors_are_problem_documents() {
    let server = Server::start(false).await;
    for (status, path) in [
        (404, "/nothing"),
        (404, "/api/v1/nothing"),
        (404, "/api/v2/stations"),
        (404, "/api/v1/stations/unknown"),
        (400, "/api/v1/stations/%00%ff"),
        (404, "/assets/../hub.toml"),
        (404, "/api/v1/ledger?station=unknown"),
        (400, "/api/v1/stations?limit=0"),
        (400, "/api/v1/stations?limit=1001"),
        (400, "/api/v1/stations?limit=many"),
        (400, "/api/v1/stations?limit=1&limit=2"),
        (400, "/api/v1/stations?unknown=1"),
        (400, "/api/v1/stations?state=asleep"),
        (400, "/api/v1/quarantine?cursor=x"),
    ] {
        check_problem(&server.get(path).await, status, path);
    }
    for path in ["/", "/healthz", "/api/v1/ledger", "/api/v1/quarantine", "/metrics"] {
        let answer = server.request("DELETE", path, None).await;
        check_problem(&answer, 405, path);
        assert!(answer.head.contains("allow: get"), "{}", answer.head);
    }
    server.stop().await;
}

#[tokio::test]
async fn reading_needs_a_token_where_it_is_asked_for() {
    let server = Server::start(true).await;
    for path in ["/api/v1/stations", "/api/v1/quarantine", "/api/v1/ledger", "/api/v1/stream", "/metrics"] {
        let answer = server.get(path).await;
        check_problem(&answer, 401, path);
        assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
        check_problem(&server.request("GET", path, Some("guessed")).await, 401, path);
        for role in ["reader", "service"] {
            check_problem(&server.request("GET", path, Some(role)).await, 403, path);
        }
    }
    for role in ["viewer", "operator", "admin"] {
        assert_eq!(server.request("GET", "/api/v1/stations", Some(role)).await.status, 200, "{role}");
        let item = &server.request("GET", "/api/v1/quarantine", Some(role)).await.json()["items"][0];
        assert_eq!(item["payload"].is_null(), role == "viewer", "{role}: {item}");
    }
    for path in ["/", "/healthz", "/readyz", "/openapi.json"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_refused_even_where_none_is_needed_and_so_is_a_foreign_host() {
    let server = Server::start(false).await;
    check_problem(&server.request("GET", "/api/v1/stations", Some("guessed")).await, 401, "wrong token");
    for (host, status) in
        [("localhost", 200), ("[::1]:80", 200), ("127.0.0.1", 200), ("evil.example:8080", 401)]
    {
        let request = format!("GET /api/v1/stations HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(server.raw(request.as_bytes()).await.status, status, "{host}");
    }
    server.stop().await;
}

#[tokio::test]
async fn odd_bytes_hurt_nobody() {
    let server = Server::start(false).await;
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(1 << 20));
    let requests: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /%zz?limit=%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/stations?after=%ff%fe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/stations HTTP/1.1\r\nHost: localhost\r\nAuthorization: \xff\xfe\r\nConnection: close\r\n\r\n",
        long.as_bytes(),
    ];
    for request in requests {
        let status = server.raw(request).await.status;
        assert!(status < 500, "{status}: {:?}", String::from_utf8_lossy(&request[..40.min(request.len())]));
        assert_eq!(server.get("/healthz").await.status, 200);
    }
    server.stop().await;
}
