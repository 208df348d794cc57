//! The OpenAPI document says what the server does.

use super::*;

/// To renew it after a change: `UPDATE_OPENAPI=1 cargo test -p waystation-hub openapi`.
#[test]
fn the_committed_openapi_document_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let current = format!("{}\n", serde_json::to_string_pretty(&openapi_document()).unwrap());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &current).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == current, "docs/openapi.json is not current; UPDATE_OPENAPI=1 renews it");
}

/// Every path of the document answers, and every reference in it leads somewhere.
#[tokio::test]
async fn the_openapi_document_holds_what_the_server_answers() {
    let server = Server::start(false).await;
    server.send("PUT", "/api/v1/stations/jb-001/configuration", Some("admin"), "{}").await;
    let document = server.get("/openapi.json").await.json();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let file = path.replace("{id}", "jb-001").replace("{name}", "texts.json").replace("{command}", "c-1");
        let is_asked = !path.ends_with("/stream") && !path.starts_with("/api/v1/alerts/");
        if methods.get("get").is_some() && is_asked {
            let file = if path.ends_with("/readings") { file.clone() + "?kind=door" } else { file.clone() };
            assert_eq!(server.request("GET", &file, Some("admin")).await.status, 200, "{path}");
        }
        // Whoever claims has no token yet.
        if path.starts_with("/api/v1/alerts/") || path == "/claim" {
            continue;
        }
        for method in methods.as_object().unwrap().keys().filter(|method| *method != "get") {
            let method = method.to_uppercase();
            check_problem(&server.request(&method, &file, None).await, 401, path);
            check_problem(&server.request(&method, &file, Some("viewer")).await, 403, path);
        }
    }
    let text = document.to_string();
    for (place, _) in text.match_indices("\"#/") {
        let pointer = text[place + 2..].split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    let page = server.get("/api/v1/stations").await.json();
    let item = page["items"][0].as_object().unwrap();
    let described = document["components"]["schemas"]["Station"]["properties"].as_object().unwrap();
    assert_eq!(item.keys().collect::<Vec<_>>(), described.keys().collect::<Vec<_>>());
    server.stop().await;
}
