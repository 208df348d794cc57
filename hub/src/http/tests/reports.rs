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
    assert!(head.starts_with("\u{feff}by,key,district,kind,stations,from,to,seat_utilisation,"), "{head}");
    assert!(head.ends_with("swaps_ok,swaps_no_ready,swaps_no_empty"), "{head}");
    server.stop().await;
}
