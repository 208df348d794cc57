//! What goes over the wire, against the formats that the services publish.

use super::robot::{Request, Robot};
use super::{NOW, alert, group, notice, words};
use crate::config::{Channel, ChannelKind, ChannelLanguage, Severity};
use crate::notify::Outcome;
use crate::notify::channels::Sender;
use crate::notify::notice::{Event, Notice};
use crate::notify::probe::test_notice;
use crate::notify::sign;

const DINGTALK_OK: &str = r#"{"errcode":0,"errmsg":"ok"}"#;
const FEISHU_OK: &str = r#"{"code":0,"msg":"success","data":{}}"#;

fn channel(kind: ChannelKind) -> Channel {
    Channel { kind: Some(kind), ..Channel::default() }
}

/// Sends to a robot that answers like this; gives the request.
async fn send(path: &str, channel: Channel, answer: &str, notices: &[Notice]) -> Request {
    let mut robot = Robot::start(answer).await;
    let channel = Channel { url: robot.url(path), ..channel };
    let outcome = Sender::new("duty", &channel).unwrap().send(notices, &words(), NOW).await;
    assert_eq!(outcome, Outcome::Delivered);
    robot.received().await
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn dingtalk() {
    let config = Channel {
        secret: Some("SECabc".into()),
        mobiles: vec!["13800000000".into()],
        ..channel(ChannelKind::Dingtalk)
    };
    let path = "/robot/send?access_token=t%2B1";
    let request = send(path, config.clone(), DINGTALK_OK, &[notice(Event::Firing, alert("a1"))]).await;
    assert_eq!(request.uri.path(), "/robot/send");
    assert_eq!(request.parameter("access_token").as_deref(), Some("t+1"));
    assert_eq!(request.parameter("timestamp"), Some(NOW.to_string()));
    assert_eq!(request.parameter("sign"), Some(sign::dingtalk("SECabc", NOW)));
    assert!(request.header("content-type").starts_with("application/json"));
    let body = request.json();
    assert_eq!(body["msgtype"], "markdown");
    assert_eq!(body["markdown"]["title"], "【严重】清源驿站（dx-1） 失去联系");
    let markdown = text(&body["markdown"]["text"]);
    for part in
        ["开始：2023-11-15 06:13", "处置：", "区县：大兴区", "@13800000000", "https://hub.example/#alert=a1"]
    {
        assert!(markdown.contains(part), "{part} in {markdown}");
    }
    let at = serde_json::json!({ "atMobiles": ["13800000000"], "atUserIds": [], "isAtAll": false });
    assert_eq!(body["at"], at);

    let over = notice(
        Event::Resolved,
        crate::fleet::alerts::Alert { ends_at: Some(NOW + 7_500_000), ..alert("a1") },
    );
    let config = Channel { mention_all: true, ..config };
    let body = send(path, config, DINGTALK_OK, &[over]).await.json();
    let markdown = text(&body["markdown"]["text"]);
    assert!(markdown.contains("【已恢复】") && markdown.contains("历时 2 小时 5 分钟"), "{markdown}");
    assert!(!markdown.contains('@') && body["at"]["isAtAll"] == false, "nobody is called for an end");
}

#[tokio::test]
async fn wecom() {
    let path = "/cgi-bin/webhook/send?key=k";
    let config = Channel { users: vec!["zhangsan".into()], ..channel(ChannelKind::Wecom) };
    let request = send(path, config.clone(), DINGTALK_OK, &[notice(Event::Firing, alert("a1"))]).await;
    assert_eq!(request.parameter("key").as_deref(), Some("k"));
    let body = request.json();
    assert_eq!(body["msgtype"], "markdown");
    let content = text(&body["markdown"]["content"]);
    assert!(content.ends_with("<@zhangsan>") && content.contains("失去联系"), "{content}");

    // Phone numbers are mentioned by plain text only.
    let config = Channel { mobiles: vec!["13800000000".into()], mention_all: true, ..config };
    let body = send(path, config, DINGTALK_OK, &[notice(Event::Firing, alert("a1"))]).await.json();
    assert_eq!(body["msgtype"], "text");
    assert_eq!(body["text"]["mentioned_list"], serde_json::json!(["zhangsan"]));
    assert_eq!(body["text"]["mentioned_mobile_list"], serde_json::json!(["13800000000", "@all"]));

    // A storm fits into what the service takes, and says how much it left out.
    let many: Vec<Notice> =
        (0..100).map(|number| notice(Event::Firing, alert(&number.to_string()))).collect();
    let config = Channel { users: vec!["zhangsan".into()], ..channel(ChannelKind::Wecom) };
    let body = send(path, config, DINGTALK_OK, &many).await.json();
    let content = text(&body["markdown"]["content"]);
    assert!(content.len() <= 4_096, "{}", content.len());
    assert!(content.contains("另有 ") && content.ends_with("<@zhangsan>"), "{content}");
}

#[tokio::test]
async fn feishu() {
    let config = Channel {
        secret: Some("demo".into()),
        users: vec!["ou_1".into()],
        language: ChannelLanguage::Both,
        ..channel(ChannelKind::Feishu)
    };
    let request =
        send("/open-apis/bot/v2/hook/x", config, FEISHU_OK, &[notice(Event::Firing, group(200))]).await;
    let body = request.json();
    assert_eq!(body["msg_type"], "interactive");
    assert_eq!(body["timestamp"], (NOW / 1_000).to_string());
    assert_eq!(body["sign"], sign::feishu("demo", NOW / 1_000));
    let card = &body["card"];
    assert_eq!(card["header"]["template"], "red");
    assert_eq!(card["header"]["title"]["tag"], "plain_text");
    assert!(
        text(&card["header"]["title"]["content"]).contains("200 个驿站同时失去联系，共同点：区县 大兴区")
    );
    let content = text(&card["elements"][0]["content"]);
    for part in ["dx-9 等 200 个", "200 stations went out of contact together", "<at id=ou_1></at>"] {
        assert!(content.contains(part), "{part} in {content}");
    }
}

#[tokio::test]
async fn a_webhook_is_signed_with_its_time() {
    let config =
        Channel { secret: Some("key".into()), token: Some("bearer".into()), ..channel(ChannelKind::Webhook) };
    let request = send("/hook", config, "", &[notice(Event::Escalated, alert("a1"))]).await;
    assert_eq!(request.method, "POST");
    assert_eq!(request.header("authorization"), "Bearer bearer");
    let timestamp: i64 = request.header("x-waystation-timestamp").parse().unwrap();
    let expected = format!("sha256={}", sign::webhook("key", timestamp, &request.body));
    assert_eq!(request.header("x-waystation-signature"), expected);
    let body = request.json();
    let item = &body["notices"][0];
    assert_eq!(
        (&body["version"], &item["event"], &item["alert"]["id"]),
        (&1.into(), &"escalated".into(), &"a1".into())
    );
    assert_eq!(item["title"]["en"], "Qingyuan (dx-1) is out of contact");
    assert_eq!(item["link"], "https://hub.example/#alert=a1");
}

#[tokio::test]
async fn alertmanager() {
    let config = Channel { language: ChannelLanguage::En, ..channel(ChannelKind::Alertmanager) };
    let worse = Notice { was: Some(Severity::Warning), ..notice(Event::Changed, alert("a1")) };
    let request = send("/prefix/", config, "", &[worse]).await;
    assert_eq!(request.uri.path(), "/prefix/api/v2/alerts");
    let posted = request.json();
    let [now, before] = posted.as_array().unwrap().as_slice() else { panic!("{posted}") };
    let labels = serde_json::json!({
        "alertname": "offline", "severity": "critical", "job": "waystation", "fingerprint": "f-a1",
        "station": "dx-1", "district": "大兴区",
    });
    assert_eq!(now["labels"], labels);
    assert_eq!(now["annotations"]["summary"], "Qingyuan (dx-1) is out of contact");
    assert_eq!(
        (&now["startsAt"], &now["endsAt"]),
        (&"2023-11-14T22:13:20Z".into(), &"2023-11-14T22:18:20Z".into())
    );
    // The severity is a label: the alert of the other severity is over.
    assert_eq!(
        (&before["labels"]["severity"], &before["endsAt"]),
        (&"warning".into(), &"2023-11-14T22:13:20Z".into())
    );
}

/// Whoever is on call reads the title first, and believes it.
#[tokio::test]
async fn a_test_says_that_it_is_one_and_nothing_of_an_alert() {
    let says = |value: &serde_json::Value, part: &str| assert!(text(value).contains(part), "{part}: {value}");
    let request = send("/hook", channel(ChannelKind::Webhook), "", &[test_notice(NOW)]).await;
    let item = &request.json()["notices"][0];
    assert_eq!((&item["event"], &item["alert"]["rule"]), (&"test".into(), &"test".into()));
    for part in ["title", "advice"] {
        says(&item[part]["zh"], "测试");
        says(&item[part]["en"].to_string().to_lowercase().into(), "test");
    }
    says(&item["title"]["zh"], "没有异常");
    says(&item["title"]["en"], "nothing is wrong");

    let config = Channel { language: ChannelLanguage::En, ..channel(ChannelKind::Alertmanager) };
    let posted = send("/", config, "", &[test_notice(NOW)]).await.json();
    let (labels, said) = (&posted[0]["labels"], &posted[0]["annotations"]);
    assert_eq!(labels["alertname"], "waystation_test");
    says(&said["summary"], "nothing is wrong");
    says(&said["description"], "This is a test");
    says(&said["title_zh"], "没有异常");
    says(&said["advice_zh"], "无需处理");
    for sent in [item, &posted] {
        let sent = sent.to_string();
        assert!(!sent.contains("hub_blind") && !sent.contains("看不到"), "{sent}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_the_services_is_no_delivery() {
    for (answer, expected) in
        [("<html>portal</html>", "held"), (r#"{"errcode":310000,"errmsg":"sign not match"}"#, "held")]
    {
        let robot = Robot::start(answer).await;
        let config = Channel { url: robot.url("/"), ..channel(ChannelKind::Dingtalk) };
        let sender = Sender::new("duty", &config).unwrap();
        let outcome = sender.send(&[notice(Event::Firing, alert("a"))], &words(), NOW).await;
        assert_eq!(outcome.result(), expected, "{outcome:?}");
        assert_eq!(sender.probe().await, Outcome::Delivered, "it can be reached all the same");
    }
    let nobody =
        Channel { url: "http://127.0.0.1:1/?access_token=hush".into(), ..channel(ChannelKind::Dingtalk) };
    let outcome = Sender::new("duty", &nobody).unwrap().send(&[], &words(), NOW).await;
    assert!(outcome.result() == "failed" && !outcome.message().contains("hush"), "{outcome:?}");
}
