//! The whole stage: alerts in, messages out, over restarts and failures.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use super::alert;
use super::robot::Robot;
use crate::clock::now_ms;
use crate::config::{Channel, ChannelKind, Config};
use crate::fleet::alerts::Alert;
use crate::metrics::Metrics;
use crate::notify::{AlertFeed, FeedError, Pauses, Running, Sources, spawn};
use crate::operations::{AuditFilter, Matcher, Operations, Silence};
use crate::registry::Directory;
use crate::shutdown::{self, Trigger};

const OK: &str = r#"{"errcode":0,"errmsg":"ok","code":0}"#;

/// Alerts as the fleet would save them.
#[derive(Default)]
struct Feed {
    alerts: Mutex<Vec<(i64, Alert)>>,
    bell: Notify,
}

impl Feed {
    fn save(&self, alert: Alert) {
        let mut alerts = self.alerts.lock().unwrap();
        let revision = alerts.iter().map(|(revision, _)| *revision).max().unwrap_or(0) + 1;
        alerts.retain(|(_, known)| known.id != alert.id);
        alerts.push((revision, alert));
        self.bell.notify_one();
    }

    fn fire(&self, id: &str) {
        self.save(Alert { starts_at: now_ms(), ..alert(id) });
    }

    fn resolve(&self, id: &str) {
        self.save(Alert { starts_at: now_ms(), ends_at: Some(now_ms()), ..alert(id) });
    }
}

impl AlertFeed for Feed {
    fn alerts_since(&self, revision: i64, limit: usize) -> Result<Vec<(i64, Alert)>, FeedError> {
        let alerts = self.alerts.lock().unwrap();
        Ok(alerts.iter().filter(|(known, _)| *known > revision).take(limit).cloned().collect())
    }

    fn firing(&self) -> Result<Vec<Alert>, FeedError> {
        let alerts = self.alerts.lock().unwrap();
        Ok(alerts
            .iter()
            .filter(|(_, alert)| alert.ends_at.is_none())
            .map(|(_, alert)| alert.clone())
            .collect())
    }

    fn alert(&self, id: &str) -> Result<Option<Alert>, FeedError> {
        let alerts = self.alerts.lock().unwrap();
        Ok(alerts.iter().find(|(_, alert)| alert.id == id).map(|(_, alert)| alert.clone()))
    }

    fn changed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.bell.notified())
    }
}

struct Case {
    feed: Arc<Feed>,
    operations: Operations,
    metrics: Metrics,
    config: Config,
    running: Option<(Running, Trigger)>,
    _folder: tempfile::TempDir,
}

