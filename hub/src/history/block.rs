//! Blobs of readings: `version u8 | bytes unpacked u32 | one zstd frame of readings in the log's binary form`.
//!
//! Invariant: readings of a block are sorted by time, kind and device, and there is one for each (of a door one for
//! each event, of a cabinet one for each swap); a later one of the same replaces it. So the same readings make the same block, however they came and however often.

use std::cmp::Ordering;
use thiserror::Error;
use waystation_protocol::{Body, CodecError, Reading};

const VERSION: u8 = 1;
/// Level 1 packs at some 300 MB/s; what higher levels save is a few per cent.
const ZSTD_LEVEL: i32 = 1;
/// [J] more than an hour of the largest site; a blob that declares more is damaged.
const UNPACKED_BYTES_MAX: usize = 256 << 20;

/// A blob that cannot be read.
#[derive(Debug, Error)]
pub enum BlockError {
    #[error("a block of readings is damaged: {0}")]
    Damaged(&'static str),
    #[error("a block was written by a newer hub, which this version cannot read")]
    Newer,
}

/// The order within a block, and what makes two readings the same. A gateway whose clock knows whole seconds sends an
/// unlock and an opening with one time: events of a door are the same only if they say the same, and so with swaps.
pub fn order(left: &Reading, right: &Reading) -> Ordering {
    let key = |reading: &Reading| (reading.ts, reading.body.kind() as u8);
    key(left).cmp(&key(right)).then_with(|| left.device.cmp(&right.device)).then_with(|| {
        match (&left.body, &right.body) {
            (Body::Door(left), Body::Door(right)) => {
                (left.event, left.method).cmp(&(right.event, right.method))
            }
            (Body::Swap(left), Body::Swap(right)) => left.swap.cmp(&right.swap),
            _ => Ordering::Equal,
        }
    })
}

/// Sorts readings that stand in the order of their arrival; of the same, the last one stays.
pub fn settle(readings: &mut Vec<Reading>) {
    readings.reverse();
    readings.sort_by(order); // stable: the last to arrive stands first
    readings.dedup_by(|later, first| order(later, first).is_eq());
}

/// Adds `newer` to a settled block; both stay as they are otherwise.
pub fn merge(mut block: Vec<Reading>, newer: Vec<Reading>) -> Vec<Reading> {
    block.extend(newer);
    settle(&mut block);
    block
}

pub fn pack(readings: &[Reading]) -> Result<Vec<u8>, BlockError> {
    let mut plain = Vec::with_capacity(readings.len() * 48);
    readings.iter().for_each(|reading| reading.encode(&mut plain));
    pack_bytes(&plain)
}

pub fn unpack(blob: &[u8]) -> Result<Vec<Reading>, BlockError> {
    let plain = unpack_bytes(blob)?;
    let mut input = plain.as_slice();
    let mut readings = Vec::new();
    while !input.is_empty() {
        readings.push(Reading::decode(&mut input).map_err(|error| match error {
            CodecError::Newer => BlockError::Newer,
            CodecError::Truncated | CodecError::Corrupt(_) => BlockError::Damaged("a reading is not valid"),
        })?);
    }
    Ok(readings)
}

pub fn pack_bytes(plain: &[u8]) -> Result<Vec<u8>, BlockError> {
    let packed = zstd::bulk::compress(plain, ZSTD_LEVEL)
        .map_err(|_| BlockError::Damaged("it cannot be compressed"))?;
    let length = u32::try_from(plain.len()).map_err(|_| BlockError::Damaged("it is too large"))?;
    let mut blob = Vec::with_capacity(packed.len() + 5);
    blob.push(VERSION);
    blob.extend_from_slice(&length.to_le_bytes());
    blob.extend_from_slice(&packed);
    Ok(blob)
}

pub fn unpack_bytes(blob: &[u8]) -> Result<Vec<u8>, BlockError> {
    let (version, rest) = blob.split_first().ok_or(BlockError::Damaged("it is empty"))?;
    if *version != VERSION {
        return Err(BlockError::Newer);
    }
    let (length, packed) = rest.split_first_chunk::<4>().ok_or(BlockError::Damaged("it is cut off"))?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > UNPACKED_BYTES_MAX {
        return Err(BlockError::Damaged("its length is not valid"));
    }
    zstd::bulk::decompress(packed, length).map_err(|_| BlockError::Damaged("it cannot be decompressed"))
}
