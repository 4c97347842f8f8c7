#!/bin/bash
# A prefix as `cmake --install` makes it, moved elsewhere: the programs find their models, and the
# examples are built against it out of this tree, with find_package and with pkg-config, on libag.so and
# on libag.a.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/pictures.sh"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
use_picture "$work"
unset AG_MODEL_DIR

cmake --install "$AG_BUILD_DIR" --prefix "$work/first" >"$work/log" 2>&1 || {
  cat "$work/log"
  echo "BROKEN cmake --install"
  exit 1
}
mv "$work/first" "$work/moved"
prefix="$work/moved"
for file in bin/ag_native lib/libag.so lib/libag.so.0 lib/libag.a include/ag/ag.h share/ag/age_gender.agm \
  share/ag/face_detector.agm share/doc/ag/LICENSE share/doc/ag/copyright share/doc/ag/MODEL_CARD.md \
  lib/cmake/ag/agConfig.cmake lib/cmake/ag/agConfigVersion.cmake lib/pkgconfig/ag.pc; do
  [[ -f $prefix/$file ]] || { echo "BROKEN $file is not installed"; broken=1; }
done
for name in ag_ XNNPACK pthreadpool cpuinfo stb flatbuffers Apache "non-commercial"; do
  grep -qi "$name" "$prefix/share/doc/ag/copyright" || { echo "BROKEN copyright has nothing of $name"; broken=1; }
done
# No place of this machine is written down.
expect "paths of this machine" "" \
  "$(grep -rlF -e "$work" -e "$AG_SOURCE_DIR" -e "$AG_BUILD_DIR" "$prefix/lib/cmake" "$prefix/lib/pkgconfig" "$prefix/include" "$prefix/share" || true)"

# The program, from anywhere.
found="$(cd / && "$prefix/bin/ag_native" predict --json --threads 1 "$picture")"
expect "the installed program" "$(AG_MODEL_DIR="$AG_SOURCE_DIR/web/model" \
  "$AG_BUILD_BIN_DIR/ag_native" predict --json --threads 1 "$picture")" "$found"

# find_package, both libraries, C and C++.
mkdir "$work/user"
cp "$AG_SOURCE_DIR"/native/library/examples/predict.c* "$work/user/"
cat >"$work/user/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.16)
project(user C CXX)
find_package(Threads REQUIRED)
find_package(ag 0.2 REQUIRED)
if(NOT EXISTS "${ag_MODEL_DIR}/age_gender.agm")
  message(FATAL_ERROR "ag_MODEL_DIR: ${ag_MODEL_DIR}")
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_C_STANDARD 11)
foreach(library ag ag_static)
  add_executable(c_${library} predict.c)
  add_executable(cc_${library} predict.cc)
  target_link_libraries(c_${library} ag::${library})
  target_link_libraries(cc_${library} ag::${library} Threads::Threads)
endforeach()
CMAKE
if ! cmake -S "$work/user" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 ||
  ! cmake --build "$work/build" -j 2 >>"$work/log" 2>&1; then
  cat "$work/log"
  echo "BROKEN find_package(ag)"
  exit 1
fi
for library in ag ag_static; do
  expect_record "find_package, ag::$library" "$work/build/c_$library"
  expect_ages "find_package, ag::$library" "$work/build/cc_$library"
done
expect "ag::ag is the shared library" 1 "$(ldd "$work/build/c_ag" | grep -c "$prefix/lib/libag.so.0")"
expect "ag::ag_static needs none" 0 "$(ldd "$work/build/c_ag_static" | grep -c libag || true)"
sed -i 's/find_package(ag 0.2/find_package(ag 0.1/' "$work/user/CMakeLists.txt"
if cmake -S "$work/user" -B "$work/other" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1; then
  echo "BROKEN another minor version is taken for the same"
  broken=1
fi

# pkg-config, with a compiler alone.
if ! command -v pkg-config >/dev/null; then
  echo "no pkg-config (Debian package pkgconf): ag.pc was not tried"
  exit $broken
fi
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
expect "ag.pc: version" "$("$prefix/bin/ag_native" version | awk '{ print $2 }')" "$(pkg-config --modversion ag)"
expect "ag.pc: models" yes "$([[ -f $(pkg-config --variable=model_dir ag)/age_gender.agm ]] && echo yes)"
# shellcheck disable=SC2046
"${CC:-cc}" -std=c11 "$work/user/predict.c" $(pkg-config --cflags --libs ag) -o "$work/shared"
# shellcheck disable=SC2046
"${CC:-cc}" -std=c11 -static "$work/user/predict.c" $(pkg-config --static --cflags --libs ag) -o "$work/static"
expect_record "pkg-config" env LD_LIBRARY_PATH="$prefix/lib" "$work/shared"
expect_record "pkg-config --static" "$work/static"
expect "a program without any shared library" 1 "$(ldd "$work/static" 2>&1 | grep -c 'not a dynamic')"
exit $broken
