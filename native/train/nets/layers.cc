#include "native/train/nets/layers.h"

#include "native/train/nets/quantisation.h"
#include "shared/face/align.h"
#include "shared/predict/predictor.h"

namespace ag::train {

torch::nn::Conv2d ConvLayer(int in, int out, int kernel, int stride, int padding, bool bias) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(padding).bias(bias));
}

ConvNormImpl::ConvNormImpl(int in, int out, int stride, int kernel, int padding)
    : conv(register_module("conv", ConvLayer(in, out, kernel, stride, padding, false))),
      norm(register_module("norm", torch::nn::BatchNorm2d(out))) {
  // He et al., "Delving deep into rectifiers", 2015.
  torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanOut, torch::kReLU);
}

torch::Tensor ConvNormImpl::forward(const torch::Tensor& x) {
  const torch::Tensor y =
      weight_bits == 0 ? conv(x)
                       : torch::nn::functional::conv2d(x, Quantised(conv->weight, weight_bits),
                                                       torch::nn::functional::Conv2dFuncOptions()
                                                           .stride(conv->options.stride())
                                                           .padding(conv->options.padding()));
  if (observer) observer(y);
  return norm(y);
}

torch::nn::Linear AgeLayer(AgeKind kind, int features) {
  // About the mean age of the labelled sets: the first steps need not look for it.
  constexpr double kFirstYears = 33;
  torch::nn::Linear layer(features, kind == AgeKind::kValue ? 1 : kAgeBins);
  torch::nn::init::normal_(layer->weight, 0, 0.01);
  torch::nn::init::constant_(layer->bias, kind == AgeKind::kValue ? kFirstYears : 0.0);
  return layer;
}

torch::nn::Linear GenderLayer(int features) {
  torch::nn::Linear layer(features, 1);
  torch::nn::init::normal_(layer->weight, 0, 0.01);
  torch::nn::init::zeros_(layer->bias);
  return layer;
}

InputContract SquareInput(int side, Colour colour, float mean, float scale) {
  InputContract contract;
  contract.height = contract.width = static_cast<uint32_t>(side);
  contract.colour = colour;
  contract.mean.assign(ChannelCount(colour), mean);
  contract.scale.assign(ChannelCount(colour), scale);
  contract.crop_points = kDefaultCropPoints;
  return contract;
}

}  // namespace ag::train
