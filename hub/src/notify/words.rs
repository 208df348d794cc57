//! What a message says: short, in the channel's language, with what to do. No personal data is in an alert, so none
//! is in a message.

use std::collections::BTreeMap;

use super::notice::{Event, Notice};
use crate::calendar::Zone;
use crate::config::{ChannelLanguage, Severity};
use crate::registry::SharedDirectory;
use crate::texts;

/// Stations named in one message, and how long their names may be together: WeCom takes 2,048 bytes in all.
const STATIONS_SHOWN: usize = 10;
const NAMES_BYTES_MAX: usize = 480;

/// A language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    Zh,
    En,
}

impl Lang {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }
}

/// What messages need besides the alert itself.
#[derive(Clone)]
pub struct Words {
    pub directory: SharedDirectory,
    pub zone: Zone,
    /// How people reach the hub, without a slash at the end.
    pub public_url: Option<String>,
}

/// One notice in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub heading: String,
    pub lines: Vec<String>,
}

impl Words {
    /// The notice, in each language of the channel.
    #[must_use]
    pub fn blocks(&self, notice: &Notice, language: ChannelLanguage) -> Vec<Block> {
        languages(language).iter().map(|lang| self.block(notice, *lang)).collect()
    }

    /// What it is about, in one line without a mark of how bad it is; a test says that it is one.
    #[must_use]
    pub fn title(&self, notice: &Notice, lang: Lang) -> String {
        match notice.event {
            Event::Test => heading(notice, lang),
            _ => notice.alert.title(lang.as_str()),
        }
    }

    /// What to do about it: about a test, nothing.
    #[must_use]
    pub fn advice(&self, notice: &Notice, lang: Lang) -> String {
        match notice.event {
            Event::Test => say(lang, "notify.test_line", &BTreeMap::new()),
            _ => notice.alert.advice(lang.as_str()),
        }
    }

    /// One line for a subject, a title or a header of several notices.
    #[must_use]
    pub fn headline(&self, notices: &[Notice], language: ChannelLanguage) -> String {
        let lang = languages(language)[0];
        match notices {
            [] => String::new(),
            [only] => heading(only, lang),
            [first, ..] => {
                let count = notices.len().to_string();
                let values = BTreeMap::from([("count", count), ("first", heading(first, lang))]);
                say(lang, "notify.digest", &values)
            }
        }
    }

    /// "And so many more", when a message has room for no more; none more: the one that is there was cut.
    #[must_use]
    pub fn more(&self, count: usize, language: ChannelLanguage) -> String {
        let key = if count == 0 { "notify.cut" } else { "notify.more" };
        say(languages(language)[0], key, &BTreeMap::from([("count", count.to_string())]))
    }

    /// Where an alert is shown.
    #[must_use]
    pub fn link(&self, notice: &Notice) -> Option<String> {
        let url = self.public_url.as_deref().filter(|_| notice.event != Event::Test)?;
        Some(format!("{}/#alert={}", url.trim_end_matches('/'), notice.alert.id))
    }

    /// The station's name in the registry, or its id.
    #[must_use]
    pub fn station(&self, id: &str, lang: Lang) -> String {
        let directory = self.directory.load();
        let Some(station) = directory.station(id) else { return id.to_owned() };
        let (first, second) = match lang {
            Lang::Zh => (&station.name_zh, &station.name_en),
            Lang::En => (&station.name_en, &station.name_zh),
        };
        match [first, second].into_iter().find(|name| !name.is_empty()) {
            Some(name) => format!("{name} ({id})"),
            None => id.to_owned(),
        }
    }

