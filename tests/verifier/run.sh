#!/bin/sh
# Holds the verifier in the browser to the vectors and to `skillpass verify`: run.sh SKILLPASS DEMO_DIR
# SEED and MUTATIONS choose other mutations than the usual thousand. Needs node 20, and nothing from any registry.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
SKILLPASS=$(realpath "$1") DEMO=$(realpath "$2")
export SKILLPASS DEMO
exec node --test --test-reporter=spec "$here"/*.test.mjs
