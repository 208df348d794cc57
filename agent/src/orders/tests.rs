use super::settings::TRIAL_MAX;
use super::*;
use crate::clock::Look;
use crate::config::{Outbox as OutboxConfig, Unlock};
use crate::intake::Reporting;
use crate::outbox::{Outbox, OutboxSender};
use crate::sources::Tally;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use tempfile::TempDir;

/// For what comes for certain.
const PATIENCE: Duration = Duration::from_secs(60);
const START: i64 = 1_763_800_000_000;

/// Orders with a door `front` that a program opens by leaving a mark, on clocks that the test moves.
struct Bench {
    folder: TempDir,
    now_ms: Arc<AtomicI64>,
    restarted: watch::Receiver<bool>,
    reporting: watch::Receiver<Reporting>,
    requests: mpsc::Receiver<()>,
    intake: Intake,
    orders: Orders,
    desk: Desk,
}

impl Bench {
    async fn new() -> Self {
        Self::over(tempfile::tempdir().unwrap(), &["touch"], PATIENCE).await
    }

    /// In a folder that may have been used before.
    async fn over(folder: TempDir, program: &[&str], confirm: Duration) -> Self {
        let now_ms = Arc::new(AtomicI64::new(START));
        let moving = now_ms.clone();
        let look = move || Look { mono_ms: moving.load(SeqCst) - START, system_ms: moving.load(SeqCst) };
        let clock = Clock::with(Box::new(look), "ab12", None);
        let reporting = watch::Sender::new(Reporting::default());
        let remote = Remote::open(folder.path(), Reporting::default(), reporting.clone());
        let intake = Intake::new(
            outbox(&tempfile::tempdir_in(folder.path()).unwrap().keep()).await,
            Arc::new(Tally::default()),
            clock.clone(),
            reporting.subscribe(),
        );
        let mut exec: Vec<String> = program.iter().map(ToString::to_string).collect();
        exec.push(folder.path().join("opened").display().to_string());
        let door = Door { device: "front".try_into().unwrap(), unlock: Unlock::Exec(exec), confirm };
        let (report_now, requests) = mpsc::channel(1);
        let (restart, restarted) = watch::channel(false);
        let tools = Tools {
            doors: vec![door],
            intake: intake.clone(),
            report_now,
            remote: Arc::new(Mutex::new(remote)),
            tokens: Tokens::open(Some("wst_old".into()), None),
            is_private: true,
            restart,
        };
        let (orders, desk) = Orders::open(folder.path(), clock, tools);
        let reporting = reporting.subscribe();
        Self { folder, now_ms, restarted, reporting, requests, intake, orders, desk }
    }

    /// Hands a command in; gives outcome and detail.
    async fn command(&mut self, json: &str) -> (Outcome, String) {
        self.desk.hand_in(Order::Command(json.to_owned().into()));
        self.acknowledged_answer().await
    }

    /// The answers that wait, acknowledged by the hub; gives the last.
    async fn acknowledged_answer(&mut self) -> (Outcome, String) {
        let Self { orders, desk, .. } = self;
        let serving = orders.serve();
        tokio::pin!(serving);
        tokio::select! {
            () = &mut serving => panic!("orders ended"),
            () = desk.has_answer() => {}
        }
        let mut sent = Vec::new();
        desk.send(|payload| {
            sent.push(CommandResult::parse(&payload).unwrap());
            u16::try_from(sent.len()).unwrap()
        });
        (1..=sent.len()).for_each(|packet_id| desk.acknowledge(u16::try_from(packet_id).unwrap()));
        // What is left to do behind the answer.
        tokio::select! {
            biased;
            () = &mut serving => panic!("orders ended"),
            () = tokio::task::yield_now() => {}
        }
        let sent = sent.pop().unwrap();
        (sent.outcome, sent.detail.map(|detail| detail.to_string()).unwrap_or_default())
    }

