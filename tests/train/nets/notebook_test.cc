#include <gtest/gtest.h>

#include <cmath>

#include "native/train/loop/losses.h"
#include "native/train/nets/net.h"
#include "native/train/recipe/recipe.h"

namespace ag::train {
namespace {

TEST(NotebookNet, HasTheNotebooksParameters) {
  const auto net = MakeNet(*RecipeFor("notebook", false));
  EXPECT_EQ(ParameterCount(*net), 5107458);
}

TEST(NotebookNet, IsInitialisedAsKerasDoes) {
  const auto net = MakeNet(*RecipeFor("notebook", false));
  for (const auto& item : net->named_parameters()) {
    const torch::Tensor& t = item.value();
    if (t.dim() == 1) {
      EXPECT_EQ(t.abs().max().item<float>(), 0) << item.key();
      continue;
    }
    const double window = t.dim() == 4 ? static_cast<double>(t.size(2) * t.size(3)) : 1.0;
    const double fans = window * static_cast<double>(t.size(0) + t.size(1));
    const double bound = std::sqrt(6 / fans);
    EXPECT_LE(t.abs().max().item<double>(), bound * 1.000001) << item.key();
    // Uniform: nearly the bound is reached, and the variance is a third of its square.
    EXPECT_GT(t.abs().max().item<double>(), bound * 0.95) << item.key();
    EXPECT_NEAR(t.square().mean().item<double>() / (bound * bound / 3), 1, 0.2) << item.key();
  }
}

// The weight of --age-l1-weight is not the notebook's.
TEST(NotebookNet, LosesYearsAsTheyAreAndCrossEntropy) {
  Settings settings = *RecipeFor("notebook", false);
  settings.age_l1_weight = 0.3;
  const auto net = MakeNet(settings);
  const NetOutput output{torch::tensor({20.0f, 30.0f}), torch::tensor({0.7f, -1.2f})};
  Labels labels;
  labels.age_lo = labels.age_hi = torch::tensor({25.0f, 28.0f});
  labels.gender = torch::tensor({1.0f, 0.0f});
  labels.weight = torch::ones({2});
  const double bce = (std::log1p(std::exp(-0.7)) + std::log1p(std::exp(-1.2))) / 2;
  EXPECT_NEAR(Loss(settings, *net, output, labels).item<double>(), 3.5 + bce, 1e-5);
  EXPECT_TRUE(net->age_can_die());
}

}  // namespace
}  // namespace ag::train
