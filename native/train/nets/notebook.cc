// `--arch notebook`: the net that the project began with; Keras's layers, initialisation and
// losses. Gray 128x128 in [0, 1]; 3x3 convolutions of 32, 64, 128, 256 filters, valid padding,
// ReLU, each followed by 2x2 max pooling; flattened (9,216, here in CHW order); per head a dense
// layer of 256, ReLU, dropout. 5,107,458 parameters. Its age is a number behind a ReLU; its loss
// the mean absolute error in years plus the gender's binary cross-entropy.
#include <cmath>

#include "native/train/nets/graph_writer.h"
#include "native/train/nets/net.h"
#include "native/train/nets/net_kind.h"

namespace ag::train {
namespace {

constexpr int kInputSide = 128;

// Keras's default: weights uniform in +-sqrt(6 / (fan_in + fan_out)) (Glorot, Bengio, 2010), biases
// 0.
template <typename Layer>
void InitialiseAsKeras(Layer& layer) {
  torch::nn::init::xavier_uniform_(layer->weight);
  torch::nn::init::zeros_(layer->bias);
}

// Columns of a dense layer over [channels, side, side] in the order of [side, side, channels].
torch::Tensor ColumnsFromChw(const torch::Tensor& filter, int64_t channels) {
  const int64_t side = std::llround(std::sqrt(filter.size(1) / channels));
  return filter.view({filter.size(0), channels, side, side})
      .permute({0, 2, 3, 1})
      .reshape({filter.size(0), filter.size(1)});
}

class NotebookNet : public AgeGenderNet {
 public:
  explicit NotebookNet(double dropout);
  NetOutput forward(torch::Tensor x) override;
  AgeKind age_kind() const override { return AgeKind::kValue; }
  InputContract input_contract() const override {
    return SquareInput(kInputSide, Colour::kGray, 0.0f, 1.0f / 255.0f);
  }
  AgeGenderContract Write(GraphWriter* graph) const override;
  torch::Tensor LabelLoss(const Settings& settings, const NetOutput& output,
                          const Labels& labels) const override {
    return GenderLoss(settings, output.gender, labels) + DistanceToRange(output.age, labels);
  }
  bool age_can_die() const override { return true; }

 private:
  std::vector<torch::nn::Conv2d> convs_;
  torch::nn::Linear gender_hidden_{nullptr}, age_hidden_{nullptr}, gender_{nullptr}, age_{nullptr};
  const double dropout_;
};

NotebookNet::NotebookNet(double dropout) : dropout_(dropout) {
  int in = 1;
  for (const int out : {32, 64, 128, 256}) {
    convs_.push_back(
        register_module("conv" + std::to_string(out), ConvLayer(in, out, 3, 1, 0, true)));
    InitialiseAsKeras(convs_.back());
    in = out;
  }
  constexpr int kFlat = 256 * 6 * 6;
  gender_hidden_ = register_module("gender_hidden", torch::nn::Linear(kFlat, 256));
  age_hidden_ = register_module("age_hidden", torch::nn::Linear(kFlat, 256));
  gender_ = register_module("gender", torch::nn::Linear(256, 1));
  age_ = register_module("age", torch::nn::Linear(256, 1));
  for (torch::nn::Linear* layer : {&gender_hidden_, &age_hidden_, &gender_, &age_}) {
    InitialiseAsKeras(*layer);
  }
}

NetOutput NotebookNet::forward(torch::Tensor x) {
  for (torch::nn::Conv2d& conv : convs_) x = torch::max_pool2d(torch::relu(conv(x)), 2);
  // Same order of the 9,216 numbers whatever the memory format: channel, row, column.
  x = x.contiguous().flatten(1);
  const auto head = [&](torch::nn::Linear& hidden, torch::nn::Linear& last) {
    const torch::Tensor h = torch::dropout(torch::relu(hidden(x)), dropout_, is_training());
    return last(h).to(torch::kFloat32).squeeze(1);
  };
  const torch::Tensor gender_logit = head(gender_hidden_, gender_);
  return {torch::relu(head(age_hidden_, age_)), gender_logit};
}

AgeGenderContract NotebookNet::Write(GraphWriter* graph) const {
  uint32_t x = 0;
  int64_t channels = 1;
  for (const torch::nn::Conv2d& conv : convs_) {
    channels = conv->weight.size(0);
    const std::string name = "conv" + std::to_string(channels);
    x = graph->Conv(name, x, {conv->weight, conv->bias}, 1, 0, Activation::kRelu);
    x = graph->MaxPool(name + ".pool", x, 2);
  }
  x = graph->Simple(OpType::kFlatten, "flatten", x);
  const auto head = [&](const std::string& name, const torch::nn::Linear& hidden,
                        const torch::nn::Linear& last, Activation activation) {
    const uint32_t h =
        graph->Dense(name + ".hidden", x, ColumnsFromChw(hidden->weight.detach(), channels),
                     hidden->bias, Activation::kRelu);
    return graph->Dense(name, h, last->weight, last->bias, activation);
  };
  AgeGenderContract contract;
  contract.age_kind = AgeKind::kValue;
  contract.age_value = head("age", age_hidden_, age_, Activation::kRelu);
  // The sigmoid is left to the reader of the contract: it wants the logit.
  contract.gender_value = head("gender", gender_hidden_, gender_, Activation::kNone);
  return contract;
}

// Keras's defaults: epsilon 1e-7, no decay, a constant learning rate. The seed is one whose age
// head survives: its ReLU output can die.
void Recipe(Settings* s) {
  s->input_side = kInputSide;
  s->cache_side = kInputSide;
  s->gray = true;
  s->age_head = kValueHead;
  s->dropout = 0.4;
  s->validation_split = 0.2;
  s->epochs = 30;
  s->batch = 32;
  s->learning_rate = 1e-3;
  s->epsilon = 1e-7;
  s->weight_decay = 0;
  s->warmup_epochs = 0;
  s->cosine = false;
  s->clip_norm = 0;
  s->ema_decay = 0;
  s->gender_smoothing = 0;
  s->augment = false;
  s->keep_best = false;
}

constexpr std::string_view kTakes[] = {"gray"};
constexpr std::string_view kAgeHeads[] = {kValueHead};

}  // namespace

const NetKind kNotebookNet = {
    .name = "notebook",
    .summary = "the project's first net",
    .recipe = Recipe,
    .toy_epochs = 8,
    .takes = kTakes,
    .age_heads = kAgeHeads,
    .rounds_weights = false,
    .make = [](const Settings& s) -> std::shared_ptr<AgeGenderNet> {
      return std::make_shared<NotebookNet>(s.dropout);
    },
};

}  // namespace ag::train
