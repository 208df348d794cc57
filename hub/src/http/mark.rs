//! Pages of lists that are worked out as a whole for each page: a page goes on behind the item that the last one ended
//! with, wherever that is by now. What comes or goes before it neither repeats an item nor leaves one out.
//!
//! A cursor is `PLACE-NAME`: the item's place in the list, from 1, which serves if the item is gone; and a hash of what
//! it is about.

use super::stations::Page;
use serde::Serialize;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A cursor, as the document describes it.
pub const PATTERN: &str = "^[0-9]{1,9}-[0-9a-f]{16}$";

/// What a page ended with.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    place: usize,
    name: u64,
}

impl Mark {
    /// The name of an item, from what it is about.
    pub fn of(what: &impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        hasher.finish()
    }

    pub fn read(text: &str) -> Option<Self> {
        let (place, name) = text.split_once('-')?;
        Some(Self { place: place.parse().ok()?, name: u64::from_str_radix(name, 16).ok()? })
    }
}

/// The page behind the mark, or the first; `name` gives [`Mark::of`] an item.
pub fn cut<T: Serialize + Clone>(
    items: &[T],
    mark: Option<Mark>,
    limit: usize,
    name: impl Fn(&T) -> u64,
) -> Page<T> {
    let behind = |mark: Mark| {
        // Mostly it is where it was.
        let stayed = items.get(mark.place.wrapping_sub(1)).is_some_and(|item| name(item) == mark.name);
        let found = if stayed { None } else { items.iter().position(|item| name(item) == mark.name) };
        found.map_or(mark.place, |place| place + 1).min(items.len())
    };
    let begin = mark.map_or(0, behind);
    let end = begin.saturating_add(limit).min(items.len());
    let page = &items[begin..end];
    let next = page.last().filter(|_| end < items.len()).map(|last| format!("{end}-{:016x}", name(last)));
    Page { items: page.to_vec(), next }
}

#[cfg(test)]
mod tests {
    use super::{Mark, cut};

    /// The page of two behind `mark`; and its mark.
    fn page(items: &[&'static str], mark: Option<&str>) -> (Vec<&'static str>, Option<String>) {
        let mark = mark.map(|text| Mark::read(text).unwrap());
        let page = cut(items, mark, 2, Mark::of);
        (page.items, page.next)
    }

    #[test]
    fn a_list_that_changes_between_pages_repeats_nothing_and_leaves_nothing_out() {
        let (first, mark) = page(&["a", "b", "c", "d"], None);
        let mark = mark.as_deref();
        assert_eq!(first, ["a", "b"]);
        assert_eq!(page(&["a", "b", "c", "d"], mark), (vec!["c", "d"], None));
        assert_eq!(page(&["b", "c", "d"], mark).0, ["c", "d"]);
        assert_eq!(page(&["0", "a", "b", "c", "d"], mark).0, ["c", "d"]);
        assert_eq!(page(&["a", "c", "d"], mark).0, ["d"], "without the item itself its place serves");
        assert_eq!(page(&[], mark), (vec![], None));
        assert_eq!(page(&["a"], Some("999999999-0000000000000000")).0, Vec::<&str>::new());
    }
}
