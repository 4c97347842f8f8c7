#!/bin/bash
# Runs the tests of the page's modules that need no browser, in node.
#
# usage: run_unit.sh JUNIT_FILE
# Exit status: 0 all passed, 1 some failed, anything else: they could not run.
set -euo pipefail
here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
. "$here/support/node.sh"
mkdir -p "$(dirname -- "$1")"
rm -f "$1"
exec "$(web_node "$here")" --test --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=junit "--test-reporter-destination=$1" "$here"/unit/*.test.mjs
