# shellcheck shell=bash
# Functions that bring sources and sample files into .deps/, sourced by ./ag. They need: $ROOT (the
# repository), say, die, run_logged, run_logged_status, is_debian, apt_update.
#
# Sources come as Debian's upstream tarballs, through apt with a configuration of its own (.deps/apt):
# apt checks the signatures of the archive, dependencies.txt pins the hash of every tarball, and the
# machine's own apt configuration is neither changed nor refreshed.

DEPENDENCIES_FILE="$ROOT/cmake/dependencies.txt"
APT_DIR="$ROOT/.deps/apt"

# Lines of dependencies.txt: those of source tarballs, and their hash for stamps.
# Those named; without names all.
source_lines() {
  awk -v names="$*" '!/^#/ && NF && $3 !~ /^own$|:/ && (names == "" || index(" " names " ", " " $1 " "))' \
    "$DEPENDENCIES_FILE"
}
sources_key() { source_lines "$@" | awk '{ print $1, $4, $6 }'; }

# The URIs under which this machine finds the Debian archive of its own release, one a line, read
# from its apt sources in both formats. Security and third-party archives are left out: they do not
# carry the suites that we need.
# $1: the folder that holds sources.list and sources.list.d, $2: the release's codename.
machine_mirrors() {
  local etc="$1" codename="$2"
  local files=()
  [[ -f $etc/sources.list ]] && files+=("$etc/sources.list")
  local file
  for file in "$etc"/sources.list.d/*.list "$etc"/sources.list.d/*.sources; do
    [[ -f $file ]] && files+=("$file")
  done
  ((${#files[@]})) || return 0
  awk -v codename="$codename" '
    function flush(  i, n, uri) {
      if (enabled && (components " ") ~ / main / && types ~ /(^| )deb( |$)/ && (" " suites " ") ~ (" " codename " ")) {
        n = split(uris, uri, /[ \t]+/)
        for (i = 1; i <= n; ++i) if (uri[i] != "") print uri[i]
      }
      types = uris = suites = components = ""; enabled = 1; field = ""
    }
    FNR == 1 { flush() }
    FILENAME ~ /\.sources$/ {
      if ($0 ~ /^#/) next
      if ($0 ~ /^[ \t]*$/) { flush(); next }
      value = $0
      if ($0 ~ /^[^ \t:]+:/) {
        field = tolower(substr($0, 1, index($0, ":") - 1))
        value = substr($0, index($0, ":") + 1)
      }
      gsub(/^[ \t]+|[ \t]+$/, "", value)
      if (field == "types") types = types " " value
      else if (field == "uris") uris = uris " " value
      else if (field == "suites") suites = suites " " value
      else if (field == "components") components = components " " value
      else if (field == "enabled" && tolower(value) ~ /^(no|false|0)$/) enabled = 0
      next
    }
    {
      sub(/#.*/, "")
      gsub(/\[[^]]*\]/, " ")
      if ($1 == "deb" && $3 == codename && $0 ~ /[ \t]main([ \t]|$)/) print $2
    }
    END { flush() }
  ' "${files[@]}" | awk '!seen[$0]++'
}

# apt-get or apt-cache ($1) with our own sources list and state. Keeps the machine's proxy settings
# and the like. No sandbox user: _apt cannot write below a private checkout. Lists past their date are
# taken (a mirror may lag or be frozen): they must still be signed, and the files have pinned hashes, so
# that an old list cannot bring an old file (the one exception: fetch_tool_package).
private_apt() {
  local tool="$1"
  shift
  "$tool" -q \
    -o "Dir::Etc::sourcelist=$APT_DIR/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o "Dir::State=$APT_DIR/state" -o "Dir::State::lists=$APT_DIR/state/lists" \
    -o Dir::State::status=/var/lib/dpkg/status -o "Dir::Cache=$APT_DIR/cache" \
    -o APT::Sandbox::User= -o APT::Get::List-Cleanup=0 -o Acquire::Languages=none \
    -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 "$@"
}

