#!/usr/bin/env bash
# corpus.sh [DEMO]: makes the seeds anew, adds what was found in grown/, and keeps in corpus/ the smallest inputs that
# reach what all of them reach. DEMO is the directory that `skillpass demo --out` filled.
set -euo pipefail
cd "$(dirname "$0")"
binary=$(./build.sh)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
FUZZ_SEEDS="$made/seeds" FUZZ_DEMO=${1:-} "$binary"
for seeds in "$made"/seeds/*; do
    target=$(basename "$seeds")
    mkdir -p "$made/kept" "corpus/$target" "grown/$target"
    FUZZ_TARGET=$target "$binary" -merge=1 -max_len=65536 -timeout=10 "$made/kept" "$seeds" "corpus/$target" "grown/$target" 2>/dev/null
    rm -r "corpus/$target"
    mv "$made/kept" "corpus/$target"
done
du -sh corpus