    fn block(&self, notice: &Notice, lang: Lang) -> Block {
        if notice.event == Event::Test {
            return Block { heading: heading(notice, lang), lines: vec![self.advice(notice, lang)] };
        }
        let alert = &notice.alert;
        let mut lines = Vec::new();
        let mut line = |key: &str, value: String| {
            lines.push(say(lang, &format!("notify.{key}"), &BTreeMap::from([("value", value)])));
        };
        if !alert.stations.is_empty() {
            line("stations", self.stations(notice, lang));
        }
        if let Some(district) = alert.district.as_ref().filter(|_| alert.station.is_some()) {
            line("district", district.clone());
        }
        line("since", self.zone.show(alert.starts_at));
        match alert.ends_at {
            Some(ends_at) => line(
                "until",
                format!("{} ({})", self.zone.show(ends_at), lasted(alert.starts_at, ends_at, lang)),
            ),
            None => line("advice", alert.advice(lang.as_str())),
        }
        Block { heading: heading(notice, lang), lines }
    }

    fn stations(&self, notice: &Notice, lang: Lang) -> String {
        let stations = &notice.alert.stations;
        let mut bytes = 0;
        let shown: Vec<String> = stations
            .iter()
            .take(STATIONS_SHOWN)
            .map(|id| self.station(id.as_str(), lang))
            .take_while(|name| {
                bytes += name.len();
                bytes <= NAMES_BYTES_MAX
            })
            .collect();
        let names = shown.join(if lang == Lang::Zh { "、" } else { ", " });
        if shown.len() == stations.len() {
            return names;
        }
        let values = BTreeMap::from([("names", names), ("count", stations.len().to_string())]);
        say(lang, "notify.station_list", &values)
    }
}

/// The languages of a channel, the first one for what has room for one only.
#[must_use]
pub fn languages(language: ChannelLanguage) -> &'static [Lang] {
    match language {
        ChannelLanguage::Zh => &[Lang::Zh],
        ChannelLanguage::En => &[Lang::En],
        ChannelLanguage::Both => &[Lang::Zh, Lang::En],
    }
}

/// As many of the notices as fit into `bytes_max`, with a last line, `more`, about how many do not.
#[must_use]
pub fn fit(parts: &[String], separator: &str, bytes_max: usize, more: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        let rest = parts.len() - index;
        let last_line = if rest > 1 { separator.len() + more(rest).len() } else { 0 };
        let gap = if index == 0 { "" } else { separator };
        if text.len() + gap.len() + part.len() + last_line > bytes_max {
            if index == 0 {
                // Not even one fits: its beginning is better than nothing.
                let last_line = format!("{separator}{}", more(rest - 1));
                return format!("{}{last_line}", beginning(part, bytes_max.saturating_sub(last_line.len())));
            }
            return format!("{text}{separator}{}", more(rest));
        }
        text.push_str(gap);
        text.push_str(part);
    }
    text
}

fn beginning(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// `【严重】烟感报警：清源驿站`, `【已恢复】…`.
fn heading(notice: &Notice, lang: Lang) -> String {
    if notice.event == Event::Test {
        return say(lang, "notify.test", &BTreeMap::new());
    }
    let tag = match notice.event {
        Event::Resolved => "resolved",
        _ => match notice.alert.severity {
            Severity::Critical => "critical",
            Severity::Warning => "warning",
            Severity::Info => "info",
        },
    };
    let title = notice.alert.title(lang.as_str());
    let key = match notice.event {
        Event::Changed => "notify.changed",
        Event::Repeated => "notify.repeated",
        Event::Escalated => "notify.escalated",
        Event::Firing | Event::Resolved | Event::Test => "notify.heading",
    };
    let tag = say(lang, &format!("notify.{tag}"), &BTreeMap::new());
    say(lang, key, &BTreeMap::from([("tag", tag), ("title", title)]))
}

/// `2 小时 5 分钟`.
fn lasted(from_ms: i64, to_ms: i64, lang: Lang) -> String {
    let minutes = (to_ms - from_ms).max(0) / 60_000;
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let values = BTreeMap::from([("hours", hours.to_string()), ("minutes", minutes.to_string())]);
    say(lang, if hours > 0 { "notify.lasted_hours" } else { "notify.lasted" }, &values)
}

/// A text of the table with its placeholders filled.
fn say(lang: Lang, key: &str, values: &BTreeMap<&str, String>) -> String {
    let Some(text) = texts::find(key) else { return key.to_owned() };
    let template = match lang {
        Lang::Zh => text.zh,
        Lang::En => text.en,
    };
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}
