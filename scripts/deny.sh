#!/usr/bin/env bash
# Licences, sources, duplicates and known advisories of every dependency, by deny.toml.
#
# ADVISORY_DB names a folder with a copy of the RustSec advisory database, for machines that cannot reach GitHub;
# `ADVISORY_DB=none` leaves the advisories out. Without it the database is fetched.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cargo-deny >/dev/null || cargo install cargo-deny --locked
cargo deny check bans licenses sources

case ${ADVISORY_DB:-} in
  none) echo "deny: advisories were not checked" && exit 0 ;;
  "") exec cargo deny check advisories ;;
esac

# cargo-deny takes the database from a git repository only, so the copy is made one, and git is told to look there.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$ADVISORY_DB" "$work/copy"
rm -rf "$work/copy/.git"
git -C "$work/copy" init --quiet --initial-branch main
git -C "$work/copy" add --all
git -C "$work/copy" -c user.name=deny -c user.email=deny@localhost commit --quiet --message "The copy as it is"
sed "/^\[advisories\]/a db-path = \"$work/dbs\"" deny.toml >"$work/deny.toml"
export GIT_CONFIG_COUNT=1
export GIT_CONFIG_KEY_0="url.file://$work/copy.insteadOf"
export GIT_CONFIG_VALUE_0="https://github.com/RustSec/advisory-db"
cargo deny --config "$work/deny.toml" check advisories
