#!/bin/sh
# Uses our pages in a real browser as people do: run.sh SKILLPASS DEMO_DIR [NAME...]
# NAME is a test without .test.mjs; without any, all run. Screenshots go to target/browser/; PICTURES=1 makes docs/pictures anew.
# Installs pinned packages once into target/browser. Needs node and a Chromium (CHROMIUM names it if it is elsewhere).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
skillpass=$(realpath "$1")
demo=$(realpath "$2")
shift 2
work=$here/../../target/browser
mkdir -p "$work"
work=$(cd "$work" && pwd)

if ! cmp -s "$here/package-lock.json" "$work/package-lock.json"; then
    cp "$here/package.json" "$work/package.json"
    cp "$here/package-lock.json" "$work/package-lock.json.new"
    (cd "$work" && mv package-lock.json.new package-lock.json && npm ci --omit=optional --no-audit --no-fund --loglevel=error) ||
        { rm -f "$work/package-lock.json"; exit 1; }
fi
# Node looks for packages beside the script that imports them.
rm -rf "$work/tests"
mkdir "$work/tests"
cp "$here"/*.mjs "$work/tests/"

cd "$work/tests"
[ $# -gt 0 ] || set -- $(ls -- *.test.mjs | sed 's/\.test\.mjs$//')
files=
for name; do files="$files $name.test.mjs"; done
export SKILLPASS="$skillpass" DEMO="$demo" SHOTS="$work/shots" DOCS="$here/../../docs/pictures" ASSETS="$here/../../src/face/assets"
export CHROMIUM="${CHROMIUM:-/usr/bin/chromium}"
mkdir -p "$SHOTS"
# shellcheck disable=SC2086 # names of ours, without spaces
exec node --test --test-concurrency=1 --test-timeout=120000 $files
