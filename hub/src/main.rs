//! The `waystation-hub` command.

/// The state of a large fleet is many small pieces that threads hand to each other: with the C library's allocator the fold
/// takes half as long again (`docs/benchmarks.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    waystation_hub::commands::main()
}
