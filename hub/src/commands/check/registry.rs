//! Can the registry be read, and is anybody in it?

use super::Subject;
use super::finding::Finding;
use crate::config::Text;
use crate::registry::Registry;

pub(super) fn probe(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let name = Text::new("驿站登记", "registry");
    let data_dir = &subject.config.data_dir;
    let none_yet = Text::new("还没有驿站", "no station yet");
    let advice = Text::new(
        "用 `waystation-hub station add` 或 `station import` 登记驿站",
        "register stations with `waystation-hub station add` or `station import`",
    );
    if !data_dir.join("registry.db").exists() {
        findings.push(Finding { advice: Some(advice), ..Finding::fine(name, "", none_yet) });
        return;
    }
    findings.push(match Registry::open(data_dir).and_then(|registry| registry.load()) {
        Ok(directory) if directory.is_empty() => {
            Finding { advice: Some(advice), ..Finding::fine(name, "", none_yet) }
        }
        Ok(directory) => {
            let stations = directory.len();
            Finding::fine(name, "", Text::new(format!("{stations} 个驿站"), format!("{stations} station(s)")))
        }
        Err(error) => Finding::bad(
            name,
            "data_dir",
            subject.place("data_dir"),
            Text::new(format!("无法使用：{error}"), error.to_string()),
            Text::new("请以运行中枢的用户身份执行本检查", "run this check as the user that runs the hub"),
        ),
    });
}
