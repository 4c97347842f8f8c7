#include "shared/infer/load_model.h"

#include "shared/infer/ops/registry.h"
#include "shared/model/reader.h"
#include "shared/model/writer.h"

namespace ag {

StatusOr<Model> LoadModel(std::span<const uint8_t> file) { return ReadModel(file, AllOpRules()); }

StatusOr<std::vector<uint8_t>> SaveModel(const Model& model) {
  return WriteModel(model, AllOpRules());
}

}  // namespace ag
