#!/usr/bin/env bash
# Builds skillpass with each fault of broken/*.patch and wants the harness that the patch names to catch it.
#   tests/faults/broken.sh [NAME...]        from the repository's root; several minutes
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
export CARGO_TARGET_DIR=$root/target CARGO_TERM_COLOR=never
tree=$root/target/broken
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(tests/faults/broken/*.patch)

missed=0
for name in "${names[@]}"; do
    name=$(basename "$name" .patch)
    patch=$root/tests/faults/broken/$name.patch
    rm -rf "$tree"
    mkdir -p "$tree"
    git ls-files -z | xargs -0 cp --parents --target-directory "$tree"
    (cd "$tree" && patch --quiet -p1 <"$patch")
    harness=$(sed -n 's/^Caught by: //p' "$patch")
    printf '%-28s %s: ' "$name" "$harness"
    if [[ $harness == cargo* ]]; then
        (cd "$tree" && $harness) >"$tree/out" 2>&1 && caught= || caught=$(grep -c '^test .* FAILED' "$tree/out" || true)
    else
        (cd "$tree" && cargo build --quiet -p faults -p faults-shim) >"$tree/out" 2>&1 || { cat "$tree/out"; exit 1; }
        # shellcheck disable=SC2086
        "$root/target/debug/faults" $harness >"$tree/out" 2>&1 && caught= || caught=$(sed -n 's/.*contradicted: //p' "$tree/out")
    fi
    if [ -n "$caught" ] && [ "$caught" != 0 ]; then
        echo "caught, $caught times; first: $(grep -m1 -E '^  |FAILED' "$tree/out" | sed 's/^ *//' | cut -c1-160)"
    else
        echo "MISSED"
        missed=1
    fi
done
rm -rf "$tree"
# The sources as they are, in the place of what was built last.
cargo build --quiet -p faults -p faults-shim
exit $missed
