#include "native/train/nets/nets.h"

#include "native/train/nets/quantisation.h"
#include "native/train/nets/recognition_net.h"
#include "shared/face/align.h"
#include "shared/predict/predictor.h"

namespace ag::train {
namespace {

torch::nn::Conv2d Conv(int in, int out, int kernel, int stride, int padding, bool bias) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(padding).bias(bias));
}

// Keras's default: weights uniform in +-sqrt(6 / (fan_in + fan_out)) (Glorot, Bengio, 2010), biases
// 0.
template <typename Layer>
void InitialiseAsKeras(Layer& layer) {
  torch::nn::init::xavier_uniform_(layer->weight);
  torch::nn::init::zeros_(layer->bias);
}

// Channel-wise contract: net input = (pixel - mean) * scale.
InputContract SquareInput(int side, Colour colour, float mean, float scale) {
  InputContract contract;
  contract.height = contract.width = static_cast<uint32_t>(side);
  contract.colour = colour;
  contract.mean.assign(ChannelCount(colour), mean);
  contract.scale.assign(ChannelCount(colour), scale);
  contract.crop_points = kDefaultCropPoints;
  return contract;
}

}  // namespace

ConvNormImpl::ConvNormImpl(int in, int out, int stride, int kernel, int padding)
    : conv(register_module("conv", Conv(in, out, kernel, stride, padding, false))),
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

void AgeGenderNet::SetWeightBits(int bits) {
  weight_bits_ = bits;
  for (NamedConvNorm& named : conv_norms()) named.layer->weight_bits = bits;
}

torch::Tensor AgeGenderNet::Head(torch::nn::Linear& head, const torch::Tensor& features) const {
  if (weight_bits_ == 0) return head(features);
  return torch::nn::functional::linear(features, Quantised(head->weight, weight_bits_), head->bias);
}

NetOutput AgeGenderNet::Heads(torch::nn::Linear& age, torch::nn::Linear& gender,
                              const torch::Tensor& features) const {
  // Autocast leaves products and sums of elements alone.
  const torch::Tensor years =
      age_kind() == AgeKind::kValue
          ? (features * Quantised(age->weight, weight_bits_)).sum(1) + age->bias
          : Head(age, features).to(torch::kFloat32);
  return {years, Head(gender, features).to(torch::kFloat32).squeeze(1)};
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

ResidualImpl::ResidualImpl(int channels)
    : first(register_module("first", ConvNorm(channels, channels, 1))),
      second(register_module("second", ConvNorm(channels, channels, 1))) {
  // The block starts as the identity (Goyal et al., "Accurate, large minibatch SGD", 2017).
  torch::nn::init::zeros_(second->norm->weight);
}

torch::Tensor ResidualImpl::forward(const torch::Tensor& x) {
  return torch::relu(second(torch::relu(first(x))) + x);
}

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
    stages.push_back(stage);
    in = kChannels[s];
  }
  age = register_module("age", AgeLayer(age_kind, in));
  gender = register_module("gender", GenderLayer(in));
}

NetOutput CompactNet::forward(torch::Tensor x) {
  for (Stage& stage : stages) {
    x = torch::relu(stage.down(x));
    for (Residual& block : stage.blocks) x = block(x);
  }
  // The mean over 49 cells in float32 even under autocast, and so the outputs.
  x = x.to(torch::kFloat32).mean({2, 3});
  x = torch::dropout(x, dropout_, is_training());
  return Heads(age, gender, x);
}

std::vector<NamedConvNorm> CompactNet::conv_norms() const {
  std::vector<NamedConvNorm> layers;
  for (size_t s = 0; s < stages.size(); ++s) {
    const std::string stage = "stage" + std::to_string(s + 1);
    layers.push_back({stage + ".down", stages[s].down});
    for (size_t b = 0; b < stages[s].blocks.size(); ++b) {
      const std::string block = stage + ".block" + std::to_string(b + 1);
      layers.push_back({block + ".first", stages[s].blocks[b]->first});
      layers.push_back({block + ".second", stages[s].blocks[b]->second});
    }
  }
  return layers;
}

InputContract CompactNet::input_contract() const {
  return SquareInput(112, Colour::kRgb, 127.5f, 1.0f / 64.0f);
}

NotebookNet::NotebookNet(double dropout) : dropout_(dropout) {
  int in = 1;
  for (const int out : {32, 64, 128, 256}) {
    convs.push_back(register_module("conv" + std::to_string(out), Conv(in, out, 3, 1, 0, true)));
    InitialiseAsKeras(convs.back());
    in = out;
  }
  constexpr int kFlat = 256 * 6 * 6;
  gender_hidden = register_module("gender_hidden", torch::nn::Linear(kFlat, 256));
  age_hidden = register_module("age_hidden", torch::nn::Linear(kFlat, 256));
  gender = register_module("gender", torch::nn::Linear(256, 1));
  age = register_module("age", torch::nn::Linear(256, 1));
  for (torch::nn::Linear* layer : {&gender_hidden, &age_hidden, &gender, &age}) {
    InitialiseAsKeras(*layer);
  }
}

NetOutput NotebookNet::forward(torch::Tensor x) {
  for (torch::nn::Conv2d& conv : convs) x = torch::max_pool2d(torch::relu(conv(x)), 2);
  // Same order of the 9,216 numbers whatever the memory format: channel, row, column.
  x = x.contiguous().flatten(1);
  const auto head = [&](torch::nn::Linear& hidden, torch::nn::Linear& last) {
    const torch::Tensor h = torch::dropout(torch::relu(hidden(x)), dropout_, is_training());
    return last(h).to(torch::kFloat32).squeeze(1);
  };
  const torch::Tensor gender_logit = head(gender_hidden, gender);
  return {torch::relu(head(age_hidden, age)), gender_logit};
}

InputContract NotebookNet::input_contract() const {
  return SquareInput(128, Colour::kGray, 0.0f, 1.0f / 255.0f);
}

namespace {

std::shared_ptr<AgeGenderNet> MakeNetOf(const Settings& settings) {
  if (settings.arch == "notebook") return std::make_shared<NotebookNet>(settings.dropout);
  const AgeKind age_kind = settings.age_head == "value" ? AgeKind::kValue : AgeKind::kDistribution;
  if (settings.arch == "teacher" || settings.arch == "student") {
    return std::make_shared<RecognitionNet>(settings.input_side, settings.cut, settings.width,
                                            age_kind, settings.dropout);
  }
  return std::make_shared<CompactNet>(age_kind, settings.dropout);
}

}  // namespace

std::shared_ptr<AgeGenderNet> MakeNet(const Settings& settings) {
  torch::manual_seed(settings.seed);
  std::shared_ptr<AgeGenderNet> net = MakeNetOf(settings);
  net->SetWeightBits(settings.weight_bits);
  return net;
}

int64_t ParameterCount(const AgeGenderNet& net) {
  int64_t count = 0;
  for (const torch::Tensor& parameter : net.parameters()) count += parameter.numel();
  return count;
}

torch::Tensor AgeYears(const AgeGenderNet& net, const torch::Tensor& age) {
  if (net.age_kind() == AgeKind::kValue) return age;
  const torch::Tensor bins = torch::arange(kAgeBins, age.options());
  return torch::softmax(age, 1).matmul(bins);
}

torch::Tensor SaidYears(const AgeGenderNet& net, const torch::Tensor& age) {
  return AgeYears(net, age).clamp(0, kOldestAge);
}

}  // namespace ag::train
