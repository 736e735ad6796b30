#!/usr/bin/env bash
# Makes a release archive from a clean checkout: deploy/release.sh [OUTDIR]
# The archive holds the binary, the deployment files and the documents; its SHA-256 stands beside it.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-target/release-archives}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
host=$(rustc -vV | sed -n 's/^host: //p')
name="skillpass-$version-$host"

if [ -n "$(git status --porcelain)" ]; then
    echo "release: uncommitted changes; commit or stash them first" >&2
    exit 1
fi
if ! grep -q "^## \[$version\]" CHANGELOG.md; then
    echo "release: CHANGELOG.md has no section [$version]" >&2
    exit 1
fi

cargo test --locked
cargo test --locked -p proto-gen
# Paths of the building machine do not belong into a binary.
RUSTFLAGS="--cfg curve25519_dalek_backend=\"avx512\" --remap-path-prefix=$PWD=/source --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" \
    cargo build --release --locked --bin skillpass

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/$name" "$out"
cp target/release/skillpass README.md ARCHITECTURE.md CHANGELOG.md SECURITY.md proto/SPEC.md "$stage/$name/"
cp -r deploy proto/skillpass "$stage/$name/"

# The same commit gives the same archive: names sorted, owners and times fixed.
when=$(git log -1 --format=%cI)
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="$when" -C "$stage" -cf - "$name" | gzip -n -9 >"$out/$name.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256" && cat "$name.tar.gz.sha256")
