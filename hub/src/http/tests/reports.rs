//! What is asked of the history: parameters, shapes, files.

use super::*;

#[tokio::test]
async fn parameters_of_reports_are_taken_strictly() {
    let server = Server::start(false).await;
    let readings = "/api/v1/stations/jb-001/readings";
    for (status, path, named) in [
        (400, readings.to_owned(), "kind"),
        (400, format!("{readings}?kind=dance"), "kind"),
        (400, format!("{readings}?kind=door&device=Front!"), "device"),
        (400, format!("{readings}?kind=door&step=0"), "step"),
        (400, format!("{readings}?kind=door&from=yesterday"), "from"),
        (400, format!("{readings}?kind=door&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"), "from"),
        (400, format!("{readings}?kind=door&from=0"), "step"),
        (400, format!("{readings}?kind=door&limit=10001"), "limit"),
        (400, format!("{readings}?kind=cabinet&step=5m&slot=0"), "slot"),
        (400, format!("{readings}?kind=cabinet&slot=7"), "step"),
        (400, format!("{readings}?kind=door&step=5m&slot=7"), "cabinet"),
        (404, "/api/v1/stations/zz/readings?kind=door".into(), "zz"),
        (400, "/api/v1/utilisation?by=colour".into(), "by"),
        (400, "/api/v1/utilisation?resolution=year".into(), "resolution"),
        (400, "/api/v1/utilisation?from=0".into(), "366"),
        (400, "/api/v1/utilisation?format=pdf".into(), "format"),
        (400, "/api/v1/stars?to=noon".into(), "to"),
    ] {
        let answer = server.get(&path).await;
        check_problem(&answer, status, &path);
        assert!(answer.body.contains(named), "{path}: {}", answer.body);
    }
    server.stop().await;
}

#[tokio::test]
async fn times_may_be_written_in_either_form() {
    let server = Server::start(false).await;
    for stretch in [
        "from=1763800000000&to=1763803600000",
        "from=2025-11-22T08:26:40Z&to=2025-11-22T09:26:40Z",
        "from=2025-11-22T16:26:40%2B08:00&to=1763803600000",
    ] {
        for path in ["utilisation?by=station", "stars?limit=1", "stations/jb-001/readings?kind=door&step=1m"]
        {
            let answer = server.get(&format!("/api/v1/{path}&{stretch}")).await;
            assert_eq!(answer.status, 200, "{path}&{stretch}: {}", answer.body);
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn utilisation_opens_in_a_spreadsheet() {
    let server = Server::start(false).await;
    let answer = server.get("/api/v1/utilisation?by=station&format=csv").await;
    assert!(answer.head.contains("filename=\"utilisation.csv\""), "{}", answer.head);
    let head = answer.body.lines().next().unwrap();
    let begin = "\u{feff}by,key,district,kind,stations,from (Asia/Shanghai),to (Asia/Shanghai),seat_utilisation,\
                 seat_utilisation_coverage,seat_utilisation_reason,";
    assert!(head.starts_with(begin), "{head}");
    let swaps = "swaps,swaps_ok,swaps_no_ready,swaps_no_empty,swaps_not_inserted,swaps_not_taken,swaps_door_open,\
                 swaps_timeout,swaps_wrong_battery,swaps_offline";
    assert!(head.ends_with(swaps), "{head}");
    server.stop().await;
}

#[tokio::test]
async fn coverage_is_told_with_the_cells_that_lack_a_station() {
    let server = Server::start(false).await;
    let ids = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = server.get("/api/v1/coverage").await.json();
    assert_eq!((&all["radius_m"], &all["kind"]), (&1_000.into(), &"rest".into()));
    let total = serde_json::json!({ "cells": 4, "covered": 1, "weight": 7.0, "covered_weight": 3.0, "share": 3.0 / 7.0 });
    assert_eq!(all["total"], total);
    let shares: Vec<_> =
        all["groups"].as_array().unwrap().iter().map(|group| (&group["district"], &group["share"])).collect();
    let zero = Value::from(0.0);
    assert_eq!(shares, [(&Value::Null, &zero), (&"江北".into(), &0.75.into()), (&"鄞州".into(), &zero)]);
    assert_eq!(ids(&all), ["farther", "far", "elsewhere"]);
    let first = server.get("/api/v1/coverage?limit=2").await.json();
    let second =
        server.get(&format!("/api/v1/coverage?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!(
        (ids(&first), ids(&second.json())),
        (vec!["farther".into(), "far".into()], vec!["elsewhere".to_owned()])
    );
    let jiangbei = server.get("/api/v1/coverage?district=%E6%B1%9F%E5%8C%97&by=total").await.json();
    assert_eq!((&jiangbei["total"]["share"], &jiangbei["groups"]), (&0.75.into(), &serde_json::json!([])));
    assert_eq!(ids(&jiangbei), ["far"]);
    let counselling = server.get("/api/v1/coverage?kind=counselling").await.json();
    assert_eq!(counselling["total"]["covered"], 0);
    for wrong in ["by=street", "kind=shop", "limit=0"] {
        check_problem(&server.get(&format!("/api/v1/coverage?{wrong}")).await, 400, wrong);
    }
    // The file may change while the hub runs; one with a mistake gives no figure.
    let file = server._dir.path().join("cells.csv");
    std::fs::write(&file, "id,latitude,longitude\na,29.9,121.5\n").unwrap();
    assert_eq!(server.get("/api/v1/coverage").await.json()["total"]["share"], 1.0);
    std::fs::write(&file, "id,latitude\na,29.9\n").unwrap();
    check_problem(&server.get("/api/v1/coverage").await, 503, "a mistake in the file");
    server.stop().await;
    let server = Server::start_with(|config| config.coverage.cells = None).await;
    check_problem(&server.get("/api/v1/coverage").await, 404, "no file");
    server.stop().await;
}
