#!/usr/bin/env bash
# What one append, one offline verification, one projection and one inclusion proof cost in instructions, counted by callgrind:
# the same on a busy machine as on a quiet one. Fails where one costs over 10 % more than its budget.
# usage: tests/speed/instructions.sh BINARY [--write]      --write makes today's figures the budget
set -euo pipefail
binary=$1
budgets=$(dirname "$0")/instructions.txt

# Without AVX-512 and SHA extensions, which callgrind does not know: the processor of the day changes little.
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
count() {
    local said collected
    said=$(TMPDIR=$place valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='*counted_work*' \
        "$binary" bench count "$1" --times "$2" 2>&1 >/dev/null) || true
    collected=$(sed -n 's/.*Collected : //p' <<<"$said")
    # Nothing counted is a name that has changed, or work that was not done, and no saving.
    [ "${collected:-0}" -gt 0 ] || { echo "nothing was counted of $1: $said" >&2; exit 1; }
    echo "$1 $((collected / $2))"
}
found=$(
    count append 1000
    count verify 20
    count project 20
    count proof 2000
)

if [ "${2:-}" = --write ]; then
    echo "$found" >"$budgets"
fi
echo "$found" | awk -v budgets="$budgets" '
    BEGIN { while ((getline line < budgets) > 0) { split(line, part, " "); budget[part[1]] = part[2] } }
    {
        over = $2 > 1.1 * budget[$1]
        printf "%-8s %9d instructions, budget %9d%s\n", $1, $2, budget[$1], over ? "  OVER BY MORE THAN 10 %" : ""
        failed += over
    }
    END { exit failed > 0 }'
