# shellcheck shell=bash
# Brings the pinned Emscripten into .toolchain/, sourced by ./ag after cmake/fetch.sh.
#
# Debian 13's emscripten is a package for any architecture; its Binaryen needs a newer C library than
# Debian 12's, so that library is unpacked beside it and each wasm-* tool runs through it. Nothing is
# installed: apt (with a configuration of its own) only downloads, dependencies.txt pins the hashes.
# LLVM 19 is Debian 12's own package. An emcc of the same version on PATH is used as it is.

EMSCRIPTEN_VERSION=3.1.69
TOOLCHAIN="$ROOT/.toolchain"

toolchain_lines() { awk '!/^#/ && NF && ($3 == "trixie:deb" || $3 == "npm:tool")' "$DEPENDENCIES_FILE"; }

# The folder of Emscripten's scripts: that of an own emcc on PATH, or the private one.
emscripten_root() {
  local found
  found="$(command -v emcc || true)"
  if [[ -n $found ]] && emcc --version 2>/dev/null | head -n 1 | grep -q " $EMSCRIPTEN_VERSION "; then
    dirname -- "$(readlink -f "$found")"
  else
    printf '%s\n' "$TOOLCHAIN/root/usr/share/emscripten"
  fi
}

# The lists of Debian 13's binary packages, in an apt state of their own.
private_deb_apt() {
  local APT_DIR="$ROOT/.deps/apt-deb"
  private_apt "$@"
}

prepare_private_deb_apt() {
  local folder="$ROOT/.deps/apt-deb" mirrors mirror
  mirrors="$(machine_mirrors /etc/apt "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")")"
  [[ -n $mirrors ]] || die "no Debian mirror for this release found in /etc/apt/sources.list*"
  mkdir -p "$folder/state/lists/partial" "$folder/cache/archives/partial"
  : >"$folder/sources.list"
  for mirror in $mirrors; do
    # One architecture: its list names the packages for any architecture too.
    echo "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" \
      >>"$folder/sources.list"
  done
  say "reading Debian 13's package lists (private apt state in .deps/apt-deb)"
  run_logged_status apt-deb-lists private_deb_apt apt-get update ||
    say "warning: not every list could be read; going on with those that could"
}

# Downloads one package by name and exact version and checks its hash. The C library is renewed by
# security updates, under which the pinned version leaves the mirrors: then the present one is taken,
# whose hash apt has checked against the signed list.
fetch_tool_package() {  # package version sha256
  local package="$1" version="$2" sha256="$3" folder="$ROOT/.deps/download/toolchain" file
  mkdir -p "$folder"
  file="$(find_by_sha256 "$sha256" "$folder/$package"_*.deb)"
  if [[ -z $file ]]; then
    rm -f "$folder/$package"_*.deb
    if (cd "$folder" && run_logged_status "fetch-$package" private_deb_apt apt-get download \
      "$package=$version"); then
      file="$(find_by_sha256 "$sha256" "$folder/$package"_*.deb)"
      [[ -n $file ]] || die "$package $version: its SHA-256 is not the expected $sha256"
    elif [[ $package == lib* ]]; then
      # Not pinned, so apt must see that its signed list is of today.
      say "$package $version is no longer served; taking the release's present version"
      (cd "$folder" && run_logged "fetch-$package" private_deb_apt apt-get \
        -o Acquire::Check-Valid-Until=true download "$package")
      file="$(compgen -G "$folder/${package}_*.deb" | head -n 1)"
    else
      tail -n 20 "$LOG_DIR/fetch-$package.log" >&2
      die "the mirror has no $package $version (build/logs/fetch-$package.log)"
    fi
  fi
  say "unpacking $package"
  dpkg-deb -x "$file" "$TOOLCHAIN/root"
}

