#!/bin/bash
# Dependencies point one way: a folder includes only itself and folders to its left in this list, and no
# program includes from another one's folder. shared/ sees no LibTorch, ImGui or Emscripten.
# (cmake/Library.cmake keeps headers of other targets out of reach; this keeps the targets in order.)
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

grep -rnE '^[[:space:]]*#[[:space:]]*include' shared native --include='*.cc' --include='*.h' | awk '
  BEGIN {
    libraries = "shared/base shared/image shared/model shared/infer shared/infer/ops shared/face shared/predict shared/record " \
      "native/base native/tensors native/pictures native/run native/data native/eval native/calibrate " \
      "native/plot native/report native/train/settings native/train/nets native/train/recipe " \
      "native/train/data native/train/loop native/train/run native/library/include/ag native/library"
    count = split(libraries, order, " ")
    for (i in order) rank[order[i]] = i + 0
    split("native/import_onnx native/serve native/bench native/cli native/library/examples", program, " ")
    for (i in program) rank[program[i]] = count + 1
    # One library in two folders.
    rank["shared/infer/ops"] = rank["shared/infer"]
  }
  function folder_of(path) {
    sub(/\/[^\/]*$/, "", path)
    return path
  }
  {
    split($0, part, ":")
    mine = folder_of(part[1])
    match($0, /["<][^">]*/)
    target = substr($0, RSTART + 1, RLENGTH - 1)
    if (!(mine in rank)) {
      if (!(mine in said)) print mine ": a folder that tests/ag/include_order_test.sh does not list"
      said[mine] = broken = 1
      next
    }
    in_shared = mine ~ /^shared\//
    forbidden = target ~ /^(web|wasm|tests)\// ||
      (in_shared && target ~ /^(native\/|torch|ATen|c10|emscripten|imgui)/)
    if (target ~ /^(shared|native)\//) {
      used = folder_of(target)
      forbidden = forbidden || !(used in rank) || rank[used] > rank[mine] ||
        (rank[used] == count + 1 && used != mine) ||
        # They stand side by side: neither sees the other.
        (mine == "shared/model" && used == "shared/image")
    }
    if (forbidden) {
      print part[1] ":" part[2] ": " mine " may not include " target
      broken = 1
    }
  }
  END { exit broken }'
