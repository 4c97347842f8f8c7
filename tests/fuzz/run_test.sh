#!/bin/bash
# Tests of run.py with programs that only behave like fuzz targets. Prints each check that fails.
set -euo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
broken=0

expect() {  # name, expected, found
  if [[ $2 != "$3" ]]; then
    printf 'BROKEN %s\n  expected: %s\n  found:    %s\n' "$1" "$2" "$3"
    broken=$((broken + 1))
  fi
}

program() {  # name; its text on standard input
  { echo '#!/bin/bash'; cat; } >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}

run() { "$root/tests/fuzz/run.py" "$work" --jobs 2 --junit "$work/junit.xml" "$@"; }

mkdir "$work/bin"
program make_fuzz_corpus <<'TEXT'
for target in good bad idle killed; do
  mkdir -p "$1/$target" && echo seed >"$1/$target/seed"
done
TEXT
program fuzz_good <<'TEXT'
printf '%s\n' "$@"
echo "stat::number_of_executed_units: 1234"
TEXT
program fuzz_bad <<'TEXT'
for argument; do
  [[ $argument == -artifact_prefix=* ]] && echo input >"${argument#*=}crash-1"
done
printf 'broken promise: \x01 two sizes\nstat::number_of_executed_units: 99\n'
exit 77
TEXT
program fuzz_idle <<'TEXT'
echo "stat::number_of_executed_units: 1"
TEXT
program fuzz_killed <<'TEXT'
kill -9 $$
TEXT

status=0
run --seconds 7 good >"$work/out" 2>&1 || status=$?
expect "nothing found: status" 0 "$status"
expect "nothing found: said" 1 "$(grep -c '^good: 1234 inputs' "$work/out")"
expect "the time is handed on" 1 "$(grep -c -- '^-max_total_time=7$' "$work/fuzz_good.log")"
expect "nothing found: results" "1 passed, 0 failed, 0 skipped" \
  "$("$root/cmake/junit_summary.py" "fuzz=$work/junit.xml" | tail -n 1)"

status=0
run >"$work/out" 2>&1 || status=$?
expect "found: status" 1 "$status"
expect "found: the input's path" 1 "$(grep -c "^bad: FOUND $work/findings/bad/crash-1$" "$work/out")"
expect "found: the command" 1 "$(grep -c "see it again: $work/bin/fuzz_bad $work/findings/bad/crash-1$" "$work/out")"
expect "nothing tried is no success" 1 "$(grep -c '^idle: FOUND only 1 inputs' "$work/out")"
expect "killed is no success" 1 "$(grep -c '^killed: FOUND exit status -9' "$work/out")"
"$root/cmake/junit_summary.py" "fuzz=$work/junit.xml" >"$work/sum" || true
expect "found: results" "1 passed, 3 failed, 0 skipped" "$(tail -n 1 "$work/sum")"
expect "found: the summary has the path" 1 "$(grep -c "^FAILED fuzz fuzz_bad: $work/findings/bad/crash-1$" "$work/sum")"
expect "found: and the output" 1 "$(grep -c 'broken promise: ? two sizes' "$work/sum")"

status=0
run nonsense >"$work/out" 2>&1 || status=$?
expect "an unknown target: status" 2 "$status"
expect "an unknown target is named" 1 "$(grep -c "no target 'nonsense'" "$work/out")"

((broken == 0))
