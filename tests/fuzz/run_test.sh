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

run() {
  AG_FUZZ_CORPUS="$work/corpus" "$root/tests/fuzz/run.py" "$work" --findings "$work/tests" --jobs 2 \
    --junit "$work/junit.xml" "$@"
}

total_of() {  # target, field
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]][sys.argv[3]])' \
    "$work/corpus/executions.json" "$@"
}

mkdir "$work/bin"
program make_fuzz_corpus <<'TEXT'
for target in good bad idle killed once; do
  mkdir -p "$1/$target" && echo seed >"$1/$target/seed"
done
TEXT
program fuzz_good <<'TEXT'
printf '%s\n' "$@"
echo "stat::number_of_executed_units: 1234"
TEXT
# Breaks on any input that has an x in it; minimised, one x is left.
program fuzz_bad <<'TEXT'
for argument; do
  if [[ $argument == -artifact_prefix=* ]]; then
    echo inputxinput >"${argument#*=}crash-1"
    echo "artifact_prefix='${argument#*=}'; Test unit written to ${argument#*=}crash-1"
  fi
  [[ $argument == -exact_artifact_path=* ]] && printf x >"${argument#*=}"
  [[ $argument == -minimize_crash=1 ]] && touch "$(dirname "$0")/minimised"
done
last="${@: -1}"
if [[ -f $last ]] && ! grep -q x "$last"; then exit 0; fi
printf 'broken promise: \x01 two sizes\nstat::number_of_executed_units: 99\n'
exit 77
TEXT
# Breaks in the long run, not by its input alone.
program fuzz_once <<'TEXT'
for argument; do
  if [[ $argument == -artifact_prefix=* ]]; then
    echo input >"${argument#*=}crash-1"
    printf '#1024 pulse\n#2048 pulse\nTest unit written to %scrash-1\n' "${argument#*=}"
    exit 77
  fi
done
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
expect "found: the command" 1 "$(grep -c "see it again: $work/bin/fuzz_bad $work/tests/bad/two_sizes$" "$work/out")"
expect "found: it is minimised" x "$(cat "$work/tests/bad/two_sizes")"
expect "found: by the target itself" yes "$([[ -e $work/bin/minimised ]] && echo yes)"
expect "found: one test" 1 "$(find "$work/tests" -type f | wc -l)"
expect "found once: says so" 1 "$(grep -c 'it did not break a second time' "$work/out")"
expect "found once: counted by what was said last" "once: 2,048 executions so far" \
  "$(grep -o '^once: .* executions so far' "$work/out")"
expect "nothing tried is no success" 1 "$(grep -c '^idle: FOUND only 1 inputs' "$work/out")"
expect "killed is no success" 1 "$(grep -c '^killed: FOUND exit status -9' "$work/out")"
"$root/cmake/junit_summary.py" "fuzz=$work/junit.xml" >"$work/sum" || true
expect "found: results" "1 passed, 4 failed, 0 skipped" "$(tail -n 1 "$work/sum")"
expect "found: the summary has the path" 1 "$(grep -c "^FAILED fuzz fuzz_bad: $work/findings/bad/crash-1$" "$work/sum")"
expect "found: and the output" 1 "$(grep -c 'broken promise: ? two sizes' "$work/sum")"

# The first run's, the second one's, and one in which nothing happened.
expect "executions add up" 2468 "$(total_of good executions)"
expect "executions of what was found" 99 "$(total_of bad executions)"
expect "the total is printed" 1 "$(grep -c '^good: 2,468 executions so far, .* hours since 20' "$work/out")"
expect "what is learned is kept apart" yes "$([[ -d $work/corpus/good ]] && echo yes)"

# The same input again is the same test; another one that breaks the same gets a name of its own.
run bad >/dev/null 2>&1 || true
expect "found again: one test" 1 "$(find "$work/tests" -type f | wc -l)"
printf 'an older one' >"$work/tests/bad/two_sizes"
run bad >/dev/null 2>&1 || true
expect "another that breaks the same" 2 "$(find "$work/tests" -type f | wc -l)"
expect "the older one is kept" "an older one" "$(cat "$work/tests/bad/two_sizes")"

run --total 30 good idle >/dev/null 2>&1 || true
expect "time for all together" 1 "$(grep -c -- '^-max_total_time=15$' "$work/fuzz_good.log")"

# A count that was cut short is said and begun anew; nothing else fails.
echo '{"good": {' >"$work/corpus/executions.json"
status=0
run good >"$work/out" 2>&1 || status=$?
expect "a broken count: status" 0 "$status"
expect "a broken count is said" 1 "$(grep -c 'counting begins anew' "$work/out")"
expect "a broken count begins anew" 1234 "$(total_of good executions)"

status=0
run nonsense >"$work/out" 2>&1 || status=$?
expect "an unknown target: status" 2 "$status"
expect "an unknown target is named" 1 "$(grep -c "no target 'nonsense'" "$work/out")"

((broken == 0))
