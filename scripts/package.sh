#!/usr/bin/env bash
# Builds a Debian package from a program that has been built, with dpkg-deb alone.
#   scripts/package.sh waystation-agent PROGRAM FOLDER     # prints the package's path
# VERSION overrides the workspace's; a program that has more bytes than BYTES_MAX without its symbols is refused. The same source and program give the same package, byte for byte.
set -euo pipefail

package=$1 program=$2 folder=$3
root=$(cd "$(dirname "$0")/.." && pwd)
packaging=$root/packaging
version=${VERSION:-$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' "$root/Cargo.toml")}

# Debian's name for what the program runs on, by its own header.
architecture() {
  local machine
  machine=$(LC_ALL=C readelf -h "$program" | sed -n 's/^ *Machine: *//p')
  case $machine in
    *X86-64) echo amd64 ;;
    AArch64) echo arm64 ;;
    ARM) echo armhf ;;
    *RISC-V) echo riscv64 ;;
    *) echo "package.sh: no Debian architecture is known for \"$machine\"" >&2; return 1 ;;
  esac
}

# The C library that its symbols ask for; a program without any, such as one with musl, asks for none.
glibc() {
  local versions
  versions=$(LC_ALL=C readelf -V "$program" | grep -o 'GLIBC_[0-9][0-9.]*' || true)
  echo "${versions:-GLIBC_2.17}" | sed 's/^GLIBC_//' | sort -V | tail -n 1
}

# A program for another machine is stripped by that machine's binutils.
stripped() {
  local strip=strip
  if [ "$architecture" != "$(dpkg --print-architecture)" ]; then
    case $architecture in
      arm64) strip=aarch64-linux-gnu-strip ;;
      armhf) strip=arm-linux-gnueabihf-strip ;;
      riscv64) strip=riscv64-linux-gnu-strip ;;
    esac
  fi
  "$strip" --strip-all -o "$2" "$1"
}

architecture=$(architecture)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
umask 022

install -d "$tree/usr/bin" "$tree/etc/waystation" "$tree/usr/share/doc/$package"
stripped "$program" "$tree/usr/bin/$package"
chmod 755 "$tree/usr/bin/$package"
bytes=$(stat -c %s "$tree/usr/bin/$package")
if [ "$bytes" -gt "${BYTES_MAX:-$bytes}" ]; then
  echo "package.sh: $package has $bytes bytes, more than $BYTES_MAX: see docs/agent/build.md" >&2
  exit 1
fi
install -D -m 644 "$packaging/systemd/$package.service" "$tree/usr/lib/systemd/system/$package.service"
install -D -m 644 "$packaging/sysusers/$package.conf" "$tree/usr/lib/sysusers.d/$package.conf"
install -D -m 644 "$packaging/etc/$package.default" "$tree/etc/default/$package"
documents="$tree/usr/share/doc/$package"
case $package in
  waystation-hub) install -m 644 "$packaging/etc/hub.toml" "$tree/etc/waystation/hub.toml" ;;
  waystation-agent)
    install -D -m 644 "$packaging/tmpfiles/$package.conf" "$tree/usr/lib/tmpfiles.d/$package.conf"
    install -D -m 644 "$packaging/etc/agent.toml.example" "$documents/examples/agent.toml"
    install -m 644 -t "$documents" "$root"/docs/agent/*.md
    ;;
esac
install -m 644 "$root/README.md" "$root/README.zh-CN.md" "$documents"
{ echo "Licensed under the Apache License, Version 2.0:"; echo; cat "$root/LICENSE"; } >"$documents/copyright"
gzip -9n <"$root/CHANGELOG.md" >"$documents/changelog.gz"

size=$(du -sk --apparent-size "$tree" | cut -f 1)
install -d "$tree/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@GLIBC@/$(glibc)/" -e "s/@SIZE@/$size/" \
  "$packaging/debian/$package/control" >"$tree/DEBIAN/control"
install -m 644 "$packaging/debian/$package/conffiles" "$tree/DEBIAN/conffiles"
install -m 755 "$packaging/debian/$package"/{postinst,prerm,postrm} "$tree/DEBIAN/"
(cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
chmod 644 "$tree/DEBIAN/md5sums"

mkdir -p "$folder"
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 1767225600)}
dpkg-deb --root-owner-group --build "$tree" "$folder/${package}_${version}_$architecture.deb" >/dev/null
echo "$folder/${package}_${version}_$architecture.deb"
