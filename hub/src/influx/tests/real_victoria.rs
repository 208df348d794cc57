//! Against VictoriaMetrics, which takes the same writes by InfluxDB's second API.

use super::influxd::{client, free_port};
use super::*;
use std::process::{Child, Command, Stdio};

struct Victoria(Child);

impl Drop for Victoria {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test]
async fn victoria_metrics_takes_the_second_api() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("http://127.0.0.1:{}", free_port());
    let _victoria = Victoria(
        Command::new("victoria-metrics")
            .arg(format!("-httpListenAddr={}", url.strip_prefix("http://").unwrap()))
            .arg(format!("-storageDataPath={}", dir.path().display()))
            .arg("-retentionPeriod=100y")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("victoria-metrics is installed (apt install victoria-metrics)"),
    );
    let http = client();
    while !http.get(format!("{url}/health")).send().await.is_ok_and(|health| health.status() == 200) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let config = config::Influx { url: url.clone(), batch_age_ms: 20, ..config::Influx::default() };
    probe(&config).await.unwrap();
    let mut rig = Rig::new(config);
    rig.start();
    rig.append_readings(0..100);
    rig.drained().await;
    rig.stop().await;
    http.get(format!("{url}/internal/force_flush")).send().await.unwrap();
    let export = format!(
        "{url}/api/v1/export?match[]=environment_temperature_c&start={}&end={}",
        START / 1000 - 1,
        START / 1000 + 1000
    );
    let series: serde_json::Value =
        serde_json::from_str(http.get(export).send().await.unwrap().text().await.unwrap().trim()).unwrap();
    assert_eq!(series["values"].as_array().unwrap().len(), 100);
    assert_eq!(series["metric"]["station"], "hp-001");
    assert_eq!(series["metric"]["district"], "黄浦 区");
}
