//! Every operation of the OpenAPI document is asked wrongly in Chinese: no refusal may answer with an English sentence.

use super::*;

/// What no parameter and no member may be.
const NONSENSE: [&str; 3] = ["~", "-1.5", "2026-13-01"];

struct Asking {
    method: String,
    path: String,
    body: String,
}

/// An operation with unknown, doubled and senseless parameters, and with bodies that do not fit.
fn wrong_askings(path: &str, method: &str, operation: &Value, schemas: &Value) -> Vec<Asking> {
    let path = path.replace("{id}", "jb-001").replace("{name}", "nix").replace("{command}", "nix");
    let mut queries = vec!["nix=1".to_owned(), "%ff=%ff".into()];
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        if parameter["in"] == "query" {
            let name = parameter["name"].as_str().unwrap();
            queries.extend(NONSENSE.map(|value| format!("{name}={value}")));
            queries.push(format!("{name}=1&{name}=1"));
        }
    }
    // What is taken after all would never end.
    let takes_any = |query: &str| ["district", "after", "cursor"].iter().any(|name| query.starts_with(name));
    queries.retain(|query| !path.ends_with("/stream") || !takes_any(query));
    let asking = |path: String, body: &str| Asking { method: method.to_uppercase(), path, body: body.into() };
    let mut askings: Vec<Asking> =
        queries.iter().map(|query| asking(format!("{path}?{query}"), "")).collect();
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if !schema.is_null() {
        askings.extend(wrong_bodies(schema, schemas).iter().map(|body| asking(path.clone(), body)));
    }
    askings
}

fn wrong_bodies(schema: &Value, schemas: &Value) -> Vec<String> {
    let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit_once('/')).map(|(_, name)| name);
    let schema = name.map_or(schema, |name| &schemas[name]);
    let mut bodies = ["", "[]", "{", "nix", "{}", r#"{"nix":1}"#].map(str::to_owned).to_vec();
    for member in schema["properties"].as_object().into_iter().flat_map(|members| members.keys()) {
        let wrong = ["{\"nix\":[]}", "[{}]", "\"\\u0000~\"", "-1.5", "1e300", "true"];
        bodies.extend(wrong.map(|value| format!("{{\"{member}\":{value}}}")));
        bodies.push(format!("{{\"{member}\":null,\"{member}\":null}}"));
    }
    bodies
}

/// Two words of Latin letters in a row, outside of backquotes: a sentence, or a part of one.
fn english(detail: &str) -> Option<String> {
    let said: Vec<&str> = detail.split('`').step_by(2).collect();
    let is_word = |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let mut pairs = said.iter().flat_map(|part| {
        let words: Vec<&str> = part.split(' ').collect();
        words.windows(2).map(|pair| [pair[0], pair[1]]).collect::<Vec<_>>()
    });
    pairs.find(|pair| pair.iter().all(is_word)).map(|pair| pair.join(" "))
}

async fn ask(server: &Server, Asking { method, path, body }: &Asking, token: &str) -> Answer {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nAccept-Language: zh-CN\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        server.address,
        body.len()
    );
    server.raw(request.as_bytes()).await
}

#[tokio::test]
async fn no_refusal_is_english_for_who_asks_in_chinese() {
    let server = Server::start_with(|config| {
        config.http.require_token = true;
        config.http.requests_per_second_max = 100_000;
    })
    .await;
    let document = openapi_document();
    let (mut refused, mut wrong) = (0, Vec::new());
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for asking in wrong_askings(path, method, operation, &document["components"]["schemas"]) {
                for token in [server.tokens["admin"].as_str(), "guessed"] {
                    let answer = ask(&server, &asking, token).await;
                    assert!(answer.status < 500, "{path}: {}", answer.body);
                    if !answer.head.contains("application/problem+json") {
                        continue;
                    }
                    refused += 1;
                    let problem = answer.json();
                    let detail = problem["detail"].as_str().unwrap();
                    if detail.is_ascii() || english(detail).is_some() {
                        let Asking { method, path, body } = &asking;
                        wrong.push(format!("{method} {path} {body}: {detail}"));
                    }
                }
            }
        }
    }
    assert!(refused > 500, "only {refused} refusals");
    assert_eq!(wrong, Vec::<String>::new());
    server.stop().await;
}
