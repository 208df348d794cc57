//! Against InfluxDB 1.x itself.

use super::influxd::Influxd;
use super::*;
use serde_json::json;
use waystation_protocol::{Decoded, Kind, Limits, decode_channel};

async fn ready(settings: &[(&str, &str)]) -> (Influxd, Rig) {
    let influxd = Influxd::start(settings).await;
    init(&influxd.config()).await.unwrap();
    let rig = Rig::new(influxd.config());
    (influxd, rig)
}

const COUNT: &str = "SELECT count(temperature_c) FROM environment";

/// One reading of a kind, and what `SELECT *` shows of it (time and the tags of every line left out).
async fn check_kind(influxd: &Influxd, rig: &mut Rig, kind: Kind, json: &str, expected: serde_json::Value) {
    let payload = format!(r#"{{"ts":{START},"device":"d-1",{json}}}"#);
    let mut decoded = Decoded::default();
    decode_channel(kind, payload.as_bytes(), START, &Limits::default(), &mut decoded);
    rig.append(What::Readings(decoded.accepted.into_iter().map(|accepted| accepted.reading).collect()));
    rig.drained().await;
    let mut rows = influxd.rows(&format!("SELECT * FROM {kind}")).await;
    assert_eq!(rows.len(), 1, "{kind}");
    for (common, value) in [
        ("time", json!(START)),
        ("station", json!("hp-001")),
        ("district", json!("黄浦 区")),
        ("device", json!("d-1")),
    ] {
        assert_eq!(rows[0].remove(common), Some(value), "{kind} {common}");
    }
    assert_eq!(serde_json::Value::from(rows.remove(0)), expected, "{kind}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_stored_under_its_schema() {
    let (influxd, mut rig) = ready(&[]).await;
    rig.start();
    let all = [
        (
            Kind::Environment,
            r#""temperature_c":23.4,"co2_ppm":450"#,
            json!({"temperature_c":23.4,"co2_ppm":450}),
        ),
        (
            Kind::Door,
            r#""event":"denied","method":"qr","deny_reason":"blocked""#,
            json!({"event":"denied","method":"qr","deny_reason":"blocked","events":1}),
        ),
        (
            Kind::Swap,
            r#""swap":"s-1","class":"60V","result":"ok","slot_in":3,"duration_s":41.5"#,
            json!({"swap":"s-1","class":"60V","result":"ok","slot_in":3,"duration_s":41.5}),
        ),
        (
            Kind::Occupancy,
            r#""people":3,"capacity":10,"entries_total":9007199254740991"#,
            json!({"people":3,"capacity":10,"entries_total":9_007_199_254_740_991_i64}),
        ),
        (
            Kind::Amenity,
            r#""amenity":"shower","state":"in_use","uses_total":7"#,
            json!({"amenity":"shower","state":"in_use","uses_total":7}),
        ),
        (Kind::Fund, r#""fund_total_fen":1234"#, json!({"fund_total_fen":1234})),
        (
            Kind::Gateway,
            r#""agent":"1.2.0 \"a\\b\"","mains":true,"clock_offset_ms":-7"#,
            json!({"agent":"1.2.0 \"a\\b\"","mains":true,"clock_offset_ms":-7}),
        ),
        (
            Kind::Cabinet,
            r#""status":"idle","smoke":false,"slots":[{"slot":7,"class":"48V","state":"ready","soc_pct":99}]"#,
            json!({"status":"idle","smoke":false}),
        ),
    ];
    for (kind, json, expected) in all {
        check_kind(&influxd, &mut rig, kind, json, expected).await;
    }
    let slots = influxd.rows("SELECT * FROM slot").await;
    let slot = (&slots[0]["slot"], &slots[0]["class"], &slots[0]["state"], &slots[0]["soc_pct"]);
    assert_eq!(slot, (&json!("7"), &json!("48V"), &json!("ready"), &json!(99)));

    let place = Place { outbox: "o-1".try_into().unwrap(), first_seq: 1, count: 1, lost: vec![] };
    rig.append(What::Batch(place, vec![environment(5)]));
    rig.append(What::Presence(PresenceChange { state: PresenceState::Online, ts: START, agent: None }));
    rig.append(What::Result(b"{}".to_vec()));
    rig.drained().await;
    assert_eq!(influxd.number(COUNT).await, 2);
    assert_eq!(influxd.rows("SELECT state FROM presence").await[0]["state"], "online");
    // The types of counters and of everything else differ, and stay what they are.
    let types = influxd.rows("SHOW FIELD KEYS").await;
    let type_of =
        |field: &str| types.iter().find(|row| row["fieldKey"] == field).unwrap()["fieldType"].clone();
    assert_eq!((type_of("people"), type_of("entries_total")), (json!("float"), json!("integer")));
    assert_eq!(rig.kept_lines(), Vec::<String>::new());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_and_a_restart_of_either_side_lose_nothing() {
    let (mut influxd, mut rig) = ready(&[]).await;
    rig.config.batch_lines = 10;
    rig.start();
    rig.append_readings(0..100);
    rig.drained().await;
    influxd.kill();
    rig.append_readings(100..200);
    assert_eq!(rig.troubled("failed").await, None);
    assert_eq!(rig.metrics.influx_up.get(), 0);
    rig.stop().await;
    rig.append_readings(200..300);
    rig.start();
    rig.troubled("failed").await;
    influxd.run().await;
    rig.drained().await;
    assert_eq!(influxd.number(COUNT).await, 300);
    assert_eq!(rig.metrics.influx_up.get(), 1);
    let saved = rig.log.cursor(CURSOR).unwrap().position();
    rig.stop().await;
    assert_eq!(rig.log.cursor(CURSOR).unwrap().position(), rig.log.durable(), "from {saved}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_database_holds_until_it_is_made() {
    let influxd = Influxd::start(&[]).await;
    let mut rig = Rig::new(influxd.config());
    assert!(probe(&rig.config).await.unwrap_err().to_string().contains("influx init"));
    rig.start();
    rig.append_readings(0..10);
    assert!(rig.troubled("not_found").await.unwrap().contains("influx init"));
    assert!(rig.kept_lines().is_empty());
    init(&rig.config).await.unwrap();
    rig.drained().await;
    assert_eq!(influxd.number(COUNT).await, 10);
    let probe = probe(&rig.config).await.unwrap();
    assert!(probe.version.unwrap().contains("1."));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_hold() {
    let (mut influxd, mut rig) = ready(&[]).await;
    influxd.query("CREATE USER hub WITH PASSWORD 'secret' WITH ALL PRIVILEGES").await;
    influxd.kill();
    influxd.set("INFLUXDB_HTTP_AUTH_ENABLED", "true");
    influxd.run().await;
    rig.config.username = Some("hub".into());
    rig.config.password = Some("wrong".into());
    assert!(probe(&rig.config).await.unwrap_err().to_string().contains("check token, or username"));
    rig.append_readings(0..10);
    rig.start();
    assert!(rig.troubled("unauthorised").await.is_some());
    rig.stop().await;
    assert!(rig.kept_lines().is_empty());
    rig.config.password = Some("secret".into());
    assert!(probe(&rig.config).await.is_ok());
    assert!(init(&rig.config).await.is_ok());
    rig.start();
    rig.drained().await;
    assert_eq!(rig.metrics.influx_points.get(), 10);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_another_type_costs_only_its_own_lines() {
    let (influxd, mut rig) = ready(&[]).await;
    influxd.write("environment,station=old temperature_c=\"warm\" 1790000000000\n").await;
    rig.config.batch_age_ms = 500;
    rig.start();
    let presence = PresenceChange { state: PresenceState::Online, ts: START, agent: None };
    rig.append(What::Presence(presence));
    rig.append_readings(0..50);
    rig.drained().await;
    let kept = rig.kept_lines();
    assert_eq!(kept.len(), 50);
    assert!(kept.iter().all(|line| line.starts_with("environment,") && line.contains("temperature_c=")));
    assert_eq!(influxd.rows("SELECT state FROM presence").await.len(), 1);
    assert!(rig.errors("refused") <= 4, "no search line by line: {}", rig.errors("refused"));
    assert_eq!(rig.metrics.influx_points.get(), 1);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_the_server_holds_until_it_is_raised() {
    let (mut influxd, mut rig) = ready(&[("INFLUXDB_DATA_MAX_VALUES_PER_TAG", "2")]).await;
    rig.config.batch_age_ms = 200;
    rig.start();
    let reading = |device: &str| Reading { device: device.try_into().unwrap(), ..environment(1) };
    rig.append(What::Readings(["a", "b"].map(reading).to_vec()));
    rig.drained().await;
    rig.append(What::Readings(["a", "c", "d"].map(reading).to_vec()));
    assert!(rig.troubled("limit").await.unwrap().contains("max-values-per-tag"));
    influxd.kill();
    influxd.set("INFLUXDB_DATA_MAX_VALUES_PER_TAG", "0");
    influxd.run().await;
    rig.drained().await;
    assert_eq!(influxd.number(COUNT).await, 4);
    assert!(rig.kept_lines().is_empty());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_the_retention_is_let_go_and_the_rest_is_stored() {
    let influxd = Influxd::start(&[]).await;
    let mut rig = Rig::new(influxd.config());
    rig.config.retention_days = 30;
    rig.config.batch_age_ms = 500;
    let done = init(&rig.config).await.unwrap();
    assert!(done.contains("30 days"), "{done}");
    assert_eq!(init(&rig.config).await.unwrap(), done);
    let policies = influxd.rows("SHOW RETENTION POLICIES").await;
    assert_eq!(policies[0]["duration"], "720h0m0s");
    rig.start();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_millis()).unwrap();
    let at = |ts| Reading { ts, ..environment(1) };
    rig.append(What::Readings(vec![at(now - 40 * 86_400_000), at(now - 60_000), at(now)]));
    rig.drained().await;
    assert_eq!(influxd.number(COUNT).await, 2);
    assert_eq!((rig.metrics.influx_points.get(), rig.errors("expired")), (2, 1));
    assert!(rig.kept_lines().is_empty());
    rig.stop().await;
}
