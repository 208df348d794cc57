//! What a reader may subscribe to.

use waystation_protocol::valid_filter;

/// A subscription's filter, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted<'a> {
    Plain(&'a str),
    /// `$share/{group}/{filter}`: each message goes to one member of the group.
    Shared {
        group: &'a str,
        filter: &'a str,
    },
    /// Another `$` topic; well formed, but nothing is ever published there.
    Nothing,
}

impl<'a> Wanted<'a> {
    /// `None` if the filter is malformed.
    pub fn parse(text: &'a str) -> Option<Self> {
        if !valid_filter(text) {
            return None;
        }
        if text == "$share" || text.starts_with("$share/") {
            let (group, filter) = text.strip_prefix("$share/")?.split_once('/')?;
            let valid = !group.is_empty() && !group.contains(['+', '#']) && valid_filter(filter);
            return match (valid, filter.starts_with('$')) {
                (false, _) => None,
                (true, true) => Some(Self::Nothing),
                (true, false) => Some(Self::Shared { group, filter }),
            };
        }
        Some(if text.starts_with('$') { Self::Nothing } else { Self::Plain(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<Wanted<'_>>) {
        assert_eq!(Wanted::parse(text), expected, "{text}");
    }

    #[test]
    fn filters_are_taken_apart() {
        check("#", Some(Wanted::Plain("#")));
        check("v1/stations/+/door", Some(Wanted::Plain("v1/stations/+/door")));
        check("$share/g/v1/#", Some(Wanted::Shared { group: "g", filter: "v1/#" }));
        check("$share/g//x", Some(Wanted::Shared { group: "g", filter: "/x" }));
        check("$shared/g/#", Some(Wanted::Nothing));
        check("$SYS/#", Some(Wanted::Nothing));
        check("$share/g/$SYS/#", Some(Wanted::Nothing));
        for malformed in
            ["", "a#", "a/#/b", "$share", "$share/", "$share/g", "$share/g/", "$share//x", "$share/+/x"]
        {
            check(malformed, None);
        }
    }
}
