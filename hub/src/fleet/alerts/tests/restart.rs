//! The same events give the same alerts wherever the hub is saved and loaded in between.

use super::*;
use proptest::prelude::*;

/// One thing that happens to one of three stations.
#[derive(Debug, Clone)]
enum Step {
    Door(&'static str),
    Air(u32),
    Cabinet(bool, i32),
    Crowd(u32),
    Gateway(i64, i64),
    Connect,
    Disconnect,
}

fn steps() -> impl Strategy<Value = Vec<(i64, usize, Step)>> {
    let door = prop::sample::select(vec!["open", "close", "unlock", "denied", "forced", "held_open"]);
    let step = prop_oneof![
        4 => door.prop_map(Step::Door),
        2 => (300..3_000_u32).prop_map(Step::Air),
        2 => (any::<bool>(), -10..70).prop_map(|(smoke, celsius)| Step::Cabinet(smoke, celsius)),
        2 => (0..20_u32).prop_map(Step::Crowd),
        1 => (-9_000..9_000_i64, 0..400_i64).prop_map(|(offset, waiting)| Step::Gateway(offset, waiting)),
        1 => Just(Step::Connect),
        1 => Just(Step::Disconnect),
    ];
    prop::collection::vec((1..400_i64, 0..3_usize, step), 1..60)
}

/// Plays the steps; the hub is saved and loaded before those of `restarts`.
fn play(steps: &[(i64, usize, Step)], restarts: &[usize]) -> (Vec<String>, Vec<Alert>) {
    let stations: Vec<NewStation> = (0..3).map(|n| station(&format!("jb-{n}"), "jiangbei", "g-1")).collect();
    let mut world = World::new(&Config::default(), &stations);
    let mut at = 0;
    for (index, (after, of, step)) in steps.iter().enumerate() {
        at += after;
        let name = format!("jb-{of}");
        if restarts.contains(&index) {
            world.until(at);
            world.reload();
        }
        match step {
            Step::Door(event) => {
                world.reading(at, &name, Kind::Door, &format!(r#"{{"device":"front","event":"{event}"}}"#));
            }
            Step::Air(ppm) => {
                world.reading(
                    at,
                    &name,
                    Kind::Environment,
                    &format!(r#"{{"device":"env","co2_ppm":{ppm}}}"#),
                );
            }
            Step::Cabinet(smoke, celsius) => {
                let slots =
                    format!(r#"[{{"slot":1,"state":"charging","class":"48V","cell_temp_max_c":{celsius}}}]"#);
                let json = format!(r#"{{"device":"cab","smoke":{smoke},"slots":{slots}}}"#);
                world.reading(at, &name, Kind::Cabinet, &json);
            }
            Step::Crowd(people) => {
                let json = format!(r#"{{"device":"hall","people":{people},"capacity":9}}"#);
                world.reading(at, &name, Kind::Occupancy, &json);
            }
            Step::Gateway(offset, waiting) => {
                let json =
                    format!(r#"{{"device":"gw","clock_offset_ms":{offset},"outbox_records":{waiting}}}"#);
                world.late_reading(at, at + offset / 1_000, &name, Kind::Gateway, &json);
            }
            Step::Connect => world.connect(at, &name, "10.1.2.3"),
            Step::Disconnect => world.disconnect(at, &name),
        }
    }
    world.until(at + 2_000);
    (world.alerts.values().map(shown).collect(), world.alerts.into_values().collect())
}

impl World {
    /// Saves and loads, as if no time had passed: sessions go on, and the hub has listened all along.
    fn reload(&mut self) {
        let before = std::mem::replace(&mut self.fleet, Fleet::new(self.settings.clone(), START));
        self.fleet = self.loaded(&before, before.listening_since_ms()).continuing(&before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn saving_and_loading_changes_no_alert(steps in steps(), restarts in prop::collection::vec(0..60_usize, 1..4)) {
        prop_assert_eq!(play(&steps, &restarts), play(&steps, &[]));
    }
}
