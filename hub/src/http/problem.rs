//! Errors as problem documents, RFC 9457.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;

/// An error answer: what happened, where, and what to do.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    #[serde(serialize_with = "as_number")]
    status: StatusCode,
    detail: String,
    /// What is wrong with which member of the body, where members are judged one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mistakes: Vec<Mistake>,
    /// Seconds after which it is worth trying again.
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

#[derive(Debug, Clone, Serialize)]
struct Mistake {
    member: String,
    detail: String,
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self {
            kind: "about:blank",
            title,
            status,
            detail: detail.into(),
            mistakes: Vec::new(),
            retry_after_s: None,
        }
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// A body whose members, by their names, are wrong for these reasons.
    pub fn of_members(mistakes: Vec<(String, String)>) -> Self {
        let detail =
            mistakes.iter().map(|(member, detail)| format!("{member}: {detail}")).collect::<Vec<_>>();
        let mistakes = mistakes.into_iter().map(|(member, detail)| Mistake { member, detail }).collect();
        Self { mistakes, ..Self::bad_request(detail.join("; ")) }
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// No token, or one that is not valid.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// A valid token whose role does not allow it.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// What is asked for does not fit what there is.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    pub fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    pub fn content_too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// The caller asks too often.
    pub fn too_many_requests(wait: Duration) -> Self {
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too many requests of this token or address; ask less often, or raise http.requests_per_second_max",
        );
        Self { retry_after_s: Some(wait.as_secs() + 1), ..problem }
    }

    /// The hub cannot answer now; the caller may try again.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self { retry_after_s: Some(5), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// A mistake of the hub's own.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the hub failed to answer; its log says more")
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What the standard asks for, or a client can use, next to the status.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        if self.status == StatusCode::UNAUTHORIZED {
            return Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"waystation\"")));
        }
        self.retry_after_s.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds)))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, header) = (self.status, self.header());
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(header);
        response
    }
}

/// The path as the caller wrote it, with the prefix that a nested router does not see.
pub(super) async fn not_found(OriginalUri(uri): OriginalUri) -> Problem {
    Problem::not_found(format!("there is nothing at {}; /openapi.json lists what there is", uri.path()))
}

pub(super) async fn method_not_allowed(method: Method, OriginalUri(uri): OriginalUri) -> Problem {
    let detail = format!("{method} is not possible at {}; /openapi.json lists what is", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}
