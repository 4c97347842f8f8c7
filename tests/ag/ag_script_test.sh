#!/bin/bash
# Tests of ./ag that need neither network nor a build. Prints each check that does not hold.
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

status_of() {
  local status=0
  "$@" >"$work/out" 2>"$work/err" || status=$?
  echo "$status"
}

# Usage.
expect "help succeeds" 0 "$(status_of "$root/ag" help)"
for command in setup build demo site package test fuzz train retrain bench format clean help; do
  expect "help names $command" 1 "$(grep -c "^  $command " "$work/out")"
done
expect "help says nothing on standard error" "" "$(cat "$work/err")"
for option in --long --cluster; do
  expect "help names test $option" 1 "$(grep -c -- "^  test .*$option" "$work/out")"
done
expect "an unknown command" 2 "$(status_of "$root/ag" frobnicate)"
expect "an unknown command is named" 1 "$(grep -c "unknown command 'frobnicate'" "$work/err")"
expect "an unknown command prints no result" "" "$(cat "$work/out")"
expect "nothing is like it" 0 "$(grep -c "did you mean" "$work/err")"
for typed in biuld:build tets:test clena:clean formt:format retrian:retrain helpp:help; do
  expect "a mistyped ${typed#*:}" 2 "$(status_of "$root/ag" "${typed%:*}")"
  expect "${typed%:*}: what was meant" 1 "$(grep -c "did you mean '${typed#*:}'" "$work/err")"
done
expect "an unknown preset" 2 "$(status_of "$root/ag" build release)"
expect "an unknown setup" 2 "$(status_of "$root/ag" setup everything)"
expect "an unknown demo option" 2 "$(status_of "$root/ag" demo --fast)"
expect "bench net: no model" 2 "$(status_of "$root/ag" bench net)"
expect "bench net: an option" 2 "$(status_of "$root/ag" bench net --rounds 3 a.agm)"
expect "retraining without data" 2 "$(status_of "$root/ag" retrain --precision float32)"
expect "retraining another recipe" 2 "$(status_of "$root/ag" retrain --data d --init x)"
expect "retraining another recipe: said" 1 "$(grep -c "retrain: --init is not for it" "$work/err")"
expect "retraining with a split of one's own" 2 "$(status_of "$root/ag" retrain --data d --split=s)"
expect "fuzzing for no time" 2 "$(status_of "$root/ag" fuzz 0)"
expect "packing nothing" 2 "$(status_of "$root/ag" package)"
expect "packing something else" 2 "$(status_of "$root/ag" package rpm)"
expect "packing: what there is" 1 "$(grep -c "package: expected tar, deb or site, found 'rpm'" "$work/err")"
expect "the version" 1 "$( (. "$root/ag" && project_version) | grep -cE '^[0-9]+\.[0-9]+\.[0-9]+$')"
expect "a site option without its file" 2 "$(status_of "$root/ag" site --model)"
expect "an unknown format option" 2 "$(status_of "$root/ag" format --fast)"

# The closing line of ./ag test.
sum="$root/cmake/junit_summary.py"
case_xml() { printf '<testcase name="%s" status="%s">%s</testcase>\n' "$1" "$2" "${3:-}"; }
suite() { printf '<testsuite>%s</testsuite>\n' "$(cat)"; }
{ case_xml A.a run; case_xml A.b run; } | suite >"$work/good.xml"
{
  case_xml B.pass run
  case_xml B.fail fail '<failure message=""/><system-out>here &lt;is&gt; why</system-out>'
  case_xml B.skip notrun '<skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/><system-out>
x.cc:3: Skipped
no data here
</system-out>'
  case_xml B.script notrun '<skipped message="SKIP_RETURN_CODE=77"/><system-out>SKIP: no tool</system-out>'
  case_xml B.off disabled
  case_xml B_NOT_BUILT notrun '<skipped message="Unable to find executable"/>'
} | suite >"$work/mixed.xml"
suite </dev/null >"$work/empty.xml"
echo '<testsuite><testcase' >"$work/cut.xml"

