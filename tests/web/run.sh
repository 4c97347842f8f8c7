#!/bin/bash
# Runs the browser tests of the page in the system's Chromium (AG_CHROMIUM, else /usr/bin/chromium).
#
# usage: run.sh JUNIT_FILE [PLAYWRIGHT ARGUMENTS...]
# Exit status: 0 all passed, 1 some failed, anything else: they could not run.
set -euo pipefail
here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
. "$here/support/node.sh"
junit="$(realpath -m -- "$1")"
shift
chromium="${AG_CHROMIUM:-/usr/bin/chromium}"
mkdir -p "$(dirname -- "$junit")"
rm -f "$junit"
if [[ ! -x $chromium ]]; then
  echo "SKIP: no Chromium at $chromium (Debian package chromium, or set AG_CHROMIUM)"
  printf '<testsuites><testsuite name="page"><testcase name="the page in a browser">%s</testcase>%s\n' \
    "<skipped message=\"no Chromium at $chromium\"/>" "</testsuite></testsuites>" >"$junit"
  exit 0
fi
temporary="$(mktemp -d)"
trap 'rm -rf "$temporary"' EXIT
cd "$here"
status=0
AG_CHROMIUM="$chromium" AG_JUNIT="$junit" AG_WEB_TEMPORARY="$temporary" PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 \
  "$(web_node "$here")" node_modules/@playwright/test/cli.js test "$@" || status=$?
# Playwright says 1 too when something outside of the tests broke.
if ((status == 1)) && ! grep -qsE '<(failure|error)' "$junit"; then status=3; fi
exit "$status"
