use super::*;
use crate::config;
use crate::outbox::{Outbox, OutboxView};
use tokio::task::JoinHandle;

/// An outbox in a folder of its own, and an intake before it.
async fn open(folder: &std::path::Path) -> (Intake, OutboxView, watch::Sender<Reporting>, JoinHandle<()>) {
    let config = config::Outbox {
        max_bytes: 1 << 20,
        segment_bytes: 64 << 10,
        commit_delay: Duration::ZERO,
        commit_interval: Duration::ZERO,
        age_max: Duration::MAX,
    };
    let outbox = Outbox::open(folder, &config).unwrap();
    let reporting = watch::Sender::new(Reporting::default());
    let intake = Intake::new(outbox.sender, Arc::default(), Clock::unkept(), reporting.subscribe());
    let writing = tokio::spawn(async { outbox.write_loop.run().await.unwrap() });
    (intake, outbox.view, reporting, writing)
}

fn room(temperature_c: f64) -> Vec<u8> {
    format!(r#"{{"kind":"environment","device":"env-1","temperature_c":{temperature_c}}}"#).into()
}

#[tokio::test]
async fn a_held_change_is_written_when_the_sources_have_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (intake, view, _reporting, writing) = open(folder.path()).await;
    let polled = intake.by_exception();
    let taken = polled.take(&[room(20.0), room(20.1), room(25.0)]).await.unwrap();
    taken.ticket.unwrap().durable().await.unwrap();
    assert_eq!((view.records(), taken.refused.len()), (1, 0));
    // A source that does not filter is not held back.
    intake.take(&[room(20.0), room(20.0)]).await.unwrap().ticket.unwrap().durable().await.unwrap();
    assert_eq!(view.records(), 3);
    drop(intake);
    polled.finish().await.unwrap();
    writing.await.unwrap();
    assert_eq!(view.records(), 4);
}

#[tokio::test]
async fn a_held_change_is_written_when_its_interval_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let (intake, view, reporting, writing) = open(folder.path()).await;
    let polled = intake.by_exception();
    let stop = watch::Sender::new(false);
    let releasing = tokio::spawn(intake.release_held(stop.subscribe()));
    polled.take(&[room(20.0), room(25.0)]).await.unwrap().ticket.unwrap().durable().await.unwrap();
    assert_eq!(view.records(), 1);
    // The rest of the interval is not worth waiting for in a test: shorten it, while it runs.
    reporting.send_modify(|reporting| reporting.min_interval_s = Some(0));
    while view.records() < 2 {
        tokio::task::yield_now().await;
    }
    stop.send_replace(true);
    releasing.await.unwrap();
    drop(polled);
    writing.await.unwrap();
}
