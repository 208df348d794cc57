//! The first page and its files, built into the program.

use super::Problem;
use super::query::Named;
use crate::texts;
use axum::http::header;
use axum::response::{IntoResponse, Response};

const PAGE: &str = include_str!("page/index.html");
const SCRIPT: &str = include_str!("page/page.js");
const STYLE: &str = include_str!("page/page.css");

pub(super) async fn page() -> Response {
    file("text/html; charset=utf-8", PAGE.to_owned())
}

pub(super) async fn asset(Named(name): Named) -> Result<Response, Problem> {
    match name.as_str() {
        "page.js" => Ok(file("text/javascript; charset=utf-8", SCRIPT.to_owned())),
        "page.css" => Ok(file("text/css; charset=utf-8", STYLE.to_owned())),
        "texts.json" => {
            let texts = serde_json::to_string(&texts::all()).map_err(|_| Problem::internal())?;
            Ok(file("application/json", texts))
        }
        _ => Err(Problem::not_found("there is no such file")),
    }
}

/// Asked for anew each time: the files are small, and after an update an old script must not meet a new API.
fn file(content_type: &'static str, body: String) -> Response {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")], body).into_response()
}
