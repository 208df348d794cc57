use super::super::tokens;
use super::*;

fn timelines(text: &str) -> Result<Vec<Timeline>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.toml");
    std::fs::write(&path, text).unwrap();
    let scenario = Scenario::read(&path).map_err(|error| error.to_string())?;
    let stations = tokens::anonymous("s-", 1000).unwrap();
    scenario.timelines(&stations, 1).map_err(|error| error.to_string())
}

fn at(timeline: &Timeline, seconds: f64) -> Troubles {
    timeline.troubles(Duration::from_secs_f64(seconds))
}

#[test]
fn events_select_stations_and_times() {
    let text = "[[event]]\nat_s = 10\nfor_s = 5\nwhat = \"outage\"\nstations = \"10%\"\n\
                [[event]]\nat_s = 20\nfor_s = 10\nwhat = \"takeover_storm\"\nevery_s = 2\nstations = [\"s-00007\"]\n\
                [[event]]\nat_s = 0\nfor_s = 9\nwhat = \"clock_skew\"\nskew_s = 60\n";
    let timelines = timelines(text).unwrap();
    let away = timelines.iter().filter(|timeline| at(timeline, 12.0).link_down).count();
    assert!((60..140).contains(&away), "{away} of 1000");
    assert!(timelines.iter().all(|timeline| !at(timeline, 15.0).link_down));
    assert!(timelines.iter().all(|timeline| at(timeline, 8.9).skew_ms == 60_000));
    assert!(timelines.iter().all(|timeline| at(timeline, 9.0).skew_ms == 0));
    let rebinds: Vec<_> =
        [19.0, 20.0, 25.0, 40.0].iter().map(|second| at(&timelines[6], *second).rebinds).collect();
    assert_eq!(rebinds, [0, 1, 3, 6]);
    assert_eq!(at(&timelines[7], 40.0).rebinds, 0);
}

#[test]
fn mistakes_are_named() {
    let check = |text: &str, expected: &str| {
        let error = timelines(text).unwrap_err();
        assert!(error.contains(expected), "{error}");
    };
    check("[[event]]\nat_s = 1\nwhat = \"outage\"\nstations = \"some\"\n", "event 1: `stations`");
    check("[[event]]\nat_s = 1\nwhat = \"outage\"\nstations = [\"x\"]\n", "station x is not simulated");
    check("[[event]]\nat_s = -1\nwhat = \"outage\"\n", "event 1: times");
    check("[[event]]\nat_s = 1\nwhat = \"flood\"\n", "flood");
    check("[[event]]\nat_s = 1\nwhat = \"outage\"\nwhen = 2\n", "when");
}

#[test]
fn a_minute_of_the_local_day() {
    // 2025-11-22 10:00 in China.
    let now_ms = 1_763_776_800_000;
    assert_eq!(local_minute(now_ms, 600), now_ms);
    assert_eq!(local_minute(now_ms, 0), now_ms - 36_000_000);
}
