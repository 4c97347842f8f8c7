#!/bin/bash
# The tarball and the Debian package, each unpacked into a bare folder and run there.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/pictures.sh"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
use_picture "$work"
unset AG_MODEL_DIR
version="$("$AG_BUILD_BIN_DIR/ag_native" version | awk '{ print $2 }')"
record="$(AG_MODEL_DIR="$AG_SOURCE_DIR/web/model" "$AG_BUILD_BIN_DIR/ag_native" predict --json --threads 1 "$picture")"

pack() {  # generator
  cpack --config "$AG_BUILD_DIR/CPackConfig.cmake" -G "$1" -B "$work/packages" >"$work/log" 2>&1 || {
    cat "$work/log"
    echo "BROKEN cpack -G $1"
    exit 1
  }
}
# try PREFIX: the program in it, and libag.so with the example on it
try() {
  local prefix="$1"
  expect "$prefix: the program" "$record" "$(cd / && "$prefix/bin/ag_native" predict --json --threads 1 "$picture")"
  # shellcheck disable=SC2046
  "${CC:-cc}" -std=c11 "$AG_SOURCE_DIR/native/library/examples/predict.c" \
    "-I$prefix/include" "-L$prefix/lib" -lag -o "$work/predict"
  expect_record "$prefix: the library" env LD_LIBRARY_PATH="$prefix/lib" "$work/predict"
  expect "$prefix: no trainer" "" "$(cd "$prefix/bin" && ls ag_native-train ag_native-import-onnx 2>/dev/null || true)"
  for file in share/ag/face_detector.agm share/doc/ag/copyright lib/libag.a lib/pkgconfig/ag.pc; do
    [[ -f $prefix/$file ]] || { echo "BROKEN $prefix/$file is missing"; broken=1; }
  done
}

pack TGZ
name="ag-$version-linux-$(uname -m)"
expect "the tarball's name" "$name.tar.gz" "$(cd "$work/packages" && echo *.tar.gz)"
mkdir "$work/tar"
tar -xf "$work/packages/$name.tar.gz" -C "$work/tar"
expect "one folder in it" "$name" "$(ls "$work/tar")"
try "$work/tar/$name"

if ! command -v dpkg-shlibdeps >/dev/null; then
  echo "no dpkg-shlibdeps (Debian package dpkg-dev): no Debian package was made"
  exit $broken
fi
pack DEB
architecture="$(dpkg --print-architecture)"
deb="$work/packages/ag_${version}_$architecture.deb"
expect "the Debian package's name" "${deb##*/}" "$(cd "$work/packages" && echo *.deb)"
expect "its version" "$version" "$(dpkg-deb -f "$deb" Version)"
expect "its architecture" "$architecture" "$(dpkg-deb -f "$deb" Architecture)"
for package in libc6 libstdc++6; do
  expect "it depends on $package" 1 "$(dpkg-deb -f "$deb" Depends | tr ',' '\n' | grep -c "^ *$package ")"
done
expect "it depends on no LibTorch" 0 "$(dpkg-deb -f "$deb" Depends | grep -c torch || true)"
mkdir "$work/root"
dpkg-deb -x "$deb" "$work/root"
expect "its files are below /usr" usr "$(ls "$work/root")"
try "$work/root/usr"
exit $broken
