//! `waystation-hub demo`: stations with changing values, and nothing to set up.

use std::collections::BTreeSet;
use waystation_tests::process::Process;
use waystation_tests::{http, ports, programs, until, until_some};

#[test]
fn the_demo_shows_stations_with_changing_values() {
    let folder = tempfile::tempdir().unwrap();
    let (web, mqtt) = (ports::free_address(), ports::free_address());
    let mut command = programs::ours("waystation-hub");
    command.args([
        "demo",
        "--stations",
        "10",
        "--http",
        &web.to_string(),
        "--mqtt",
        &mqtt.to_string(),
        "--data",
    ]);
    command.arg(folder.path().join("demo-data"));
    let output = folder.path().join("output.log");
    let mut demo = Process::start("waystation-hub demo", &mut command, &output);

    let latest = || {
        let answer = http::get(web, "/api/v1/stations").ok()?;
        let items = answer.json()["items"].as_array()?.clone();
        (items.len() == 10).then_some(items)
    };
    let first = until_some("ten stations are listed", || {
        demo.assert_running();
        latest()
    });
    until("every station is online and has readings", || {
        let items = latest().unwrap_or_default();
        !items.is_empty()
            && items.iter().all(|item| item["state"] == "online" && item["latest"] != serde_json::json!({}))
    });
    let values = || {
        latest().unwrap_or_default().iter().map(|item| item["latest"].to_string()).collect::<BTreeSet<_>>()
    };
    let before = values();
    until("values change", || values() != before);
    let page = http::get(web, "/").unwrap();
    assert_eq!(page.status, 200);
    assert!(page.head.to_lowercase().contains("content-security-policy"), "{}", page.head);
    let printed = std::fs::read_to_string(&output).unwrap();
    assert!(printed.contains(&format!("http://{web}")), "the address to open is not printed:\n{printed}");
    assert!(
        first.iter().all(|item| item["name"]["zh"].as_str().is_some_and(|name| !name.is_empty())),
        "{first:?}"
    );
    assert!(demo.terminate().success());
}
