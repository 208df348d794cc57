//! The port for readings, with curl as the vendor's software.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod support;

use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use support::{Agent, Collector, Mosquitto, free_port, source_health};

/// Posts a body; the status and the answer.
fn post(url: &str, token: &str, content_type: &str, body: &Path) -> (String, Value) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--max-time", "60", "--write-out", "\n%{http_code}", "--data-binary"]);
    curl.arg(format!("@{}", body.display()));
    curl.args([
        "-H",
        &format!("Authorization: Bearer {token}"),
        "-H",
        &format!("Content-Type: {content_type}"),
        url,
    ]);
    let printed = String::from_utf8(curl.output().expect("the Debian package curl").stdout).unwrap();
    let (answer, status) = printed.rsplit_once('\n').unwrap();
    (status.to_owned(), serde_json::from_str(answer).unwrap_or_default())
}

#[tokio::test]
async fn what_was_answered_with_200_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut hub = Mosquitto::start(folder.path()).await;
    let (token, port) = (folder.path().join("token"), free_port());
    std::fs::write(&token, "secret\n").unwrap();
    let source = format!(
        "[sources.http]\nlisten = \"127.0.0.1:{port}\"\ntoken_file = \"{}\"\nreport = \"all\"\n",
        token.display()
    );
    let mut agent = Agent::new(folder.path(), hub.port, &source);
    hub.stop();
    agent.start();
    support::until("the port is open", || source_health(&agent, "http")["state"] == "ok").await;
    let url = format!("http://127.0.0.1:{port}/readings");
    let body = folder.path().join("body");
    let check = |path: &str, token: &str, content_type: &str, text: &str, status: &str, answer: Value| {
        std::fs::write(&body, text).unwrap();
        let found = post(&format!("http://127.0.0.1:{port}{path}"), token, content_type, &body);
        assert_eq!(found.0, status, "{text:.60}");
        if !answer.is_null() {
            assert_eq!(found.1, answer);
        }
    };
    let one = r#"{"kind":"environment","device":"env-1","co2_ppm":612}"#;
    let json_type = "application/json; charset=utf-8";
    check("/readings", "secret", json_type, one, "200", json!({"taken":1,"refused":[]}));
    let mixed = format!(
        "[{one},{{\"kind\":\"door\",\"device\":\"front\",\"event\":\"open\"}},{{\"kind\":\"environment\",\"device\":\"env-1\",\"co2_ppm\":5}}]"
    );
    let answer = json!({"taken":2,"refused":[{"line":3,"error":"out_of_range","member":"co2_ppm","detail":"outside the physical range"}]});
    std::fs::write(&body, &mixed).unwrap();
    let (status, mut found) = post(&url, "secret", "application/json", &body);
    found["refused"][0]["detail"] = answer["refused"][0]["detail"].clone();
    assert_eq!((status.as_str(), found), ("200", answer));
    check("/readings", "wrong", json_type, one, "401", Value::Null);
    check("/readings", "", json_type, one, "401", Value::Null);
    check("/reading", "secret", json_type, one, "404", Value::Null);
    check("/readings", "secret", "text/plain", one, "415", Value::Null);
    check("/readings", "secret", json_type, "7", "400", Value::Null);
    check("/readings", "secret", json_type, "{", "400", Value::Null);
    check(
        "/readings",
        "secret",
        json_type,
        &format!("[{}]", vec![one; 30_000].join(",")),
        "413",
        Value::Null,
    );
    let get = Command::new("curl")
        .args(["--silent", "--write-out", "%{http_code}", "-o", "/dev/null", &url])
        .output();
    assert_eq!(get.unwrap().stdout, b"405");

    agent.kill();
    hub.start_again().await;
    let mut collector = Collector::subscribe(hub.port).await;
    agent.start();
    collector.collect_until("what was promised", |c| c.readings(0).len() >= 3).await;
    assert_eq!(collector.readings(0).len(), 3);
}
