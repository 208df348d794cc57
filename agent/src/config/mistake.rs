//! Mistakes in a configuration: which key, where it was written, what is wrong, in either language.

use super::places::Place;
use crate::texts::{Language, Message};
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

/// Every mistake in a configuration.
#[derive(Debug, Error)]
pub struct Mistakes {
    pub file: PathBuf,
    pub list: Vec<Mistake>,
}

/// One mistake.
#[derive(Debug)]
pub struct Mistake {
    /// Empty when the file as a whole is meant.
    pub key: String,
    pub place: Option<Place>,
    pub what: What,
}

#[derive(Debug)]
pub enum What {
    /// Of the group `mistake`.
    Here(Message),
    /// In a map's file that the key names.
    Inside(PathBuf, Box<Mistake>),
}

impl Mistakes {
    /// A line a mistake.
    pub fn text(&self, language: Language) -> String {
        let head = Message::new("head").with("count", self.list.len()).with("file", self.file.display());
        let lines = self.list.iter().map(|mistake| format!("\n  {}", mistake.text(language)));
        head.text("mistake", language) + &lines.collect::<String>()
    }
}

/// In the language of the environment: whoever starts the agent reads it.
impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text(Language::of_environment()))
    }
}

impl Mistake {
    /// Its place, its key, and what is wrong.
    pub fn text(&self, language: Language) -> String {
        let place = match &self.place {
            Some(Place::Line(line)) => Message::new("line").with("line", line).text("mistake", language),
            Some(Place::Variable(name)) => {
                Message::new("variable").with("name", name).text("mistake", language)
            }
            None => String::new(),
        };
        place + &self.without_place(language)
    }

    /// Its key, and what is wrong.
    pub fn without_place(&self, language: Language) -> String {
        let what = match &self.what {
            What::Here(message) => message.text("mistake", language),
            What::Inside(file, mistake) => Message::new("inside")
                .with("file", file.display())
                .with("what", mistake.text(language))
                .text("mistake", language),
        };
        if self.key.is_empty() {
            return what;
        }
        Message::new("key").with("key", &self.key).with("what", what).text("mistake", language)
    }
}