prepare_private_apt() {
  local stamp="$APT_DIR/updated" mirrors keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  # Suites move on: lists older than a day may name files that the mirror has dropped.
  [[ -f $stamp && $stamp -nt $DEPENDENCIES_FILE && -n "$(find "$stamp" -mmin -1440)" ]] && return
  # Not twice in one run, also where no stamp is left because some list did not arrive.
  [[ -n ${private_apt_prepared:-} ]] && return
  private_apt_prepared=yes
  mirrors="$(machine_mirrors /etc/apt "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")")"
  # An image may name its mirror through a list file (mirror+file:) or not at all; say so in words.
  [[ -n $mirrors ]] || die "no Debian mirror for this release found in /etc/apt/sources.list*"
  [[ -f $keyring ]] || die "$keyring is missing: install the package debian-archive-keyring"
  mkdir -p "$APT_DIR/state/lists/partial" "$APT_DIR/cache/archives/partial"
  local mirror suite
  : >"$APT_DIR/sources.list"
  for suite in $(source_lines | awk '{ print $3 }' | sort -u); do
    for mirror in $mirrors; do
      echo "deb-src [signed-by=$keyring] $mirror $suite main" >>"$APT_DIR/sources.list"
    done
  done
  say "reading the lists of the source packages (private apt state in .deps/apt)"
  # A third-party archive that uses the release's name may be among the mirrors and lack our suites;
  # what counts is that some list of sources arrived. A missing version is told by name later.
  if ! run_logged_status apt-sources private_apt apt-get update; then
    tail -n 20 "$LOG_DIR/apt-sources.log" >&2
    compgen -G "$APT_DIR/state/lists/*_Sources*" >/dev/null ||
      die "no list of source packages could be read (build/logs/apt-sources.log)"
    say "warning: not every list of source packages could be read; going on with those that could"
    return
  fi
  touch "$stamp"
}

sha256_is() {  # file, expected hash
  [[ -f $1 ]] && [[ "$(sha256sum <"$1")" == "$2 "* ]]
}

# The first of the files that has the hash, or nothing.
find_by_sha256() {  # expected hash, files...
  local sha256="$1" file
  shift
  for file in "$@"; do
    if sha256_is "$file" "$sha256"; then
      printf '%s\n' "$file"
      return
    fi
  done
}

