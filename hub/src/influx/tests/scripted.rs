//! Every class of answer, from a server that gives it on purpose.

use super::scripted_server::{Answer as Reply, Request, Server};
use super::*;

const LINES: usize = 64;

/// Drains 64 lines into a server with this script; all of them but `kept` must be taken once or more.
async fn check(script: impl FnMut(&Request) -> Reply + Send + 'static, kept: &[&str]) -> (Server, Rig) {
    check_with(script, kept, |_| {}).await
}

async fn check_with(
    script: impl FnMut(&Request) -> Reply + Send + 'static,
    kept: &[&str],
    prepare: impl FnOnce(&mut Rig),
) -> (Server, Rig) {
    let server = Server::start(script).await;
    let config = config::Influx { url: server.url.clone(), batch_age_ms: 20, ..config::Influx::default() };
    let mut rig = Rig::new(config);
    prepare(&mut rig);
    rig.append_readings(0..LINES as i64);
    rig.start();
    rig.drained().await;
    rig.stop().await;
    let mut set_aside = rig.kept_lines();
    set_aside.sort();
    assert_eq!(set_aside.len(), kept.len(), "{set_aside:?}");
    assert!(set_aside.iter().zip(kept).all(|(line, part)| line.contains(part)), "{set_aside:?}");
    let mut taken = server.taken();
    taken.sort();
    taken.dedup();
    assert_eq!(taken.len(), LINES - kept.len());
    assert!(taken.iter().all(|line| !kept.iter().any(|part| line.contains(part))));
    (server, rig)
}

fn ok() -> Reply {
    (204, vec![], String::new())
}

fn reply(status: u16, body: &str) -> Reply {
    (status, vec![], body.to_owned())
}

/// The first answers are these, then all is well.
fn first(replies: Vec<Reply>) -> impl FnMut(&Request) -> Reply + Send + 'static {
    let mut replies = replies.into_iter();
    move |_| replies.next().unwrap_or_else(ok)
}

#[tokio::test]
async fn passing_failures_are_tried_again() {
    let (_, rig) = check(
        first(vec![
            reply(500, "timeout"),
            reply(502, ""),
            reply(503, ""),
            reply(429, "slow down"),
            reply(408, ""),
        ]),
        &[],
    )
    .await;
    assert_eq!((rig.errors("failed"), rig.errors("busy")), (3, 2));
    assert_eq!(rig.metrics.influx_points.get(), LINES as u64);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let started = std::time::Instant::now();
    check(first(vec![(503, vec![("retry-after", "1")], String::new())]), &[]).await;
    // Not a measure of speed: the hub must not come earlier than it was asked to.
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn what_a_person_must_mend_holds_and_drops_nothing() {
    for (status, class) in [(401, "unauthorised"), (403, "forbidden"), (404, "not_found")] {
        let (_, rig) = check(first(vec![reply(status, ""), reply(status, "")]), &[]).await;
        assert_eq!(rig.errors(class), 2, "{class}");
    }
    let (_, rig) = check(first(vec![reply(200, "<html>hotel</html>"), reply(302, "")]), &[]).await;
    assert_eq!(rig.errors("unexpected"), 2);
}

#[tokio::test]
async fn bad_lines_are_found_and_set_aside() {
    let bad = |line: &String| line.contains("=0.7 ") || line.contains("=4.2 ");
    for status in [400, 422] {
        let script = move |request: &Request| {
            if request.lines.iter().any(bad) { reply(status, "unable to parse") } else { ok() }
        };
        let (server, rig) = check(script, &["=0.7 ", "=4.2 "]).await;
        assert!(server.requests() < LINES / 2, "found by halves: {}", server.requests());
        assert_eq!(rig.metrics.readings_quarantined.with_label_values(&["influx_refused"]).get(), 2);
        assert!(rig.kept.lines.lock().unwrap()[0].reason.contains("unable to parse"));
    }
}

#[tokio::test]
async fn a_quarantine_that_fails_is_tried_again() {
    let script = |request: &Request| {
        if request.lines.iter().any(|line| line.contains("=0.7 ")) { reply(400, "") } else { ok() }
    };
    let prepare = |rig: &mut Rig| *rig.kept.failures.lock().unwrap() = 3;
    let (_, rig) = check_with(script, &["=0.7 "], prepare).await;
    assert_eq!(rig.errors("quarantine"), 3);
}

#[tokio::test]
async fn a_body_too_large_is_split_and_a_line_too_large_is_set_aside() {
    let script = |request: &Request| {
        let monster = request.lines.iter().any(|line| line.contains("=1.1 "));
        if request.lines.len() > 5 || monster { reply(413, "") } else { ok() }
    };
    check(script, &["=1.1 "]).await;
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_and_tried_again() {
    // Accepts and says nothing, until it is replaced by one that answers on the same port.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let config = config::Influx { url, batch_age_ms: 20, timeout_s: 1, ..config::Influx::default() };
    let mut rig = Rig::new(config);
    rig.append_readings(0..5);
    rig.start();
    rig.troubled("failed").await;
    rig.stop().await;
    assert!(rig.kept_lines().is_empty());
}

#[tokio::test]
async fn batches_that_end_out_of_order_move_the_cursor_in_order() {
    // The first batch is refused for a while; those behind it are long done.
    let mut refusals = 0;
    let script = move |request: &Request| {
        if request.lines[0].contains("=0.0 ") && refusals < 5 {
            refusals += 1;
            return reply(500, "");
        }
        ok()
    };
    let prepare = |rig: &mut Rig| rig.config.batch_lines = 4;
    let (server, _) = check_with(script, &[], prepare).await;
    assert!(server.taken()[0].contains("=0.4 "), "the second batch did not wait for the first");
}

#[tokio::test]
async fn the_second_api_gets_its_token_its_path_and_compressed_bodies() {
    let script = |request: &Request| {
        assert_eq!(request.authorization.as_deref(), Some("Token secret"));
        assert_eq!(request.path, "/base/api/v2/write?org=o&bucket=b&precision=ms");
        assert!(!request.gzip, "on the same machine nothing is compressed");
        ok()
    };
    let prepare = |rig: &mut Rig| {
        rig.config.url.push_str("/base/");
        rig.config.token = Some("secret".into());
        (rig.config.org, rig.config.bucket) = ("o".into(), "b".into());
    };
    check_with(script, &[], prepare).await;
}

#[tokio::test]
async fn to_another_machine_bodies_are_compressed() {
    let script = |request: &Request| {
        assert!(request.gzip);
        ok()
    };
    // On Linux this address reaches the same machine, yet is not a loopback address.
    let prepare = |rig: &mut Rig| rig.config.url = rig.config.url.replace("127.0.0.1", "0.0.0.0");
    check_with(script, &[], prepare).await;
}
