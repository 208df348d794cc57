use super::{Body, Lines};
use crate::influx::line::Measurement;
use bytes::Bytes;
use std::io::Read;

fn body(text: &str) -> Body {
    Body { bytes: Bytes::copy_from_slice(text.as_bytes()), lines: text.lines().count() }
}

fn text(body: &Body) -> &str {
    std::str::from_utf8(&body.bytes).unwrap()
}

#[test]
fn lines_of_a_series_leave_together_in_their_order() {
    let mut lines = Lines::default();
    let mut add = |station, measurement, line: &str, is_line| {
        lines.station(station);
        lines.line(measurement, |out| {
            out.extend_from_slice(line.as_bytes());
            is_line
        });
    };
    add("a", Measurement::Fund, "fund a 1\n", true);
    add("b", Measurement::Door, "door b 1\n", true);
    add("b", Measurement::Fund, "fund b 1\n", true);
    add("a", Measurement::Door, "nothing", false);
    add("a", Measurement::Fund, "fund a 2\n", true);
    add("b", Measurement::Fund, "fund b 2\n", true);
    assert_eq!((lines.count(), lines.bytes()), (5, 45));
    let mut leaving = lines.drain();
    assert_eq!(leaving.next_body(1, 1000, None), Some(body("door b 1\n")));
    assert_eq!(leaving.next_body(5, 10, None), Some(body("fund a 1\nfund a 2\n")));
    assert!(!leaving.is_empty());
    assert_eq!(leaving.next_body(5, 1000, None), Some(body("fund b 1\nfund b 2\n")));
    assert!(leaving.is_empty());
    assert_eq!(leaving.next_body(5, 1000, None), None);
    drop(leaving);
    assert_eq!((lines.count(), lines.bytes()), (0, 0));
}

#[test]
fn halves_are_whole_lines_and_nothing_is_lost() {
    fn check(whole: &str, expected: Option<(&str, &str)>) {
        let halves = body(whole).halves();
        assert_eq!(halves.as_ref().map(|(first, second)| (text(first), text(second))), expected, "{whole:?}");
        if let Some((first, second)) = halves {
            assert_eq!(first.lines + second.lines, whole.lines().count());
        }
    }
    check("a\n", None);
    check("a\nb\n", Some(("a\n", "b\n")));
    check("aaaaaaaaaaaaaaaaaa\nb\n", Some(("aaaaaaaaaaaaaaaaaa\n", "b\n")));
    check("a\nbbbbbbbbbbbbbbbbbb\n", Some(("a\n", "bbbbbbbbbbbbbbbbbb\n")));
    check("a\nb\nc\nd\n", Some(("a\nb\n", "c\nd\n")));
}

#[test]
fn a_division_divides_or_says_that_it_does_not() {
    let whole = body("x1\ny1\nx2\n");
    let (suspects, others) = whole.divide(|line| line.starts_with('x')).unwrap();
    assert_eq!((text(&suspects), suspects.lines), ("x1\nx2\n", 2));
    assert_eq!((text(&others), others.lines), ("y1\n", 1));
    assert!(whole.divide(|_| true).is_none());
    assert!(whole.divide(|_| false).is_none());
}

#[test]
fn a_compressed_body_is_the_body() {
    let whole = body(&"fund,station=a x=1i 1\n".repeat(1000));
    let compressed = whole.gzip().unwrap();
    let mut plain = String::new();
    flate2::read::GzDecoder::new(compressed.as_ref()).read_to_string(&mut plain).unwrap();
    assert_eq!(plain, text(&whole));
}
