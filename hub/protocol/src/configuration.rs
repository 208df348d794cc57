//! What the hub sets at a station from afar.

use compact_str::{CompactString, format_compact};
use serde::{Deserialize, Serialize};

use crate::reporting::{Reporting, ReportingError};

/// `{"version":7,"report":{"intervals_s":{"environment":60}}}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Grows from configuration to configuration of a station; from 1.
    pub version: u32,
    pub report: Reporting,
}

impl Configuration {
    /// # Errors
    /// It is none, or names what there is not.
    pub fn parse(payload: &[u8]) -> Result<Self, ReportingError> {
        let configuration: Self =
            serde_json::from_slice(payload).map_err(|error| ReportingError::Json(error.to_string()))?;
        if configuration.version == 0 {
            return Err(ReportingError::Json("version must be at least 1".into()));
        }
        configuration.report.check().map(|()| configuration)
    }

    /// The version of a payload that may be no configuration otherwise: whoever sent it is to be answered.
    pub fn version_of(payload: &[u8]) -> Option<u32> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        serde_json::from_slice(payload).ok().map(|Versioned { version }| version)
    }

    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail, and every key is a string")]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("JSON into memory")
    }

    /// The id under which a station answers on `result`.
    pub fn answer_id(version: u32) -> CompactString {
        format_compact!("config-{version}")
    }

    /// The version that an answer is about; `None`: it is about a command.
    pub fn answered_version(id: &str) -> Option<u32> {
        id.strip_prefix("config-")?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_read_strictly() {
        let check = |json: &str, expected: bool| {
            assert_eq!(Configuration::parse(json.as_bytes()).is_ok(), expected, "{json}");
        };
        check(r#"{"version":7,"report":{}}"#, true);
        check(r#"{"version":7,"report":{"intervals_s":{"door":60}}}"#, true);
        check(r#"{"version":7,"report":{"intervals_s":{"door":0}}}"#, false);
        check(r#"{"version":-1,"report":{}}"#, false);
        check(r#"{"version":0,"report":{}}"#, false);
        check(r#"{"version":7,"report":{},"doors":[]}"#, false);
        check(r#"{"report":{}}"#, false);
        assert_eq!(Configuration::version_of(br#"{"version":7,"doors":[]}"#), Some(7));
        assert_eq!(Configuration::version_of(b"7"), None);
        assert_eq!(Configuration::answered_version(&Configuration::answer_id(7)), Some(7));
        assert_eq!(Configuration::answered_version("c-7"), None);
    }
}
