#include "tests/support/shipped.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "shared/image/decode.h"
#include "shared/infer/load_model.h"

namespace ag::test {

std::vector<uint8_t> FileBytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> chars{std::istreambuf_iterator<char>(stream), {}};
  return {chars.begin(), chars.end()};
}

std::optional<Model> ShippedModel(const std::string& name) {
  const std::string path = std::string(AG_SOURCE_DIR) + "/web/model/" + name;
  auto model = LoadModel(FileBytes(path));
  if (model.ok()) return *std::move(model);
  ADD_FAILURE() << path << ": " << model.status().message();
  return std::nullopt;
}

std::shared_ptr<Weights> ShippedWeights(const std::string& name) {
  std::optional<Model> model = ShippedModel(name);
  if (!model) return nullptr;
  auto weights = Weights::Create(*std::move(model));
  if (weights.ok()) return *weights;
  ADD_FAILURE() << name << ": " << weights.status().message();
  return nullptr;
}

std::string AstronautPath() {
  const char* path = std::getenv("AG_ASTRONAUT");
  return path != nullptr ? path : AG_ASTRONAUT;
}

std::optional<Image> ReadAstronaut() {
  const std::vector<uint8_t> bytes = FileBytes(AstronautPath());
  if (bytes.empty()) return std::nullopt;
  auto decoded = DecodeImage(bytes);
  if (!decoded.ok()) {
    ADD_FAILURE() << AstronautPath() << ": " << decoded.status().message();
    return std::nullopt;
  }
  return std::move(decoded->image);
}

Image QuarterTurn(const Image& picture) {
  Image turned(picture.height, picture.width);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      std::copy_n(picture.at(x, y), 3, turned.at(picture.height - 1 - y, x));
    }
  }
  return turned;
}

}  // namespace ag::test
