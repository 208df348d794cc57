//! The `waystation-hub` command.

fn main() {}
