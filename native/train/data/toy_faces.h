// Faces drawn by the program, so that the whole way from pictures to a model works without any
// data: what `--toy` and the tests train on.
//
// Age and gender are visible in them, with noise: hair turns gray and skin wrinkles with age,
// children's faces are rounder and their eyes larger; hair is longer and lips redder in most faces
// labelled female. They say nothing about people.
#pragma once

#include <cstdint>
#include <string>

#include "shared/base/status.h"
#include "shared/image/image.h"

namespace ag::train {

struct ToyFace {
  Image picture;   // [160, 160, 3]
  int age = 0;     // years, 1..90
  int gender = 0;  // 0 male, 1 female
};

// The same (seed, index) gives the same face.
ToyFace DrawToyFace(uint64_t seed, uint64_t index);

// Writes `count` faces as PNG with UTKFace's names into `folder` (created if missing), beginning
// with number `first`. Existing files stay. kIo.
Status WriteToyFaces(const std::string& folder, uint64_t seed, uint64_t first, uint64_t count);

}  // namespace ag::train
