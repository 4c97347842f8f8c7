# shellcheck shell=bash
# Puts the static site together, sourced by ./ag: build/site from web/, the WebAssembly builds and the
# models. Everything lands in a folder beside it first and is then renamed: a server never sees half
# a site, and a build that fails leaves the last good one.

# Notices of everything that the site's files contain.
site_licences() {  # age/gender model
  local name file
  printf 'Parts of this page and their terms.\n'
  notice() {
    printf '\n%s\n%s\n\n' "--- $1 $(printf '%*s' $((90 - ${#1})) '' | tr ' ' '-')" "$(cat "$2")"
  }
  # The page's own age and gender net, whichever it is: what its file says of itself.
  "$ROOT/build/native/bin/ag_native" info "$1" | grep -E '^(name|licence|source):' >"$ROOT/build/net.txt"
  notice "model/age_gender.agm" "$ROOT/build/net.txt"
  notice "ag (the code)" "$ROOT/LICENSE"
  for name in xnnpack pthreadpool fxdiv fp16 imgui; do
    for file in "$ROOT/.deps/src/$name"/LICENSE*; do notice "$name" "$file"; done
  done
  notice "Emscripten's system libraries (musl, libc++, compiler-rt)" \
    "$(site_first_file "$(emscripten_root)/LICENSE" "$TOOLCHAIN/root/usr/share/doc/emscripten/copyright")"
  for name in libstb-dev libflatbuffers-dev; do
    file="/usr/share/doc/$name/copyright"
    [[ -f $file ]] && notice "${name%-dev}" "$file"
  done
  notice "the font of the stage" "$ROOT/web/assets/stage_font.LICENSE.txt"
  notice "model/face_detector.agm" "$ROOT/web/model/face_detector.LICENSE.txt"
  unset -f notice
}

site_first_file() {  # the first of the files that is there
  local file
  for file in "$@"; do
    if [[ -f $file ]]; then
      printf '%s\n' "$file"
      return
    fi
  done
  die "none of these exists: $*"
}

site_copy() {  # folder, files
  local folder="$1"
  shift
  cp "$@" "$folder/" || die "the site was not changed: a part of it is missing (./ag build wasm)"
}

# Puts a .gz and a .br beside each file that they make smaller, for servers that send such files as
# they are (nginx's gzip_static and brotli_static, ag_native serve). The same file gives the same bytes.
# They are younger than the file, which tells ag_native serve that they are of this one.
site_compress() {  # folder
  local files file packed node
  node="$(command -v node || command -v nodejs)" || die "node was not found on PATH"
  mapfile -d '' files < <(find "$1" -type f -print0)
  for file in "${files[@]}"; do
    gzip -9 -n -c "$file" >"$file.gz" || die "$file.gz: cannot be written"
  done
  # Brotli's best quality is the default here.
  "$node" -e '
    const {readFileSync, writeFileSync} = require("node:fs");
    const {brotliCompressSync} = require("node:zlib");
    for (const file of process.argv.slice(1)) {
      writeFileSync(file + ".br", brotliCompressSync(readFileSync(file)));
    }' -- "${files[@]}" || die "$1: the .br files cannot be written"
  for file in "${files[@]}"; do
    for packed in "$file.gz" "$file.br"; do
      (($(stat -c %s "$packed") < $(stat -c %s "$file"))) || rm "$packed"
    done
  done
}

assemble_site() {  # age/gender model
  local model="$1" site="$ROOT/build/site" new="$ROOT/build/site.new" variant
  rm -rf "$new"
  # Each failure by itself: a caller that tests the status switches `set -e` off in here.
  mkdir -p "$new/shell" "$new/engine" "$new/stage" "$new/model" || die "$new: cannot be made"
  site_copy "$new" "$ROOT/web/shell/index.html" "$ROOT/web/shell/style.css" "$ROOT/web/assets/icon.svg"
  site_copy "$new/shell" "$ROOT"/web/shell/*.js
  site_copy "$new/engine" "$ROOT/wasm/worker.js"
  for variant in simd relaxed; do
    site_copy "$new/engine" "$ROOT/build/wasm-$variant/site/engine/engine_$variant".{js,wasm}
  done
  site_copy "$new/stage" "$ROOT"/build/wasm-simd/site/stage/stage.{js,wasm}
  site_copy "$new/model" "$ROOT/web/model/face_detector.agm"
  cp "$model" "$new/model/age_gender.agm" || die "$model: cannot be read"
  chmod -R u=rwX,go=rX "$new"
  # Reads and runs the model: a broken one is refused here, by name.
  "$ROOT/build/native/bin/ag_native" self-test --model "$model" \
    --detector "$new/model/face_detector.agm" --out "$new/model/self_test.json" ||
    die "the site was not changed"
  site_licences "$model" >"$new/LICENSES.txt" || die "$new/LICENSES.txt: cannot be written"
  site_compress "$new"
  rm -rf "$site.old"
  [[ ! -d $site ]] || mv "$site" "$site.old"
  mv "$new" "$site"
  rm -rf "$site.old"
}

# What a visitor downloads, part by part, as gzip -9 packs it. Budgets in KB of 1,024 bytes; a part
# above its own is marked and makes the status 1.
site_table() {
  local site="$ROOT/build/site" over=0 row name budget files file raw packed sum=0 mark
  printf '%-22s %10s %10s %10s\n' part bytes 'gzip -9' budget >&2
  while IFS='|' read -r name budget files; do
    raw=0 packed=0
    for file in $files; do
      raw=$((raw + $(stat -c %s "$site/$file")))
      packed=$((packed + $(gzip -9 -n -c "$site/$file" | wc -c)))
    done
    mark=""
    if [[ -n $budget ]] && ((packed > budget * 1024)); then
      mark=" over"
      over=1
    fi
    printf '%-22s %10d %9.1fK %s%s\n' "$name" "$raw" "$((packed * 10 / 1024))e-1" \
      "${budget:+$(printf '%9d' "$budget")K}" "$mark" >&2
    # A visitor loads one variant of the engine.
    [[ $name == "engine, simd" ]] || sum=$((sum + packed))
  done < <(
    echo "engine, relaxed|195|engine/engine_relaxed.js engine/engine_relaxed.wasm"
    echo "engine, simd|195|engine/engine_simd.js engine/engine_simd.wasm"
    echo "stage (ImGui, font)|250|stage/stage.js stage/stage.wasm"
    echo "shell|60|index.html style.css icon.svg engine/worker.js $(cd "$site" && echo shell/*.js)"
    echo "face detector|120|model/face_detector.agm"
    echo "self-test||model/self_test.json"
    echo "age and gender net||model/age_gender.agm"
  )
  printf '%-22s %10s %9.1fK\n' "a visit, relaxed" "" "$((sum * 10 / 1024))e-1" >&2
  return $over
}
