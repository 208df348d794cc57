//! A batch as one zstd frame: honest, damaged, lying, and too large.

use waystation_protocol::{Decoded, Limits, Reason, compress_batch, decode_batch};

use crate::support::{NOW_MS, decode_as_batch};

const JSON: &[u8] = br#"{"outbox":"o","first_seq":1,"readings":[{"kind":"gateway","ts":1763800000000,"device":"g","mains":true}]}"#;

fn check_refused(payload: &[u8], limits: &Limits, reason: Reason) {
    let mut out = Decoded::default();
    assert_eq!(decode_batch(payload, NOW_MS, limits, &mut out), None);
    assert_eq!((out.accepted.len(), out.rejected.len()), (0, 1));
    assert_eq!((out.rejected[0].reason, out.rejected[0].payload.as_slice()), (reason, payload));
}

/// A frame whose header does not say how large its content is, as a streaming encoder makes it.
fn streamed(content: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(content, 3).unwrap_or_else(|error| panic!("zstd: {error}"))
}

#[test]
fn a_frame_is_unpacked_whether_or_not_it_declares_its_size() {
    for frame in [compress_batch(JSON).unwrap(), streamed(JSON)] {
        let (header, out) = decode_as_batch(&frame);
        assert_eq!((header.unwrap().count, out.accepted.len(), out.rejected.len()), (1, 1, 0));
    }
}

#[test]
fn a_frame_must_be_whole_and_alone() {
    let limits = Limits::default();
    for frame in [compress_batch(JSON).unwrap(), streamed(JSON)] {
        for length in 4..frame.len() {
            check_refused(&frame[..length], &limits, Reason::BadCompression);
        }
        check_refused(&[&frame[..], b" "].concat(), &limits, Reason::BadCompression);
        check_refused(&[&frame[..], &frame[..]].concat(), &limits, Reason::BadCompression);
    }
}

#[test]
fn a_frame_that_grows_past_the_limit_is_refused() {
    let bomb = vec![b' '; 64 << 20];
    for frame in [compress_batch(&bomb).unwrap(), streamed(&bomb)] {
        check_refused(&frame, &Limits::default(), Reason::TooLarge);
    }
    let exact = Limits { decompressed_bytes: JSON.len(), ..Limits::default() };
    let tight = Limits { decompressed_bytes: JSON.len() - 1, ..Limits::default() };
    for frame in [compress_batch(JSON).unwrap(), streamed(JSON)] {
        let mut out = Decoded::default();
        assert!(decode_batch(&frame, NOW_MS, &exact, &mut out).is_some());
        check_refused(&frame, &tight, Reason::TooLarge);
    }
}

#[test]
fn a_lying_header_is_refused() {
    // Single segment, eight bytes of content size, then an empty last block.
    let frame =
        |declared: u64| [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &declared.to_le_bytes(), &[1, 0, 0]].concat();
    check_refused(&frame(u64::MAX - 2), &Limits::default(), Reason::TooLarge);
    check_refused(&frame(1 << 40), &Limits::default(), Reason::TooLarge);
    check_refused(&frame(4 << 20), &Limits::default(), Reason::BadCompression);
    // A window of 3.75 TiB, asked for by the largest window descriptor.
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 1, 0, 0];
    let mut out = Decoded::default();
    assert_eq!(decode_batch(&window, NOW_MS, &Limits::default(), &mut out), None);
}

#[test]
fn what_was_unpacked_must_be_a_batch() {
    check_refused(&compress_batch(b"\xff").unwrap(), &Limits::default(), Reason::NotUtf8);
    check_refused(&compress_batch(b"{").unwrap(), &Limits::default(), Reason::NotJson);
    // Not a frame in a frame.
    let twice = compress_batch(&compress_batch(JSON).unwrap()).unwrap();
    check_refused(&twice, &Limits::default(), Reason::NotUtf8);
}
