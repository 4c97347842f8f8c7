// `--arch compact`: RGB 112x112. A stem of stride 2, then four stages of plain 3x3 residual blocks;
// between stages a convolution of stride 2. Global mean, dropout, one dense layer per head.
//   stage     size   channels  blocks
//   1         56x56  16        1
//   2         28x28  32        2
//   3         14x14  64        2
//   4         7x7    128       2
#include "native/train/nets/graph_writer.h"
#include "native/train/nets/net.h"
#include "native/train/nets/net_kind.h"

namespace ag::train {
namespace {

constexpr int kInputSide = 112;

// x -> ReLU(x + norm(conv(ReLU(norm(conv(x)))))) (He et al., "Deep residual learning", 2015).
struct ResidualImpl : torch::nn::Module {
  explicit ResidualImpl(int channels)
      : first(register_module("first", ConvNorm(channels, channels, 1))),
        second(register_module("second", ConvNorm(channels, channels, 1))) {
    // The block starts as the identity (Goyal et al., "Accurate, large minibatch SGD", 2017).
    torch::nn::init::zeros_(second->norm->weight);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return torch::relu(second(torch::relu(first(x))) + x);
  }
  ConvNorm first{nullptr}, second{nullptr};
};
TORCH_MODULE(Residual);

class CompactNet : public AgeGenderNet {
 public:
  CompactNet(AgeKind age_kind, double dropout);
  NetOutput forward(torch::Tensor x) override;
  AgeKind age_kind() const override { return age_kind_; }
  InputContract input_contract() const override {
    return SquareInput(kInputSide, Colour::kRgb, 127.5f, 1.0f / 64.0f);
  }
  AgeGenderContract Write(GraphWriter* graph) const override;
  std::vector<NamedConvNorm> conv_norms() const override;
  std::vector<NamedLinear> heads() const override { return {{"age", age_}, {"gender", gender_}}; }

 private:
  struct Stage {
    ConvNorm down{nullptr};  // of stride 2, then ReLU
    std::vector<Residual> blocks;
  };
  std::vector<Stage> stages_;
  torch::nn::Linear age_{nullptr}, gender_{nullptr};
  const AgeKind age_kind_;
  const double dropout_;
};

CompactNet::CompactNet(AgeKind age_kind, double dropout) : age_kind_(age_kind), dropout_(dropout) {
  constexpr int kChannels[] = {16, 32, 64, 128};
  constexpr int kBlocks[] = {1, 2, 2, 2};
  int in = 3;
  for (int s = 0; s < 4; ++s) {
    const std::string prefix = "stage" + std::to_string(s + 1);
    Stage stage;
    stage.down = register_module(prefix + "_down", ConvNorm(in, kChannels[s], 2));
    for (int b = 0; b < kBlocks[s]; ++b) {
      stage.blocks.push_back(
          register_module(prefix + "_block" + std::to_string(b + 1), Residual(kChannels[s])));
    }
    stages_.push_back(stage);
    in = kChannels[s];
  }
  age_ = register_module("age", AgeLayer(age_kind, in));
  gender_ = register_module("gender", GenderLayer(in));
}

NetOutput CompactNet::forward(torch::Tensor x) {
  for (Stage& stage : stages_) {
    x = torch::relu(stage.down(x));
    for (Residual& block : stage.blocks) x = block(x);
  }
  // The mean over 49 cells in float32 even under autocast, and so the outputs.
  x = x.to(torch::kFloat32).mean({2, 3});
  x = torch::dropout(x, dropout_, is_training());
  return Heads(age_, gender_, x);
}

AgeGenderContract CompactNet::Write(GraphWriter* graph) const {
  uint32_t x = 0;
  for (size_t s = 0; s < stages_.size(); ++s) {
    const std::string stage = "stage" + std::to_string(s + 1);
    x = graph->Conv(stage + ".down", x, Fold(stages_[s].down), 2, 1, Activation::kRelu);
    for (size_t b = 0; b < stages_[s].blocks.size(); ++b) {
      const Residual& block = stages_[s].blocks[b];
      const std::string name = stage + ".block" + std::to_string(b + 1);
      uint32_t y = graph->Conv(name + ".first", x, Fold(block->first), 1, 1, Activation::kRelu);
      y = graph->Conv(name + ".second", y, Fold(block->second), 1, 1, Activation::kNone);
      x = graph->Add(name + ".add", y, x, Activation::kRelu);
    }
  }
  x = graph->Simple(OpType::kGlobalAveragePool, "mean", x);
  return WriteHeads(*this, age_, gender_, x, graph);
}

std::vector<NamedConvNorm> CompactNet::conv_norms() const {
  std::vector<NamedConvNorm> layers;
  for (size_t s = 0; s < stages_.size(); ++s) {
    const std::string stage = "stage" + std::to_string(s + 1);
    layers.push_back({stage + ".down", stages_[s].down});
    for (size_t b = 0; b < stages_[s].blocks.size(); ++b) {
      const std::string block = stage + ".block" + std::to_string(b + 1);
      layers.push_back({block + ".first", stages_[s].blocks[b]->first});
      layers.push_back({block + ".second", stages_[s].blocks[b]->second});
    }
  }
  return layers;
}

constexpr std::string_view kTakes[] = {"init", "age_head", "age_sigma", "age_l1_weight"};

}  // namespace

const NetKind kCompactNet = {
    .name = "compact",
    .summary = "",
    .takes = kTakes,
    .make = [](const Settings& s) -> std::shared_ptr<AgeGenderNet> {
      return std::make_shared<CompactNet>(AgeKindOf(s), s.dropout);
    },
};

}  // namespace ag::train
