//! The language that a caller asks for by `Accept-Language`.

use axum::http::{HeaderMap, header};

/// What the hub can say things in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Zh,
    En,
}

impl Language {
    /// The one that the caller likes best of the two, the first of equals; English for who says nothing of them.
    pub fn of(headers: &HeaderMap) -> Self {
        let asked = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        let mut best = (Self::En, 0.0);
        for (language, weight) in asked.flat_map(|list| list.split(',')).filter_map(weighed) {
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }
}

/// `zh-CN;q=0.9` and its weight, 0 to 1.
fn weighed(range: &str) -> Option<(Language, f32)> {
    let mut parts = range.split(';').map(str::trim);
    let tag = parts.next()?.split('-').next()?;
    let language = match tag {
        _ if tag.eq_ignore_ascii_case("zh") => Language::Zh,
        _ if tag.eq_ignore_ascii_case("en") => Language::En,
        _ => return None,
    };
    let weight =
        parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |weight| weight.parse().ok());
    Some((language, weight.filter(|weight| (0.0..=1.0).contains(weight))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_language_that_is_liked_best_is_spoken() {
        for (asked, expected) in [
            ("", Language::En),
            ("zh", Language::Zh),
            ("zh-Hant-TW", Language::Zh),
            ("ZH-cn,zh;q=0.9,en;q=0.8", Language::Zh),
            ("en-GB, zh;q=0.9", Language::En),
            ("zh;q=0.5, en;q=0.7", Language::En),
            ("en, zh", Language::En),
            ("fr, zh;q=0.1", Language::Zh),
            ("zh;q=0", Language::En),
            ("zh;q=x", Language::En),
            ("*", Language::En),
            ("zha", Language::En),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(asked))]);
            assert_eq!(Language::of(&headers), expected, "{asked}");
        }
        assert_eq!(Language::of(&HeaderMap::new()), Language::En);
    }
}
