//! Can the hub listen where it is told to?

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use super::Subject;
use super::finding::Finding;
use crate::config::Text;

pub(super) fn probe(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let config = subject.config;
    let listeners = [
        ("mqtt.listen", "MQTT", config.mqtt.listen),
        ("mqtt.tls_listen", "MQTT (TLS)", config.mqtt.tls_listen),
        ("mqtt.ws_listen", "MQTT (WebSocket)", config.mqtt.ws_listen),
        ("http.listen", "HTTP", config.http.listen),
    ];
    for (key, protocol, address) in listeners {
        if let Some(address) = address {
            findings.push(probe_one(subject, key, protocol, address));
        }
    }
}

fn probe_one(subject: &Subject<'_>, key: &str, protocol: &str, address: SocketAddr) -> Finding {
    let name = Text::new(format!("{protocol} 端口"), format!("{protocol} port"));
    let error = match TcpListener::bind(address) {
        Ok(_) => {
            return Finding::fine(
                name,
                key,
                Text::new(format!("{address} 可用"), format!("{address} is free")),
            );
        }
        Err(error) => error,
    };
    if error.kind() == ErrorKind::AddrInUse && subject.hub_runs {
        let detail = Text::new(
            format!("{address} 正由运行中的中枢使用"),
            format!("{address} is in use, as the hub runs"),
        );
        return Finding::fine(name, key, detail);
    }
    let port = address.port();
    let advice = match error.kind() {
        ErrorKind::AddrInUse => Text::new(
            format!("其他程序占用了它：用 `ss -ltnp 'sport = :{port}'` 查看，停掉它或换一个端口"),
            format!(
                "another program has it: `ss -ltnp 'sport = :{port}'` shows which; stop it or choose another port"
            ),
        ),
        ErrorKind::PermissionDenied => Text::new(
            "1024 以下的端口需要权限：换一个端口，或给程序 CAP_NET_BIND_SERVICE",
            "ports below 1024 need a right: choose another port, or give the program CAP_NET_BIND_SERVICE",
        ),
        ErrorKind::AddrNotAvailable => Text::new(
            "本机没有这个地址：用 `ip address` 查看，或写 0.0.0.0",
            "this machine has no such address: `ip address` shows which it has; 0.0.0.0 means all",
        ),
        _ => Text::new("请换一个地址", "choose another address"),
    };
    let detail =
        Text::new(format!("无法监听 {address}：{error}"), format!("cannot listen on {address}: {error}"));
    Finding::bad(name, key, subject.place(key), detail, advice)
}
