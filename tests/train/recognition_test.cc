// The face recognition net that training starts from: read, made trainable, exported.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "native/train/loop/losses.h"
#include "native/train/loop/trainer.h"
#include "native/train/nets/initial_weights.h"
#include "native/train/nets/recognition_net.h"
#include "native/train/run/export.h"
#include "shared/base/file.h"
#include "shared/infer/engine.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/writer.h"
#include "tests/cli/cli_support.h"
#include "tests/train/train_support.h"

namespace ag::train {
namespace {

namespace fs = std::filesystem;

// Where `./ag setup` unpacks the npm package's model files.
std::string RecognitionFolder() { return std::string(AG_SOURCE_DIR) + "/.deps/face-api/model"; }

constexpr int kDescriptorSide = 150;
constexpr int kDescriptorSize = 128;

Settings SmallRecipe(const std::string& cut, int side) {
  Settings settings = *RecipeFor("student", false);
  settings.last_block = cut;
  settings.input_side = side;
  settings.dropout = 0;
  return settings;
}

// [1, 3, side, side]: the integers of recognition_record/record.mjs, scaled as the net wants them.
torch::Tensor RecordedInput() {
  const double mean[3] = {122.782, 117.001, 104.298};
  torch::Tensor input = torch::empty({1, 3, kDescriptorSide, kDescriptorSide});
  auto at = input.accessor<float, 4>();
  for (int y = 0; y < kDescriptorSide; ++y) {
    for (int x = 0; x < kDescriptorSide; ++x) {
      for (int c = 0; c < 3; ++c) {
        const int value = (x * x + 3 * x * y + 7 * y + 50 * c) % 256;
        at[0][c][y][x] = static_cast<float>((value - mean[c]) / 255);
      }
    }
  }
  return input;
}

std::vector<double> RecordedDescriptor() {
  std::ifstream file(std::string(AG_SOURCE_DIR) + "/tests/train/data/recognition_descriptor.csv");
  std::string line;
  std::getline(file, line);  // the header
  std::vector<double> values;
  while (std::getline(file, line)) values.push_back(std::stod(line));
  return values;
}

// The last layer of the face recognition net, which age and gender do without: [256, 128].
torch::Tensor DescriptorLayer() {
  const StatusOr<std::vector<uint8_t>> text = ReadFile(
      RecognitionFolder() + "/face_recognition_model-weights_manifest.json", size_t{1} << 20);
  const StatusOr<std::vector<uint8_t>> bytes =
      ReadFile(RecognitionFolder() + "/face_recognition_model.bin", size_t{64} << 20);
  if (!text.ok() || !bytes.ok()) return {};
  const nlohmann::json manifest = nlohmann::json::parse(text->begin(), text->end());
  const nlohmann::json last = manifest.back().at("weights").back();
  EXPECT_EQ(last.at("name"), "fc");
  const double scale = last.at("quantization").at("scale"),
               minimum = last.at("quantization").at("min");
  torch::Tensor layer = torch::empty({256, kDescriptorSize});
  const size_t count = static_cast<size_t>(layer.numel());
  for (size_t i = 0; i < count; ++i) {
    layer.data_ptr<float>()[i] =
        static_cast<float>((*bytes)[bytes->size() - count + i] * scale + minimum);
  }
  return layer;
}

// Any state of batch norm that computes something else than the identity.
void Disturb(AgeGenderNet* net) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(7);
  for (const NamedConvNorm& named : net->conv_norms()) {
    auto norm = named.layer->norm;
    norm->weight.uniform_(0.5, 1.5);
    norm->bias.uniform_(-0.2, 0.2);
    norm->running_mean.uniform_(-0.2, 0.2);
    norm->running_var.uniform_(0.5, 1.5);
  }
}

TEST(RecognitionNet, BranchesFitAtSomeSizes) {
  EXPECT_FALSE(BranchesFit(150, "conv256_down_out"));
  EXPECT_FALSE(BranchesFit(118, "conv256_down"));
  EXPECT_FALSE(BranchesFit(118, "no such block"));
  // The least sides: 7x7 at stride 2, a pool of 3x3, then 3x3 at the beginning of each down block.
  EXPECT_TRUE(IsLargeEnough(103, "conv256_down_out"));
  EXPECT_FALSE(IsLargeEnough(102, "conv256_down_out"));
  EXPECT_TRUE(IsLargeEnough(55, "conv256_down"));
  EXPECT_FALSE(IsLargeEnough(54, "conv256_down"));
  const auto run = [](int side) {
    RecognitionNet net(side, "conv256_down_out", 0.25, AgeKind::kDistribution, 0);
    net.eval();
    const torch::NoGradGuard no_grad;
    net.forward(torch::rand({1, 3, side, side}));
  };
  EXPECT_NO_THROW(run(103));
  EXPECT_ANY_THROW(run(102));
  // The branches fit where none of them is short.
  for (const int side : {118, 125, 131, 139, 150, 163}) {
    const RecognitionNet net(side, "conv256_down_out", 0.25, AgeKind::kDistribution, 0);
    const std::vector<bool> is_short = ShortBranches(net);
    EXPECT_EQ(BranchesFit(side, "conv256_down_out"),
              std::find(is_short.begin(), is_short.end(), true) == is_short.end())
        << side;
  }
}

TEST(RecognitionNet, GivesTheDescriptorsOfItsOwnLibrary) {
  if (!fs::exists(RecognitionFolder())) {
    GTEST_SKIP() << "the face recognition net is not in .deps/face-api (./ag setup)";
  }
  RecognitionNet net(kDescriptorSide, "conv256_down_out", 1, AgeKind::kDistribution, 0);
  net.eval();
  const StatusOr<std::string> read = ReadInitialWeights(RecognitionFolder(), &net);
  ASSERT_TRUE(read.ok()) << read.status().message();
  const torch::NoGradGuard no_grad;
  const torch::Tensor layer = DescriptorLayer();
  ASSERT_TRUE(layer.defined());
  const std::vector<double> expected = RecordedDescriptor();
  ASSERT_EQ(expected.size(), static_cast<size_t>(kDescriptorSize));
  const auto check = [&](const char* when) {
    const torch::Tensor found = net.Features(RecordedInput()).matmul(layer);
    for (int i = 0; i < kDescriptorSize; ++i) {
      ASSERT_NEAR(found[0][i].item<double>(), expected[static_cast<size_t>(i)], 1e-3)
          << when << ", number " << i;
    }
  };
  check("as read");
  int batches = 0;
  CalibrateNorms(
      [&]() -> torch::Tensor {
        if (batches++ == 2) return {};
        return torch::randn({4, 3, kDescriptorSide, kDescriptorSide}) * 0.3;
      },
      &net);
  check("with batch norm put back");
}

TEST(InitialWeights, CalibrationKeepsTheFunctionAndNormalises) {
  RecognitionNet net(63, "conv64_down", 1, AgeKind::kDistribution, 0);
  Disturb(&net);
  net.eval();
  torch::manual_seed(3);
  const torch::Tensor input = torch::randn({16, 3, 63, 63});
  const torch::NoGradGuard no_grad;
  const torch::Tensor before = net.Features(input);
  bool given = false;
  CalibrateNorms(
      [&]() -> torch::Tensor { return std::exchange(given, true) ? torch::Tensor() : input; },
      &net);
  const torch::Tensor after = net.Features(input);
  EXPECT_LT((after - before).abs().max().item<double>(), 1e-4);
  // In training mode the norms see the same statistics: the same function again.
  net.train();
  const torch::Tensor trained = net.Features(input);
  EXPECT_LT((trained - before).abs().max().item<double>(), 1e-3);
}

TEST(InitialWeights, AModelGivesBackWhatWasExported) {
  const ag::test::TemporaryFolder temporary;
  const std::string folder = temporary.path();
  const Settings settings = SmallRecipe("conv64_1", 67);
  const auto net = MakeNet(settings);
  Disturb(net.get());
  net->eval();
  StatusOr<Model> model = ExportNet(*net, Storage::kFloat32);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const StatusOr<std::vector<uint8_t>> bytes = WriteModel(*model, AllOpRules());
  ASSERT_TRUE(bytes.ok()) << bytes.status().message();
  ASSERT_TRUE(WriteFileAtomically(folder + "/model.agm", *bytes).ok());

  const auto same = MakeNet(SmallRecipe("conv64_1", 67));
  const auto shorter = MakeNet(SmallRecipe("conv32_3", 67));
  for (const auto& other : {same, shorter}) {
    other->eval();
    // Once by the file, once by the folder of the run that holds it.
    for (const std::string& path : {folder + "/model.agm", folder}) {
      const StatusOr<std::string> read = ReadInitialWeights(path, other.get());
      ASSERT_TRUE(read.ok()) << read.status().message();
    }
  }
  const torch::NoGradGuard no_grad;
  const torch::Tensor input = torch::randn({2, 3, 67, 67});
  const NetOutput expected = net->forward(input), found = same->forward(input);
  EXPECT_LT((expected.age - found.age).abs().max().item<double>(), 1e-3);
  EXPECT_LT((expected.gender - found.gender).abs().max().item<double>(), 1e-3);

  const auto longer = MakeNet(SmallRecipe("conv64_2", 67));
  const StatusOr<std::string> missing = ReadInitialWeights(folder, longer.get());
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.status().code(), Code::kModelShape);
  EXPECT_NE(missing.status().message().find("conv64_2/conv1"), std::string::npos);
}

