#include <gtest/gtest.h>

#include "native/train/nets/net.h"
#include "native/train/recipe/recipe.h"
#include "native/train/run/export.h"
#include "tests/train/train_support.h"

namespace ag::train {
namespace {

TEST(CompactNet, StaysInItsBudget) {
  const auto net = MakeNet(*RecipeFor("compact", false));
  EXPECT_LE(ParameterCount(*net), 1000000);
  net->eval();
  const StatusOr<Model> model = ExportNet(*net, Storage::kFloat32);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_LE(Macs(*model), 120000000u);
  EXPECT_GE(Macs(*model), 80000000u);
  // Only what the engine has, batch norm folded away.
  for (const Op& op : model->ops) {
    EXPECT_TRUE(op.type == OpType::kConv2D || op.type == OpType::kAdd ||
                op.type == OpType::kGlobalAveragePool || op.type == OpType::kFullyConnected)
        << op.name;
  }
}

}  // namespace
}  // namespace ag::train
