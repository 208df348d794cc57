//! An HTTP server that stands in for the services, which cannot be had in a test: it keeps what it was sent and
//! answers as it was told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// One request as it came.
pub struct Request {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Request {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    /// A parameter of the address, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let url = reqwest::Url::parse(&format!("http://x{}", self.uri)).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

#[derive(Clone)]
struct Script {
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
    usual: String,
    requests: UnboundedSender<Request>,
}

pub struct Robot {
    address: std::net::SocketAddr,
    requests: UnboundedReceiver<Request>,
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
    server: JoinHandle<()>,
}

impl Robot {
    /// Answers 200 with this body unless told otherwise.
    pub async fn start(usual: &str) -> Self {
        let (sender, requests) = unbounded_channel();
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let script = Script { answers: answers.clone(), usual: usual.into(), requests: sender };
        let app = Router::new().fallback(answer).with_state(script);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, requests, answers, server }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request is answered like this; then the next but one, and so on.
    pub fn will_answer(&self, status: u16, body: &str) {
        self.answers.lock().unwrap().push_back((status, body.into()));
    }

    /// The next request.
    pub async fn received(&mut self) -> Request {
        self.requests.recv().await.unwrap()
    }

    /// A request that has come already.
    pub fn received_already(&mut self) -> Option<Request> {
        self.requests.try_recv().ok()
    }
}

impl Drop for Robot {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State(script): State<Script>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let next = script.answers.lock().unwrap().pop_front();
    let (status, text) = next.unwrap_or((200, script.usual.clone()));
    // The test may have ended.
    script.requests.send(Request { method, uri, headers, body }).ok();
    (StatusCode::from_u16(status).unwrap(), text)
}
