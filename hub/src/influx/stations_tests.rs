use super::super::batch::Lines;
use super::super::line::write_derived;
use super::*;
use crate::registry::{NewStation, TokenHash};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

const DAY: i64 = 1_763_769_600_000; // 2025-11-22T00:00:00Z

fn directory(stations: &[NewStation]) -> Directory {
    let checked = stations.iter().map(|station| (station.check().unwrap(), TokenHash::of(b"x")));
    Directory::new(checked.collect(), Vec::new())
}

fn station(id: &str, name_zh: &str) -> NewStation {
    NewStation { name_zh: name_zh.into(), ..NewStation::named(id) }
}

/// All points that are due, in requests of at most `limit`, as lines.
fn check(source: &Stations, limit: usize, expected: &[&str]) {
    let (mut lines, mut place) = (Lines::default(), 7);
    loop {
        let mut taken = 0;
        let next = source
            .points_after(place, limit, &mut |point| {
                taken += 1;
                write_derived(point, &mut lines);
            })
            .unwrap();
        assert_eq!(next - place, i64::try_from(taken).unwrap());
        assert!(taken <= limit);
        if next == place {
            break;
        }
        place = next;
    }
    let body = lines.drain().next_body(1_000, usize::MAX, None);
    let text = body.map(|body| String::from_utf8(body.bytes.to_vec()).unwrap()).unwrap_or_default();
    // A request's lines stand by series, in an order of their own.
    let mut found: Vec<&str> = text.lines().collect();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_station_is_a_point_of_what_the_registry_knows() {
    let full = NewStation {
        name_en: "Nine".into(),
        district: "江北 区".into(),
        kind: "in_factory".into(),
        host_type: "银行".into(),
        latitude: "29.6".into(),
        longitude: "106.5".into(),
        capacity: "20".into(),
        ..station("a", "九号\"站\"")
    };
    let shared = directory(&[full, NewStation::named("b")]).shared();
    let source = Stations::new(shared, || DAY + 5);
    let a = format!(
        "station,district=江北\\ 区,station=a kind=\"in_factory\",name_zh=\"九号\\\"站\\\"\",name_en=\"Nine\",\
         host_type=\"银行\",latitude=29.6,longitude=106.5,capacity=20.0 {DAY}"
    );
    check(&source, 100, &[&a, &format!("station,station=b kind=\"rest\" {DAY}")]);
    check(&source, 100, &[]);
}

#[test]
fn a_day_writes_all_and_a_change_writes_what_differs() {
    static NOW: AtomicI64 = AtomicI64::new(DAY + 3_600_000);
    let line = |id: &str, name: &str, day: i64| {
        format!("station,station={id} kind=\"rest\",name_zh=\"{name}\" {}", DAY + day * DAY_MS)
    };
    let shared = directory(&[station("a", "甲"), station("b", "乙"), station("c", "丙")]).shared();
    let source = Stations::new(Arc::clone(&shared), || NOW.load(Relaxed));
    check(&source, 1, &[&line("a", "甲", 0), &line("b", "乙", 0), &line("c", "丙", 0)]);

    // One is renamed, one removed, one new; the same again changes nothing.
    let changed = [station("a", "甲"), station("b", "乙二"), station("d", "丁")];
    shared.store(Arc::new(directory(&changed)));
    check(&source, 1, &[&line("b", "乙二", 0), &line("d", "丁", 0)]);
    shared.store(Arc::new(directory(&changed)));
    check(&source, 2, &[]);

    NOW.store(DAY + DAY_MS, Relaxed);
    check(&source, 2, &[&line("a", "甲", 1), &line("b", "乙二", 1), &line("d", "丁", 1)]);
}

#[test]
fn a_round_is_finished_though_the_registry_changes_meanwhile() {
    let shared = directory(&[station("a", "甲"), station("b", "乙")]).shared();
    let source = Stations::new(Arc::clone(&shared), || DAY);
    let mut seen = Vec::new();
    let mut name = |limit| {
        source
            .points_after(0, limit, &mut |point| {
                seen.push(format!("{:?} {:?}", point.station, point.fields[1].1))
            })
            .unwrap();
    };
    name(1);
    shared.store(Arc::new(directory(&[station("a", "甲二"), station("b", "乙")])));
    name(1);
    name(9);
    name(9);
    let expected = [r#"Some("a") Text("甲")"#, r#"Some("b") Text("乙")"#, r#"Some("a") Text("甲二")"#];
    assert_eq!(seen, expected);
}
