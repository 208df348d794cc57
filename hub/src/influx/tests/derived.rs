//! Derived points: written after an outage, none lost, and not again after a restart.

use super::scripted_server::Server;
use super::*;
use waystation_protocol::Value;

/// Numbered points, as many as there are.
struct Points(i64);

impl DerivedSource for Points {
    fn name(&self) -> &'static str {
        "points"
    }

    fn points_after(
        &self,
        place: i64,
        limit: usize,
        take: &mut dyn FnMut(&DerivedPoint<'_>),
    ) -> Result<i64, DerivedError> {
        let last = self.0.min(place + i64::try_from(limit).unwrap());
        for number in place + 1..=last {
            take(&DerivedPoint {
                measurement: Measurement::Alert,
                station: (number % 2 == 0).then_some("hp-001"),
                district: Some("黄浦 区"),
                kind: (number == 4).then_some("rest"),
                rule: Some("offline"),
                fingerprint: Some("fedcba9876543210"),
                fields: vec![("number", Value::Count(number))],
                ts: START + number,
                ..DerivedPoint::default()
            });
        }
        Ok(last)
    }
}

/// The lines that a hub with so many points sends to a server that fails at first.
async fn check(rig: &mut Rig, points: i64, failures: usize) -> Vec<String> {
    let mut left = failures;
    let server = Server::start(move |_| {
        let status = if left > 0 { 503 } else { 204 };
        left = left.saturating_sub(1);
        (status, vec![], String::new())
    })
    .await;
    rig.config.url = server.url.clone();
    rig.derived = vec![Arc::new(Points(points))];
    let file = rig.dir.path().join("influx-points");
    rig.start();
    rig.reached("the place is kept", |_| {
        std::fs::read_to_string(&file).is_ok_and(|place| place == points.to_string())
    })
    .await;
    rig.stop().await;
    server.taken()
}

#[tokio::test]
async fn derived_points_outlast_outages_and_restarts() {
    let mut rig = Rig::new(config::Influx::default());
    let mut taken = check(&mut rig, 4_500, 3).await;
    assert_eq!(taken.len(), 4_500);
    taken.sort();
    let expected = format!(
        "alert,district=黄浦\\ 区,fingerprint=fedcba9876543210,rule=offline,station=hp-001 number=2i {}",
        START + 2
    );
    assert!(taken.contains(&expected), "{taken:?}");
    let of_kind = "fingerprint=fedcba9876543210,kind=rest,rule=offline,station=hp-001 number=4i";
    assert!(taken.iter().any(|line| line.contains(of_kind)), "{taken:?}");
    assert!(taken.contains(&format!(
        "alert,district=黄浦\\ 区,fingerprint=fedcba9876543210,rule=offline number=1i {}",
        START + 1
    )));
    assert_eq!(check(&mut rig, 4_501, 0).await.len(), 1, "only what is new");
}
