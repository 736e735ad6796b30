#!/usr/bin/env bash
# Builds skillpass with each fault of broken/*.patch and wants the harness that the patch names to catch it.
#   tests/broken.sh [NAME...]        from anywhere; a build of one package and half a minute of harness for each
# "explore" and "inject" are commands of tests/faults, "run" is tests/kills', "cargo" is a test.
# One tree beside the build's own files is broken and mended again, so that each build but the first is an incremental one.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
export CARGO_TARGET_DIR=$root/target CARGO_TERM_COLOR=never
broken=$root/target/broken
tree=$broken/tree
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(tests/broken/*.patch)

# What is the same stays as it is: its time tells cargo that it need not be built again. Cargo's settings are found above the tree.
mkdir -p "$tree"
git ls-files -z --cached --others --exclude-standard ':!.cargo' | while IFS= read -r -d '' file; do
    [ ! -e "$file" ] || cmp -s "$file" "$tree/$file" || cp --parents "$file" "$tree"
done
# What is gone here goes there.
(cd "$tree" && find . -type f -print0) | while IFS= read -r -d '' file; do
    [ -e "$file" ] || rm "$tree/$file"
done

# With the features that the tests' dependencies ask for: what `cargo test` has built is not built again.
build() {
    (cd "$tree" && cargo build --quiet -p skillpass -p kills -p faults -p faults-shim --lib --bins --tests) || return
    # Nobody is to take them for whole ones.
    rm -f "$broken"/{faults,kills,skillpass,libfaults_shim.so}
    mv "$root"/target/debug/{faults,kills,skillpass,libfaults_shim.so} "$broken"
}

missed=0
for name in "${names[@]}"; do
    name=$(basename "$name" .patch)
    patch=$root/tests/broken/$name.patch
    (cd "$tree" && patch --quiet --no-backup-if-mismatch -p1 <"$patch")
    out=$broken/$name.out
    harness=$(sed -n 's/^Caught by: //p' "$patch")
    printf '%-28s %s: ' "$name" "$harness"
    case $harness in
        cargo*) run="$harness" ;;
        run*) run="'$broken/kills' $harness --binary '$broken/skillpass'" ;;
        *) run="'$broken/faults' $harness" ;;
    esac
    [[ $harness == cargo* ]] || build >"$out" 2>&1 || { cat "$out"; exit 1; }
    if ! (cd "$tree" && eval "$run") >"$out" 2>&1 && grep -qE 'FAILED|contradicted: [1-9]' "$out"; then
        echo "caught; first: $(grep -m1 -E '^  [[:alnum:]]|FAILED' "$out" | sed 's/^ *//' | cut -c1-160)"
    else
        echo "MISSED"
        missed=1
    fi
    (cd "$tree" && patch --quiet --no-backup-if-mismatch --reverse -p1 <"$patch")
done
exit $missed
