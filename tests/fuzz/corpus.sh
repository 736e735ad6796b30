#!/usr/bin/env bash
# corpus.sh [DEMO]: of what was found in grown/ keeps in corpus/ what reaches more than the seeds do, smallest first, and of each target
# no more than 7 KB. What is named regression-* stays. DEMO is the directory that `skillpass demo --out` filled.
set -euo pipefail
cd "$(dirname "$0")"
binary=$(./build.sh)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
FUZZ_SEEDS="$made" FUZZ_DEMO=${1:-} "$binary" >/dev/null 2>&1
for seeds in "$made"/*; do
    target=$(basename "$seeds")
    mkdir -p "corpus/$target" "grown/$target"
    FUZZ_TARGET=$target "$binary" -merge=1 -set_cover_merge=1 -max_len=8192 -timeout=10 "$seeds" "corpus/$target" "grown/$target" 2>/dev/null
    find "corpus/$target" -type f ! -name 'regression-*' -delete
    find "$seeds" -type f ! -name 'seed-*' -printf '%s %p\n' | sort -n |
        while read -r size path; do
            sum=$((${sum:-0} + size))
            [ "$sum" -gt 7000 ] || cp "$path" "corpus/$target/"
        done
done
find corpus -type f -printf '%s\n' | awk '{ sum += $1 } END { print NR " inputs, " sum " bytes" }'
