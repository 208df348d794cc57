//! Are the GBFS feeds on, and for whom?

use super::Subject;
use super::finding::Finding;
use crate::config::{Gbfs, Text};

const KEY: &str = "gbfs.contact_email";
const SYSTEM_ID: &str = "gbfs.system_id";

pub(super) fn probe(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let name = Text::new("GBFS 数据", "GBFS feeds");
    let gbfs = &subject.config.gbfs;
    let advice = Text::new(
        "GBFS 要求有联系邮箱：设置 contact_email 即可开启",
        "GBFS requires an address of contact: set contact_email to turn them on",
    );
    findings.push(match (&gbfs.contact_email, gbfs.public) {
        (Some(_), true) if gbfs.system_id == Gbfs::default().system_id => {
            let id = &gbfs.system_id;
            let detail = Text::new(
                format!("公开，但 system_id 还是默认的 {id}"),
                format!("are public under the default system_id {id}, which others may use too"),
            );
            let advice = Text::new(
                "请改成唯一的名称，例如贵单位的域名",
                "give one of your own, such as your domain name",
            );
            Finding::doubtful(name, SYSTEM_ID, subject.place(SYSTEM_ID), detail, advice)
        }
        (Some(email), true) => {
            let detail = Text::new(format!("公开，联系 {email}"), format!("are public, contact {email}"));
            Finding::fine(name, KEY, detail)
        }
        (Some(email), false) => {
            let detail = Text::new(
                format!("本机或持令牌可读，联系 {email}"),
                format!("can be read with a token or on this machine, contact {email}"),
            );
            Finding::fine(name, KEY, detail)
        }
        (None, true) => {
            let detail = Text::new("已要求公开，但没有开启", "were asked to be public, and are off");
            Finding::doubtful(name, KEY, subject.place("gbfs.public"), detail, advice)
        }
        (None, false) => {
            Finding { advice: Some(advice), ..Finding::fine(name, KEY, Text::new("未开启", "are off")) }
        }
    });
}
