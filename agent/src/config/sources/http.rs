//! `[sources.http]`: vendors' software posts readings here.

use super::{SourceName, report_all, secret};
use crate::config::keys::Keys;
use crate::texts::Message;
use std::net::SocketAddr;

/// Where a port for readings is, and who may use it.
#[derive(Debug, Clone)]
pub struct HttpSource {
    pub name: SourceName,
    pub listen: SocketAddr,
    pub token: String,
}

const ITEM: &str = "sources.http";

pub(super) fn read(keys: &mut Keys) -> Option<HttpSource> {
    if !keys.has(ITEM) {
        return None;
    }
    let name = SourceName { name: "http".to_owned(), report_all: report_all(keys, ITEM) };
    let default = SocketAddr::from(([127, 0, 0, 1], 7080));
    let listen_key = "sources.http.listen";
    let listen = if keys.has(listen_key) { keys.optional(listen_key) } else { Some(default) };
    let token_key = "sources.http.token_file";
    if !keys.has(token_key) {
        keys.mistake(token_key, Message::new("http_token"));
    }
    let token = secret(keys, token_key);
    Some(HttpSource { name, listen: listen?, token: token? })
}
