//! The hub's time, for a station whose clock may be wrong.

use crate::parse::Fields;
use crate::reason::{Fault, Rejected};

/// `{"t":81}`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeQuestion {
    /// Whatever tells the station its questions apart.
    pub t: i64,
}

/// `{"t":81,"hub":1763800000123}`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeAnswer {
    /// The question's.
    pub t: i64,
    /// Milliseconds since the Unix epoch, UTC, when the hub read the question.
    pub hub: i64,
}

impl TimeQuestion {
    /// # Errors
    /// The payload as one `Rejected`, with the reason and the member at fault.
    pub fn parse(payload: &[u8]) -> Result<Self, Rejected> {
        let question = |payload| -> Result<Self, Fault> {
            let mut fields = Fields::parse(payload)?;
            let question = Self { t: fields.required("t")? };
            fields.finish().map(|()| question)
        };
        question(payload).map_err(|fault| fault.reject(0, payload))
    }

    pub fn to_json(self) -> Vec<u8> {
        format!(r#"{{"t":{}}}"#, self.t).into_bytes()
    }
}

impl TimeAnswer {
    /// # Errors
    /// The payload as one `Rejected`, with the reason and the member at fault.
    pub fn parse(payload: &[u8]) -> Result<Self, Rejected> {
        let answer = |payload| -> Result<Self, Fault> {
            let mut fields = Fields::parse(payload)?;
            let answer = Self { t: fields.required("t")?, hub: fields.required("hub")? };
            fields.finish().map(|()| answer)
        };
        answer(payload).map_err(|fault| fault.reject(0, payload))
    }

    pub fn to_json(self) -> Vec<u8> {
        format!(r#"{{"t":{},"hub":{}}}"#, self.t, self.hub).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_told_from_an_answer() {
        let check = |payload: &str, question: bool, answer: bool| {
            assert_eq!(TimeQuestion::parse(payload.as_bytes()).is_ok(), question, "{payload}");
            assert_eq!(TimeAnswer::parse(payload.as_bytes()).is_ok(), answer, "{payload}");
        };
        check(r#"{"t":1}"#, true, false);
        check(r#"{"t":-9223372036854775808}"#, true, false);
        check(r#"{"t":1,"hub":2}"#, false, true);
        check(r#"{"t":1.5}"#, false, false);
        check(r#"{"hub":2}"#, false, false);
        check("[]", false, false);
        let (question, answer) = (TimeQuestion { t: 7 }, TimeAnswer { t: 7, hub: 9 });
        assert_eq!(TimeQuestion::parse(&question.to_json()).ok(), Some(question));
        assert_eq!(TimeAnswer::parse(&answer.to_json()).ok(), Some(answer));
    }
}
