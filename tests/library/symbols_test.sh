#!/bin/bash
# libag.so and libag.a show the functions that ag.h declares, all of them and nothing else: XNNPACK and
# the standard library's templates inside stay out of a program's way.
set -euo pipefail

header="$AG_SOURCE_DIR/native/library/include/ag/ag.h"
library="$AG_BUILD_DIR/lib"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
broken=0

# The compiler's view of the header: declarations alone, comments and macros gone.
"${CC:-cc}" -E -P "$header" | grep -oE 'ag_[a-z0-9_]+\(' | tr -d '(' | sort -u >"$work/declared"
count="$(wc -l <"$work/declared")"
if ((count < 20)); then
  echo "BROKEN only $count functions were found in ag.h"
  exit 1
fi
expect_declared() {  # what, file of names
  if ! diff "$work/declared" "$2"; then
    echo "BROKEN $1: '<' is declared and not there, '>' is there and not declared"
    broken=1
  fi
}
# The version's own symbol is of type A.
nm -D --defined-only "$library/libag.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >"$work/so"
expect_declared libag.so "$work/so"
nm -g --defined-only "$library/libag.a" | awk 'NF == 3 { print $3 }' | sort >"$work/a"
expect_declared libag.a "$work/a"

dynamic="$(readelf -Wd "$library/libag.so")"
grep -q 'SONAME.*\[libag\.so\.0\]' <<<"$dynamic" || { echo "BROKEN the soname is not libag.so.0"; broken=1; }
grep -Eq 'FLAGS_1\).* NOW|BIND_NOW' <<<"$dynamic" || { echo "BROKEN libag.so binds late"; broken=1; }
# What it needs is what every C++ program needs.
needed="$(sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' <<<"$dynamic" | grep -vE '^(libstdc\+\+|libm|libgcc_s|libc|ld-linux.*)\.so\.[0-9]+$' || true)"
[[ -z $needed ]] || { echo "BROKEN libag.so needs $needed"; broken=1; }
# Its code needs no change where it is loaded.
if grep -q TEXTREL <<<"$dynamic"; then
  echo "BROKEN libag.so has relocations in its text"
  broken=1
fi
exit $broken
