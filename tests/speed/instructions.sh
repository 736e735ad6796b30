#!/usr/bin/env bash
# What one append, one offline verification, one projection and one inclusion proof cost in instructions, counted by
# callgrind. What every count starts with varies between runs, so this is a tool and no check of CI. Fails where one costs over 10 % more than its budget.
# usage: tests/speed/instructions.sh BINARY [--write]      --write makes today's figures the budget
set -euo pipefail
binary=$1
budgets=$(dirname "$0")/instructions.txt

counted() {
    TMPDIR=$place valgrind --tool=callgrind --callgrind-out-file=/dev/null "$binary" bench count "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : //p'
}

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
found=""
while read -r work times; do
    busy=$(counted "$work" --times "$times")
    idle=$(counted "$work" --times "$times" --idle)
    found+="$work $(((busy - idle) / times))"$'\n'
done <<'WORK'
append 1000
verify 20
project 20
proof 20000
WORK

if [ "${2:-}" = --write ]; then
    printf '%s' "$found" >"$budgets"
fi
printf '%s' "$found" | awk -v budgets="$budgets" '
    BEGIN { while ((getline line < budgets) > 0) { split(line, part, " "); budget[part[1]] = part[2] } }
    {
        over = $2 > 1.1 * budget[$1]
        printf "%-8s %9d instructions, budget %9d%s\n", $1, $2, budget[$1], over ? "  OVER BY MORE THAN 10 %" : ""
        failed += over
    }
    END { exit failed > 0 }'
