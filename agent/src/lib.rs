//! The gateway agent of a worker station, and a simulator of thousands of them.
//!
//! Readings flow from [`sources`] through the [`intake`] into the [`outbox`] on disk, and from there through the [`publisher`] over a
//! [`connection`] to the hub; [`app`] wires them. [`simulate`] plays whole stations over the same connection.

pub mod backoff;
pub mod clock;
pub mod dice;
pub mod files;

pub mod config;

pub mod sources;

pub mod intake;

pub mod outbox;

pub mod orders;
pub mod remote;
pub mod tokens;

pub mod publisher;

pub mod connection;

pub mod service;
pub mod status;

pub mod diagnosis;
pub mod texts;

pub mod app;
pub mod commands;
pub mod simulate;
