// The nets, as LibTorch modules. What they compute in eval mode is what export.h writes and the
// shared engine runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "native/train/nets/torch_compat.h"
#include "native/train/recipe/settings.h"
#include "shared/model/model.h"

namespace ag::train {

inline constexpr int kAgeBins = 101;  // 0..100 years

struct NetOutput {
  torch::Tensor age;     // [N, kAgeBins] logits, or [N] years
  torch::Tensor gender;  // [N] logit of "female"
};

// Convolution without bias, batch norm.
struct ConvNormImpl : torch::nn::Module {
  // 3x3 with one pixel of padding unless said otherwise.
  ConvNormImpl(int in, int out, int stride, int kernel = 3, int padding = 1);
  torch::Tensor forward(const torch::Tensor& x);
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
  // Sees what the convolution gives, before the norm; may be empty (initial_weights.cc).
  std::function<void(const torch::Tensor&)> observer;
  int weight_bits = 0;  // quantise.h; 0: as they are
};
TORCH_MODULE(ConvNorm);

// Layers by the names that they have in the exported model.
struct NamedConvNorm {
  std::string name;
  ConvNorm layer{nullptr};
};
struct NamedLinear {
  std::string name;
  torch::nn::Linear layer{nullptr};
};

// Input of all nets: [N, channels, side, side] float32, already scaled, channels-last in memory.
class AgeGenderNet : public torch::nn::Module {
 public:
  virtual NetOutput forward(torch::Tensor input) = 0;
  virtual AgeKind age_kind() const = 0;
  virtual InputContract input_contract() const = 0;
  // What initial weights can be read into; empty: the net starts from random ones alone.
  virtual std::vector<NamedConvNorm> conv_norms() const { return {}; }
  virtual std::vector<NamedLinear> heads() const { return {}; }

  // Rounds the weights of all conv_norms() and heads() in the forward pass (quantise.h); 0: off.
  void SetWeightBits(int bits);
  int weight_bits() const { return weight_bits_; }

 protected:
  // A head on features [N, in], with rounded weights where they are wanted.
  torch::Tensor Head(torch::nn::Linear& head, const torch::Tensor& features) const;
  // Both of them, as float32; a number of years is computed in it too, even under autocast:
  // bfloat16 knows quarters of a year at best.
  NetOutput Heads(torch::nn::Linear& age, torch::nn::Linear& gender,
                  const torch::Tensor& features) const;

 private:
  int weight_bits_ = 0;
};

// Dense layers for age (kAgeBins logits, or one number of years) and gender on `features` channels,
// so that before the first step every age is as likely, or is that of a young adult.
torch::nn::Linear AgeLayer(AgeKind kind, int features);
torch::nn::Linear GenderLayer(int features);

// x -> ReLU(x + norm(conv(ReLU(norm(conv(x)))))) (He et al., "Deep residual learning", 2015).
struct ResidualImpl : torch::nn::Module {
  explicit ResidualImpl(int channels);
  torch::Tensor forward(const torch::Tensor& x);
  ConvNorm first{nullptr}, second{nullptr};
};
TORCH_MODULE(Residual);

// `--arch compact`: RGB 112x112. A stem of stride 2, then four stages of plain 3x3 residual blocks;
// between stages a convolution of stride 2. Global mean, dropout, one dense layer per head.
//   stage     size   channels  blocks
//   1         56x56  16        1
//   2         28x28  32        2
//   3         14x14  64        2
//   4         7x7    128       2
class CompactNet : public AgeGenderNet {
 public:
  CompactNet(AgeKind age_kind, double dropout);
  NetOutput forward(torch::Tensor input) override;
  AgeKind age_kind() const override { return age_kind_; }
  InputContract input_contract() const override;
  std::vector<NamedConvNorm> conv_norms() const override;
  std::vector<NamedLinear> heads() const override { return {{"age", age}, {"gender", gender}}; }

  struct Stage {
    ConvNorm down{nullptr};  // of stride 2, then ReLU
    std::vector<Residual> blocks;
  };
  std::vector<Stage> stages;
  torch::nn::Linear age{nullptr}, gender{nullptr};

 private:
  const AgeKind age_kind_;
  double dropout_;
};

// `--arch notebook`: the net that the project began with; Keras's layers and initialisation.
// Gray 128x128 in [0, 1]; 3x3 convolutions of 32, 64, 128, 256 filters, valid padding, ReLU, each
// followed by 2x2 max pooling; flattened (9,216, here in CHW order); per head a dense layer of 256,
// ReLU, dropout. 5,107,458 parameters.
class NotebookNet : public AgeGenderNet {
 public:
  explicit NotebookNet(double dropout);
  NetOutput forward(torch::Tensor input) override;
  AgeKind age_kind() const override { return AgeKind::kValue; }
  InputContract input_contract() const override;

  std::vector<torch::nn::Conv2d> convs;
  torch::nn::Linear gender_hidden{nullptr}, age_hidden{nullptr}, gender{nullptr}, age{nullptr};

 private:
  double dropout_;
};

// The net of a recipe, initialised from `seed` alone, in float32 on the CPU, in training mode.
std::shared_ptr<AgeGenderNet> MakeNet(const Settings& settings);

int64_t ParameterCount(const AgeGenderNet& net);

// The years that the net's output means: expectation of the distribution, or the value. [N]
// float32.
torch::Tensor AgeYears(const AgeGenderNet& net, const torch::Tensor& age);

// The same as the engine says it: never below 0, which plain regression can be. Not for a loss, to
// which such a prediction must still matter.
torch::Tensor SaidYears(const AgeGenderNet& net, const torch::Tensor& age);

}  // namespace ag::train
