// What the repository ships and what a test may find beside it: model files, the astronaut. If a
// file is missing, the result is empty; the caller says what that means.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/image/image.h"
#include "shared/infer/engine.h"

namespace ag::test {

std::vector<uint8_t> FileBytes(const std::string& path);

// A file in web/model. A file that cannot be used fails the test and gives nothing.
std::optional<Model> ShippedModel(const std::string& name);
std::shared_ptr<Weights> ShippedWeights(const std::string& name);

// skimage's astronaut.png (NASA, public domain), 512 x 512: its expected path, and its pixels, or
// nothing if it does not exist. A file that cannot be read fails the test.
std::string AstronautPath();
std::optional<Image> ReadAstronaut();

// Clockwise.
Image QuarterTurn(const Image& picture);

}  // namespace ag::test

// In a test or its SetUp(): sets the std::optional<Image> `picture` or skips the test.
#define AG_READ_ASTRONAUT_OR_SKIP(picture)                                  \
  do {                                                                      \
    (picture) = ::ag::test::ReadAstronaut();                                \
    if (!(picture)) {                                                       \
      GTEST_SKIP() << "no astronaut.png at " << ::ag::test::AstronautPath() \
                   << " (./ag demo fetches it)";                            \
    }                                                                       \
  } while (false)
