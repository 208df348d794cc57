//! Mistakes in a configuration: which key, where it was written, what is wrong, what would be right.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// One sentence in the two languages that everything for operators exists in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    pub zh: String,
    pub en: String,
}

impl Text {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Line of the file, counted from 1.
    Line(usize),
    /// Name of the environment variable.
    Variable(String),
    /// Nowhere: it is the default.
    Default,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigMistake {
    /// `section.key`; empty when the file as a whole is meant.
    pub key: String,
    pub place: Place,
    pub text: Text,
}

/// Every mistake of a configuration, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigErrors {
    /// The file that was read; `None` when there is none and the mistakes are in the environment.
    pub file: Option<PathBuf>,
    pub mistakes: Vec<ConfigMistake>,
}

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.mistakes.len();
        let plural = if count == 1 { "" } else { "s" };
        match &self.file {
            Some(file) => write!(f, "{count} mistake{plural} in {}:", file.display())?,
            None => write!(f, "{count} mistake{plural} in the configuration:")?,
        }
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

impl fmt::Display for ConfigMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Line(line) => write!(f, "line {line}: ")?,
            Place::Variable(name) => write!(f, "environment variable {name}: ")?,
            Place::Default => {}
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.text.en)
    }
}

impl ConfigMistake {
    /// The sentence in Chinese, with its place.
    #[must_use]
    pub fn zh(&self) -> String {
        let place = match &self.place {
            Place::Line(line) => format!("第 {line} 行："),
            Place::Variable(name) => format!("环境变量 {name}："),
            Place::Default => String::new(),
        };
        let key = if self.key.is_empty() { String::new() } else { format!("{}：", self.key) };
        format!("{place}{key}{}", self.text.zh)
    }
}
