//! Where each key was written: its line in the file, or its environment variable.

use std::collections::HashMap;

use toml::de::{DeTable, DeValue};

use super::{ConfigMistake, Place, Text};

/// What an environment variable begins with that sets a key: `WAYSTATION_SECTION__KEY`.
pub const VARIABLE_PREFIX: &str = "WAYSTATION_";

/// Key to place.
#[derive(Debug, Clone, Default)]
pub struct Places(HashMap<String, Place>);

impl Places {
    /// The place of a key; of the first key in it, if it is a section that is named nowhere; or of the section
    /// that holds it.
    #[must_use]
    pub fn of(&self, key: &str) -> Place {
        let exact = |key: &str| self.0.get(key).cloned();
        let sections = std::iter::successors(key.rsplit_once('.'), |(section, _)| section.rsplit_once('.'));
        exact(key)
            .or_else(|| self.first_within(key))
            .or_else(|| sections.map(|(section, _)| section).find_map(exact))
            .unwrap_or(Place::Default)
    }

    fn first_within(&self, section: &str) -> Option<Place> {
        let within = |key: &str| key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
        self.0.iter().filter(|(key, _)| within(key)).map(|(_, place)| place.clone()).min()
    }

    pub(super) fn add_variable(&mut self, name: &str, key: &str) {
        self.0.insert(key.to_owned(), Place::Variable(name.to_owned()));
    }

    /// The lines of every key, and every violation of TOML's grammar.
    pub(super) fn of_file(text: &str) -> (Self, Vec<ConfigMistake>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut places = Self::default();
        places.add_table(text, "", table.get_ref());
        let mistake = |error: &toml::de::Error| ConfigMistake {
            key: String::new(),
            place: error.span().map_or(Place::Default, |span| Place::Line(line_of(text, span.start))),
            text: Text::new(
                format!("不是有效的 TOML：{}", error.message()),
                format!("no valid TOML: {}", error.message()),
            ),
        };
        (places, errors.iter().map(mistake).collect())
    }

    fn add_table(&mut self, text: &str, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = join(section, name.get_ref());
            if let DeValue::Table(inner) = value.get_ref() {
                self.add_table(text, &key, inner);
            }
            self.0.insert(key, Place::Line(line_of(text, name.span().start)));
        }
    }
}

/// `section.key`, or only the key at the top.
pub(super) fn join(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}

/// The line of a byte, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}
