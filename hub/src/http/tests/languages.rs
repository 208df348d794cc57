//! Refusals in the caller's language.

use super::*;

/// A refusal to a caller with this `Accept-Language`: its title and detail.
async fn check(
    server: &Server,
    asked: &str,
    (method, path, role, body): (&str, &str, &str, &str),
    status: u16,
) -> Value {
    let token = server.tokens.get(role).map_or(role, String::as_str);
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nAccept-Language: {asked}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}",
        server.address
    );
    let answer = server.raw(request.as_bytes()).await;
    check_problem(&answer, status, path);
    assert!(answer.head.contains("\r\nvary: accept-language"), "{}", answer.head);
    answer.json()
}

#[tokio::test]
async fn a_refusal_speaks_the_language_of_the_caller() {
    let server = Server::start(true).await;
    let unwhy = r#"{"matchers":[{"name":"rule","value":"offline"}],"for_s":9,"why":" "}"#;
    for (request, status, title, detail) in [
        (("GET", "/api/v1/stations", "guessed", ""), 401, "未登录", "令牌无效，可能已被撤销"),
        (("POST", "/api/v1/tokens", "viewer", "{}"), 403, "没有权限", "角色为 viewer 的令牌不能执行此操作"),
        (("GET", "/api/v1/stations/no-1", "viewer", ""), 404, "不存在", "没有登记驿站 `no-1`"),
        (("GET", "/api/v1/nothing", "viewer", ""), 404, "不存在", "/api/v1/nothing 处没有内容"),
        (("DELETE", "/api/v1/alerts", "viewer", ""), 405, "不支持的方法", "/api/v1/alerts 不支持 DELETE"),
        (("POST", "/api/v1/silences", "operator", unwhy), 400, "请求有误", "why：请用一行文字说明原因"),
        (
            ("POST", "/api/v1/stations/jb-003/commands", "operator", r#"{"action":"report_now"}"#),
            409,
            "与现状冲突",
            "驿站未连接",
        ),
        (
            ("POST", "/api/v1/stations/jb-003/commands", "operator", r#"{"action":"unlock","x":1}"#),
            400,
            "请求有误",
            "没有名为 `x` 的成员",
        ),
        (
            ("POST", "/api/v1/stations/jb-003/commands", "operator", r#"{"action":"unlock"}"#),
            400,
            "请求有误",
            "开门须给出 `device`",
        ),
    ] {
        let problem = check(&server, "zh-CN,zh;q=0.9,en;q=0.8", request, status).await;
        assert_eq!(problem["title"], title, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{problem}");
        let english = check(&server, "en", request, status).await;
        assert!(english["title"].as_str().unwrap().is_ascii(), "{english}");
        assert!(!english["detail"].as_str().unwrap().contains(detail), "{english}");
    }
    server.stop().await;
}

#[tokio::test]
async fn mistakes_of_a_form_are_said_member_by_member() {
    let server = Server::start(true).await;
    let body = r#"{"id":"NB","capacity":"many","latitude":91,"kind":"shop","phone":"1"}"#;
    let problem = check(&server, "zh", ("POST", "/api/v1/stations", "admin", body), 400).await;
    let mistakes = problem["mistakes"].as_array().unwrap();
    for (member, detail) in [
        ("capacity", "请填数字"),
        ("phone", "没有这一项"),
        ("longitude", "纬度和经度要么都填"),
        ("id", "须为 1 到 48 个小写字母"),
        ("latitude", "不在 -90 到 90 之间"),
        ("kind", "没有 `shop` 这一类型"),
    ] {
        let is_it = |mistake: &Value| {
            mistake["member"] == member && mistake["detail"].as_str().unwrap().contains(detail)
        };
        assert!(mistakes.iter().any(is_it), "{member}: {problem}");
    }
    assert!(problem["detail"].as_str().unwrap().contains("；kind：没有 `shop`"), "{problem}");
    // What is kept of it is English, as everything in the audit log.
    let taken = r#"{"id":"jb-003"}"#;
    let problem = check(&server, "zh", ("POST", "/api/v1/stations", "admin", taken), 409).await;
    assert!(problem["detail"].as_str().unwrap().contains("驿站 `jb-003` 已登记"), "{problem}");
    let audit = server.request("GET", "/api/v1/audit?action=station.add.failed", Some("admin")).await.json();
    assert!(audit["items"][0]["detail"].as_str().unwrap().contains("exists already"), "{audit}");
    server.stop().await;
}
