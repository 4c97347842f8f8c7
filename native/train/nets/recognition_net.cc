#include "native/train/nets/recognition_net.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "native/train/nets/graph_writer.h"
#include "native/train/nets/pruning.h"
#include "shared/face/align.h"

namespace ag::train {
namespace {

struct BlockPlan {
  std::string_view name;
  int out;
  bool down;
};

constexpr std::array<BlockPlan, 14> kPlan = {{
    {"conv32_1", 32, false},
    {"conv32_2", 32, false},
    {"conv32_3", 32, false},
    {"conv64_down", 64, true},
    {"conv64_1", 64, false},
    {"conv64_2", 64, false},
    {"conv64_3", 64, false},
    {"conv128_down", 128, true},
    {"conv128_1", 128, false},
    {"conv128_2", 128, false},
    {"conv256_down", 256, true},
    {"conv256_1", 256, false},
    {"conv256_2", 256, false},
    {"conv256_down_out", 256, true},
}};

constexpr int kStemChannels = 32;
constexpr int kStemKernel = 7;
// The net's own mean colour, of the pictures that it was trained on.
constexpr std::array<float, 3> kMean = {122.782f, 117.001f, 104.298f};
constexpr float kScale = 1.0f / 255.0f;

// Sides after a window of `kernel` and stride 2 without padding.
int Halved(int side, int kernel) { return (side - kernel) / 2 + 1; }

// XNNPACK's kernels work on eight channels and more at once.
int Narrowed(int channels, double width) {
  return std::max(8, static_cast<int>(std::lround(channels * width / 8)) * 8);
}

// What becomes of the picture's side along the trunk up to `cut`.
struct TrunkWalk {
  bool knows_cut = false;
  bool is_large_enough = true;
  std::vector<bool> is_short;  // of each block: its convolutions give less than its shortcut
};

TrunkWalk WalkTrunk(int input_side, std::string_view cut) {
  TrunkWalk walk;
  int side = std::max(0, input_side);
  const auto take = [&](int kernel) {
    walk.is_large_enough = walk.is_large_enough && side >= kernel;
    return walk.is_large_enough ? Halved(side, kernel) : 0;
  };
  side = take(kStemKernel);
  side = take(3);
  for (const BlockPlan& plan : kPlan) {
    walk.is_short.push_back(false);
    if (plan.down) {
      const int convolved = take(3);
      side = walk.is_large_enough ? Halved(side, 2) : 0;
      walk.is_short.back() = convolved < side;
    }
    walk.knows_cut = plan.name == cut;
    if (walk.knows_cut) break;
  }
  return walk;
}

torch::Tensor PadTo(const torch::Tensor& x, int64_t height, int64_t width) {
  if (x.size(2) == height && x.size(3) == width) return x;
  return torch::constant_pad_nd(x, {0, width - x.size(3), 0, height - x.size(2)}, 0);
}

// The shortcut of a down block: 2x2 average pooling, and zeros for the channels that are missing,
// as one convolution (the engine pools by the maximum or over everything alone).
FoldedConv AverageShortcut(int64_t in, int64_t out) {
  torch::Tensor filter = torch::zeros({out, in, 2, 2}, torch::kFloat64);
  for (int64_t c = 0; c < in; ++c) filter[c][c].fill_(0.25);
  return {filter, torch::zeros({out}, torch::kFloat64)};
}

}  // namespace

RecognitionBlockImpl::RecognitionBlockImpl(int in, int out, bool is_down)
    : first(register_module("first", ConvNorm(in, out, is_down ? 2 : 1, 3, is_down ? 0 : 1))),
      second(register_module("second", ConvNorm(out, out, 1))),
      down(is_down) {
  // From scratch the block starts as its shortcut (Goyal et al., 2017); --init replaces it.
  torch::nn::init::zeros_(second->norm->weight);
}

torch::Tensor RecognitionBlockImpl::forward(const torch::Tensor& x) {
  torch::Tensor y = second(torch::relu(first(x)));
  if (!down) return torch::relu(y + x);
  torch::Tensor shortcut = torch::avg_pool2d(x, 2, 2);
  const int64_t height = std::max(y.size(2), shortcut.size(2));
  const int64_t width = std::max(y.size(3), shortcut.size(3));
  y = PadTo(y, height, width);
  shortcut = PadTo(shortcut, height, width);
  if (const int64_t missing = y.size(1) - shortcut.size(1); missing > 0) {
    shortcut = torch::constant_pad_nd(shortcut, {0, 0, 0, 0, 0, missing}, 0);
  }
  return torch::relu(y + shortcut);
}

RecognitionNet::RecognitionNet(int input_side, const std::string& cut, double width,
                               AgeKind age_kind, double dropout)
    : input_side_(input_side), age_kind_(age_kind), dropout_(dropout) {
  int channels = Narrowed(kStemChannels, width);
  stem = register_module("conv32_down", ConvNorm(3, channels, 2, kStemKernel, 0));
  for (const BlockPlan& plan : kPlan) {
    const std::string name(plan.name);
    const int out = Narrowed(plan.out, width);
    blocks.push_back({name, register_module(name, RecognitionBlock(channels, out, plan.down))});
    channels = out;
    if (name == cut) break;
  }
  age = register_module("age", AgeLayer(age_kind, channels));
  gender = register_module("gender", GenderLayer(channels));
}

torch::Tensor RecognitionNet::Features(torch::Tensor x) {
  x = torch::max_pool2d(torch::relu(stem(x)), 3, 2);
  for (NamedBlock& named : blocks) x = named.block(x);
  // The mean in float32 even under autocast.
  return x.to(torch::kFloat32).mean({2, 3});
}

NetOutput RecognitionNet::forward(torch::Tensor x) {
  x = torch::dropout(Features(std::move(x)), dropout_, is_training());
  return Heads(age, gender, x);
}

InputContract RecognitionNet::input_contract() const {
  InputContract input;
  input.width = input.height = static_cast<uint32_t>(input_side_);
  input.colour = Colour::kRgb;
  input.mean.assign(kMean.begin(), kMean.end());
  input.scale = {kScale, kScale, kScale};
  input.crop_points = kDefaultCropPoints;
  return input;
}

AgeGenderContract RecognitionNet::Write(GraphWriter* graph) const {
  const std::vector<bool> short_branch = ShortBranches(*this);
  size_t number = 0;
  uint32_t x = graph->Conv("conv32_down", 0, Fold(stem), 2, 0, Activation::kRelu);
  x = graph->MaxPool("conv32_down/pool", x, 3);
  for (const NamedBlock& named : blocks) {
    const auto& block = named.block;
    const uint32_t stride = block->down ? 2 : 1, padding = block->down ? 0 : 1;
    uint32_t y = graph->Conv(named.name + "/conv1", x, Fold(block->first), stride, padding,
                             Activation::kRelu);
    y = graph->Conv(named.name + "/conv2", y, Fold(block->second), 1, 1, Activation::kNone);
    if (block->down) {
      const torch::Tensor& filter = block->first->conv->weight;
      if (short_branch[number]) {
        y = graph->ZerosBelowAndRight(named.name + "/pad", y, filter.size(0));
      }
      x = graph->Conv(named.name + "/shortcut", x, AverageShortcut(filter.size(1), filter.size(0)),
                      2, 0, Activation::kNone);
    }
    x = graph->Add(named.name + "/add", y, x, Activation::kRelu);
    ++number;
  }
  x = graph->Simple(OpType::kGlobalAveragePool, "mean", x);
  return WriteHeads(*this, age, gender, x, graph);
}

StatusOr<std::vector<int64_t>> RecognitionNet::Prune(AffineMap* layers) const {
  return ThinTo(*this, layers);
}

std::vector<NamedConvNorm> RecognitionNet::conv_norms() const {
  std::vector<NamedConvNorm> layers = {{"conv32_down", stem}};
  for (const NamedBlock& named : blocks) {
    layers.push_back({named.name + "/conv1", named.block->first});
    layers.push_back({named.name + "/conv2", named.block->second});
  }
  return layers;
}

bool IsLargeEnough(int input_side, const std::string& cut) {
  return WalkTrunk(input_side, cut).is_large_enough;
}

std::vector<bool> ShortBranches(const RecognitionNet& net) {
  return WalkTrunk(static_cast<int>(net.input_contract().width), net.blocks.back().name).is_short;
}

bool BranchesFit(int input_side, const std::string& cut) {
  const TrunkWalk walk = WalkTrunk(input_side, cut);
  return walk.knows_cut && walk.is_large_enough &&
         std::find(walk.is_short.begin(), walk.is_short.end(), true) == walk.is_short.end();
}

void RecognitionRecipe(Settings* s) {
  s->validation_split = 0.08;
  s->test_split = 0.1;
  s->duplicate_correlation = 0.95;
  s->epochs = 10;
  s->batch = 64;
  s->learning_rate = 5e-4;
  s->weight_decay = 0.03;
  s->warmup_epochs = 0.5;
  s->age_balance = 0.3;
  s->infant_gender_weight = 0.25;
  s->degrade = 0.12;
}

Status CheckRecognitionNet(const Settings& s) {
  if (IsLargeEnough(s.input_side, s.last_block)) return OkStatus();
  return Status(Code::kInvalidArgument, "--input-side: " + std::to_string(s.input_side) +
                                            " pixels are too few for the trunk up to " +
                                            s.last_block);
}

std::shared_ptr<AgeGenderNet> MakeRecognitionNet(const Settings& s) {
  return std::make_shared<RecognitionNet>(s.input_side, s.last_block, s.width_multiplier,
                                          AgeKindOf(s), s.dropout);
}

}  // namespace ag::train
