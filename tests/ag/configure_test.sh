#!/bin/bash
# CMake alone, without ./ag: what is missing is named, with how to get it; with it CMake configures.
# In a long run (AG_LONG=1) XNNPACK is built from its tarballs too.
set -euo pipefail

if [[ -n ${AG_SANITIZED:-} ]]; then
  echo "SKIP: the native preset tests it"
  exit 77
fi
root="$PWD"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
broken=0

configure() {  # options
  rm -rf "$scratch/build"
  output="$(cmake -G Ninja -S "$root" -B "$scratch/build" -DCMAKE_BUILD_TYPE=Release -DAG_TRAIN=OFF \
    -DAG_IMPORT_ONNX=OFF -DAG_TESTS=OFF "$@" 2>&1)"
}

refused() {  # what, options, -- words of the message
  local what="$1" options=()
  shift
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  if configure "${options[@]}"; then
    echo "BROKEN $what: CMake configured"
    broken=1
    return
  fi
  # CMake breaks lines where it likes.
  local flat word
  flat="$(tr -s ' \n' ' ' <<<"$output")"
  for word in "$@"; do
    if [[ $flat != *"$word"* ]]; then
      printf 'BROKEN %s: the message lacks "%s":\n%s\n' "$what" "$word" "$output"
      broken=1
    fi
  done
}

mkdir "$scratch/empty" "$scratch/wrong"
echo "no tarball" >"$scratch/wrong/xnnpack.tar.xz"
sha256="$(sha256sum <"$scratch/wrong/xnnpack.tar.xz")"
expected="$(awk '$1 == "xnnpack" { print $6 }' cmake/dependencies.txt)"

refused "no XNNPACK" -DAG_XNNPACK_PREFIX="$scratch/empty" -- "XNNPACK is missing" \
  "$scratch/empty/lib/libXNNPACK.a" "./ag setup" -DAG_XNNPACK_TARBALL=FILE -DAG_XNNPACK_PREFIX=DIR "$expected"
refused "another tarball" -DAG_XNNPACK_TARBALL="$scratch/wrong/xnnpack.tar.xz" -- "${sha256%% *}" "$expected"
refused "a folder without tarballs" -DAG_XNNPACK_TARBALL="$scratch/empty" -- \
  "xnnpack, pthreadpool, cpuinfo, fxdiv, fp16" "$expected"
refused "no tarball of that name" -DAG_XNNPACK_TARBALL="$scratch/none.tar.xz" -- "none.tar.xz does not exist"
refused "no headers" -DAG_SYSTEM_INCLUDE_DIRS="$scratch/empty" -- "stb/stb_image.h (Debian's libstb-dev)" \
  "CLI/CLI.hpp (Debian's libcli11-dev)" "./ag setup engine"

if ! configure -DAG_XNNPACK_PREFIX="$root/.deps/native"; then
  printf 'BROKEN with a prefix:\n%s\n' "$output"
  broken=1
fi

if [[ ${AG_LONG:-} == 1 ]]; then
  if ! compgen -G ".deps/download/xnnpack/*.orig.tar.*" >/dev/null; then
    echo "no tarballs in .deps/download: not built from them"
  elif ! configure -DAG_XNNPACK_TARBALL="$root/.deps/download"; then
    printf 'BROKEN from tarballs:\n%s\n' "$output"
    broken=1
  elif ! cmp "$scratch/build/xnnpack/prefix/lib/libXNNPACK.a" .deps/native/lib/libXNNPACK.a; then
    echo "BROKEN from tarballs: another library than ./ag's"
    broken=1
  fi
fi
exit $broken
