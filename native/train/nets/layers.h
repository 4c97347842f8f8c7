// What the nets are made of.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "native/train/nets/torch_compat.h"
#include "shared/model/model.h"

namespace ag::train {

inline constexpr int kAgeBins = 101;  // 0..100 years

torch::nn::Conv2d ConvLayer(int in, int out, int kernel, int stride, int padding, bool bias);

// Convolution without bias, batch norm.
struct ConvNormImpl : torch::nn::Module {
  // 3x3 with one pixel of padding unless said otherwise.
  ConvNormImpl(int in, int out, int stride, int kernel = 3, int padding = 1);
  torch::Tensor forward(const torch::Tensor& x);
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
  // Sees what the convolution gives, before the norm; may be empty (initial_weights.cc).
  std::function<void(const torch::Tensor&)> observer;
  int weight_bits = 0;  // quantisation.h; 0: as they are
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

// What a convolution and the norm after it compute in use: gamma * conv(x) + beta. float64.
struct Affine {
  torch::Tensor filter;       // [out, in, h, w]
  torch::Tensor gamma, beta;  // [out]
};
using AffineMap = std::map<std::string, Affine>;  // by the names of conv_norms()

// Dense layers for age (kAgeBins logits, or one number of years) and gender on `features` channels,
// so that before the first step every age is as likely, or is that of a young adult.
torch::nn::Linear AgeLayer(AgeKind kind, int features);
torch::nn::Linear GenderLayer(int features);

// Channel-wise contract: net input = (pixel - mean) * scale.
InputContract SquareInput(int side, Colour colour, float mean, float scale);

}  // namespace ag::train
