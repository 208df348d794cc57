//! What Prometheus and Alertmanager are given (`dashboards/prometheus`, `dashboards/alertmanager`): their own tools accept
//! it, every alert was seen to fire and not to fire, and it speaks of metrics, labels and sections that are there.

// clippy.toml allows these in tests, but sees helpers of an integration test as no test.
#![allow(clippy::expect_used)]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use waystation_tests::{Alertmanager, process, programs, until};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn rules() -> String {
    ["recording", "hub", "delivery"]
        .map(|name| read(&format!("dashboards/prometheus/rules/{name}.yml")))
        .concat()
}

/// The first word after each `before`.
fn words_after<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let end = |rest: &'a str| rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next();
    text.split(before).skip(1).filter_map(end).collect()
}

fn report(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}

fn promtool(arguments: &[&str], folder: &str) {
    let mut command = Command::new(programs::system("promtool", "prometheus"));
    process::run(command.args(arguments).current_dir(root().join(folder)));
}

#[test]
fn promtool_accepts_configuration_and_rules() {
    let folder = "dashboards/prometheus";
    promtool(
        &["check", "rules", "--lint-fatal", "rules/recording.yml", "rules/hub.yml", "rules/delivery.yml"],
        folder,
    );
    // The token's file is where the hub is.
    promtool(&["check", "config", "--syntax-only", "prometheus.yml"], folder);
    promtool(&["check", "config", "prometheus.local.yml"], folder);
}

#[test]
fn alerts_fire_at_their_edges_and_not_before() {
    promtool(&["test", "rules", "hub.yml", "delivery.yml"], "dashboards/prometheus/tests");
}

#[test]
fn every_alert_is_tested_both_ways() {
    let tests =
        ["hub", "delivery"].map(|name| read(&format!("dashboards/prometheus/tests/{name}.yml"))).concat();
    let rules = rules();
    let mut wrong = Vec::new();
    let alerts = words_after(&rules, "- alert: ");
    assert!(alerts.len() > 20, "the test no longer understands the rules: {alerts:?}");
    for alert in alerts {
        let name = format!("alertname=\"{alert}\"");
        // What is expected stands behind the expression, before the next one.
        let expected: Vec<bool> = tests
            .split(&name)
            .skip(1)
            .filter_map(|after| after.split("exp_samples:").nth(1))
            .map(|samples| samples.trim_start().starts_with("[]"))
            .collect();
        if !(expected.contains(&true) && expected.contains(&false)) {
            wrong.push(format!("{alert}: no test that it fires, or none that it does not"));
        }
    }
    report("alerts without a test", &wrong);
}

#[test]
fn every_alert_says_what_to_do_in_both_languages() {
    let operations = read("docs/operations.md");
    let mut wrong = Vec::new();
    for alert in rules().split("- alert: ").skip(1) {
        let name = alert.lines().next().unwrap_or_default();
        for part in ["summary: \"", "title_en: \"", "description: \"", "advice_en: \""] {
            if !alert.contains(part) {
                wrong.push(format!("{name}: no {part}"));
            }
        }
        let severity = alert.split("severity: ").nth(1).and_then(|after| after.split('}').next());
        if !matches!(severity, Some("critical" | "warning" | "info")) {
            wrong.push(format!("{name}: severity {severity:?}"));
        }
        let runbook =
            alert.split("runbook: \"docs/operations.md#").nth(1).and_then(|after| after.split('"').next());
        let heading = |line: &str| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        let mut headings = operations.lines().filter(|line| line.starts_with("## ")).map(heading);
        if !runbook.is_some_and(|runbook| headings.any(|heading| heading == runbook)) {
            wrong.push(format!("{name}: runbook {runbook:?} is no section of docs/operations.md"));
        }
    }
    report("alerts that leave somebody alone", &wrong);
}

#[test]
fn rules_speak_of_metrics_and_labels_that_exist() {
    let (source, documented) = (read("hub/src/metrics.rs"), read("docs/operations.md"));
    let rules = rules();
    // Comments and texts may name whatever they like.
    let code: String = rules
        .lines()
        .filter(|line| {
            !["#", "summary", "title_en", "description", "advice_en"]
                .iter()
                .any(|begin| line.trim_start().starts_with(begin))
        })
        .collect::<Vec<_>>()
        .join("\n");
    let recorded: BTreeSet<&str> =
        code.split("record: ").skip(1).filter_map(|after| after.split_whitespace().next()).collect();
    let mut wrong = Vec::new();
    for word in code.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))) {
        if word.contains(':') && word.contains("waystation") && !recorded.contains(word.trim_end_matches(':'))
        {
            wrong.push(format!("{word}: no rule records it"));
        }
        let Some(name) = word.strip_prefix("waystation_").filter(|_| !word.contains(':')) else { continue };
        // A group of rules is named like a metric.
        if code.contains(&format!("- name: {word}\n")) {
            continue;
        }
        let plain = ["_bucket", "_count", "_sum"]
            .iter()
            .fold(name, |name, end| name.strip_suffix(end).unwrap_or(name));
        if !source.contains(&format!("\"{plain}\"")) {
            wrong.push(format!("{word}: the hub has no such metric"));
        }
    }
    // The values of labels that the rules look for: names of states, kinds, classes and reasons.
    for label in ["state", "reason", "cause", "kind", "class", "result"] {
        let before = format!("{label}=");
        let values = code.split(&before).skip(1);
        let values = values.filter_map(|after| after.trim_start_matches('~').split('"').nth(1));
        for value in values.flat_map(|values| values.split('|')) {
            if !documented.contains(&format!("`{value}`")) && !documented.contains(&format!(" {value},")) {
                wrong.push(format!("{label}=\"{value}\": docs/operations.md knows of no such value"));
            }
        }
    }
    report("rules that can never match", &wrong);
}

