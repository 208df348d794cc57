//! A local port that vendors' software posts readings to: `POST /readings` with an object or an array of them.
//!
//! The answer is 200 only after the readings that were taken are on disk: `{"taken":2,"refused":[{"line":3,…}]}`, where
//! `line` is the place in the array, counted from 1. A reading that says nothing new counts as taken. 400 no JSON, 401 no
//! or a wrong token, 404, 405, 413, 415, 503 while the disk does not take them: nothing was promised, post it again.

use super::source::{Outlet, Source, Work, World, stopped};
use super::{Refusal, serve};
use crate::config::HttpSource;
use crate::diagnosis::Message;
use crate::outbox::OutboxClosed;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use waystation_protocol::SourceKind;

/// A post of a thousand readings has room.
const BODY_BYTES_MAX: usize = 1 << 20;
/// A client that takes longer to send its post is dropped.
const BODY_MAX: Duration = Duration::from_secs(30);
/// What the disk may take; an answer must come before clients give up.
const DURABLE_MAX: Duration = Duration::from_secs(20);
/// A wrong token is answered slowly, so that it cannot be guessed.
const REFUSAL_DELAY: Duration = Duration::from_millis(500);
/// Between two attempts to listen.
const RETRY: Duration = Duration::from_secs(10);

/// The port.
pub struct Http {
    config: HttpSource,
}

struct Port {
    token: String,
    outlet: Outlet,
}

#[derive(Serialize)]
struct Taken {
    taken: usize,
    refused: Vec<RefusedReading>,
}

#[derive(Serialize)]
struct RefusedReading {
    line: usize,
    #[serde(flatten)]
    refusal: Refusal,
}

type Answer = Response<Full<Bytes>>;

impl Http {
    pub fn new(config: HttpSource) -> Self {
        Self { config }
    }
}

impl Source for Http {
    fn name(&self) -> &str {
        &self.config.name.name
    }

    fn run(self: Box<Self>, world: World) -> Work<'static, ()> {
        Box::pin(async move {
            let outlet = world.outlet(SourceKind::Http, &self.config.name);
            let (mut stop, address) = (world.stop, self.config.listen);
            let listener = loop {
                match TcpListener::bind(address).await {
                    Ok(listener) => break listener,
                    Err(error) => outlet.health.failing(&cannot_listen(&self.config, &error)),
                }
                tokio::select! {
                    () = stopped(&mut stop) => return,
                    () = sleep(RETRY) => {}
                }
            };
            outlet.health.ok();
            let port = Arc::new(Port { token: self.config.token, outlet });
            serve::serve(listener, stop, move |request| {
                let port = port.clone();
                async move { Ok::<_, Infallible>(port.answer(request).await) }
            })
            .await;
        })
    }

    fn try_once(&self) -> Work<'_, Result<Message, Message>> {
        Box::pin(async {
            match TcpListener::bind(self.config.listen).await {
                Ok(_) => Ok(Message::new("source_ready")),
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                    Ok(Message::new("source_running"))
                }
                Err(error) => Err(cannot_listen(&self.config, &error)),
            }
        })
    }
}

fn cannot_listen(config: &HttpSource, error: &std::io::Error) -> Message {
    Message::new("source_address").with("address", config.listen).with("error", error)
}

impl Port {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        if request.uri().path() != "/readings" {
            return plain(StatusCode::NOT_FOUND, "post readings to /readings");
        }
        if request.method() != Method::POST {
            let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "post readings");
            answer.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("POST"));
            return answer;
        }
        if !self.knows(&request) {
            sleep(REFUSAL_DELAY).await;
            let mut answer =
                plain(StatusCode::UNAUTHORIZED, "the header Authorization: Bearer TOKEN is missing or wrong");
            answer.headers_mut().insert(WWW_AUTHENTICATE, hyper::header::HeaderValue::from_static("Bearer"));
            return answer;
        }
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
        if media_type != Some("application/json") {
            return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "readings are application/json");
        }
        let body = timeout(BODY_MAX, Limited::new(request.into_body(), BODY_BYTES_MAX).collect()).await;
        match body {
            Err(_) => plain(StatusCode::REQUEST_TIMEOUT, "the body did not come"),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                plain(StatusCode::PAYLOAD_TOO_LARGE, "at most 1 MiB at once")
            }
            Ok(Err(_)) => plain(StatusCode::BAD_REQUEST, "the body broke off"),
            Ok(Ok(body)) => self.take(&body.to_bytes()).await,
        }
    }

    fn knows(&self, request: &Request<Incoming>) -> bool {
        let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        token.as_bytes().ct_eq(self.token.as_bytes()).into()
    }

    async fn take(&self, body: &[u8]) -> Answer {
        let Some(readings) = split(body) else {
            return plain(StatusCode::BAD_REQUEST, "the body must be a JSON object or an array of them");
        };
        match timeout(DURABLE_MAX, self.store(&readings)).await {
            Ok(Ok(refused)) => {
                let taken = readings.len() - refused.len();
                json(StatusCode::OK, &Taken { taken, refused })
            }
            Ok(Err(_)) | Err(_) => {
                let mut answer =
                    plain(StatusCode::SERVICE_UNAVAILABLE, "the readings are not on disk; post them again");
                answer.headers_mut().insert(RETRY_AFTER, hyper::header::HeaderValue::from_static("10"));
                answer
            }
        }
    }

    async fn store(&self, readings: &[Vec<u8>]) -> Result<Vec<RefusedReading>, OutboxClosed> {
        let (ticket, refused) = self.outlet.offer_each(readings).await?;
        if let Some(mut ticket) = ticket {
            ticket.durable().await?;
        }
        let refused = refused.into_iter();
        Ok(refused.map(|(place, refusal)| RefusedReading { line: place + 1, refusal }).collect())
    }
}

/// The readings of a body, each as it was written.
fn split(body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let whole: &RawValue = serde_json::from_slice(body).ok()?;
    if whole.get().starts_with('{') {
        return Some(vec![whole.get().as_bytes().to_vec()]);
    }
    let items: Vec<&RawValue> = serde_json::from_str(whole.get()).ok()?;
    Some(items.into_iter().map(|item| item.get().as_bytes().to_vec()).collect())
}

fn plain(status: StatusCode, detail: &str) -> Answer {
    json(status, &serde_json::json!({ "error": status.canonical_reason(), "detail": detail }))
}

fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    answer
}
