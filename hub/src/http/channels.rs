//! `/api/v1/channels`: where alerts go, whether they get there, and a message to try it.

use super::access::{Administering, Operating};
use super::query::{Named, Parameters};
use super::stations::Page;
use super::{App, Problem, audit};
use crate::clock::now_ms;
use crate::config::{Channel, ChannelKind};
use crate::notify;
use crate::operations::{Audit, AuditFilter};
use crate::texts::Said;
use axum::Json;
use axum::extract::State as AppState;
use serde::Serialize;
use std::collections::HashMap;

/// One channel.
#[derive(Serialize)]
pub struct Item {
    name: String,
    kind: Option<&'static str>,
    /// Where it sends to, without secrets; empty if its configuration cannot be used.
    address: String,
    min_severity: &'static str,
    /// Notices that wait for it.
    waiting: usize,
    /// ms since the Unix epoch; null if it never happened, as far as the audit log reaches back.
    last_sent_at: Option<i64>,
    last_failed_at: Option<i64>,
    last_error: Option<String>,
}

/// How a trial ended.
#[derive(Serialize)]
pub struct Trial {
    /// As the metric of notifications has it; `delivered` is the good one.
    outcome: &'static str,
    message: String,
    elapsed_ms: u64,
}

pub(super) async fn list(
    AppState(app): AppState<App>,
    Operating(_): Operating,
    parameters: Parameters,
) -> Result<Json<Page<Item>>, Problem> {
    parameters.allow(&[])?;
    app.blocking(|app| {
        let pending = app.sources.operations.pending().map_err(audit::failed)?;
        let waiting: HashMap<String, usize> = pending.into_iter().collect();
        let channels = app.sources.config.alerts.channels.iter();
        let items =
            channels.map(|(name, channel)| item(app, name, channel, &waiting)).collect::<Result<_, _>>()?;
        Ok(Json(Page { items, next: None }))
    })
    .await
}

fn item(app: &App, name: &str, channel: &Channel, waiting: &HashMap<String, usize>) -> Result<Item, Problem> {
    let last = |action: &str| {
        let filter = AuditFilter {
            who: Some(name.to_owned()),
            action: Some(action.to_owned()),
            ..AuditFilter::default()
        };
        let page = app.sources.operations.audit_page(None, 1, &filter).map_err(audit::failed)?;
        Ok::<_, Problem>(page.items.into_iter().next().map(|entry| entry.audit))
    };
    let (sent, failed) = (last("notice.send")?, last("notice.fail")?);
    Ok(Item {
        name: name.to_owned(),
        kind: channel.kind.map(ChannelKind::as_str),
        address: notify::address(name, channel),
        min_severity: channel.min_severity.as_str(),
        waiting: waiting.get(name).copied().unwrap_or(0),
        last_sent_at: sent.map(|entry| entry.at),
        last_failed_at: failed.as_ref().map(|entry| entry.at),
        last_error: failed.map(|entry| entry.detail),
    })
}

pub(super) async fn test(
    AppState(app): AppState<App>,
    Administering(owner): Administering,
    Named(name): Named,
    parameters: Parameters,
) -> Result<Json<Trial>, Problem> {
    parameters.allow(&[])?;
    let Some(channel) = app.sources.config.alerts.channels.get(&name).cloned() else {
        return Err(Problem::not_found(Said::new("refusal.no_channel")));
    };
    let entry = Audit::new(now_ms(), owner.name.as_str(), owner.role.as_str(), "channel.test", &name, "");
    app.blocking(move |app| app.sources.operations.audit(&entry).map_err(audit::failed)).await?;
    let sources = &app.sources;
    let trial = notify::send_test_to(&sources.config, &sources.directory, &name, &channel, now_ms()).await;
    Ok(Json(Trial {
        outcome: trial.outcome.result(),
        message: trial.outcome.message().to_owned(),
        elapsed_ms: u64::try_from(trial.elapsed.as_millis()).unwrap_or(u64::MAX),
    }))
}
