#!/usr/bin/env bash
# Builds the targets as libFuzzer wants them and prints the program's path. FUZZ_FEATURES= leaves the server's targets out.
set -euo pipefail
cd "$(dirname "$0")"
host=$(rustc -vV | sed -n 's/^host: //p')
# Counts edges and compares; with --target, so that build scripts are left as they are.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-sanitizer-coverage-stack-depth -Ccodegen-units=4 --cfg fuzzing"
cargo build --quiet --release --target "$host" --no-default-features --features "libfuzzer ${FUZZ_FEATURES-server}" --bin libfuzzer >&2
echo "$PWD/target/$host/release/libfuzzer"
