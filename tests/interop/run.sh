#!/bin/sh
# Checks our statements in other people's software and theirs in ours: run.sh [SKILLPASS [DEMO_DIR]]
# Installs pinned versions once into target/interop. Needs python3 and node.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$here/../../target/interop
mkdir -p "$work"
work=$(cd "$work" && pwd)

if ! cmp -s "$here/requirements.txt" "$work/requirements.txt"; then
    rm -rf "$work/venv"
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$work/requirements.txt"
fi
if ! cmp -s "$here/package-lock.json" "$work/package-lock.json"; then
    cp "$here/package.json" "$work/package.json"
    cp "$here/package-lock.json" "$work/package-lock.json.new"
    (cd "$work" && mv package-lock.json.new package-lock.json && npm ci --no-audit --no-fund --loglevel=error) ||
        { rm -f "$work/package-lock.json"; exit 1; }
fi
# Node looks for packages beside the script that imports them.
cp "$here/sdjwt_driver.mjs" "$work/"

set -- --python "$work/venv/bin/python" --node-driver "$work/sdjwt_driver.mjs" --work "$work" \
    ${1:+--skillpass "$1"} ${2:+--demo "$2"} ${INTEROP_RECORD:+--record}
exec python3 "$here/interop.py" "$@"
