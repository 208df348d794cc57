//! Words of the table with what fills their placeholders, said in a language when it is known.

use super::find;
use std::fmt;

/// Something to say. Its [`fmt::Display`] is English, for logs, the command line and the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said(What);

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// A key of the table, and values by the names of its placeholders.
    Table { key: &'static str, values: Vec<(&'static str, Value)> },
    /// Said elsewhere, in both languages.
    Both { zh: String, en: String },
}

/// What takes the place of a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    /// The same in every language.
    Same(String),
    Said(Said),
}

/// There is no way to make one of a text in a single language: whatever people are told, they are told in both.
impl Said {
    /// The text of this key.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self(What::Table { key, values: Vec::new() })
    }

    /// What has its words in another table.
    #[must_use]
    pub fn both(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self(What::Both { zh: zh.into(), en: en.into() })
    }

    /// Fills a placeholder.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        if let What::Table { values, .. } = &mut self.0 {
            values.push((name, Value::Same(value.to_string())));
        }
        self
    }

    /// Fills a placeholder with what is itself said in a language.
    #[must_use]
    pub fn with_said(mut self, name: &'static str, value: Self) -> Self {
        if let What::Table { values, .. } = &mut self.0 {
            values.push((name, Value::Said(value)));
        }
        self
    }

    #[must_use]
    pub fn zh(&self) -> String {
        match &self.0 {
            What::Table { key, values } => fill(find(key).map_or(key, |text| text.zh), values, Self::zh),
            What::Both { zh, .. } => zh.clone(),
        }
    }

    #[must_use]
    pub fn en(&self) -> String {
        match &self.0 {
            What::Table { key, values } => fill(find(key).map_or(key, |text| text.en), values, Self::en),
            What::Both { en, .. } => en.clone(),
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.en())
    }
}

/// Puts values in place of `{name}`, once: a value that looks like a placeholder stays what it is.
fn fill(template: &str, values: &[(&'static str, Value)], say: fn(&Said) -> String) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let found = after.split_once('}').and_then(|(name, behind)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (value, behind))
        });
        match found {
            Some((value, behind)) => {
                match value {
                    Value::Same(value) => text.push_str(value),
                    Value::Said(said) => text.push_str(&say(said)),
                }
                rest = behind;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_once() {
        let values = [("a", Value::Same("{b}".to_owned())), ("b", Value::Same("2".to_owned()))];
        for (template, expected) in [
            ("", ""),
            ("no", "no"),
            ("{a} and {b}", "{b} and 2"),
            ("{c} {", "{c} {"),
            ("}{b}{", "}2{"),
            ("{ {b}", "{ 2"),
        ] {
            assert_eq!(fill(template, &values, Said::en), expected, "{template}");
        }
    }

    #[test]
    fn both_languages_are_said() {
        let said = Said::new("refusal.no_station").with("id", "jb-1");
        assert_eq!(
            (said.zh().as_str(), said.en().as_str()),
            ("没有登记驿站 `jb-1`", "no station `jb-1` is registered")
        );
        assert_eq!(said.to_string(), said.en());
        let within = Said::new("refusal.parameter_missing").with("name", "kind");
        let within = within.with_said("expected", Said::new("refusal.wants_device"));
        assert_eq!(
            (within.zh().as_str(), within.en().as_str()),
            ("缺少 `kind`；请给出设备名", "`kind` is missing; give a device's name")
        );
    }
}
