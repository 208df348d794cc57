//! What the services take at most, with the most that there can be to say.

use super::robot::Robot;
use super::{NOW, alert, group, notice, words};
use crate::config::{Channel, ChannelKind, ChannelLanguage};
use crate::notify::Outcome;
use crate::notify::channels::Sender;
use crate::notify::notice::{Event, Notice};
use crate::notify::words::Words;
use crate::registry::{Directory, NewStation, TokenHash};

/// Sent to 20,000 bytes at DingTalk: <https://open.dingtalk.com/document/robots/custom-robot-access>; 20 KB at Feishu:
/// <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>; 4,096 bytes of Markdown and 2,048 of text at
/// WeCom: <https://developer.work.weixin.qq.com/document/path/91770>.
const BODY_BYTES_MAX: usize = 20_000;

/// A registry in which every name is as long as it may be.
fn long_names(count: usize) -> Words {
    let station = |number: usize| {
        let name = format!("{number:05}").repeat(20);
        let given = NewStation {
            id: format!("dx-{number}"),
            name_zh: name.replace('0', "驿"),
            ..NewStation::default()
        };
        (given.check().unwrap(), TokenHash::of(b"t"))
    };
    Words { directory: Directory::new((0..count).map(station).collect(), Vec::new()).shared(), ..words() }
}

/// Many people to call, in both languages.
fn channel(kind: ChannelKind) -> Channel {
    let users = match kind {
        ChannelKind::Wecom | ChannelKind::Feishu | ChannelKind::Dingtalk => {
            (0..100).map(|number| format!("ou_{number:029}")).collect()
        }
        _ => Vec::new(),
    };
    Channel { kind: Some(kind), language: ChannelLanguage::Both, users, ..Channel::default() }
}

/// What a robot gets to show, and how many bytes the whole of it has.
async fn sent(channel: Channel, notices: &[Notice], words: &Words, at: &str) -> (String, usize) {
    let mut robot = Robot::start(r#"{"errcode":0,"code":0}"#).await;
    let channel = Channel { url: robot.url("/"), ..channel };
    let outcome = Sender::new("duty", &channel).unwrap().send(notices, words, NOW).await;
    assert_eq!(outcome, Outcome::Delivered);
    let request = robot.received().await;
    let body = request.json();
    let shown = body.pointer(at).unwrap_or_else(|| panic!("{at} in {body}")).as_str().unwrap();
    (shown.to_owned(), request.body.len())
}

#[tokio::test]
async fn an_alert_of_ten_thousand_stations_fits_and_says_how_many() {
    let words = long_names(10_000);
    let notices = [notice(Event::Firing, group(10_000))];
    let dingtalk = channel(ChannelKind::Dingtalk);
    let feishu = channel(ChannelKind::Feishu);
    for (channel, at) in [(dingtalk, "/markdown/text"), (feishu, "/card/elements/0/content")] {
        let (shown, bytes) = sent(channel, &notices, &words, at).await;
        assert!(bytes <= BODY_BYTES_MAX, "{bytes}");
        assert!(shown.contains("等 10000 个") && shown.contains("10000 in all"), "{shown}");
    }
    let (shown, _) = sent(channel(ChannelKind::Wecom), &notices, &words, "/markdown/content").await;
    assert!(shown.len() <= 4_096, "{}", shown.len());
    assert!(shown.contains("等 10000 个") && shown.ends_with('>'), "{shown}");
    let calling = Channel { mention_all: true, ..channel(ChannelKind::Wecom) };
    let (shown, _) = sent(calling, &notices, &words, "/text/content").await;
    assert!(shown.len() <= 2_048 && shown.contains("等 10000 个"), "{} {shown}", shown.len());
}

#[tokio::test]
async fn a_storm_of_alerts_fits_and_says_how_many_are_left_out() {
    let words = long_names(100);
    let storm: Vec<Notice> = (0..100)
        .map(|number| {
            let alert =
                crate::fleet::alerts::Alert { stations: group(100).stations, ..alert(&number.to_string()) };
            notice(Event::Firing, alert)
        })
        .collect();
    let left_out = |shown: &str| -> usize {
        let rest = shown.rsplit_once("另有 ").expect("a last line").1;
        rest.split(' ').next().unwrap().parse().unwrap()
    };
    for (kind, at, bytes_max) in [
        (ChannelKind::Dingtalk, "/markdown/text", BODY_BYTES_MAX),
        (ChannelKind::Feishu, "/card/elements/0/content", BODY_BYTES_MAX),
        (ChannelKind::Wecom, "/markdown/content", 4_096),
    ] {
        let (shown, bytes) = sent(channel(kind), &storm, &words, at).await;
        let bytes = if kind == ChannelKind::Wecom { shown.len() } else { bytes };
        assert!(bytes <= bytes_max, "{kind:?} {bytes}");
        let told = shown.matches("#alert=").count() / 2;
        assert_eq!(told + left_out(&shown), storm.len(), "{kind:?} {shown}");
    }
}

#[test]
fn each_robot_is_sent_less_than_its_service_takes() {
    let rate = |kind| {
        let channel = Channel { url: "http://127.0.0.1:1/".into(), ..channel(kind) };
        Sender::new("duty", &channel).unwrap().rate()
    };
    // 20 a minute, after which DingTalk takes nothing for ten; 100 a minute and 5 a second at Feishu.
    for kind in [ChannelKind::Dingtalk, ChannelKind::Wecom] {
        assert!(rate(kind).burst + rate(kind).per_minute <= 20, "{kind:?}");
    }
    let feishu = rate(ChannelKind::Feishu);
    assert!(feishu.burst + feishu.per_minute <= 100 && feishu.burst + feishu.per_minute.div_ceil(60) <= 5);
}
