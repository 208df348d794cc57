//! Which of the two languages to speak.

use crate::config::Text;

/// Chosen with `--lang`, or else by the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Language {
    Zh,
    En,
}

impl Language {
    /// The language of the environment, by the rules of POSIX: `LC_ALL` before `LC_MESSAGES` before `LANG`.
    pub(super) fn of_environment() -> Self {
        Self::of(["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok()))
    }

    fn of(mut values: impl Iterator<Item = String>) -> Self {
        match values.find(|value| !value.is_empty()) {
            Some(value) if value.starts_with("zh") => Language::Zh,
            _ => Language::En,
        }
    }

    pub(super) fn of_text(self, text: &Text) -> &str {
        match self {
            Language::Zh => &text.zh,
            Language::En => &text.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_first_that_is_set_decides() {
        let check = |values: &[&str], expected| {
            assert_eq!(Language::of(values.iter().map(|value| (*value).to_owned())), expected, "{values:?}");
        };
        check(&[], Language::En);
        check(&["zh_CN.UTF-8"], Language::Zh);
        check(&["", "zh_CN.UTF-8"], Language::Zh);
        check(&["en_GB.UTF-8", "zh_CN.UTF-8"], Language::En);
        check(&["C"], Language::En);
    }
}