# Fetches, checks and unpacks one line of dependencies.txt into .deps/src/NAME.
fetch_source() {
  local name="$1" package="$2" suite="$3" version="$4" sha256="$6"
  local source="$ROOT/.deps/src/$name" stamp="$ROOT/.deps/src/$name.sha256"
  [[ -d $source && -f $stamp && "$(<"$stamp")" == "$sha256" ]] && return
  local downloads="$ROOT/.deps/download/$name" tarball
  mkdir -p "$downloads"
  tarball="$(find_by_sha256 "$sha256" "$downloads"/*.orig.tar.*)"
  if [[ -z $tarball ]]; then
    is_debian || die "the source of $name is missing: put ${package}_$version.orig.tar.xz of Debian
  (suite $suite, SHA-256 $sha256) into ${downloads#"$ROOT"/}/"
    prepare_private_apt
    say "fetching the source of $name $version"
    # Any Debian revision of the version shares the upstream tarball.
    local full_version
    full_version="$(private_apt apt-cache showsrc --only-source "$package" 2>>/dev/null |
      awk -v version="$version-" '$1 == "Version:" && index($2, version) == 1 { print $2; exit }')"
    [[ -n $full_version ]] ||
      die "the mirror's suites have no $package $version ($suite); see cmake/dependencies.txt"
    # --tar-only: mirrors do not always keep the other files of a source package.
    (cd "$downloads" && run_logged "fetch-$name" private_apt apt-get source --download-only \
      --tar-only "$package=$full_version")
    tarball="$(find_by_sha256 "$sha256" "$downloads"/*.orig.tar.*)"
    [[ -n $tarball ]] || die "$downloads: no tarball with the expected SHA-256 $sha256"
  fi
  say "unpacking $name $version"
  rm -rf "$source" "$source.tmp" "$stamp"
  mkdir -p "$source.tmp"
  tar -xf "$tarball" -C "$source.tmp" --no-same-owner
  # Some tarballs hold one top-level folder, some none.
  local entries=("$source.tmp"/*)
  if ((${#entries[@]} == 1)) && [[ -d ${entries[0]} ]]; then
    mv "${entries[0]}" "$source"
    rmdir "$source.tmp"
  else
    mv "$source.tmp" "$source"
  fi
  printf '%s\n' "$sha256" >"$stamp"
}

# Files of an npm package (a line `npm:data` of dependencies.txt) into .deps/NAME.
fetch_npm_files() {  # name, what it is for, patterns of its files
  local name="$1" purpose="$2" package version sha256 target="$ROOT/.deps/$1"
  shift 2
  local patterns=("${@/#/package/}")
  read -r _ package _ version _ sha256 < <(grep "^$name " "$DEPENDENCIES_FILE")
  local key="$sha256 ${patterns[*]}"
  [[ -f $target.sha256 && "$(<"$target.sha256")" == "$key" && -d $target ]] && return
  local folder="$ROOT/.deps/download/$name" file
  mkdir -p "$folder"
  file="$(find_by_sha256 "$sha256" "$folder"/*.tgz)"
  if [[ -z $file ]]; then
    command -v npm >/dev/null || die "npm is needed to fetch $package $version (or put its package file,
  SHA-256 $sha256, into ${folder#"$ROOT"/}/)"
    say "fetching $package $version ($purpose)"
    rm -f "$folder"/*.tgz
    (cd "$folder" && run_logged "fetch-$name" npm pack --silent "$package@$version")
    file="$(find_by_sha256 "$sha256" "$folder"/*.tgz)"
    [[ -n $file ]] || die "$package $version: its SHA-256 is not the expected $sha256"
  fi
  rm -rf "$target" "$target.new" "$target.sha256"
  mkdir -p "$target.new"
  tar -xf "$file" -C "$target.new" --strip-components=1 --no-same-owner --wildcards "${patterns[@]}"
  mv "$target.new" "$target"
  echo "$key" >"$target.sha256"
}

# The face recognition net that training starts from, photographs of several faces, and the peer that
# ./ag bench peers measures, out of one npm package: .deps/face-api/{model,demo,dist}.
fetch_face_api() {
  fetch_npm_files face-api "weights to start training from, sample photographs, a peer to measure" \
    LICENSE 'model/face_recognition_model*' 'demo/sample*.jpg' 'model/age_gender_model*' dist/face-api.esm.js
}

# What ./ag bench peers measures beside our net: face-api.js on the WebAssembly kernels of TensorFlow.js;
# with `human` the net of that library too.
fetch_peers() {
  fetch_face_api
  fetch_npm_files tfjs-wasm "the kernels that a peer runs on" 'dist/*.wasm'
  [[ ${1:-} != human ]] ||
    fetch_npm_files human "a peer to measure" LICENSE dist/tfjs.esm.js 'models/faceres.*'
}

# The photograph of the demo and the tests (512x512, one face), out of a package that is downloaded
# but not installed.
fetch_astronaut() {
  local package sha256 sample="$ROOT/.deps/sample/astronaut.png"
  read -r _ package _ _ _ sha256 < <(grep '^astronaut ' "$DEPENDENCIES_FILE")
  sha256_is "$sample" "$sha256" && return
  is_debian || die "put astronaut.png of scikit-image (skimage/data, SHA-256 $sha256) into .deps/sample/"
  local folder="$ROOT/.deps/download/astronaut"
  say "fetching the sample photograph (astronaut.png of the package $package, not installed)"
  rm -rf "$folder"
  mkdir -p "$folder" "${sample%/*}"
  if ! (cd "$folder" && run_logged_status fetch-astronaut apt-get -q -o APT::Sandbox::User= \
    download "$package"); then
    run_logged apt-update apt_update
    (cd "$folder" && run_logged fetch-astronaut apt-get -q -o APT::Sandbox::User= download "$package")
  fi
  dpkg-deb -x "$folder"/*.deb "$folder/unpacked"
  local found
  found="$(find "$folder/unpacked" -path '*/skimage/data/astronaut.png')"
  sha256_is "$found" "$sha256" || die "$package: its astronaut.png has another SHA-256 than $sha256"
  # Renamed, so that a cut copy is never taken for the picture.
  cp "$found" "$sample.tmp"
  mv "$sample.tmp" "$sample"
  rm -rf "$folder"
}

# Photographs of several faces beside the astronaut, for ./ag bench detect. Without npm the benchmark
# goes without them.
fetch_photographs() {
  if [[ ! -d $ROOT/.deps/face-api ]] && ! command -v npm >/dev/null; then
    say "no npm: measuring without the sample photographs"
    return
  fi
  fetch_face_api
  local photograph
  for photograph in "$ROOT"/.deps/face-api/demo/sample[1-6].jpg; do
    ln -sf "../face-api/demo/${photograph##*/}" "$ROOT/.deps/sample/"
  done
}