TEST(InitialWeights, RefusesWhatIsNeither) {
  const ag::test::TemporaryFolder temporary;
  const std::string folder = temporary.path();
  const auto net = MakeNet(SmallRecipe("conv32_1", 67));
  const auto code = [&](AgeGenderNet* of) {
    const StatusOr<std::string> read = ReadInitialWeights(folder, of);
    return read.ok() ? Code::kOk : read.status().code();
  };
  EXPECT_EQ(code(net.get()), Code::kInvalidArgument);
  EXPECT_EQ(code(MakeNet(*RecipeFor("notebook", false)).get()), Code::kInvalidArgument);

  const auto write = [&](const std::string& manifest, size_t bytes) {
    ASSERT_TRUE(WriteFileAtomically(folder + "/face_recognition_model-weights_manifest.json",
                                    std::string_view(manifest))
                    .ok());
    ASSERT_TRUE(WriteFileAtomically(folder + "/face_recognition_model.bin",
                                    std::vector<uint8_t>(bytes, 128))
                    .ok());
  };
  const std::string entry = R"({"name":"conv32_down/conv/bias","shape":[32],"dtype":"float32",)"
                            R"("quantization":{"dtype":"uint8","scale":0.5,"min":-1}})";
  write("[", 32);
  EXPECT_EQ(code(net.get()), Code::kInvalidArgument);
  write(R"([{"weights":[)" + entry + "]}]", 31);  // too few bytes
  EXPECT_EQ(code(net.get()), Code::kInvalidArgument);
  write(R"([{"weights":[)" + entry + "]}]", 33);  // too many
  EXPECT_EQ(code(net.get()), Code::kInvalidArgument);
  write(R"([{"weights":[)" + entry + "]}]", 32);  // layers are missing
  EXPECT_EQ(code(net.get()), Code::kModelShape);
}

