//! Large answers, compressed for whoever can take it.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// Below this compressing costs more than it saves, bytes.
const LEAST_BYTES: usize = 1_400;

/// Whether the client takes gzip.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

/// A JSON answer. Compressing takes a while: call it on a thread for blocking work.
pub fn json(body: Vec<u8>, compressed: bool) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let vary = (header::VARY, HeaderValue::from_static("Accept-Encoding"));
    match gzip(&body).filter(|_| compressed && body.len() >= LEAST_BYTES) {
        Some(squeezed) => {
            let coding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            ([content_type, vary, coding], squeezed).into_response()
        }
        None => ([content_type, vary], body).into_response(),
    }
}

/// Writing to memory cannot fail; if it did, the answer goes as it is.
pub fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_for_those_who_say_so() {
        for (accepted, expected) in
            [("gzip", true), ("br, GZIP;q=0.5", true), ("gzip;q=0", false), ("br", false), ("", false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(is_wanted(&headers), expected, "{accepted}");
        }
        assert!(!is_wanted(&HeaderMap::new()));
    }
}
