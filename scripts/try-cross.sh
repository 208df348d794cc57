#!/usr/bin/env bash
# Whether the agent's C can be compiled for other machines: the sources of ring and zstd by Debian's cross compilers, and
# that nothing else in the agent brings C. Rust's own part needs `rustup target add`, and is not tried.
#   apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
set -euo pipefail
cd "$(dirname "$0")/.."

# Where cargo has a dependency's sources.
source_of() {
  cargo metadata --format-version 1 --locked | python3 -c '
import json, os, sys
found = [p for p in json.load(sys.stdin)["packages"] if p["name"] == sys.argv[1] and not p["version"].startswith(sys.argv[2])]
print(os.path.dirname(found[-1]["manifest_path"]))' "$1" "${2:-none}"
}

# Crates that build or link something that is not Rust.
foreign=$(cargo tree -p waystation-agent -e normal,build --target all --prefix none --format '{p}' |
  cut -d ' ' -f 1 | grep -E -- '-sys$|^ring$|^openssl|^cmake$|^bindgen$' | grep -v '^windows' | sort -u | tr '\n' ' ')
echo "what brings C: $foreign"
unexpected=$(echo "$foreign" | tr ' ' '\n' | grep -vE '^(ring|zstd-sys|linux-raw-sys|openssl-probe|core-foundation-sys|security-framework-sys|)$' || true)
[ -z "$unexpected" ] || { echo "not known here, and not tried: $unexpected" >&2; exit 1; }

ring=$(source_of ring)
zstd=$(source_of zstd-sys)/zstd/lib
object=$(mktemp)
trap 'rm -f "$object"' EXIT
for machine in aarch64-linux-gnu:linux64 arm-linux-gnueabihf:linux32; do
  compiler=${machine%:*}-gcc assembly=${machine#*:}
  if ! command -v "$compiler" >/dev/null; then
    echo "$compiler: not installed, skipped"
    continue
  fi
  count=0
  while read -r file; do
    "$compiler" -c -Os -I "$zstd" -I "$ring/include" -I "$ring/pregenerated" -DXXH_PRIVATE_API= -DZSTD_DISABLE_ASM= -o "$object" "$file"
    count=$((count + 1))
  done < <(
    find "$zstd/common" "$zstd/compress" "$zstd/decompress" -name '*.c'
    find "$ring/crypto" -name '*.c' ! -name '*x86*' ! -name '*adx*' ! -name 'cpu_intel.c' ! -name '*_test*'
    find "$ring/pregenerated" -name "*-$assembly.S"
  )
  echo "$compiler: $count files of ring and zstd compiled"
done
