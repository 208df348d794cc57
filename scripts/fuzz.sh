#!/usr/bin/env bash
# Every fuzz target for some seconds: scripts/fuzz.sh [SECONDS] [TARGET…]
set -euo pipefail
cd "$(dirname "$0")/../hub/fuzz"

seconds=${1:-60}
shift || true
if ! cargo +nightly --version >/dev/null 2>&1; then
  echo "Fuzzing needs a nightly compiler: rustup toolchain install nightly" >&2
  exit 1
fi
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo +nightly fuzz list)
for target in "${targets[@]}"; do
  echo "fuzz: $target for $seconds s"
  # What is found goes below target/: the corpus that is kept stays small. Without a sanitizer: what the targets run has no unsafe code of ours.
  mkdir -p "target/corpus/$target"
  cargo +nightly fuzz run -O -s none "$target" "target/corpus/$target" "corpus/$target" -- \
    -max_total_time="$seconds" -max_len=4096 -print_final_stats=1
done
