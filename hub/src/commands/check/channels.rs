//! Can each alert channel be reached? With `--send`: does it take a message?

use super::super::runtime;
use super::Subject;
use super::finding::Finding;
use crate::clock::now_ms;
use crate::config::Text;
use crate::notify::{self, Outcome, Trial};
use crate::registry::{Directory, Registry};

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trying {
    Reach,
    Send,
}

pub(super) fn probe(subject: &Subject<'_>, trying: Trying, findings: &mut Vec<Finding>) {
    if subject.config.alerts.channels.is_empty() {
        let detail = Text::new(
            "没有通道，告警不会发给任何人",
            "none: alerts are shown in the API, and sent to nobody",
        );
        findings.push(Finding::fine(Text::new("告警通道", "alert channels"), "", detail));
        return;
    }
    // One that is configured wrong has its mistakes in the report already; how the rest of it fares says nothing.
    let mut config = subject.config.clone();
    config.alerts.channels.retain(|name, _| !subject.is_mistaken(&format!("alerts.channels.{name}")));
    let tried = runtime::small().map(|runtime| {
        runtime.block_on(async {
            match trying {
                Trying::Reach => notify::probe(&config).await,
                Trying::Send => notify::send_test(&config, &directory(subject).shared(), now_ms()).await,
            }
        })
    });
    match tried {
        Ok(trials) => findings.extend(trials.iter().map(|trial| finding(subject, trying, trial))),
        Err(error) => {
            let detail = Text::new(format!("无法尝试：{error}"), format!("cannot be tried: {error}"));
            let advice = Text::new("请重试", "try again");
            findings.push(Finding::bad(
                Text::new("告警通道", "alert channels"),
                "alerts.channels",
                subject.place("alerts.channels"),
                detail,
                advice,
            ));
        }
    }
}

/// For the stations' names in messages; a test needs none.
fn directory(subject: &Subject<'_>) -> Directory {
    let opened = Registry::open(&subject.config.data_dir).and_then(|registry| registry.load());
    opened.unwrap_or_default()
}

fn finding(subject: &Subject<'_>, trying: Trying, trial: &Trial) -> Finding {
    let Trial { channel, address, outcome, elapsed } = trial;
    let key = format!("alerts.channels.{channel}");
    let name = Text::new(format!("告警通道 {channel}"), format!("alert channel {channel}"));
    let ms = elapsed.as_millis();
    if *outcome == Outcome::Delivered {
        let detail = match trying {
            Trying::Reach => Text::new(
                format!("{address} 可达，{ms} ms"),
                format!("{address} can be reached, answered in {ms} ms"),
            ),
            Trying::Send => Text::new(
                format!("{address} 已接受测试消息，{ms} ms；请看群里或收件箱是否收到"),
                format!("{address} took a test message in {ms} ms; look whether it arrived"),
            ),
        };
        return Finding::fine(name, &key, detail);
    }
    let message = outcome.message();
    let detail = Text::new(
        format!("{address} 失败（{ms} ms）：{message}"),
        format!("{address} failed after {ms} ms: {message}"),
    );
    let advice = match outcome {
        Outcome::Held { advice, .. } => advice.clone(),
        Outcome::Busy { .. } => Text::new(
            "该服务说发送太快；请过几分钟再试",
            "the service says that this is too fast; try again in some minutes",
        ),
        Outcome::Refused { .. } => Text::new(
            "该服务不接受这条消息；请核对通道的 kind 和机器人的安全设置",
            "the service does not take this message; compare the channel's kind and the robot's settings",
        ),
        _ => Text::new(
            "请检查地址、DNS、防火墙和代理：中枢要能直接访问它",
            "check address, DNS, firewall and proxy: the hub must reach it directly",
        ),
    };
    Finding::bad(name, &key, subject.place(&key), detail, advice)
}
