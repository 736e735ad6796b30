#!/usr/bin/env bash
# run.sh SECONDS [TARGET…]: runs each target (all of them) so long from its seeds and its corpus, two at a time, and prints what
# came of it.
# Exits 1 on a finding; its input stands in found/TARGET. Needs Rust and a C++ compiler.
# FUZZ_BINARY is what build.sh built before. CORPUS=1 keeps the inputs that reached new code in grown/TARGET (corpus.sh takes the useful ones over).
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:?run.sh SECONDS [TARGET…]}
shift

binary=${FUZZ_BINARY:-$(./build.sh)}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
touch "$logs/started"
FUZZ_SEEDS="$logs/seeds" "$binary" >/dev/null 2>&1
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(ls "$logs/seeds")

run() {
    local target=$1 grown
    grown="$logs/grown-$target"
    [ -z "${CORPUS:-}" ] || grown="$PWD/grown/$target"
    mkdir -p "$grown" "found/$target" "corpus/$target"
    local dictionary=()
    [ ! -f "dictionaries/$target" ] || dictionary=("-dict=dictionaries/$target")
    # A slow input is a finding, too, and so is one that needs much memory.
    FUZZ_TARGET=$target "$binary" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -len_control=20 \
        -max_len="$(max_len "$target")" -print_final_stats=1 -artifact_prefix="found/$target/" "${dictionary[@]}" \
        "$grown" "corpus/$target" "$logs/seeds/$target" >"$logs/$target" 2>&1 || echo "ended with $?" >>"$logs/$target"
}

# What is longer is refused at once, or only slower.
max_len() {
    case $1 in
    passport) echo 65536 ;;
    journey | spreadsheet | status_list) echo 16384 ;;
    *) echo 8192 ;;
    esac
}

printf '%s\n' "${targets[@]}" | {
    while read -r target; do
        run "$target" &
        while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
    done
    wait
}

printf '%-16s %12s %8s %8s %8s %9s\n' target executions per_s edges inputs findings
failed=0
for target in "${targets[@]}"; do
    log="$logs/$target"
    stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
    last() { { grep -oE " $1: [0-9]+" "$log" || true; } | tail -n 1 | tr -dc 0-9; }
    # One execution is libFuzzer's own of nothing: a target of the server in a build without it.
    if [ "$(stat number_of_executed_units)" = 1 ]; then
        printf '%-16s not in this build\n' "$target"
        continue
    fi
    findings=$(find "found/$target" -type f -newer "$logs/started" 2>/dev/null | wc -l)
    inputs=$({ grep -oE 'corp: [0-9]+' "$log" || true; } | tail -n 1 | tr -dc 0-9)
    printf '%-16s %12s %8s %8s %8s %9s\n' "$target" "$(stat number_of_executed_units)" \
        "$(stat average_exec_per_sec)" "$(last cov)" "$inputs" "$findings"
    if [ "$findings" -gt 0 ] || grep -q '^ended with' "$log" || ! grep -q '^stat::number_of_executed_units' "$log"; then
        failed=1
        tail -n 30 "$log" >&2
    fi
done
exit "$failed"
