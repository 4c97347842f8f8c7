// Every net behind --arch (net_list.inc), by what its descriptor says of it: a descriptor that
// lacks something, or promises what its net cannot do, fails here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "native/train/loop/losses.h"
#include "native/train/nets/net.h"
#include "native/train/nets/net_kind.h"
#include "native/train/recipe/options.h"
#include "native/train/recipe/recipe.h"
#include "native/train/run/export.h"
#include "native/train/settings/setting.h"
#include "shared/infer/engine.h"
#include "shared/predict/outputs.h"

namespace ag::train {
namespace {

class NetKindTest : public testing::TestWithParam<const NetKind*> {
 protected:
  const NetKind& kind() const { return *GetParam(); }
  Settings Recipe() const { return *RecipeFor(std::string(kind().name), false); }
  // Its recipe with each of its heads in turn.
  std::vector<Settings> Variants() const {
    std::vector<Settings> variants;
    for (const std::string_view head : kind().age_heads) {
      variants.push_back(Recipe());
      variants.back().age_head = head;
    }
    return variants;
  }
  static torch::Tensor Input(const Settings& settings, int64_t count) {
    torch::manual_seed(3);
    const int64_t side = settings.input_side;
    return torch::randn({count, settings.gray ? 1 : 3, side, side})
        .contiguous(at::MemoryFormat::ChannelsLast);
  }
};

INSTANTIATE_TEST_SUITE_P(Nets, NetKindTest, testing::ValuesIn(AllNets().begin(), AllNets().end()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST_P(NetKindTest, HasWhatEveryNetNeeds) {
  EXPECT_EQ(std::count_if(AllNets().begin(), AllNets().end(),
                          [this](const NetKind* net) { return net->name == kind().name; }),
            1);
  ASSERT_FALSE(kind().name.empty());
  ASSERT_FALSE(kind().age_heads.empty());
  ASSERT_NE(kind().make, nullptr);
  EXPECT_GT(kind().toy_epochs, 0);
  // Only the default needs no word about itself.
  EXPECT_EQ(kind().summary.empty(), kind().name == Settings().arch);
  for (const std::string_view name : kind().takes) {
    EXPECT_NE(FindSetting(name), nullptr) << name << " is no setting";
  }
  for (const bool toy : {false, true}) {
    const StatusOr<Settings> recipe = RecipeFor(std::string(kind().name), toy);
    ASSERT_TRUE(recipe.ok()) << recipe.status().message();
    const Status checked = CheckSettings(*recipe);
    EXPECT_TRUE(checked.ok()) << checked.message();
    EXPECT_EQ(recipe->age_head, kind().age_heads.front());
    if (kind().check != nullptr) {
      EXPECT_TRUE(kind().check(*recipe).ok());
    }
  }
}

TEST_P(NetKindTest, StandsInTheHelp) {
  const char* const arguments[] = {"ag_native-train", "--help"};
  const StatusOr<ParsedOptions> parsed = ParseOptions(2, arguments);
  ASSERT_TRUE(parsed.ok());
  std::string line = parsed->help.substr(parsed->help.find("--arch"));
  line = line.substr(0, line.find('\n'));
  EXPECT_NE(line.find(kind().name), std::string::npos) << line;
  EXPECT_NE(line.find(kind().summary), std::string::npos) << line;
}

TEST_P(NetKindTest, TakesWhatItsRecipeGives) {
  for (const Settings& settings : Variants()) {
    SCOPED_TRACE(settings.age_head);
    const auto net = MakeNet(settings);
    EXPECT_TRUE(net->is_training());
    const InputContract input = net->input_contract();
    EXPECT_EQ(static_cast<int>(input.width), settings.input_side);
    EXPECT_EQ(input.width, input.height);
    EXPECT_EQ(input.colour == Colour::kGray, settings.gray);
    EXPECT_EQ(net->age_kind(), AgeKindOf(settings));
    const NetOutput output = net->forward(Input(settings, 3));
    EXPECT_EQ(output.age.sizes(), net->age_kind() == AgeKind::kValue
                                      ? torch::IntArrayRef({3})
                                      : torch::IntArrayRef({3, kAgeBins}));
    EXPECT_EQ(output.gender.sizes(), torch::IntArrayRef({3}));
    EXPECT_EQ(output.age.scalar_type(), torch::kFloat32);
  }
}

TEST_P(NetKindTest, LearnsWithEveryWeight) {
  for (const Settings& settings : Variants()) {
    SCOPED_TRACE(settings.age_head);
    const auto net = MakeNet(settings);
    {
      // A block that begins as its shortcut gives its first layer no gradient, and a ReLU that
      // begins below zero none to what lies before it.
      const torch::NoGradGuard no_grad;
      for (const NamedConvNorm& named : net->conv_norms()) named.layer->norm->weight.fill_(1);
      for (auto& item : net->named_parameters()) {
        if (item.key() == "age.bias") item.value().add_(30);
      }
    }
    Labels labels;
    labels.age_lo = labels.age_hi = torch::tensor({5.0f, 80.0f, 33.0f, 60.0f});
    labels.gender = torch::tensor({0.0f, 1.0f, 1.0f, -1.0f});
    labels.weight = torch::ones({4});
    const NetOutput output = net->forward(Input(settings, 4));
    const torch::Tensor each = net->LabelLoss(settings, output, labels);
    ASSERT_EQ(each.sizes(), torch::IntArrayRef({4}));
    EXPECT_TRUE((each > 0).all().item<bool>());
    Loss(settings, *net, output, labels).backward();
    for (const auto& item : net->named_parameters()) {
      ASSERT_TRUE(item.value().grad().defined()) << item.key();
      EXPECT_TRUE(torch::isfinite(item.value().grad()).all().item<bool>()) << item.key();
      EXPECT_GT(item.value().grad().abs().sum().item<double>(), 0) << item.key();
    }
  }
}

// Batch norm is anything but the identity, so that folding it matters; small enough that no stack of
// blocks blows its input up.
void Disturb(AgeGenderNet* net) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(7);
  for (const NamedConvNorm& named : net->conv_norms()) {
    auto norm = named.layer->norm;
    norm->weight.uniform_(0.2, 0.6);
    norm->bias.uniform_(-0.2, 0.2);
    norm->running_mean.uniform_(-0.2, 0.2);
    norm->running_var.uniform_(0.5, 1.5);
  }
}

TEST_P(NetKindTest, TheEngineComputesTheSame) {
  for (const Settings& settings : Variants()) {
    SCOPED_TRACE(settings.age_head);
    const auto net = MakeNet(settings);
    Disturb(net.get());
    net->eval();
    const StatusOr<Model> model = ExportNet(*net, Storage::kFloat32);
    ASSERT_TRUE(model.ok()) << model.status().message();
    StatusOr<std::shared_ptr<Weights>> weights = Weights::Create(*model);
    ASSERT_TRUE(weights.ok()) << weights.status().message();
    StatusOr<Engine> engine = Engine::Create(*weights, EngineOptions{});
    ASSERT_TRUE(engine.ok()) << engine.status().message();
    const torch::NoGradGuard no_grad;
    const torch::Tensor input = Input(settings, 1);
    const NetOutput theirs = net->forward(input);
    // The engine's order: rows, columns, channels.
    const torch::Tensor rows = input.permute({0, 2, 3, 1}).contiguous();
    ASSERT_TRUE(engine->RunRaw({rows.data_ptr<float>(), static_cast<size_t>(rows.numel())}).ok());
    const AgeGender ours = ReadOutputs(*model->age_gender, engine->output(0), engine->output(1));
    EXPECT_NEAR(ours.age, SaidYears(*net, theirs.age).item<double>(), 1e-3);
    EXPECT_NEAR(ours.p_female, torch::sigmoid(theirs.gender).item<double>(), 1e-4);
  }
}

TEST_P(NetKindTest, RoundsItsWeightsIfItSaysSo) {
  Settings settings = Recipe();
  settings.weight_bits = 4;
  EXPECT_EQ(CheckSettings(settings).ok(), kind().rounds_weights);
  if (!kind().rounds_weights) return;
  const auto net = MakeNet(settings);
  net->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor input = Input(settings, 2);
  const torch::Tensor rounded = net->forward(input).gender;
  net->SetWeightBits(0);
  EXPECT_FALSE(torch::equal(rounded, net->forward(input).gender)) << "rounding changed nothing";
}

TEST_P(NetKindTest, GivesFeaturesIfItSaysSo) {
  Settings settings = Recipe();
  settings.duplicate_features = 0.9;
  settings.init = "net";
  EXPECT_EQ(CheckSettings(settings).ok(), kind().gives_features);
  const auto net = MakeNet(Recipe());
  const torch::NoGradGuard no_grad;
  const torch::Tensor features = net->Features(Input(settings, 2));
  ASSERT_EQ(features.defined(), kind().gives_features);
  if (kind().gives_features) {
    EXPECT_EQ(features.size(0), 2);
  }
}

TEST_P(NetKindTest, IsTaughtIfItsAgeIsADistribution) {
  Settings settings = Recipe();
  settings.teachers = {"teacher.agm"};
  EXPECT_EQ(CheckSettings(settings).ok(), kind().has_age_head(kDistributionHead));
}

TEST_P(NetKindTest, StartsFromOtherWeightsIfItSaysSo) {
  const auto& takes = kind().takes;
  const bool takes_init = std::find(takes.begin(), takes.end(), "init") != takes.end();
  EXPECT_EQ(takes_init, !MakeNet(Recipe())->conv_norms().empty());
  if (kind().starts_from_recognition_net) {
    EXPECT_TRUE(takes_init);
  }
  const char* const arguments[] = {"ag_native-train", "--data",       "d",
                                   "--print-start",   "--arch",       kind().name.data(),
                                   "--init",          "somewhere.agm"};
  const StatusOr<ParsedOptions> start = ParseOptions(6, arguments);
  ASSERT_TRUE(start.ok()) << start.status().message();
  EXPECT_EQ(start->help, kind().starts_from_recognition_net ? "recognition\n" : "random\n");
  EXPECT_EQ(ParseOptions(8, arguments)->help, "init\n");
}

}  // namespace
}  // namespace ag::train
