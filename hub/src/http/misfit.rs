//! What is wrong with a body of JSON, in words of the table: the JSON library has English ones with names of our types.

use super::time;
use crate::texts::Said;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// Reads a body, which must be an object.
///
/// # Errors
/// What is wrong, and with which member.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Said> {
    let mut json = serde_json::Deserializer::from_slice(body);
    // An array would be taken too, for the members in their order.
    if body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| *first != b'{') {
        let valid = serde_json::from_slice::<serde::de::IgnoredAny>(body);
        return Err(valid.map_or_else(|error| no_json(&error), |_| Said::new("refusal.body_no_object")));
    }
    match serde_path_to_error::deserialize(&mut json) {
        Ok(input) => json.end().map(|()| input).map_err(|error| no_json(&error)),
        Err(error) if error.inner().classify() == Category::Data => {
            Err(misfit(&error.path().to_string(), &error.inner().to_string()))
        }
        Err(error) => Err(no_json(error.inner())),
    }
}

fn no_json(error: &serde_json::Error) -> Said {
    Said::new("refusal.body_no_json").with("line", error.line()).with("column", error.column())
}

/// `error` is worded by serde, which has no other way to tell what went wrong.
fn misfit(path: &str, error: &str) -> Said {
    let mut names = error.split('`').skip(1).step_by(2);
    let about_a_name = [
        ("unknown field", "refusal.body_unknown"),
        ("missing field", "refusal.body_missing"),
        ("duplicate field", "refusal.body_twice"),
    ];
    let found = about_a_name.iter().find(|(begins, _)| error.starts_with(begins));
    let given = names.next();
    let known: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    if error.starts_with("unknown variant") {
        return Said::new("refusal.body_choice").with("member", path).with("known", known.join(", "));
    }
    let (Some((_, key)), Some(member)) = (found, given) else {
        return Said::new(wanted(error)).with("member", path);
    };
    Said::new(key).with("member", member).with("known", known.join(", "))
}

/// The sentence for the type that was expected.
fn wanted(error: &str) -> &'static str {
    let expected = error.rsplit_once("expected ").map_or("", |(_, expected)| expected);
    let is = |words: &[&str]| words.iter().any(|word| expected.starts_with(word));
    if error.contains(time::EXPECTED) {
        "refusal.body_time"
    } else if error.starts_with("unknown name") {
        "refusal.body_name"
    } else if is(&["a string"]) {
        "refusal.body_text"
    } else if is(&["u", "a whole number from 0"]) {
        "refusal.body_count"
    } else if is(&["i", "a whole number"]) {
        "refusal.body_number"
    } else if is(&["f", "a number", "a JSON number"]) {
        "refusal.body_figure"
    } else if is(&["a boolean"]) {
        "refusal.body_flag"
    } else if is(&["a sequence"]) {
        "refusal.body_list"
    } else if is(&["a map", "struct"]) {
        "refusal.body_object"
    } else {
        "refusal.body_value"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::{Map, Value};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Wanted {
        name: String,
        age: Option<u64>,
        offset: Option<i64>,
        #[serde(default, deserialize_with = "time::in_body")]
        since: Option<i64>,
        #[serde(default)]
        parts: Vec<Part>,
        members: Option<Map<String, Value>>,
        open: Option<bool>,
        share: Option<f64>,
        #[serde(default, deserialize_with = "time::whole_in_body")]
        whole: Option<i64>,
        report: Option<waystation_protocol::Reporting>,
        size: Option<Size>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
        Large,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Part {
        size: i64,
    }

    #[track_caller]
    fn check(body: &str, zh: &str, en: &str) {
        let said = parse::<Wanted>(body.as_bytes()).unwrap_err();
        assert_eq!((said.zh().as_str(), said.en().as_str()), (zh, en), "{body}");
    }

    #[test]
    fn a_body_that_does_not_fit_is_explained_in_both_languages() {
        assert!(parse::<Wanted>(br#" {"name":"a","since":1,"parts":[{"size":1}]} "#).is_ok());
        for body in ["[]", "null", "\"a\"", "7"] {
            check(body, "请求内容须为 JSON 对象，如 {…}", "the body must be a JSON object, such as {…}");
        }
        for body in ["{\"name\":", "[", "{\"name\":\"a\"} x", "", "nul"] {
            let said = parse::<Wanted>(body.as_bytes()).unwrap_err().zh();
            assert!(said.starts_with("请求内容不是有效的 JSON（第 1 行，"), "{body}: {said}");
        }
        check(
            r#"{"name":"a","x":1}"#,
            "没有名为 `x` 的成员；可用的成员：`name`, `age`, `offset`, `since`, `parts`, `members`, `open`, `share`, `whole`, `report`, `size`",
            "there is no member `x`; there are `name`, `age`, `offset`, `since`, `parts`, `members`, `open`, `share`, `whole`, `report`, `size`",
        );
        check("{}", "缺少成员 `name`", "the member `name` is missing");
        check(
            r#"{"name":"a","name":"b"}"#,
            "成员 `name` 出现了不止一次",
            "the member `name` stands there more than once",
        );
        check(r#"{"name":1}"#, "name：须为文本", "name: must be a text");
        check(
            r#"{"name":"a","age":-1}"#,
            "age：须为不小于 0 的整数",
            "age: must be a whole number, 0 or more",
        );
        check(r#"{"name":"a","offset":"1"}"#, "offset：须为整数", "offset: must be a whole number");
        check(r#"{"name":"a","parts":{}}"#, "parts：须为列表", "parts: must be a list");
        check(r#"{"name":"a","parts":[3]}"#, "parts[0]：须为对象", "parts[0]: must be an object");
        check(r#"{"name":"a","members":[]}"#, "members：须为对象", "members: must be an object");
        check(r#"{"name":"a","open":1}"#, "open：须为 true 或 false", "open: must be true or false");
        check(r#"{"name":"a","share":"1"}"#, "share：须为数字", "share: must be a number");
        check(r#"{"name":"a","whole":1.5}"#, "whole：须为整数", "whole: must be a whole number");
        check(
            r#"{"name":"a","report":{"intervals_s":{"door":-1}}}"#,
            "report.intervals_s：须为不小于 0 的整数",
            "report.intervals_s: must be a whole number, 0 or more",
        );
        check(
            r#"{"name":"a","report":{"intervals_s":{"door":"1"}}}"#,
            "report.intervals_s.door：须为数字",
            "report.intervals_s.door: must be a number",
        );
        check(
            r#"{"name":"a","report":{"intervals_s":{"x":1}}}"#,
            "report.intervals_s.x：没有这个名称；见 /openapi.json",
            "report.intervals_s.x: there is no such name; /openapi.json lists them",
        );
        check(
            r#"{"name":"a","size":"m"}"#,
            "size：须为其中之一：`small`, `large`",
            "size: must be one of `small`, `large`",
        );
        check(
            r#"{"name":"a","parts":[{"size":null}]}"#,
            "parts[0].size：须为整数",
            "parts[0].size: must be a whole number",
        );
        check(
            r#"{"name":"a","since":"noon"}"#,
            "since：须为自 Unix 纪元起的毫秒数，或 RFC 3339 时间，如 2026-03-01T08:00:00+08:00",
            "since: must be a time as ms since the Unix epoch, or as RFC 3339 like 2026-03-01T08:00:00+08:00",
        );
    }
}
