#!/bin/bash
# The examples as this build has them, under the sanitizers too.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/pictures.sh"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
use_picture "$work"

tests="$AG_BUILD_DIR/tests"
expect_record "predict.c" "$tests/library_predict_c"
expect_ages "predict.cc" "$tests/library_predict_cc"
for program in library_predict_c library_predict_cc; do
  status=0
  "$tests/$program" >"$work/out" 2>"$work/err" || status=$?
  expect "$program without arguments" 2 "$status"
  status=0
  "$tests/$program" "${models[@]:1}" "${models[0]}" "$picture" >"$work/out" 2>"$work/err" || status=$?
  expect "$program with the models exchanged" 1 "$status"
  expect "$program says so" 1 "$(grep -c 'does not predict age and gender' "$work/err")"
done
exit $broken
