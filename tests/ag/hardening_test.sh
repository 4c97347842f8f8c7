#!/bin/bash
# The native programs carry what cmake/Options.cmake asks for: position independent, full RELRO with
# BIND_NOW, no executable stack, a stack protector, calls of the C library that know their sizes.
set -euo pipefail

if [[ -n ${AG_SANITIZED:-} ]]; then
  echo "SKIP: the sanitizers bring checks of their own"
  exit 77
fi
command -v readelf >/dev/null || { echo "SKIP: no readelf (Debian package binutils)"; exit 77; }
broken=0
looked_at=0
# needs PROGRAM WHAT PATTERN TEXT
needs() {
  if ! grep -Eq -- "$3" <<<"$4"; then
    echo "BROKEN $1: $2"
    broken=1
  fi
}
for program in "$AG_BUILD_BIN_DIR"/ag_native*; do
  [[ -f $program && -x $program ]] || continue
  looked_at=$((looked_at + 1))
  name="${program##*/}"
  headers="$(readelf -W -h -l -d "$program")"
  symbols="$(readelf -W --dyn-syms "$program")"
  needs "$name" "is not position independent" 'Type: +DYN' "$headers"
  needs "$name" "no GNU_RELRO segment" '^ +GNU_RELRO ' "$headers"
  needs "$name" "functions are bound late" 'FLAGS_1\).* NOW|BIND_NOW' "$headers"
  needs "$name" "the stack is executable" '^ +GNU_STACK .* RW +0x' "$headers"
  needs "$name" "no stack protector" '__stack_chk_fail' "$symbols"
  needs "$name" "FORTIFY is off" '__[a-z]+_chk(@|$)' "$(grep -v __stack_chk <<<"$symbols")"
done
if ((looked_at == 0)); then
  echo "BROKEN no program in $AG_BUILD_BIN_DIR"
  exit 1
fi
exit $broken
