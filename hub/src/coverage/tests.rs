use super::*;
use proptest::prelude::*;

fn cell(id: &str, latitude: f64, longitude: f64, weight: f64, district: &str) -> Cell {
    let district = (!district.is_empty()).then(|| district.to_owned());
    Cell { id: id.to_owned(), latitude, longitude, weight, district }
}

#[test]
fn distances_are_those_of_a_sphere() {
    let check = |left, right, expected: f64| {
        let found = distance_m(left, right);
        assert!((found - expected).abs() < expected * 1e-6 + 0.01, "{left:?} {right:?}: {found}");
    };
    check((0.0, 0.0), (0.0, 0.0), 0.0);
    check((0.0, 0.0), (0.0, 180.0), 20_015_114.35);
    check((0.0, 0.0), (1.0, 0.0), 111_195.08);
    check((60.0, 10.0), (60.0, 11.0), 55_597.01);
    check((39.9, 179.9999), (39.9, -179.9999), 17.06);
}

#[test]
fn a_cell_counts_by_its_weight_in_its_district() {
    let cells = [
        cell("near", 39.0, 116.0, 3.0, "大兴区"),
        cell("far", 39.1, 116.0, 1.0, "大兴区"),
        cell("farther", 39.3, 116.0, 2.0, ""),
    ];
    let coverage = Coverage::of(&cells, [(39.008, 116.0)], 1_000.0);
    let of = |cells, covered, weight, covered_weight, share: f64| Share {
        cells,
        covered,
        weight,
        covered_weight,
        share: Some(share),
    };
    assert_eq!(coverage.total, of(3, 1, 6.0, 3.0, 0.5));
    assert_eq!(coverage.districts[&Some("大兴区".to_owned())], of(2, 1, 4.0, 3.0, 0.75));
    assert_eq!(coverage.districts[&None], of(1, 0, 2.0, 0.0, 0.0));
    assert_eq!(coverage.uncovered, [2, 1], "the heaviest first");
    assert_eq!(Coverage::of(&[], [(0.0, 0.0)], 1_000.0), Coverage::default());
    assert_eq!(Coverage::of(&cells, [], 1_000.0).total.covered, 0);
}

/// Places that lie close to each other, everywhere on Earth: around the poles and the date line too.
fn places() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let middles = proptest::sample::select(vec![
        (39.9, 116.4),
        (0.0, 0.0),
        (-33.0, 179.999),
        (89.99, 0.0),
        (-90.0, 50.0),
    ]);
    let place =
        (middles, -0.05..0.05f64, -1.0..1.0f64, any::<bool>()).prop_map(|(middle, north, east, wide)| {
            let spread = if wide && middle.0 > 80.0 { 180.0 } else { 0.05 };
            let turned = middle.1 + east * spread;
            let longitude = if turned > 180.0 { turned - 360.0 } else { turned };
            ((middle.0 + north).clamp(-90.0, 90.0), longitude)
        });
    proptest::collection::vec(place, 0..60)
}

proptest! {
    #[test]
    fn the_index_finds_what_looking_at_everything_finds(
        stations in places(), cells in places(), radius_m in 1.0..8_000.0f64
    ) {
        let reach = Reach::new(stations.iter().copied(), radius_m);
        for cell in cells {
            let expected = stations.iter().any(|station| distance_m(*station, cell) <= radius_m);
            prop_assert_eq!(reach.covers(cell.0, cell.1), expected, "{:?}", cell);
        }
    }

    #[test]
    fn no_file_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), tail in ".{0,80}") {
        drop(Cells::read(bytes.as_slice()));
        drop(Cells::read(format!("id,latitude,longitude\n{tail}").as_bytes()));
    }
}

#[test]
fn a_country_takes_no_time_to_speak_of() {
    // 186,100 stations and 100,000 cells as dense as in cities: the work, not the clock, is what is bounded.
    let grid = |count: usize, step: f64| {
        (0..count).map(move |at| (30.0 + (at % 400) as f64 * step, 110.0 + (at / 400) as f64 * step))
    };
    let cells: Vec<Cell> = grid(100_000, 0.02)
        .map(|(north, east)| cell(&format!("{north} {east}"), north, east, 1.0, ""))
        .collect();
    let coverage = Coverage::of(&cells, grid(186_100, 0.01), 1_000.0);
    assert!(coverage.total.covered > 20_000 && coverage.total.covered < 100_000, "{:?}", coverage.total);
}

#[test]
fn a_file_is_read_and_every_mistake_named() {
    let check = |text: &str, expected: Result<usize, &[&str]>| {
        let found = Cells::read(text.as_bytes());
        let shown = found.map(|cells| cells.0.len());
        let shown = shown.map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>());
        match (&shown, expected) {
            (Ok(count), Ok(expected)) => assert_eq!(*count, expected, "{text}"),
            (Err(found), Err(expected)) => {
                assert_eq!(found.len(), expected.len(), "{text}\n{found:#?}");
                found.iter().zip(expected).for_each(|(found, expected)| {
                    assert!(found.starts_with(expected), "{text}\n{found}");
                });
            }
            _ => panic!("{text}\n{shown:?}"),
        }
    };
    check("id,latitude,longitude\n", Ok(0));
    check("\u{feff}id,latitude,longitude,weight,district\na,39.9,116.4,2.5,大兴区\nb, 40, 116,,\n", Ok(2));
    check("district,longitude,latitude,id\n大兴区,116.4,39.9,a\n", Ok(1));
    check(
        "",
        Err(&["line 1: the column `id`", "line 1: the column `latitude`", "line 1: the column `longitude`"]),
    );
    check("id,latitude,longitude,colour\n", Err(&["line 1: there is no column `colour`"]));
    check("id,id,latitude,longitude\n", Err(&["line 1: column `id` stands twice"]));
    check(
        "id,latitude,longitude,weight\na,116.4,39.9,1\n,1,1,0\nc,1,2\nc,1,2,x\nd,nan,2,1\n",
        Err(&[
            "line 2: latitude: `116.4`",
            "line 3: id: is missing",
            "line 3: weight: `0`",
            "line 5: weight: `x`",
            "line 6: latitude: `nan`",
        ]),
    );
    check(
        "id,latitude,longitude\na,1,2\nb,1,2\na,3,4\n",
        Err(&["line 4: id: cell `a` stands in line 2 already"]),
    );
    let missing = Cells::load(std::path::Path::new("/nowhere/cells.csv")).unwrap_err().to_string();
    assert!(missing.contains("/nowhere/cells.csv cannot be read"), "{missing}");
}