TEST(RecognitionExport, EngineAgreesWithLibTorch) {
  const struct {
    const char* arch;
    const char* age_head;
    int side, pictures, ages;
  } cases[] = {{"student", "distribution", 118, 4, kAgeBins},
               {"teacher", "distribution", 131, 2, kAgeBins},
               {"teacher", "distribution", kDescriptorSide, 2, kAgeBins},  // a branch is padded
               {"student", "value", 118, 2, 1}};
  for (const auto& [arch, age_head, side, pictures, ages] : cases) {
    SCOPED_TRACE(std::string(arch) + ", " + age_head + ", " + std::to_string(side));
    Settings settings = *RecipeFor(arch, false);
    settings.age_head = age_head;
    settings.input_side = side;
    const auto net = MakeNet(settings);
    // As a trained net is: the blocks must contribute.
    Disturb(net.get());
    net->eval();
    const StatusOr<Model> model = ExportNet(*net, Storage::kFloat32);
    ASSERT_TRUE(model.ok()) << model.status().message();
    StatusOr<std::shared_ptr<Weights>> weights = Weights::Create(*model);
    ASSERT_TRUE(weights.ok()) << weights.status().message();
    StatusOr<Engine> engine = Engine::Create(*weights, {});
    ASSERT_TRUE(engine.ok()) << engine.status().message();
    const torch::NoGradGuard no_grad;
    torch::manual_seed(1);
    for (int i = 0; i < pictures; ++i) {
      const torch::Tensor input =
          torch::rand({1, settings.input_side, settings.input_side, 3}) - 0.5;
      ASSERT_TRUE(
          engine->RunRaw({input.data_ptr<float>(), static_cast<size_t>(input.numel())}).ok());
      const NetOutput expected = net->forward(input.permute({0, 3, 1, 2}));
      const double scale = expected.age.abs().max().item<double>();
      const torch::Tensor age = expected.age.view({-1});
      ASSERT_EQ(engine->output(0).size(), static_cast<size_t>(ages));
      ASSERT_EQ(age.size(0), ages);
      for (int bin = 0; bin < ages; ++bin) {
        ASSERT_NEAR(engine->output(0)[static_cast<size_t>(bin)], age[bin].item<double>(),
                    1e-4 * (1 + scale));
      }
      EXPECT_NEAR(engine->output(1)[0], expected.gender[0].item<double>(), 1e-4 * (1 + scale));
    }
  }
}

}  // namespace
}  // namespace ag::train
