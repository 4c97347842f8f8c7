// The first ops of a net in bands of rows: the same numbers, bit for bit, as on the whole picture.
#include "shared/infer/banded_prefix.h"

#include <gtest/gtest.h>
#include <xnnpack.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "shared/infer/engine.h"
#include "shared/infer/graph_runtime.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/reader.h"
#include "shared/model/storage.h"
#include "tests/support/model_builder.h"
#include "tests/support/random.h"
#include "tests/support/shipped.h"

namespace ag::test {
namespace {

std::vector<Shape> ShapesOf(const Model& model, uint32_t height, uint32_t width) {
  auto shapes = InferShapes(model, AllOpRules(), height, width);
  EXPECT_TRUE(shapes.ok()) << shapes.status().message();
  EXPECT_EQ(xnn_initialize(nullptr), xnn_status_success);
  return shapes.ok() ? *std::move(shapes) : std::vector<Shape>();
}

size_t CountOps(const Model& model, uint64_t least = 0) {
  return BandedPrefix::CountOps(model, ShapesOf(model, model.input.height, model.input.width),
                                least);
}

struct WorkspaceDeleter {
  void operator()(xnn_workspace* workspace) const { xnn_release_workspace(workspace); }
};
using Workspace = std::unique_ptr<xnn_workspace, WorkspaceDeleter>;
Workspace MakeWorkspace() {
  xnn_workspace_t made = nullptr;
  EXPECT_EQ(xnn_create_workspace(&made), xnn_status_success);
  return Workspace(made);
}

std::vector<std::vector<float>> WeightsOf(const Model& model) {
  std::vector<std::vector<float>> weights;
  for (const Tensor& tensor : model.tensors) weights.push_back(ExpandTensor(tensor));
  return weights;
}

// What all of the model's outputs hold, one after the other, without any band.
std::vector<float> RunWhole(const Model& model, std::vector<Shape> shapes,
                            std::span<const float> input) {
  const auto weights = WeightsOf(model);
  std::vector<std::vector<float>> outputs;
  std::vector<float*> addresses;
  for (const uint32_t output : model.outputs) {
    outputs.push_back(PaddedBuffer(ElementCount(shapes[output])));
    addresses.push_back(outputs.back().data());
  }
  std::vector<float> padded = PaddedBuffer(input.size());
  std::copy(input.begin(), input.end(), padded.begin());
  std::vector<float> all;
  const auto runtime = GraphRuntime::Create(
      model, {.ops = model.ops, .outputs = model.outputs, .shapes = shapes}, {.weights = weights});
  EXPECT_TRUE(runtime.ok()) << runtime.status().message();
  if (!runtime.ok()) return all;
  EXPECT_TRUE((*runtime)->Connect(padded.data(), addresses).ok());
  EXPECT_TRUE((*runtime)->Invoke().ok());
  for (size_t i = 0; i < outputs.size(); ++i) {
    all.insert(all.end(), outputs[i].begin(),
               outputs[i].begin() + static_cast<ptrdiff_t>(ElementCount(shapes[model.outputs[i]])));
  }
  return all;
}

class Rows final : public RowSource {
 public:
  Rows(std::span<const float> values, const Shape& shape)
      : values_(values), height_(shape[0]), floats_(size_t{shape[1]} * shape[2]) {}

  Status Write(uint32_t first, uint32_t count, std::span<float> out) const override {
    EXPECT_LE(first + count, height_);
    EXPECT_EQ(first, next_) << "rows come in turn, each once";
    EXPECT_EQ(out.size(), count * floats_);
    next_ = first + count;
    const auto rows = values_.subspan(first * floats_, count * floats_);
    std::copy(rows.begin(), rows.end(), out.begin());
    return OkStatus();
  }
  uint32_t given() const { return next_; }