    async fn unlock(&mut self, id: &str, expires_in_ms: i64) -> Outcome {
        let expires = START + expires_in_ms;
        let json = format!(r#"{{"id":"{id}","action":"unlock","device":"front","expires":{expires}}}"#);
        self.command(&json).await.0
    }

    fn opened(&self) -> bool {
        self.folder.path().join("opened").exists()
    }

    async fn door_says(&self, json: &str) {
        let reading = format!(r#"{{"kind":"door","device":"front",{json}}}"#);
        assert!(self.intake.take(&[reading.into_bytes()]).await.unwrap().refused.is_empty());
    }
}

async fn outbox(folder: &Path) -> OutboxSender {
    let config = OutboxConfig {
        max_bytes: 1 << 20,
        segment_bytes: 64 << 10,
        age_max: Duration::from_secs(3_600),
        commit_delay: Duration::ZERO,
        commit_interval: Duration::ZERO,
    };
    let outbox = Outbox::open_patiently(folder, &config).await.unwrap();
    tokio::spawn(outbox.write_loop.run());
    outbox.sender
}

#[tokio::test]
async fn a_door_opens_for_a_fresh_command_and_its_contact_confirms_it() {
    let mut bench = Bench::new().await;
    bench.desk.freshness.told(10);
    let intake = bench.intake.clone();
    let path = bench.folder.path().join("opened");
    let doorman = tokio::spawn(async move {
        while !path.exists() {
            tokio::task::yield_now().await;
        }
        let open = br#"{"kind":"door","device":"front","event":"open"}"#.to_vec();
        intake.take(&[open]).await.map(drop)
    });
    assert_eq!(bench.unlock("u-1", 30_000).await, Outcome::Done);
    doorman.await.unwrap().unwrap();
    std::fs::remove_file(bench.folder.path().join("opened")).unwrap();
    assert_eq!(bench.unlock("u-1", 30_000).await, Outcome::Refused, "the same again");
    // Another run of the agent.
    let mut again = Bench::over(bench.folder, &["touch"], PATIENCE).await;
    again.desk.freshness.told(10);
    assert_eq!(again.unlock("u-1", 30_000).await, Outcome::Refused, "after a restart");
    assert!(!again.opened());
}

#[tokio::test]
async fn a_door_stays_shut_when_in_doubt() {
    let mut bench = Bench::new().await;
    assert_eq!(bench.unlock("u-1", 30_000).await, Outcome::Refused, "the hub has not told the time");
    bench.desk.freshness.told(10);
    assert_eq!(bench.unlock("u-1", 30_000).await, Outcome::Refused, "its id is used up");
    assert_eq!(bench.unlock("u-2", 0).await, Outcome::Expired);
    bench.now_ms.fetch_add(30_000, SeqCst);
    assert_eq!(bench.unlock("u-3", 30_000).await, Outcome::Expired, "it was on its way for too long");
    bench.desk.begin_session();
    assert_eq!(bench.unlock("u-4", 90_000).await, Outcome::Refused, "a new session without the time");
    bench.desk.freshness.told(10);
    let cellar =
        format!(r#"{{"id":"u-5","action":"unlock","device":"cellar","expires":{}}}"#, START + 90_000);
    assert_eq!(bench.command(&cellar).await.0, Outcome::Refused);
    assert_eq!(bench.unlock("u-6", 86_400_000).await, Outcome::Refused, "it could come again for a day");
    assert!(!bench.opened());
}

/// A device that sends what it kept says nothing of this opening.
#[tokio::test]
async fn an_old_reading_confirms_nothing() {
    let mut bench = Bench::over(tempfile::tempdir().unwrap(), &["touch"], Duration::from_secs(1)).await;
    bench.desk.freshness.told(10);
    let (intake, path) = (bench.intake.clone(), bench.folder.path().join("opened"));
    let doorman = tokio::spawn(async move {
        while !path.exists() {
            tokio::task::yield_now().await;
        }
        let ts = START - 60_000;
        let open = format!(r#"{{"kind":"door","device":"front","ts":{ts},"event":"open","contact":"open"}}"#);
        intake.take(&[open.into_bytes()]).await.map(drop)
    });
    assert_eq!(bench.unlock("u-1", 30_000).await, Outcome::Failed);
    doorman.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_unlock_that_nothing_confirms_has_failed() {
    let mut bench = Bench::over(tempfile::tempdir().unwrap(), &["true"], Duration::from_secs(1)).await;
    bench.desk.freshness.told(10);
    bench.door_says(r#""contact":"open""#).await;
    bench.now_ms.fetch_add(1, SeqCst);
    let json = |id: &str| {
        format!(r#"{{"id":"{id}","action":"unlock","device":"front","expires":{}}}"#, START + 60_000)
    };
    let (outcome, detail) = bench.command(&json("u-1")).await;
    assert_eq!(
        (outcome, detail.as_str()),
        (Outcome::Failed, "not confirmed within 1 s: contact open, lock unknown")
    );
    let mut bench = Bench::over(tempfile::tempdir().unwrap(), &["false"], PATIENCE).await;
    bench.desk.freshness.told(10);
    let (outcome, detail) = bench.command(&json("u-2")).await;
    assert_eq!(outcome, Outcome::Failed, "{detail}");
}

#[tokio::test]
async fn the_other_actions() {
    let mut bench = Bench::new().await;
    let json = |id: u32, rest: &str| format!(r#"{{"id":"o-{id}",{rest},"expires":{}}}"#, START + 60_000);
    assert_eq!(bench.command(&json(1, r#""action":"report_now""#)).await.0, Outcome::Done);
    assert!(bench.requests.try_recv().is_ok());
    let set = json(2, r#""action":"set_intervals","intervals_s":{"environment":30}"#);
    assert_eq!(bench.command(&set).await.0, Outcome::Done);
    assert_eq!(bench.reporting.borrow().intervals_s[&waystation_protocol::Kind::Environment], 30);
    assert_eq!(bench.command(&json(3, r#""action":"restart_agent""#)).await.0, Outcome::Done);
    assert!(*bench.restarted.borrow());
    bench.now_ms.fetch_add(60_000, SeqCst);
    assert_eq!(bench.command(&json(4, r#""action":"report_now""#)).await.0, Outcome::Expired);
}

const CONFIGURATION: &str = r#"{"version":7,"report":{"intervals_s":{"door":40}}}"#;

fn door_interval_s(bench: &Bench) -> u64 {
    bench.reporting.borrow().interval(waystation_protocol::Kind::Door).as_secs()
}

/// Serves until `is_done`, with no connection to the hub.
async fn serve_until(bench: &mut Bench, is_done: impl Fn(u64) -> bool) {
    let mut reporting = bench.reporting.clone();
    let seconds = |table: &Reporting| table.interval(waystation_protocol::Kind::Door).as_secs();
    tokio::select! {
        () = bench.orders.serve() => panic!("orders ended"),
        changed = reporting.wait_for(|table| is_done(seconds(table))) => drop(changed.unwrap()),
    }
}

#[tokio::test]
async fn a_configuration_is_applied_or_refused_and_answered() {
    let mut bench = Bench::new().await;
    let mut check = async |json: &str, outcome, interval_s| {
        bench.desk.hand_in(Order::Config(json.to_owned().into()));
        let (found, detail) = bench.acknowledged_answer().await;
        assert_eq!((found, door_interval_s(&bench)), (outcome, interval_s), "{json}: {detail}");
    };
    check(CONFIGURATION, Outcome::Done, 40).await;
    check(r#"{"version":8,"report":{"intervals_s":{"door":0}}}"#, Outcome::Refused, 40).await;
    check(r#"{"version":9,"report":{},"doors":[]}"#, Outcome::Refused, 40).await;
    check(r#"{"version":6,"report":{}}"#, Outcome::Refused, 40).await;
    check(CONFIGURATION, Outcome::Done, 40).await;
    check(r#"{"version":10,"report":{}}"#, Outcome::Done, 300).await;
}

#[tokio::test]
async fn a_new_token_that_cannot_be_kept_is_refused_and_no_configuration() {
    let mut bench = Bench::new().await;
    // The second is not understood: it gets no answer, and shows in none.
    for offer in [r#"{"id":"token-3","token":"wst_new"}"#, r#"{"id":"c-1","token":"wst_new","version":3}"#] {
        bench.desk.hand_in(Order::Config(offer.into()));
    }
    let (outcome, detail) = bench.acknowledged_answer().await;
    assert_eq!(outcome, Outcome::Refused);
    assert!(detail.contains("token_file") && !detail.contains("wst_"), "{detail}");
    bench.desk.hand_in(Order::Config(CONFIGURATION.into()));
    assert_eq!(bench.acknowledged_answer().await.0, Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_with_which_the_hub_is_not_reached_is_rolled_back() {
    let mut bench = Bench::new().await;
    let started = tokio::time::Instant::now();
    bench.desk.hand_in(Order::Config(CONFIGURATION.into()));
    serve_until(&mut bench, |seconds| seconds == 40).await;
    // Killed, and started again.
    let mut bench = Bench::over(bench.folder, &["touch"], PATIENCE).await;
    assert_eq!(door_interval_s(&bench), 40, "still on trial");
    bench.orders.resume_trial().await;
    assert!(tokio::time::timeout(2 * TRIAL_MAX, bench.orders.serve()).await.is_err());
    assert_eq!(door_interval_s(&bench), 300);
    assert!(started.elapsed() >= TRIAL_MAX);
    // What could not be told waits for the hub.
    assert_eq!(bench.acknowledged_answer().await.0, Outcome::Failed);
    bench.desk.hand_in(Order::Config(CONFIGURATION.into()));
    let (outcome, detail) = bench.acknowledged_answer().await;
    assert_eq!((outcome, door_interval_s(&bench)), (Outcome::Failed, 300));
    assert!(detail.starts_with("rolled back"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn a_configuration_with_which_the_hub_was_reached_stays() {
    let mut bench = Bench::new().await;
    bench.desk.hand_in(Order::Config(CONFIGURATION.into()));
    assert_eq!(bench.acknowledged_answer().await.0, Outcome::Done);
    let waiting = tokio::time::timeout(2 * TRIAL_MAX, bench.orders.serve());
    assert!(waiting.await.is_err());
    assert_eq!(door_interval_s(&bench), 40);
    let bench = Bench::over(bench.folder, &["touch"], PATIENCE).await;
    assert_eq!(door_interval_s(&bench), 40, "also after a restart");
}
