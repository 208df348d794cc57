mod limits;
mod mail;
mod payloads;
mod robot;
mod stage;

use std::collections::BTreeMap;

use super::notice::{Event, Notice};
use super::words::Words;
use crate::calendar::Zone;
use crate::config::{Rule, Severity};
use crate::fleet::alerts::{Alert, Common, Factor};
use crate::registry::Directory;

/// 2023-11-15 06:13 in Shanghai.
pub const NOW: i64 = 1_700_000_000_000;

/// A firing alert of a station that is out of contact.
pub fn alert(id: &str) -> Alert {
    Alert {
        id: id.into(),
        fingerprint: format!("f-{id}"),
        rule: Rule::Offline,
        severity: Severity::Critical,
        station: Some("dx-1".parse().unwrap()),
        district: Some("大兴区".into()),
        device: None,
        stations: vec!["dx-1".parse().unwrap()],
        common: None,
        starts_at: NOW,
        ends_at: None,
        evidence: Vec::new(),
        values: BTreeMap::from([
            ("name_zh".into(), "清源驿站".into()),
            ("name_en".into(), "Qingyuan".into()),
        ]),
    }
}

/// Many stations with one cause.
fn group(count: usize) -> Alert {
    Alert {
        station: None,
        stations: (0..count).map(|number| format!("dx-{number}").parse().unwrap()).collect(),
        common: Some(Common { factor: Factor::District, value: "大兴区".into() }),
        ..alert("group")
    }
}

fn notice(event: Event, alert: Alert) -> Notice {
    Notice { event, alert, was: None }
}

fn words() -> Words {
    Words {
        directory: Directory::default().shared(),
        zone: Zone::parse("Asia/Shanghai").unwrap(),
        public_url: Some("https://hub.example/".into()),
    }
}
