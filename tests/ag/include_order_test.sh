#!/bin/bash
# Dependencies point one way: base <- image, model <- infer <- face <- predict <- native. A folder of
# shared/ includes only itself and folders to its left; shared/ sees no LibTorch, ImGui or Emscripten.
# (The linker catches code that is used across, this also catches headers alone.)
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

grep -rnE '^[[:space:]]*#[[:space:]]*include' shared --include='*.cc' --include='*.h' | awk '
  BEGIN {
    split("base image model infer face predict", order, " ")
    for (i in order) rank[order[i]] = i + 0
  }
  {
    split($0, part, ":")
    split(part[1], folder, "/")
    match($0, /["<][^">]*/)
    target = substr($0, RSTART + 1, RLENGTH - 1)
    split(target, used, "/")
    forbidden = target ~ /^(native|web|wasm|tests|torch|ATen|c10)\// || target ~ /^(emscripten|imgui)/
    if (used[1] == "shared") {
      mine = rank[folder[2]]
      # image and model stand side by side: neither sees the other.
      forbidden = rank[used[2]] > mine || (folder[2] == "model" && used[2] == "image")
    }
    if (forbidden) {
      print part[1] ":" part[2] ": shared/" folder[2] " may not include " target
      broken = 1
    }
  }
  END { exit broken }'