impl Case {
    async fn new(channels: &[(&str, ChannelKind, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operations = Operations::open(folder.path(), now_ms()).unwrap();
        let mut config = Config::default();
        for (name, kind, url) in channels {
            let channel = Channel { kind: Some(*kind), url: url.clone(), timeout_s: 2, ..Channel::default() };
            config.alerts.channels.insert((*name).to_owned(), channel);
        }
        let feed = Arc::new(Feed::default());
        let mut case =
            Self { feed, operations, metrics: Metrics::new(), config, running: None, _folder: folder };
        case.start().await;
        case
    }

    async fn start(&mut self) {
        let (trigger, shutdown) = shutdown::switch();
        let sources = Sources {
            feed: self.feed.clone(),
            operations: self.operations.clone(),
            directory: Directory::default().shared(),
            metrics: self.metrics.clone(),
            clock: now_ms,
            shutdown,
        };
        let pauses = Pauses {
            look: Duration::from_millis(50),
            first: Duration::from_millis(20),
            longest: Duration::from_millis(200),
            held: Duration::from_millis(50),
            refresh: Duration::from_millis(200),
            stop_grace: Duration::from_millis(200),
        };
        self.running = Some((spawn(&self.config, sources, pauses).await.unwrap(), trigger));
    }

    async fn stop(&mut self) {
        let (running, trigger) = self.running.take().unwrap();
        trigger.stop();
        running.join().await;
    }

    fn count(&self, channel: &str, result: &str) -> u64 {
        self.metrics.alert_notifications.with_label_values(&[channel, result]).get()
    }

    fn actions(&self) -> Vec<String> {
        let filter = AuditFilter { action: Some("notice.".into()), ..AuditFilter::default() };
        let mut items = self.operations.audit_page(None, 100, &filter).unwrap().items;
        items.reverse();
        items.into_iter().map(|entry| format!("{} {}", entry.audit.action, entry.audit.detail)).collect()
    }

    async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        for _ in 0..12_000 {
            if done(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("waited in vain: {what}; {:?}", self.actions());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_told_once_and_its_end_once() {
    let mut robot = Robot::start(OK).await;
    let mut case = Case::new(&[("duty", ChannelKind::Webhook, robot.url("/"))]).await;
    case.feed.fire("a1");
    let first = robot.received().await.json();
    assert_eq!(
        (&first["notices"][0]["event"], &first["notices"][0]["alert"]["id"]),
        (&"firing".into(), &"a1".into())
    );
    case.until("it is noted", |case| case.actions().len() == 1).await;

    case.stop().await;
    case.start().await;
    case.feed.resolve("a1");
    let second = robot.received().await.json();
    assert_eq!(second["notices"][0]["event"], "resolved");
    case.until("it is noted", |case| case.actions().len() == 2).await;
    case.stop().await;
    assert!(robot.received_already().is_none());
    assert_eq!(case.actions(), ["notice.send firing offline", "notice.send resolved offline"]);
    assert_eq!(case.operations.handed().unwrap().1, []);
    assert_eq!(case.count("duty", "delivered"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_sent_survives_a_restart() {
    let mut robot = Robot::start(OK).await;
    for _ in 0..3 {
        robot.will_answer(500, "out of order");
    }
    let mut case = Case::new(&[("duty", ChannelKind::Webhook, robot.url("/"))]).await;
    case.feed.fire("a1");
    robot.received().await;
    case.until("the failure is noted", |case| case.actions().len() == 1).await;
    case.stop().await;
    assert_eq!(case.operations.pending().unwrap(), [("duty".to_owned(), 1)]);

    // Meanwhile it ended: of both one message is left to say.
    case.feed.resolve("a1");
    case.start().await;
    case.until("it arrives", |case| {
        case.count("duty", "delivered") > 0 && case.operations.pending().unwrap().is_empty()
    })
    .await;
    case.stop().await;
    let mut last = serde_json::Value::Null;
    while let Some(request) = robot.received_already() {
        last = request.json();
    }
    assert_eq!(last["notices"].as_array().unwrap().last().unwrap()["event"], "resolved");
    let actions = case.actions();
    assert!(actions[0].starts_with("notice.fail firing offline 500 out of order"), "{actions:?}");
    let sent = actions.iter().filter(|action| action.starts_with("notice.send")).count();
    assert_eq!(sent, 2, "{actions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_channel_holds_up_no_other() {
    // It takes connections and says nothing.
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut robot = Robot::start(OK).await;
    let url = format!("http://{}/", dead.local_addr().unwrap());
    let mut case =
        Case::new(&[("dead", ChannelKind::Webhook, url), ("live", ChannelKind::Webhook, robot.url("/"))])
            .await;
    for number in 0..5 {
        case.feed.fire(&number.to_string());
        robot.received().await;
    }
    case.until("the dead one is tried", |case| case.count("dead", "failed") > 0).await;
    case.stop().await;
    assert_eq!(case.operations.pending().unwrap(), [("dead".to_owned(), 5)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_becomes_one_message_within_the_services_limit() {
    let mut robot = Robot::start(OK).await;
    let mut case =
        Case::new(&[("duty", ChannelKind::Dingtalk, robot.url("/robot/send?access_token=t"))]).await;
    case.feed.fire("first");
    robot.received().await;
    for number in 0..30 {
        case.feed.fire(&format!("{number:02}"));
    }
    let digest = robot.received().await.json();
    let title = digest["markdown"]["title"].as_str().unwrap();
    assert!(title.starts_with("30 条告警"), "{title}");
    case.stop().await;
    assert!(robot.received_already().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_refused_costs_the_others_nothing() {
    let mut robot = Robot::start(OK).await;
    robot.will_answer(500, "not yet");
    robot.will_answer(422, "one of these is wrong");
    robot.will_answer(422, "this one");
    let mut case = Case::new(&[("duty", ChannelKind::Webhook, robot.url("/"))]).await;
    for id in ["bad", "good", "fine"] {
        case.feed.fire(id);
    }
    case.until("two arrive", |case| case.count("duty", "delivered") >= 2).await;
    case.until("all arrive in the end", |case| case.operations.pending().unwrap().is_empty()).await;
    case.stop().await;
    assert!(case.count("duty", "refused") >= 1, "{:?}", case.actions());
    while robot.received_already().is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_silenced_is_told_when_the_silence_ends() {
    let mut robot = Robot::start(OK).await;
    let mut case = Case::new(&[("duty", ChannelKind::Webhook, robot.url("/"))]).await;
    let silence = Silence {
        id: "s".into(),
        matchers: vec![Matcher { name: "station".into(), value: "dx-1".into() }],
        starts_at: 0,
        ends_at: i64::MAX,
        by: "li".into(),
        why: "known".into(),
    };
    case.operations.add_silence(&silence, "operator", now_ms()).unwrap();
    case.feed.fire("a1");
    case.until("it was looked at", |case| case.operations.handed().unwrap().0 == 1).await;
    case.operations.end_silence("s", "li", "operator", now_ms()).unwrap();
    assert_eq!(robot.received().await.json()["notices"][0]["event"], "firing");
    assert_eq!(
        case.count("duty", "delivered") + case.count("duty", "failed"),
        case.count("duty", "delivered")
    );
    case.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alertmanager_is_told_again_what_fires() {
    let mut robot = Robot::start("").await;
    let mut case = Case::new(&[("am", ChannelKind::Alertmanager, robot.url("/"))]).await;
    case.feed.fire("a1");
    for _ in 0..3 {
        let posted = robot.received().await.json();
        assert_eq!((posted.as_array().unwrap().len(), &posted[0]["labels"]["station"]), (1, &"dx-1".into()));
    }
    case.feed.resolve("a1");
    let end = |request: &super::robot::Request| request.json()[0]["annotations"]["summary"].is_string();
    case.until("its end is told", |case| case.actions().iter().any(|action| action.contains("resolved")))
        .await;
    case.stop().await;
    let mut last = None;
    while let Some(request) = robot.received_already() {
        assert!(end(&request));
        last = Some(request.json());
    }
    let ends_at = last.unwrap()[0]["endsAt"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(ends_at.as_millisecond() <= now_ms(), "it ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_long_ago_is_passed_over() {
    let mut robot = Robot::start(OK).await;
    let mut case = Case::new(&[("duty", ChannelKind::Webhook, robot.url("/"))]).await;
    let day = 86_400_000;
    case.feed.save(Alert { starts_at: now_ms() - day, ends_at: Some(now_ms() - day / 2), ..alert("old") });
    case.until("it was looked at", |case| case.operations.handed().unwrap().0 == 1).await;
    case.feed.fire("new");
    assert_eq!(robot.received().await.json()["notices"][0]["alert"]["id"], "new");
    case.stop().await;
    assert!(robot.received_already().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_that_finds_us_too_fast_with_a_200_is_left_alone_and_loses_nothing() {
    for (kind, answer, pause_s) in [
        (ChannelKind::Dingtalk, r#"{"errcode":130101,"errmsg":"send too fast"}"#, 600),
        (ChannelKind::Wecom, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, 60),
        (ChannelKind::Feishu, r#"{"code":9499,"msg":"too many request"}"#, 60),
    ] {
        let mut robot = Robot::start(OK).await;
        robot.will_answer(200, answer);
        let mut case = Case::new(&[("duty", kind, robot.url("/"))]).await;
        let began = now_ms();
        case.feed.fire("a1");
        robot.received().await;
        case.until("it is noted", |case| case.actions().len() == 1).await;
        let next = case.operations.next_due_at("duty").unwrap().unwrap();
        assert!(next >= began + pause_s * 1_000, "{kind:?} {}", next - began);
        case.stop().await;
        assert!(case.actions()[0].starts_with("notice.fail firing offline"), "{:?}", case.actions());
        assert_eq!((case.count("duty", "busy"), case.count("duty", "delivered")), (1, 0));
        assert_eq!(case.operations.pending().unwrap(), [("duty".to_owned(), 1)]);
        assert!(robot.received_already().is_none());
    }
}
