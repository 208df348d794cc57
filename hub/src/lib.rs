//! The Waystation hub: telemetry of worker stations in over MQTT, on disk before it is acknowledged, and from
//! that log into InfluxDB, to readers, and to the fleet's state.
//!
//! Folders are stages in flow order; a stage imports only what earlier stages hand on, and [`app`] wires them.

pub mod calendar;
pub mod clock;
pub mod config;
pub mod metrics;

pub mod entry;
pub mod health;
pub mod texts;

pub mod registry;

pub mod coverage;

pub mod access;
pub mod broker;
pub mod intake;
pub mod listener;
pub mod recorder;

pub mod fleet;
pub mod history;
pub mod influx;
pub mod notify;
pub mod operations;

pub mod http;

pub mod app;
pub mod commands;
pub mod priority;
pub mod shutdown;
pub mod sqlite;
