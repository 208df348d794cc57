//! The console and its files, built into the program; see `build.rs`.

use super::query::Named;
use super::{Problem, squeeze};
use crate::texts::{self, Said};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::LazyLock;

const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// Shown by a hub that was built without the console.
const NO_CONSOLE: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>Waystation</title>\
    <h1>驿站遥测中枢 · Waystation</h1><p>此程序构建时未包含控制台：安装 Node.js 与 npm，运行 make console，然后重新构建。接口照常工作。</p>\
    <p lang=\"en\">This hub was built without its console: install Node.js and npm, run <code>make console</code>, and build it again. \
    The API works.</p>";

/// Asked for anew each time: after an update an old page must not meet a new API.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// The names hold a hash of the content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

struct File {
    plain: &'static [u8],
    squeezed: Option<Vec<u8>>,
}

static BY_NAME: LazyLock<HashMap<&'static str, File>> = LazyLock::new(|| {
    let file = |plain: &'static [u8]| File { plain, squeezed: squeeze::gzip(plain) };
    FILES.iter().map(|(name, plain)| (*name, file(plain))).collect()
});

pub(super) async fn page(headers: HeaderMap) -> Response {
    match BY_NAME.get("index.html") {
        Some(file) => file.answer(&headers, "text/html; charset=utf-8", ASK_AGAIN),
        None => File { plain: NO_CONSOLE.as_bytes(), squeezed: None }.answer(
            &headers,
            "text/html; charset=utf-8",
            ASK_AGAIN,
        ),
    }
}

pub(super) async fn asset(Named(name): Named, headers: HeaderMap) -> Result<Response, Problem> {
    if name == "texts.json" {
        let texts = serde_json::to_vec(&texts::of_pages()).map_err(|_| Problem::internal())?;
        return Ok(squeeze::json(texts, squeeze::is_wanted(&headers)));
    }
    let file = BY_NAME.get(name.as_str()).filter(|_| name != "index.html");
    let file = file.ok_or_else(|| Problem::not_found(Said::new("refusal.no_file")))?;
    Ok(file.answer(&headers, content_type(&name), FOR_EVER))
}

impl File {
    fn answer(&self, headers: &HeaderMap, content_type: &'static str, cache: HeaderValue) -> Response {
        let about: [(HeaderName, HeaderValue); 3] = [
            (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
            (header::CACHE_CONTROL, cache),
            (header::VARY, HeaderValue::from_static("Accept-Encoding")),
        ];
        match &self.squeezed {
            Some(squeezed) if squeeze::is_wanted(headers) && squeezed.len() < self.plain.len() => {
                let coding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                (about, [coding], squeezed.clone()).into_response()
            }
            _ => (about, self.plain).into_response(),
        }
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
