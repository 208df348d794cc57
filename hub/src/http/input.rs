//! Bodies of requests: JSON, bounded, and taken strictly.

use super::{App, Problem, misfit};
use crate::texts::Said;
use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde::de::DeserializeOwned;

/// Largest body taken.
const BODY_BYTES_MAX: usize = 64 << 10;

/// A body as JSON of one shape.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::unsupported_media_type(Said::new("refusal.no_json")));
        }
        let body = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(|_| {
            Problem::content_too_large(Said::new("refusal.body_size").with("most", BODY_BYTES_MAX))
        })?;
        misfit::parse(&body).map(Self).map_err(Problem::bad_request)
    }
}

/// A body as JSON of one shape, or none at all.
pub struct OptionalInput<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<App> for OptionalInput<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if request.body().is_end_stream() {
            return Ok(Self(T::default()));
        }
        Input::from_request(request, app).await.map(|Input(input)| Self(input))
    }
}

fn is_json(request: &Request) -> bool {
    let stated = request.headers().get(header::CONTENT_TYPE).and_then(|stated| stated.to_str().ok());
    let essence = stated.and_then(|stated| stated.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
