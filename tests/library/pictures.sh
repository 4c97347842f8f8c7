# shellcheck shell=bash
# For the scripts here: the models that ship, and a picture to predict from.
models=("$AG_SOURCE_DIR/web/model/age_gender.agm" "$AG_SOURCE_DIR/web/model/face_detector.agm")
broken=0

# Sets `picture`: the astronaut where it is, else the drawn face, put into the folder.
use_picture() {  # folder
  picture="$AG_ASTRONAUT"
  if [[ ! -f $picture ]]; then
    echo "without the astronaut (./ag demo fetches it): a drawn face"
    picture="$1/face.ppm"
    "$AG_BUILD_DIR/tests/draw_face" "$picture"
  fi
}

expect() {  # what, expected, found
  if [[ $2 != "$3" ]]; then
    printf 'BROKEN %s\n  expected: %s\n  found:    %s\n' "$1" "$2" "$3"
    broken=1
  fi
}

# What predict.c says of the picture is the record that ag_native writes, byte for byte.
expect_record() {  # what, command...
  local what="$1" found status=0
  shift
  found="$("$@" "${models[@]}" "$picture")" || status=$?
  expect "$what: status" 0 "$status"
  expect "$what" "$(AG_MODEL_DIR="$AG_SOURCE_DIR/web/model" \
    "$AG_BUILD_BIN_DIR/ag_native" predict --json --threads 1 "$picture")" "$found"
}

# What predict.cc says of two pictures, one of which is none.
expect_ages() {  # what, command...
  local what="$1" found status=0
  shift
  found="$("$@" "${models[@]}" "$picture" "${BASH_SOURCE[0]}")" || status=$?
  expect "$what: status" 0 "$status"
  expect "$what: an age" 1 "$(grep -cE "^$picture: [0-9]+\.[0-9]+ years$" <<<"$found")"
  expect "$what: no picture" 1 "$(grep -c 'pictures.sh: .*not like a picture' <<<"$found")"
}
