#include <gtest/gtest.h>

#include "native/train/nets/recognition_net.h"
#include "native/train/recipe/recipe.h"

namespace ag::train {
namespace {

TEST(StudentNet, IsTheTrunkUpToItsCut) {
  const Settings settings = *RecipeFor("student", false);
  const auto net = MakeNet(settings);
  const auto& trunk = dynamic_cast<const RecognitionNet&>(*net);
  EXPECT_EQ(trunk.blocks.back().name, "conv128_2");
  // The trunk without the descriptor's layer (1.15 million parameters).
  EXPECT_NEAR(static_cast<double>(ParameterCount(*net)), 1.15e6, 0.05e6);
  // No branch of a block needs padding, which would cost the engine a convolution.
  EXPECT_TRUE(BranchesFit(settings.input_side, settings.last_block));
}

}  // namespace
}  // namespace ag::train