# One package of the npm registry, unpacked where Emscripten's JavaScript optimiser finds it.
fetch_tool_npm() {  # package version sha256
  local package="$1" version="$2" sha256="$3" folder="$ROOT/.deps/download/toolchain" file
  mkdir -p "$folder"
  file="$(find_by_sha256 "$sha256" "$folder/$package"-*.tgz)"
  if [[ -z $file ]]; then
    rm -f "$folder/$package"-*.tgz
    (cd "$folder" && run_logged "fetch-$package" npm pack --silent "$package@$version")
    file="$(find_by_sha256 "$sha256" "$folder/$package"-*.tgz)"
    [[ -n $file ]] || die "$package $version: its SHA-256 is not the expected $sha256"
  fi
  local target="$TOOLCHAIN/root/usr/share/emscripten/node_modules/$package"
  mkdir -p "$target"
  tar -xf "$file" -C "$target" --strip-components=1 --no-same-owner
}

# Binaryen's programs behind scripts of two lines, and a configuration file that names all parts.
write_toolchain_scripts() {
  local bin="$TOOLCHAIN/binaryen/bin" libraries="$TOOLCHAIN/root/usr/lib/x86_64-linux-gnu" tool node
  mkdir -p "$bin"
  for tool in "$TOOLCHAIN"/root/usr/bin/wasm*; do
    printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' \
      "$libraries/ld-linux-x86-64.so.2" "$libraries" "$tool" >"$bin/${tool##*/}"
    chmod +x "$bin/${tool##*/}"
  done
  node="$(command -v node || command -v nodejs)" || die "node was not found on PATH"
  # Found without any environment variable: it lies in Emscripten's own folder.
  cat >"$TOOLCHAIN/root/usr/share/emscripten/.emscripten" <<CONFIG
LLVM_ROOT = '/usr/lib/llvm-19/bin'
BINARYEN_ROOT = '$TOOLCHAIN/binaryen'
NODE_JS = '$node'
CACHE = '$TOOLCHAIN/root/usr/share/emscripten/cache'
FROZEN_CACHE = True
CONFIG
}

ensure_emscripten() {
  local key stamp="$TOOLCHAIN/stamp" lines line lock name package suite version sha256
  [[ "$(emscripten_root)" == "$TOOLCHAIN"/* ]] || return 0
  # The places are part of the key: the configuration holds absolute paths.
  key="$({ echo "$ROOT"; command -v node || command -v nodejs; cat "$ROOT/cmake/emscripten.sh"; toolchain_lines; } | sha256sum)"
  [[ -f $stamp && "$(<"$stamp")" == "$key" ]] && return
  is_debian || die "emcc $EMSCRIPTEN_VERSION was not found on PATH: install that version of Emscripten (emsdk)"
  [[ "$(dpkg --print-architecture)" == amd64 ]] ||
    die "the pinned Emscripten is for amd64; put an emcc $EMSCRIPTEN_VERSION (emsdk) on PATH"
  mkdir -p "$ROOT/.deps" "$TOOLCHAIN"
  exec {lock}>"$ROOT/.deps/lock"
  flock "$lock"
  if [[ ! -f $stamp || "$(<"$stamp")" != "$key" ]]; then
    say "bringing Emscripten $EMSCRIPTEN_VERSION into .toolchain/ (240 MB to download, 1.7 GB unpacked)"
    rm -rf "$TOOLCHAIN"
    mkdir -p "$TOOLCHAIN/root"
    prepare_private_deb_apt
    mapfile -t lines < <(toolchain_lines)
    for line in "${lines[@]}"; do
      read -r name package suite version _ sha256 <<<"$line"
      case "$suite" in
        trixie:deb) fetch_tool_package "$package" "$version" "$sha256" ;;
        npm:tool) fetch_tool_npm "$package" "$version" "$sha256" ;;
        *) die "dependencies.txt: $name: unknown kind $suite" ;;
      esac
    done
    write_toolchain_scripts
    "$TOOLCHAIN/root/usr/share/emscripten/emcc" --version >/dev/null ||
      die "the unpacked emcc does not run"
    printf '%s\n' "$key" >"$stamp"
  fi
  exec {lock}>&-
}
