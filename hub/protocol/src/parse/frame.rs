//! One zstd frame, unpacked within a limit.

use std::borrow::Cow;
use std::cell::RefCell;

use zstd::zstd_safe::{DCtx, find_frame_compressed_size, get_error_name, get_frame_content_size};

use crate::reason::Reason;

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// zstd's name for an output that does not fit; it has no other public form.
const TOO_SMALL: &str = "Destination buffer is too small";

thread_local! {
    /// A context costs more than a small frame, and holds nothing of a frame once that is unpacked.
    static CONTEXT: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
}

/// The payload, or what its zstd frame holds if it begins with the magic number.
pub(super) fn unpack(payload: &[u8], bytes_max: usize) -> Result<Cow<'_, [u8]>, Reason> {
    if payload.starts_with(&MAGIC) {
        decompress(payload, bytes_max).map(Cow::Owned)
    } else {
        Ok(Cow::Borrowed(payload))
    }
}

/// The frame goes straight into the output, so a lying header can ask for no window; and the output never exceeds
/// the limit, whatever size the header declares.
fn decompress(frame: &[u8], bytes_max: usize) -> Result<Vec<u8>, Reason> {
    let declared = get_frame_content_size(frame).map_err(|_| Reason::BadCompression)?;
    if declared.is_some_and(|bytes| bytes > bytes_max as u64) {
        return Err(Reason::TooLarge);
    }
    if find_frame_compressed_size(frame) != Ok(frame.len()) {
        return Err(Reason::BadCompression);
    }
    // At most `bytes_max` by the check above; pages that nothing is written to cost no memory.
    let mut json = Vec::with_capacity(declared.map_or(bytes_max, |bytes| bytes as usize));
    match CONTEXT.with_borrow_mut(|context| context.decompress(&mut json, frame)) {
        Ok(_) => Ok(json),
        Err(code) if declared.is_none() && get_error_name(code) == TOO_SMALL => Err(Reason::TooLarge),
        Err(_) => Err(Reason::BadCompression),
    }
}