expect "all passed: status" 0 "$(status_of "$sum" "native=$work/good.xml" "asan=$work/good.xml")"
expect "all passed: line" "4 passed, 0 failed, 0 skipped" "$(tail -n 1 "$work/out")"
expect "mixed: status" 1 "$(status_of "$sum" "native=$work/good.xml" "asan=$work/mixed.xml")"
expect "mixed: line" "3 passed, 2 failed, 3 skipped" "$(tail -n 1 "$work/out")"
expect "mixed: the failed one is named" 1 "$(grep -c '^FAILED asan B.fail' "$work/out")"
expect "mixed: with its output" 1 "$(grep -c 'here <is> why' "$work/out")"
expect "mixed: what was not built has failed" 1 "$(grep -c '^FAILED asan B_NOT_BUILT' "$work/out")"
expect "mixed: reason of a skip" 1 "$(grep -c 'asan B.skip: no data here' "$work/out")"
expect "mixed: reason of a skipped script" 1 "$(grep -c 'asan B.script: no tool' "$work/out")"
expect "no test ran: status" 1 "$(status_of "$sum" "native=$work/empty.xml")"
expect "no test ran: line" "0 passed, 0 failed, 0 skipped" "$(tail -n 1 "$work/out")"
expect "cut file: status" 1 "$(status_of "$sum" "native=$work/good.xml" "asan=$work/cut.xml")"
expect "cut file: line" "2 passed, 1 failed, 0 skipped" "$(tail -n 1 "$work/out")"
expect "missing file: status" 1 "$(status_of "$sum" "native=$work/none.xml")"
expect "broken build: status" 1 "$(status_of "$sum" --failure "asan: the build" "n=$work/good.xml")"
expect "broken build: line" "2 passed, 1 failed, 0 skipped" "$(tail -n 1 "$work/out")"

# The same of what Playwright and node write: no status, suites within suites.
cat >"$work/web.xml" <<'XML'
<testsuites><testsuite name="page.test.mjs">
<testcase name="drop" classname="page.test.mjs" time="1.5"></testcase>
<testcase name="paste"><failure message="page.test.mjs:3:1 paste&#10;second line" type="FAILURE"><![CDATA[expected 1, received 2]]></failure></testcase>
<testcase name="camera"><skipped></skipped></testcase>
</testsuite>
<testcase name="flat" time="0.1" classname="test"/>
<testsuite name="outer"><testsuite name="inner"><testcase name="deep"/>
<testcase name="late"><error message="timed out"/></testcase>
<testcase name="absent"><skipped type="skipped" message="no Chromium"/></testcase>
</testsuite></testsuite></testsuites>
XML
expect "web: status" 1 "$(status_of "$sum" "web=$work/web.xml")"
expect "web: line" "3 passed, 2 failed, 2 skipped" "$(tail -n 1 "$work/out")"
expect "web: a failure in one line" 1 "$(grep -c '^FAILED web paste: page.test.mjs:3:1 paste$' "$work/out")"
expect "web: with what was received" 1 "$(grep -c '    expected 1, received 2' "$work/out")"
expect "web: an error" 1 "$(grep -c '^FAILED web late: timed out' "$work/out")"
expect "web: reason of a skip" 1 "$(grep -c 'web absent: no Chromium' "$work/out")"
expect "web: a skip without a reason" 1 "$(grep -c 'web camera: no reason given' "$work/out")"

# GoogleTest's own reports, several of one label.
cat >"$work/gtest1.xml" <<'XML'
<testsuites><testsuite name="S"><testcase name="a" status="run" result="completed" classname="S"/>
<testcase name="b" status="run" result="skipped" classname="S"><skipped message="no data"/></testcase>
<testcase name="c" status="notrun" result="suppressed" classname="S"/></testsuite></testsuites>
XML
cat >"$work/gtest2.xml" <<'XML'
<testsuites><testsuite name="T"><testcase name="d" status="run" result="completed" classname="T">
<failure message="x.cc:1&#x0A;Expected"/></testcase></testsuite></testsuites>
XML
expect "googletest: status" 1 "$(status_of "$sum" "wasm=$work/gtest1.xml" "wasm=$work/gtest2.xml")"
expect "googletest: line" "1 passed, 1 failed, 2 skipped" "$(tail -n 1 "$work/out")"
expect "googletest: one row a label" 1 "$(grep -c '^wasm  ' "$work/out")"

# The runs of the shipped net: each once, interrupted ones resumed, each from what came before.
retrain() {
  (
    cd "$work" || exit
    . "$root/ag"
    setup() { :; }
    ensure_node() { :; }
    fetch_face_api() { :; }
    build_trainer() { :; }
    ROOT="$work/ag"
    command_retrain "$@" 2>/dev/null
  )
}
mkdir -p "$work/ag/build/native/bin"
cat >"$work/ag/build/native/bin/ag_native" <<'FAKE'
#!/bin/bash
echo "$*" >>calls
while (($#)); do
  case "$1" in
    --run) run="$2" ;;
    --out) touch "$2" ;;
  esac
  shift
done
if [[ -n ${run:-} ]]; then
  mkdir -p "$run"
  touch "$run/settings.json" "$run/split.csv"
  # The third call is cut off, once.
  if (($(wc -l <calls) == 3)); then exit 130; fi
  touch "$run/model.agm"