fn amtool(arguments: &[&str]) -> String {
    let mut command = Command::new(programs::system("amtool", "prometheus-alertmanager"));
    process::run(command.args(arguments).current_dir(root().join("dashboards/alertmanager")))
}

#[test]
fn alertmanager_routes_by_district() {
    amtool(&["check-config", "alertmanager.yml"]);
    let check = |labels: &[&str], receivers: &str| {
        let routed =
            amtool(&[&["config", "routes", "test", "--config.file=alertmanager.yml"], labels].concat());
        assert_eq!(routed.trim(), receivers, "{labels:?}");
    };
    check(&["alertname=offline", "severity=critical", "district=江北区"], "district-jiangbei");
    check(&["alertname=idle_door", "severity=info", "district=江北区"], "district-jiangbei");
    check(&["alertname=crowded", "severity=warning", "district=大兴区"], "district-daxing");
    check(&["alertname=offline", "severity=warning", "district=江东区"], "duty");
    check(&["alertname=offline", "severity=critical"], "duty");
    check(&["alertname=cabinet_smoke", "severity=critical", "district=大兴区"], "duty,district-daxing");
    check(&["alertname=cell_hot", "severity=warning", "district=大兴区"], "district-daxing");
    check(&["alertname=hub_blind", "severity=critical"], "hub-admins");
    check(&["alertname=WaystationHubDown", "severity=critical", "instance=hub:8080"], "hub-admins");
}

#[test]
fn messages_have_both_languages() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data.json");
    let alert = |status: &str, summary: &str, english: &str| {
        json!({"status": status, "startsAt": "2026-03-01T08:00:00Z", "generatorURL": "http://hub/#/alerts/1",
            "labels": {"alertname": "offline", "severity": "critical"},
            "annotations": {"summary": summary, "title_en": english, "description": "请看现场", "advice_en": "Go there"}})
    };
    let message = json!({"receiver": "duty", "status": "firing", "groupLabels": {"district": "江北区"},
        "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am",
        "alerts": [alert("firing", "洪塘驿站离线", "Hongtang is offline"), alert("resolved", "庄桥驿站离线", "Zhuangqiao is offline")]});
    fs::write(&data, message.to_string()).expect("the data");
    let template = r#"{{ template "waystation.subject" . }}|{{ template "waystation.text" . }}"#;
    let text = amtool(&[
        "template",
        "render",
        "--template.glob=templates/*.tmpl",
        &format!("--template.data={}", data.display()),
        &format!("--template.text={template}"),
    ]);
    for part in [
        "【告警 1】江北区 洪塘驿站离线|",
        "Hongtang is offline",
        "请看现场",
        "Go there",
        "已恢复",
        "Zhuangqiao is offline",
        "http://hub/#/alerts/1",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_blind_hub_silences_silence_and_nothing_else() {
    let alertmanager = Alertmanager::start_with(&root().join("dashboards/alertmanager/alertmanager.yml"));
    let alert = |name: &str, instance: &str| json!({"labels": {"alertname": name, "severity": "critical", "instance": instance, "district": "江北区"}});
    let names = |alerts: &[Value]| -> BTreeSet<String> {
        let name = |alert: &Value| {
            format!(
                "{}@{}",
                alert["labels"]["alertname"].as_str().unwrap_or_default(),
                alert["labels"]["instance"].as_str().unwrap_or_default()
            )
        };
        alerts.iter().map(name).collect()
    };
    alertmanager.post(&json!([
        alert("hub_blind", ""),
        alert("offline", ""),
        alert("flapping", ""),
        alert("cabinet_smoke", ""),
        alert("door_forced", ""),
        alert("WaystationHubDown", "one"),
        alert("WaystationInfluxDown", "one"),
        alert("WaystationInfluxDown", "two"),
    ]));
    let expected: BTreeSet<String> =
        ["offline@", "flapping@", "WaystationInfluxDown@one"].map(str::to_owned).into();
    until("what follows from another alert is inhibited", || names(&alertmanager.inhibited()) == expected);
}
