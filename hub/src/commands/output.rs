//! Printing for people and for programs.

use std::io::Write;

use anyhow::Context;
use serde::Serialize;

use crate::registry::Token;

/// One JSON document on one line.
pub(super) fn json(out: &mut impl Write, value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string(value)?;
    writeln!(out, "{text}").and_then(|()| out.flush()).context("cannot write to standard output")
}

/// A line for a person.
pub(super) fn line(out: &mut impl Write, text: &str) -> anyhow::Result<()> {
    writeln!(out, "{text}").and_then(|()| out.flush()).context("cannot write to standard output")
}

/// A line with a new token. What to do when it was lost on the way stands in the error.
pub(super) fn token(
    out: &mut impl Write,
    explanation: &str,
    token: &Token,
    as_json: Option<&serde_json::Value>,
) -> anyhow::Result<()> {
    let printed = match as_json {
        Some(value) => json(out, value),
        None => line(out, &format!("{explanation}\n{}", token.as_str())),
    };
    printed.context("the token was made but could not be shown, and it is kept nowhere; make another one")
}
