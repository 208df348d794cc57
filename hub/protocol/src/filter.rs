//! MQTT topic names and filters (MQTT 5.0, section 4.7).

/// The longest UTF-8 string that MQTT can carry, in bytes.
const LENGTH_MAX: usize = 65_535;

/// Whether a client may publish to `topic`: not empty, no wildcard, no NUL.
pub fn valid_topic_name(topic: &str) -> bool {
    valid_string(topic) && !topic.contains(['+', '#'])
}

/// Whether `filter` is well formed: `+` and `#` fill a whole level, and `#` is the last one.
pub fn valid_filter(filter: &str) -> bool {
    let mut levels = filter.split('/').peekable();
    valid_string(filter)
        && std::iter::from_fn(|| levels.next().map(|level| (level, levels.peek().is_none()))).all(
            |(level, last)| match level {
                "#" => last,
                "+" => true,
                other => !other.contains(['+', '#']),
            },
        )
}

/// Whether a valid `filter` selects a valid `topic`. A filter that begins with a wildcard does not select
/// topics that begin with `$`, which are the server's own.
pub fn filter_matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut levels = topic.split('/');
    for wanted in filter.split('/') {
        // Also when the topic's levels are used up: "a/#" selects "a".
        if wanted == "#" {
            return true;
        }
        match levels.next() {
            Some(level) if wanted == "+" || wanted == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

fn valid_string(text: &str) -> bool {
    !text.is_empty() && text.len() <= LENGTH_MAX && !text.contains('\0')
}
