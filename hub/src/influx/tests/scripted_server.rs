//! An InfluxDB that answers as it is told, and remembers what it took.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use std::io::Read;
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;

/// A write request.
pub struct Request {
    pub lines: Vec<String>,
    pub gzip: bool,
    pub authorization: Option<String>,
    pub path: String,
}

/// What to answer: status, headers, body. 204 means that the lines are kept.
pub type Answer = (u16, Vec<(&'static str, &'static str)>, String);
type Script = Box<dyn FnMut(&Request) -> Answer + Send>;

struct Inner {
    script: Script,
    /// Those without a line (probes) are not counted.
    requests: usize,
    taken: Vec<String>,
}

pub struct Server {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start(script: impl FnMut(&Request) -> Answer + Send + 'static) -> Self {
        let inner = Arc::new(Mutex::new(Inner { script: Box::new(script), requests: 0, taken: vec![] }));
        let app = Router::new().fallback(answer).with_state(inner.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, inner, task }
    }

    /// The lines that were answered with 204, in the order of their arrival.
    pub fn taken(&self) -> Vec<String> {
        self.inner.lock().unwrap().taken.clone()
    }

    pub fn requests(&self) -> usize {
        self.inner.lock().unwrap().requests
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State(inner): State<Arc<Mutex<Inner>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if body.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let gzip = header("content-encoding").as_deref() == Some("gzip");
    let mut text = String::new();
    if gzip {
        flate2::read::GzDecoder::new(body.as_ref()).read_to_string(&mut text).unwrap();
    } else {
        text.push_str(std::str::from_utf8(&body).unwrap());
    }
    let mut inner = inner.lock().unwrap();
    let request = Request {
        lines: text.lines().map(str::to_owned).collect(),
        gzip,
        authorization: header("authorization"),
        path: uri.to_string(),
    };
    inner.requests += 1;
    let (status, headers, body) = (inner.script)(&request);
    if status == 204 {
        inner.taken.extend(request.lines);
    }
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
