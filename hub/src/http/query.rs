//! Query strings, taken strictly: an unknown or doubled parameter is an error, not a filter that silently does nothing.

use super::{App, Problem, time};
use crate::texts::Said;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;

/// Items of a list when the caller does not say, and at most.
pub const LIMIT_DEFAULT: usize = 100;
pub const LIMIT_MAX: usize = 1_000;

/// The one variable part of a path, such as a station's id.
pub struct Named(pub String);

impl FromRequestParts<App> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, app).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(_) => Err(Problem::bad_request(Said::new("refusal.path_unreadable"))),
        }
    }
}

/// The parameters of a request, each name once.
pub struct Parameters(Vec<(String, String)>);

impl FromRequestParts<App> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match Query::<Vec<(String, String)>>::from_request_parts(parts, app).await {
            Ok(Query(pairs)) => Ok(Self(pairs)),
            Err(_) => Err(Problem::bad_request(Said::new("refusal.query_unreadable"))),
        }
    }
}

impl Parameters {
    /// Refuses every name that is not among these, and every name that stands twice.
    pub fn allow(&self, allowed: &[&str]) -> Result<(), Problem> {
        for (place, (name, _)) in self.0.iter().enumerate() {
            if !allowed.contains(&name.as_str()) {
                let said = match allowed {
                    [] => Said::new("refusal.parameters_none"),
                    _ => Said::new("refusal.parameter_unknown").with("allowed", allowed.join(", ")),
                };
                return Err(Problem::bad_request(said.with("name", shown(name))));
            }
            if self.0[..place].iter().any(|(before, _)| before == name) {
                return Err(Problem::bad_request(Said::new("refusal.parameter_twice").with("name", name)));
            }
        }
        Ok(())
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub fn parsed<T>(
        &self,
        name: &str,
        expected: Said,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.raw(name) else { return Ok(None) };
        parse(text).map(Some).ok_or_else(|| {
            let said = Said::new("refusal.parameter_wrong").with("name", name).with("value", shown(text));
            Problem::bad_request(said.with_said("expected", expected))
        })
    }

    /// One of these names, as `parse` reads it.
    pub fn chosen<T>(
        &self,
        name: &str,
        names: &[&str],
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        self.parsed(name, one_of(names), parse)
    }

    pub fn limit(&self) -> Result<usize, Problem> {
        self.limit_up_to(LIMIT_DEFAULT, LIMIT_MAX)
    }

    pub fn limit_up_to(&self, default: usize, most: usize) -> Result<usize, Problem> {
        let expected = Said::new("refusal.wants_number").with("least", 1).with("most", most);
        let in_range = |text: &str| text.parse().ok().filter(|limit| (1..=most).contains(limit));
        Ok(self.parsed("limit", expected, in_range)?.unwrap_or(default))
    }

    /// The `next` of the page before, under either of its names, as `read` takes it apart.
    pub fn cursor_of<T>(&self, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        let expected = Said::new("refusal.wants_cursor");
        let after = self.parsed("after", expected.clone(), &read)?;
        Ok(self.parsed("cursor", expected, &read)?.or(after))
    }

    /// The same where it is a number.
    pub fn number_cursor(&self) -> Result<Option<i64>, Problem> {
        self.cursor_of(|text| text.parse().ok().filter(|number| *number >= 0))
    }

    /// A parameter that is `true` or `false`; absent is false.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        let value = self.parsed(name, Said::new("refusal.wants_flag"), |text| text.parse::<bool>().ok())?;
        Ok(value.unwrap_or(false))
    }

    /// Whether the list is asked for as CSV.
    pub fn is_csv(&self) -> Result<bool, Problem> {
        let formats = |text: &str| match text {
            "csv" => Some(true),
            "json" => Some(false),
            _ => None,
        };
        Ok(self.chosen("format", &["json", "csv"], formats)?.unwrap_or(false))
    }

    /// An instant, ms since the Unix epoch; see [`time::parse`].
    pub fn time(&self, name: &str) -> Result<Option<i64>, Problem> {
        self.parsed(name, Said::new("refusal.wants_time"), time::parse)
    }

    /// The `next` of the page before, under either of its names.
    pub fn cursor(&self) -> Option<&str> {
        self.text("cursor").or_else(|| self.text("after"))
    }
}

/// What a parameter must be that is one of a few names.
pub fn one_of(names: &[&str]) -> Said {
    Said::new("refusal.wants_one_of").with("names", names.join(", "))
}

/// Somebody else's text in an error: short.
fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}
