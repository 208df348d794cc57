//! A month of a fleet in simulated time: what happens is written in a script, and what the hub must make of it follows
//! from the script alone.

mod corrections;
mod expected;
mod month;
mod player;
mod script;
