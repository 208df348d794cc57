//! `check` and `influx init`: is InfluxDB there and does it let us write; make what is missing.

use super::answer::Answer;
use super::client::{Client, ClientError, beginning, explain};
use crate::config::{Influx, InfluxApi};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use thiserror::Error;

/// What a probe found: InfluxDB would take lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// As the server names it; VictoriaMetrics names none.
    pub version: Option<String>,
    pub elapsed: Duration,
}

/// Why InfluxDB would take no lines.
#[derive(Debug, Error)]
pub enum ProbeError {
    #[error(transparent)]
    Config(#[from] ClientError),
    #[error(
        "InfluxDB at {address} cannot be reached: {message}; check url in [influx], and that InfluxDB runs"
    )]
    Unreachable { address: String, message: String },
    #[error("InfluxDB at {address} is overloaded; try again in a moment")]
    Busy { address: String },
    #[error("InfluxDB at {address} takes no writes ({message}); {advice}")]
    Held { address: String, message: String, advice: &'static str },
}

/// Sends a write without a line: it takes the same way as every later one, through address, TLS, credentials,
/// database and rights, and changes nothing.
///
/// # Errors
/// If a real write would fail now.
pub async fn probe(config: &Influx) -> Result<Probe, ProbeError> {
    let client = Client::new(config)?;
    let address = client.address().to_owned();
    let started = Instant::now();
    match client.write_nothing().await {
        (Answer::Held { cause, message }, _) => {
            Err(ProbeError::Held { address, message, advice: cause.advice() })
        }
        (Answer::Failed { message }, _) => Err(ProbeError::Unreachable { address, message }),
        (Answer::Busy { .. }, _) => Err(ProbeError::Busy { address }),
        (_, version) => Ok(Probe { version, elapsed: started.elapsed() }),
    }
}

/// Why the database or bucket could not be made ready.
#[derive(Debug, Error)]
pub enum InitError {
    #[error(transparent)]
    Config(#[from] ClientError),
    #[error(
        "InfluxDB at {address} cannot be reached: {message}; check url in [influx], and that InfluxDB runs"
    )]
    Unreachable { address: String, message: String },
    #[error(
        "InfluxDB at {address} refused to {what}: {message}; the user or token needs the right to do that"
    )]
    Refused { address: String, what: &'static str, message: String },
    #[error(
        "organisation `{0}` is not there; make it with `influx setup` or `influx org create`, or correct org"
    )]
    NoOrganisation(String),
}

/// Makes the database or bucket if it is missing and sets its retention. Repeating it changes nothing.
/// Returns what was done, a sentence.
///
/// # Errors
/// If the server cannot be reached, or refuses.
pub async fn init(config: &Influx) -> Result<String, InitError> {
    let setup = Setup { client: Client::new(config)?, config };
    match config.api {
        InfluxApi::V1 => setup.database().await,
        InfluxApi::V2 => setup.bucket().await,
    }
}

struct Setup<'a> {
    client: Client,
    config: &'a Influx,
}

impl Setup<'_> {
    async fn database(&self) -> Result<String, InitError> {
        let database = quoted(&self.config.database);
        self.query("create the database", &format!("CREATE DATABASE {database}")).await?;
        let policies = self
            .query("read the retention policies", &format!("SHOW RETENTION POLICIES ON {database}"))
            .await?;
        let policy = quoted(&default_policy(&policies).unwrap_or_else(|| "autogen".to_owned()));
        let duration = match self.config.retention_days {
            0 => "INF".to_owned(),
            days => format!("{days}d"),
        };
        let alter = format!("ALTER RETENTION POLICY {policy} ON {database} DURATION {duration} DEFAULT");
        self.query("set the retention", &alter).await?;
        Ok(format!("database {database} is there; its retention is {}", self.retention()))
    }

    async fn query(&self, what: &'static str, query: &str) -> Result<Value, InitError> {
        let answer = self.json(what, self.client.request(Method::POST, &["query"], &[("q", query)])).await?;
        match answer.pointer("/results/0/error").and_then(Value::as_str) {
            Some(message) => Err(self.refused(what, message.to_owned())),
            None => Ok(answer),
        }
    }

    async fn bucket(&self) -> Result<String, InitError> {
        let (org, bucket) = (self.config.org.as_str(), self.config.bucket.as_str());
        let find = self.client.request(Method::GET, &["api", "v2", "orgs"], &[("org", org)]);
        let orgs = self.json("read the organisation", find).await?;
        let missing = || InitError::NoOrganisation(org.to_owned());
        let org_id = orgs.pointer("/orgs/0/id").and_then(Value::as_str).ok_or_else(missing)?;
        let path = ["api", "v2", "buckets"];
        let find = self.client.request(Method::GET, &path, &[("orgID", org_id), ("name", bucket)]);
        let found = self.json("read the bucket", find).await?;
        let rules = match self.config.retention_days {
            0 => json!([]),
            days => json!([{ "type": "expire", "everySeconds": u64::from(days) * 86_400 }]),
        };
        match found.pointer("/buckets/0/id").and_then(Value::as_str) {
            Some(id) => {
                let path = ["api", "v2", "buckets", id];
                let change = self.client.request(Method::PATCH, &path, &[]);
                self.json("set the retention", with_json(change, &json!({ "retentionRules": rules })))
                    .await?;
            }
            None => {
                let new = json!({ "orgID": org_id, "name": bucket, "retentionRules": rules });
                let create = with_json(self.client.request(Method::POST, &path, &[]), &new);
                self.json("create the bucket", create).await?;
            }
        }
        Ok(format!("bucket `{bucket}` of `{org}` is there; its retention is {}", self.retention()))
    }

    async fn json(&self, what: &'static str, request: RequestBuilder) -> Result<Value, InitError> {
        let address = || self.client.address().to_owned();
        let response = request
            .send()
            .await
            .map_err(|error| InitError::Unreachable { address: address(), message: explain(error) })?;
        let status = response.status();
        let body = beginning(response).await;
        if status.as_u16() == 404 && what.ends_with("organisation") {
            return Err(InitError::NoOrganisation(self.config.org.clone()));
        }
        match serde_json::from_str(&body) {
            Ok(value) if status.is_success() => Ok(value),
            _ => Err(self.refused(what, format!("{status} {}", body.trim()))),
        }
    }

    fn refused(&self, what: &'static str, message: String) -> InitError {
        InitError::Refused { address: self.client.address().to_owned(), what, message }
    }

    fn retention(&self) -> String {
        match self.config.retention_days {
            0 => "for ever".to_owned(),
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        }
    }
}

fn with_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}

/// An identifier of InfluxQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `SHOW RETENTION POLICIES` answers rows of which the first column is the name and the last says whether it is
/// the default.
fn default_policy(answer: &Value) -> Option<String> {
    let rows = answer.pointer("/results/0/series/0/values")?.as_array()?;
    let default =
        rows.iter().filter_map(Value::as_array).find(|row| row.last() == Some(&Value::Bool(true)))?;
    default.first()?.as_str().map(str::to_owned)
}
