//! Where each key was written: its line in the file, or its environment variable.

use std::collections::HashMap;
use toml::de::{DeTable, DeValue};

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Line of the file, counted from 1.
    Line(usize),
    /// Name of the environment variable.
    Variable(String),
}

/// Key to place.
#[derive(Debug, Default)]
pub struct Places(HashMap<String, Place>);

impl Places {
    /// The lines of every key, or every violation of TOML's grammar with its line.
    pub fn of_text(text: &str) -> Result<Self, Vec<(Option<Place>, String)>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            let mut places = Self::default();
            places.add_table(text, "", table.get_ref());
            return Ok(places);
        }
        let line = |error: &toml::de::Error| Some(Place::Line(line_of(text, error.span()?.start)));
        Err(errors.iter().map(|error| (line(error), error.message().to_owned())).collect())
    }

    /// The environment's word on a key overrides the file's.
    pub fn add_variable(&mut self, key: &str) {
        let name = format!("WAYSTATION_{}", key.to_uppercase().replace('.', "__"));
        self.0.insert(key.to_owned(), Place::Variable(name));
    }

    /// The place of a key, or of the section or the item that holds it.
    pub fn of(&self, key: &str) -> Option<Place> {
        self.0.get(key).cloned().or_else(|| self.of(&key[..key.rfind(['.', '['])?]))
    }

    fn add_table(&mut self, text: &str, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let name_at = name.span().start;
            let name = name.get_ref();
            let key = if section.is_empty() { name.to_string() } else { format!("{section}.{name}") };
            self.add(text, key, name_at, value.get_ref());
        }
    }

    fn add(&mut self, text: &str, key: String, at: usize, value: &DeValue<'_>) {
        match value {
            DeValue::Table(inner) => self.add_table(text, &key, inner),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.add(text, format!("{key}[{index}]"), item.span().start, item.get_ref());
                }
            }
            _ => {}
        }
        self.0.insert(key, Place::Line(line_of(text, at)));
    }
}

/// The line of a byte, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_lines() {
        let text = "a = 1\n[b]\n# c\nc = [\n 1,\n 2]\n[[d]]\ne = 1\n[[d]]\nf = { g = 1,\n h = 2 }\n";
        let mut places = Places::of_text(text).unwrap();
        places.add_variable("b.i");
        for (key, line) in [
            ("a", Some(1)),
            ("b.c", Some(4)),
            ("b.c[1]", Some(6)),
            ("b.missing", Some(2)),
            ("d[0].e", Some(8)),
            ("d[1].missing", Some(9)),
            ("d[1].f.h", Some(11)),
            ("missing", None),
        ] {
            assert_eq!(places.of(key), line.map(Place::Line), "{key}");
        }
        assert_eq!(places.of("b.i"), Some(Place::Variable("WAYSTATION_B__I".into())));
    }
}