 private:
  std::span<const float> values_;
  uint32_t height_;
  size_t floats_;
  mutable uint32_t next_ = 0;
};

// A chain of random convolutions that see rows above and below, with ops between that do not.
Model RandomChain(uint64_t seed) {
  Random random(seed);
  const auto upto = [&](uint32_t most) { return 1 + static_cast<uint32_t>(random.Next() % most); };
  ModelBuilder builder(20 + upto(90), 3 + upto(40), Colour::kRgb, seed);
  uint32_t at = 0;
  const uint32_t segments = 2 + upto(3);
  for (uint32_t i = 0; i < segments; ++i) {
    Window window;
    window.kernel_height = 1 + upto(8);
    window.kernel_width = upto(3);
    window.stride_height = std::min(upto(4), window.kernel_height - 1);
    window.stride_width = 1;
    window.pad_top = static_cast<uint32_t>(random.Next()) % window.kernel_height;
    window.pad_bottom = static_cast<uint32_t>(random.Next()) % window.kernel_height;
    window.pad_left = static_cast<uint32_t>(random.Next()) % window.kernel_width;
    window.pad_right = window.kernel_width - 1 - window.pad_left;
    if (builder.shape(at)[0] + window.pad_top + window.pad_bottom < window.kernel_height) break;
    at = i > 0 && random.Next() % 2 == 0 ? builder.DepthwiseConv2D(at, window, Activation::kRelu)
                                         : builder.Conv2D(at, upto(20), window);
    const uint32_t between = upto(3) - 1;
    for (uint32_t j = 0; j < between; ++j) {
      const Shape shape = builder.shape(at);
      switch (random.Next() % 4) {
        case 0:
          at = builder.Relu(at);
          break;
        case 1:
          at = builder.Sigmoid(at);
          break;
        case 2:
          at = builder.Conv2D(at, upto(20), {}, Activation::kRelu);
          break;
        default:
          if (shape[0] < 6 || shape[1] < 2) break;
          at = builder.MaxPool2D(at, {2, 2, 2, 2});
      }
    }
  }
  return builder.AgeGender(at, 3);
}

TEST(BandedPrefix, IsBitForBitWhatTheWholePictureGives) {
  constexpr size_t kOpsOfHeads = 3;  // behind the chain: pooling, age, gender
  int banded = 0, whole = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Model model = RandomChain(seed);
    const std::vector<Shape> shapes = ShapesOf(model, model.input.height, model.input.width);
    const size_t count = BandedPrefix::CountOps(model, shapes, 0);
    if (count == 0) continue;
    ++banded;
    const uint32_t end = model.ops[count - 1].output;
    whole += model.ops.size() - count == kOpsOfHeads ? 1 : 0;
    Random random(seed);
    const std::vector<float> input =
        random.Uniforms(static_cast<size_t>(ElementCount(shapes[0])), -1, 1);
    model.outputs = {end};
    const std::vector<float> expected = RunWhole(model, shapes, input);

    const auto weights = WeightsOf(model);
    // One workspace for all segments grows as they come, as in an engine, or each has its own.
    const Workspace workspace = seed % 2 == 0 ? MakeWorkspace() : nullptr;
    const auto prefix = BandedPrefix::Create(model, count, shapes,
                                             {.weights = weights, .workspace = workspace.get()});
    ASSERT_TRUE(prefix.ok()) << prefix.status().message();
    ASSERT_TRUE((*prefix)->Connect().ok());
    std::vector<float> output(expected.size(), -1.0f);
    for (int run = 0; run < 2; ++run) {  // the second one finds the first one's rows in its buffers
      const Rows rows(input, shapes[0]);
      ASSERT_TRUE((*prefix)->Run(rows, output).ok());
      EXPECT_LE(rows.given(), shapes[0][0]);
      ASSERT_EQ(std::memcmp(output.data(), expected.data(), expected.size() * sizeof(float)), 0);
    }
  }
  EXPECT_GT(banded, 150);
  EXPECT_GT(whole, 100);
}

// Strides that multiply to 2^32: one row of the last value would be so many of the picture.
TEST(BandedPrefix, EndsBeforeStridesGrowTooLarge) {
  ModelBuilder builder(1024, 8, Colour::kRgb, 3);
  uint32_t at = builder.Conv2D(0, 4, {3, 3, 1, 1, 1, 1, 1, 1});
  at = builder.Conv2D(at, 1, {256, 1, 256, 1});
  for (int i = 0; i < 3; ++i) at = builder.Conv2D(at, 1, {256, 1, 256, 1, 255, 0, 0, 0});
  const Model model = builder.AgeGender(at, 3);
  EXPECT_EQ(CountOps(model), 0u);
  auto weights = Weights::Create(model);
  ASSERT_TRUE(weights.ok());
  auto engine = Engine::Create(*weights, {.band_from = 0});
  ASSERT_TRUE(engine.ok()) << engine.status().message();
  EXPECT_TRUE(engine->Run(Image(8, 1024)).ok());

  // A tall kernel would keep more rows than a band has.
  ModelBuilder tall(256, 8, Colour::kRgb, 3);
  at = tall.Conv2D(0, 4, {3, 3, 1, 1, 1, 1, 1, 1});
  at = tall.Conv2D(at, 4, {3, 3, 1, 1, 1, 1, 1, 1});
  at = tall.DepthwiseConv2D(at, {65, 1, 1, 1, 32, 32, 0, 0});
  EXPECT_EQ(CountOps(tall.AgeGender(at, 3)), 2u);
}

// Held rows may not need more memory than the whole picture: here a row is nearly all there is.
TEST(BandedPrefix, IsNotUsedWhereItNeedsMoreMemory) {
  const auto with_height = [](uint32_t height) {
    ModelBuilder builder(height, 4096, Colour::kRgb, 3);
    uint32_t at = 0;
    for (int i = 0; i < 4; ++i) at = builder.Conv2D(at, 64, {3, 1, 1, 1, 1, 1, 0, 0});
    return builder.AgeGender(at, 3);
  };
  EXPECT_EQ(CountOps(with_height(4)), 0u);
  EXPECT_EQ(CountOps(with_height(64)), 4u);
}

// Pixels in every order of channels, in bands and not.
TEST(BandedPrefix, PicturesAreReadByRows) {
  for (const Colour colour : {Colour::kRgb, Colour::kBgr, Colour::kGray}) {
    ModelBuilder builder(61, 40, colour, 3);
    uint32_t at = builder.Conv2D(0, 8, {3, 3, 2, 2, 1, 1, 1, 1}, Activation::kRelu);
    at = builder.DepthwiseConv2D(at, {3, 3, 1, 1, 1, 1, 1, 1});
    const Model model = builder.AgeGender(at, 7);
    EXPECT_EQ(CountOps(model), 2u);
    auto weights = Weights::Create(model);
    ASSERT_TRUE(weights.ok());
    auto banded = Engine::Create(*weights, {.band_from = 0});
    auto whole = Engine::Create(*weights, {});
    ASSERT_TRUE(banded.ok() && whole.ok());
    Random random(4);
    Image picture(40, 61);
    for (uint8_t& byte : picture.pixels) byte = static_cast<uint8_t>(random.Next());
    ASSERT_TRUE(banded->Run(picture).ok() && whole->Run(picture).ok());
    for (size_t i = 0; i < model.outputs.size(); ++i) {
      const auto a = banded->output(i), b = whole->output(i);
      EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
    }
  }
}

TEST(BandedPrefix, EndsWhereTheGraphIsNoChain) {
  const Window window = {3, 3, 1, 1, 1, 1, 1, 1};
  const auto build = [&](auto&& rest) {
    ModelBuilder builder(64, 64, Colour::kRgb, 3);
    const uint32_t a = builder.Conv2D(0, 8, window);
    const uint32_t b = builder.Conv2D(a, 8);
    const uint32_t c = builder.DepthwiseConv2D(b, window);
    return rest(builder, a, b, c);
  };
  // Read by two ops: written whole, as the last of the chain.
  EXPECT_EQ(CountOps(build([&](ModelBuilder& builder, uint32_t, uint32_t, uint32_t c) {
              return builder.AgeGender(builder.Add(c, builder.Relu(c)), 3);
            })),
            3u);
  // One segment alone gains nothing.
  EXPECT_EQ(CountOps(build([&](ModelBuilder& builder, uint32_t, uint32_t b, uint32_t c) {
              return builder.AgeGender(builder.Add(b, c), 3);
            })),
            0u);
  // The picture is read again behind the chain.
  EXPECT_EQ(CountOps(build([&](ModelBuilder& builder, uint32_t, uint32_t, uint32_t c) {
              return builder.AgeGender(builder.Add(builder.Conv2D(0, 8), c), 3);
            })),
            0u);
  // The engine hands the value out.
  EXPECT_EQ(CountOps(build([&](ModelBuilder& builder, uint32_t, uint32_t, uint32_t c) {
              return builder.AgeGender(c, 3, {c});
            })),
            0u);
  // Padding of a pooling is not zero.
  EXPECT_EQ(CountOps(build([&](ModelBuilder& builder, uint32_t, uint32_t, uint32_t c) {
              return builder.AgeGender(builder.MaxPool2D(c, {3, 3, 3, 3, 1, 1, 1, 1}), 3);
            })),
            3u);
  // Too small to pay.
  const Model small = build([&](ModelBuilder& builder, uint32_t, uint32_t, uint32_t c) {
    return builder.AgeGender(c, 3);
  });
  EXPECT_EQ(CountOps(small, 64 * 64 * 8), 3u);
  EXPECT_EQ(CountOps(small, 64 * 64 * 8 + 1), 0u);
}

// The shipped detector in engines, one of a size that goes by bands and one that does not.
// Whichever is the first closes the cache of packed weights; the other one finds them there.
TEST(BandedPrefix, ShippedDetectorInAnEngine) {
  constexpr uint32_t kSizes[2][2] = {{544, 512}, {320, 320}};
  for (const bool banded_first : {true, false}) {
    const auto weights = ShippedWeights("face_detector.agm");
    ASSERT_NE(weights, nullptr);
    for (const bool banded : {banded_first, !banded_first}) {
      const auto [height, width] = kSizes[banded ? 0 : 1];
      const auto model = ShippedModel("face_detector.agm");
      ASSERT_TRUE(model);
      const std::vector<Shape> shapes = ShapesOf(*model, height, width);
      EXPECT_EQ(BandedPrefix::CountOps(*model, shapes, EngineOptions().band_from),
                banded ? 17u : 0u);
      Random random(5);
      const std::vector<float> input =
          random.Uniforms(static_cast<size_t>(ElementCount(shapes[0])), 0, 255);
      const std::vector<float> expected = RunWhole(*model, shapes, input);
      auto engine = Engine::Create(weights, {.height = height, .width = width});
      ASSERT_TRUE(engine.ok()) << engine.status().message();
      ASSERT_TRUE(engine->RunRaw(input).ok());
      std::vector<float> all;
      for (size_t i = 0; i < model->outputs.size(); ++i) {
        all.insert(all.end(), engine->output(i).begin(), engine->output(i).end());
      }
      ASSERT_EQ(all.size(), expected.size());
      ASSERT_EQ(std::memcmp(all.data(), expected.data(), all.size() * sizeof(float)), 0);
    }
  }
}

}  // namespace
}  // namespace ag::test
