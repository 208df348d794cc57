//! Errors as problem documents, RFC 9457.

use super::language::Language;
use crate::texts::{self, Said};
use axum::Json;
use axum::extract::OriginalUri;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;

/// An error answer: what happened, where, and what to do. In which language is known when it is answered.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    detail: Said,
    /// What is wrong with which member of the body, where members are judged one by one; instead of `detail`.
    mistakes: Vec<(String, Said)>,
    /// Seconds after which it is worth trying again.
    retry_after_s: Option<u64>,
}

/// As it is answered.
#[derive(Serialize)]
struct Document {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<Mistake>,
}

#[derive(Serialize)]
struct Mistake {
    member: String,
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, detail: Said) -> Self {
        Self { status, detail, mistakes: Vec::new(), retry_after_s: None }
    }

    pub fn bad_request(detail: Said) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// A body whose members, by their names, are wrong for these reasons.
    pub fn of_members(mistakes: Vec<(String, Said)>) -> Self {
        Self { mistakes, ..Self::bad_request(Said::both("", "")) }
    }

    pub fn not_found(detail: Said) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// No token, or one that is not valid.
    pub fn unauthorized(detail: Said) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// A valid token whose role does not allow it.
    pub fn forbidden(detail: Said) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// What is asked for does not fit what there is.
    pub fn conflict(detail: Said) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    pub fn unsupported_media_type(detail: Said) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    pub fn content_too_large(detail: Said) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// The caller asks too often.
    pub fn too_many_requests(wait: Duration) -> Self {
        Self::too_many(Said::new("refusal.too_often"), wait)
    }

    /// Something happens too often.
    pub fn too_many(detail: Said, wait: Duration) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, detail);
        Self { retry_after_s: Some(wait.as_secs() + 1), ..problem }
    }

    /// The hub cannot answer now; the caller may try again.
    pub fn unavailable(detail: Said) -> Self {
        Self { retry_after_s: Some(5), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// A mistake of the hub's own.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Said::new("refusal.internal"))
    }

    /// In English, for the audit log.
    pub fn detail(&self) -> String {
        self.document(Language::En).detail
    }

    fn document(&self, language: Language) -> Document {
        let (say, between): (fn(&Said) -> String, _) = match language {
            Language::Zh => (Said::zh, ["：", "；"]),
            Language::En => (Said::en, [": ", "; "]),
        };
        let mistakes = self.mistakes.iter();
        let mistakes: Vec<Mistake> =
            mistakes.map(|(member, said)| Mistake { member: member.clone(), detail: say(said) }).collect();
        let named = mistakes.iter().map(|Mistake { member, detail }| [member, between[0], detail].concat());
        let detail = match &mistakes[..] {
            [] => say(&self.detail),
            _ => named.collect::<Vec<_>>().join(between[1]),
        };
        let title = texts::find(&format!("problem.{}", self.status.as_u16()));
        let title = title.map_or("Error", |title| if language == Language::Zh { title.zh } else { title.en });
        Document { kind: "about:blank", title, status: self.status.as_u16(), detail, mistakes }
    }

    /// The answer in this language.
    fn answer(self, language: Language) -> Response {
        let mut response = (self.status, Json(self.document(language))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
        headers.extend(self.header());
        response.extensions_mut().insert(self);
        response
    }

    /// What the standard asks for, or a client can use, next to the status.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        if self.status == StatusCode::UNAUTHORIZED {
            return Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"waystation\"")));
        }
        self.retry_after_s.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds)))
    }
}

/// In English, until [`in_language`] knows better.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.answer(Language::En)
    }
}

/// The same answer; a problem in the language that the caller asked for.
pub(super) fn in_language(mut response: Response, language: Language) -> Response {
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) if language == Language::Zh => problem.answer(language),
        _ => response,
    }
}

/// The path as the caller wrote it, with the prefix that a nested router does not see.
pub(super) async fn not_found(OriginalUri(uri): OriginalUri) -> Problem {
    Problem::not_found(Said::new("refusal.no_path").with("path", uri.path()))
}

pub(super) async fn method_not_allowed(method: Method, OriginalUri(uri): OriginalUri) -> Problem {
    let detail = Said::new("refusal.no_method").with("method", method).with("path", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}
