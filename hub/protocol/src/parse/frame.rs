//! One zstd frame, unpacked within a limit.

use std::borrow::Cow;

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};
use zstd::zstd_safe::get_frame_content_size;

use crate::reason::Reason;

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The windows that zstd itself can be asked for, as powers of two (RFC 8878, section 3.1.1.1.2).
const WINDOW_LOG: std::ops::RangeInclusive<u32> = 10..=27;

/// The payload, or what its zstd frame holds if it begins with the magic number.
pub(super) fn unpack(payload: &[u8], bytes_max: usize) -> Result<Cow<'_, [u8]>, Reason> {
    if payload.starts_with(&MAGIC) {
        decompress(payload, bytes_max).map(Cow::Owned)
    } else {
        Ok(Cow::Borrowed(payload))
    }
}

/// The frame header is not believed: memory grows with what really comes out, and the decoder's window is bounded.
fn decompress(frame: &[u8], bytes_max: usize) -> Result<Vec<u8>, Reason> {
    const BAD: Reason = Reason::BadCompression;
    let declared = get_frame_content_size(frame).map_err(|_| BAD)?;
    if declared.is_some_and(|size| size > bytes_max as u64) {
        return Err(Reason::TooLarge);
    }
    let mut decoder = Decoder::new().map_err(|_| BAD)?;
    decoder.set_parameter(DParameter::WindowLogMax(window_log_max(bytes_max))).map_err(|_| BAD)?;

    let mut input = InBuffer::around(frame);
    let mut chunk = [0; 16 * 1024];
    let mut json = Vec::new();
    loop {
        let before = input.pos();
        let mut output = OutBuffer::around(&mut chunk[..]);
        let expected = decoder.run(&mut input, &mut output).map_err(|_| BAD)?;
        let produced = output.as_slice();
        if json.len() + produced.len() > bytes_max {
            return Err(Reason::TooLarge);
        }
        json.extend_from_slice(produced);
        if expected == 0 {
            break;
        }
        if input.pos() == before && produced.is_empty() {
            return Err(BAD); // The frame ends too early.
        }
    }
    if input.pos() == frame.len() { Ok(json) } else { Err(BAD) }
}

fn window_log_max(bytes_max: usize) -> u32 {
    let log = bytes_max.checked_next_power_of_two().map_or(*WINDOW_LOG.end(), usize::trailing_zeros);
    log.clamp(*WINDOW_LOG.start(), *WINDOW_LOG.end())
}
