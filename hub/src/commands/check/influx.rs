//! Does InfluxDB answer, and would it take writes?

use super::super::runtime;
use super::Subject;
use super::finding::Finding;
use crate::config::Text;
use crate::influx;

const KEY: &str = "influx";

pub(super) fn probe(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let name = Text::new("InfluxDB", "InfluxDB");
    let Some(config) = &subject.config.influx else {
        let detail =
            Text::new("未配置，数据由中枢自己保存", "is not configured; the hub keeps everything itself");
        findings.push(Finding::fine(name, KEY, detail));
        return;
    };
    let probed = runtime::small().map(|runtime| runtime.block_on(influx::probe(config)));
    findings.push(match probed {
        Ok(Ok(probe)) => {
            let elapsed = probe.elapsed.as_millis();
            let version = probe.version.map(|version| format!(" {version}")).unwrap_or_default();
            let detail = Text::new(
                format!("{}{version} 可写，{elapsed} ms", config.url),
                format!("{}{version} takes writes, answered in {elapsed} ms", config.url),
            );
            Finding::fine(name, KEY, detail)
        }
        Ok(Err(error)) => failed(subject, name, &error.to_string()),
        Err(error) => failed(subject, name, &error.to_string()),
    });
}

fn failed(subject: &Subject<'_>, name: Text, error: &str) -> Finding {
    Finding::bad(
        name,
        KEY,
        subject.place("influx.url"),
        Text::new(format!("无法写入：{error}"), error),
        Text::new(
            "请检查 [influx] 的地址和凭据；还没有库时执行 `waystation-hub influx init`",
            "check address and credentials in [influx]; `waystation-hub influx init` makes what is missing",
        ),
    )
}
