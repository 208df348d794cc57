//! Schemathesis against a real hub: from the OpenAPI document it makes requests, good and odd ones, and looks whether
//! every answer is one that the document has, in the shape that it says, and none a failure of the hub.

use std::process::Command;
use waystation_tests::readings::{environment, now_ms};
use waystation_tests::{Client, HubSettings, Version, http, programs, until};

/// The same requests each time.
const SEED: &str = "20260301";
/// Made-up requests for each operation, besides those that the document's limits give.
const EXAMPLES: &str = "20";
/// All of its checks but this one: what the document cannot say, such as that an end comes after its begin, makes the
/// hub refuse a request that looks good.
const UNCHECKED: &str = "positive_data_acceptance";

#[test]
fn every_answer_is_one_that_the_openapi_document_has() {
    let hub = HubSettings::default().set("http", "requests_per_second_max", 0);
    let mut hub = hub.set_text("gbfs", "contact_email", "gbfs@example.com").start();
    let station = hub.known_station("jb-001");
    let mut client = Client::log_in(hub.mqtt, &station, Version::V5);
    let reading = environment(now_ms(), 600).to_string();
    assert_eq!(client.publish_acked(&station.topic("environment"), reading.as_bytes()), 0);
    assert_eq!(client.publish_acked(&station.topic("environment"), b"{}"), 0);
    // Something to show for alerts and feeds.
    let cabinet = br#"{"device":"cab-1","smoke":true,"slots":[{"slot":1,"state":"ready","class":"48V"}]}"#;
    assert_eq!(client.publish_acked(&station.topic("cabinet"), cabinet), 0);
    let admin = hub.add_token("tester", "admin");
    let authorization = format!("Authorization: Bearer {}", admin.token);
    until("the hub knows the token", || {
        let headers = format!("{authorization}\r\n");
        http::ask(hub.http, "GET", "/api/v1/tokens", &headers, b"").is_ok_and(|answer| answer.status == 200)
    });
    let mut command = Command::new(programs::from_pypi("schemathesis"));
    command.args(["--no-color", "run", &format!("http://{}/openapi.json", hub.http)]);
    command.args([
        "--header",
        &authorization,
        "--seed",
        SEED,
        "--max-examples",
        EXAMPLES,
        "--exclude-checks",
        UNCHECKED,
    ]);
    // A stream never ends.
    command.args(["--exclude-path", "/api/v1/stream", "--phases", "examples,coverage,fuzzing"]);
    // Its notes of earlier runs would make this one differ.
    command.args(["--generation-database", "none"]).current_dir(hub.folder());
    let output = command.output().expect("schemathesis runs");
    hub.assert_running();
    assert!(!hub.log().contains("panicked"), "{}", hub.log());
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
