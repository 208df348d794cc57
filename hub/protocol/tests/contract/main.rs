//! The wire contract, held against `decode_channel`, `decode_batch` and the message parsers from outside.

mod batch;
mod codec;
mod compression;
mod messages;
mod properties;
mod ranges;
mod readings;
mod support;
mod topics;
