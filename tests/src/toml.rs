//! Configuration files, section by section.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::Path;

/// Sections (`""` is the top) with their keys; a key set twice has its last value.
#[derive(Debug, Clone, Default)]
pub struct Toml(BTreeMap<String, BTreeMap<String, String>>);

impl Toml {
    /// A value as it stands in TOML.
    pub fn set(&mut self, section: &str, key: &str, value: impl Display) {
        self.0.entry(section.to_owned()).or_default().insert(key.to_owned(), value.to_string());
    }

    pub fn set_text(&mut self, section: &str, key: &str, text: impl Display) {
        self.set(section, key, format_args!("{:?}", text.to_string()));
    }

    pub fn set_path(&mut self, section: &str, key: &str, path: &Path) {
        self.set_text(section, key, path.display());
    }

    /// Removes a key.
    pub fn unset(&mut self, section: &str, key: &str) {
        self.0.entry(section.to_owned()).or_default().remove(key);
    }

    /// Removes a section.
    pub fn clear(&mut self, section: &str) {
        self.0.remove(section);
    }

    pub fn write(&self, path: &Path) {
        std::fs::write(path, self.to_string()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

impl Display for Toml {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (section, keys) in &self.0 {
            if !section.is_empty() {
                writeln!(formatter, "[{section}]")?;
            }
            keys.iter().try_for_each(|(key, value)| writeln!(formatter, "{key} = {value}"))?;
        }
        Ok(())
    }
}
