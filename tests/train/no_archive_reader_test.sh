#!/bin/bash
# LibTorch's archives (.pt) can carry code that runs when they are opened. The trainer opens none:
# nothing that reads one is called by it, or by what is linked into it.
set -euo pipefail
program="$1"
symbols="$(nm -C --undefined-only "$program")"
grep -q 'at::' <<<"$symbols" || { echo "nm shows none of LibTorch's functions in $program"; exit 1; }
readers='torch::jit::load|torch::jit::import|torch::jit::unpickle|torch::(jit::)?pickle_load'
readers+='|InputArchive::InputArchive\(|InputArchive::load_from\(|torch::jit::Unpickler|PyTorchStreamReader'
if grep -E "$readers" <<<"$symbols"; then
  echo "$program can open LibTorch's archives"
  exit 1
fi