fi
FAKE
chmod +x "$work/ag/build/native/bin/ag_native"
expect "retrain: cut off" 130 "$(retrain --data u --data=f.csv --threads 1 >/dev/null; echo $?)"
expect "retrain: goes on" 0 "$(retrain --data u --data=f.csv --threads 1 >/dev/null; echo $?)"
expect "retrain: the runs" "teacher compact careful careful refined refined2 fold1 fold2 fold3 fold4 refined4 " \
  "$(sed -n 's,.*--run runs/shipped/\([a-z0-9]*\).*,\1,p' "$work/calls" | tr '\n' ' ')"
expect "retrain: the start" 1 "$(head -n 1 "$work/calls" | grep -c -- '--init .*/face-api/model --data u --data=f.csv --threads 1$')"
expect "retrain: what was cut off is resumed" "train --resume --run runs/shipped/careful --data u --data=f.csv --threads 1" "$(sed -n 4p "$work/calls")"
expect "retrain: teachers and parts" 1 "$(grep -c -- \
  '--run runs/shipped/refined2 --init runs/shipped/refined --teacher runs/shipped/teacher --teacher runs/shipped/refined --split runs/shipped/compact/split.csv --data u' "$work/calls")"
expect "retrain: the careful split" 1 "$(grep -c -- \
  '--run runs/shipped/careful --init .*/face-api/model --split runs/shipped/compact/split.csv' "$work/calls")"
expect "retrain: folds start from the face recognition net" 4 "$(grep -c -- '--run runs/shipped/fold[1-4] --init .*/face-api/model --split' "$work/calls")"
expect "retrain: all folds teach" 1 "$(grep -c -- \
  '--run runs/shipped/refined4 --init runs/shipped/refined2 --teacher runs/shipped/fold1 --teacher runs/shipped/fold2 --teacher runs/shipped/fold3 --teacher runs/shipped/fold4 --teacher runs/shipped/refined2 --split' "$work/calls")"
expect "retrain: calibrated at the end" \
  "calibrate --model runs/shipped/refined4/model.agm --data u --data f.csv --split runs/shipped/careful/split.csv --part val --age-bins --out runs/shipped/age_gender.agm" \
  "$(tail -n 1 "$work/calls")"
for name in $(sed -n '/^SHIPPED_RUNS=/,/^)/s/^  "\([a-z0-9]*\) .*/\1/p' "$root/ag"); do
  expect "retrain: a recipe for $name" yes "$([[ -f $root/native/train/recipes/$name.toml ]] && echo yes)"
done

# Which net starts from the face recognition net is the trainer's to say; a pipe is not read for that.
cat >"$work/ag/build/native/bin/ag_native" <<'FAKE'
#!/bin/bash
echo "$*" >asked
[[ " $* " == *" --arch trunk "* ]] && echo recognition || echo random
FAKE
wants_net() (
  cd "$work" && . "$root/ag"
  ROOT="$work/ag"
  wants_recognition_net "$@" && echo yes || echo no
)
expect "train: a net on the recognition net" yes "$(wants_net --data d --arch trunk)"
expect "train: another net" no "$(wants_net --data d --arch plain)"
echo 'arch = "x"' >"$work/recipe.toml"
wants_net --config recipe.toml --data d >/dev/null
expect "train: a recipe's file is asked about" "train --config recipe.toml --data d --print-start" "$(cat "$work/asked")"
mkfifo "$work/recipe.pipe"
wants_net --data d --config recipe.pipe --config=recipe.pipe --seed 3 >/dev/null
expect "train: a recipe's pipe is not" "train --data d --seed 3 --print-start" "$(cat "$work/asked")"

# Mirrors are read from the machine's own sources, in both formats.
mirrors() { (. "$root/ag" && machine_mirrors "$work/etc" bookworm | tr '\n' ' '); }
mkdir -p "$work/etc/sources.list.d"
expect "no sources" "" "$(mirrors)"
cat >"$work/etc/sources.list" <<'LIST'
# deb http://comment.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://one.example/debian bookworm main contrib
deb http://one.example/debian bookworm-updates main
deb http://security.example/debian-security bookworm-security main
deb-src http://source.example/debian bookworm main
deb http://third.example/linux bookworm stable
LIST
expect "one-line format" "http://one.example/debian " "$(mirrors)"
cat >"$work/etc/sources.list.d/debian.sources" <<'LIST'
# a comment
Types: deb deb-src
URIs: http://two.example/debian
 http://three.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /k.gpg

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
LIST
expect "both formats" \
  "http://one.example/debian http://two.example/debian http://three.example/debian " "$(mirrors)"

# Pins: every line of dependencies.txt has six columns and ends with a SHA-256.
expect "dependencies.txt" "" \
  "$(awk '!/^#/ && NF && (NF != 6 || length($6) != 64 || $6 ~ /[^0-9a-f]/)' "$root/cmake/dependencies.txt")"

if ((broken)); then
  echo "$broken checks do not hold"
  exit 1
fi
