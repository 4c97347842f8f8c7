#include "native/train/run/export.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <utility>

#include "native/train/data/augment.h"
#include "native/train/data/batches.h"
#include "native/train/nets/quantisation.h"
#include "native/train/nets/recognition_net.h"
#include "shared/infer/engine.h"
#include "shared/model/storage.h"
#include "shared/predict/outputs.h"
#include "shared/predict/predictor.h"

namespace ag::train {
namespace {

std::vector<float> Values(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

// A filter [out, in, h, w] and bias [out] as a model file wants them.
struct FoldedConv {
  torch::Tensor filter, bias;  // float64
};

FoldedConv Fold(const ConvNorm& layer) {
  const torch::Tensor scale =
      layer->norm->weight.to(torch::kFloat64) /
      (layer->norm->running_var.to(torch::kFloat64) + layer->norm->options.eps()).sqrt();
  const torch::Tensor filter = Quantised(layer->conv->weight, layer->weight_bits);
  return {filter.to(torch::kFloat64) * scale.view({-1, 1, 1, 1}),
          layer->norm->bias.to(torch::kFloat64) -
              layer->norm->running_mean.to(torch::kFloat64) * scale};
}

// Appends ops one by one; remembers the first error.
class GraphWriter {
 public:
  // `bits`: of the integers of kInt8PerChannel.
  GraphWriter(Model* model, Storage storage, int bits)
      : model_(model), storage_(storage), levels_(QuantisationLevels(bits)) {}

  uint32_t Conv(const std::string& name, uint32_t input, const FoldedConv& weights, uint32_t stride,
                uint32_t padding, Activation activation) {
    Op op = Make(OpType::kConv2D, name, {input}, activation);
    const auto kernel = static_cast<uint32_t>(weights.filter.size(2));
    SetWindow(&op, kernel, stride, padding);
    // OIHW to OHWI.
    AddTensor(&op, ".filter", weights.filter.permute({0, 2, 3, 1}), storage_);
    AddTensor(&op, ".bias", weights.bias, Storage::kFloat32);
    return Append(std::move(op));
  }

  // A row of zeros below and a column to the right; the format has no padding by itself. A window
  // that reaches one pixel further on every side and looks at its last tap alone gives just that.
  uint32_t ZerosBelowAndRight(const std::string& name, uint32_t input, int64_t channels) {
    Op op = Make(OpType::kDepthwiseConv2D, name, {input}, Activation::kNone);
    SetWindow(&op, 2, 1, 1);
    torch::Tensor filter = torch::zeros({1, 2, 2, channels});
    filter[0][1][1].fill_(1);
    AddTensor(&op, ".filter", filter, Storage::kFloat32);
    AddTensor(&op, ".bias", torch::zeros({channels}), Storage::kFloat32);
    return Append(std::move(op));
  }

  // Of stride 2, without padding.
  uint32_t MaxPool(const std::string& name, uint32_t input, uint32_t window) {
    Op op = Make(OpType::kMaxPool2D, name, {input}, Activation::kNone);
    SetWindow(&op, window, 2, 0);
    return Append(std::move(op));
  }

  uint32_t Add(const std::string& name, uint32_t a, uint32_t b, Activation activation) {
    return Append(Make(OpType::kAdd, name, {a, b}, activation));
  }

  uint32_t Simple(OpType type, const std::string& name, uint32_t input) {
    return Append(Make(type, name, {input}, Activation::kNone));
  }

  // `filter` [out, in].
  uint32_t Dense(const std::string& name, uint32_t input, const torch::Tensor& filter,
                 const torch::Tensor& bias, Activation activation) {
    Op op = Make(OpType::kFullyConnected, name, {input}, activation);
    AddTensor(&op, ".filter", filter, storage_);
    AddTensor(&op, ".bias", bias, Storage::kFloat32);
    return Append(std::move(op));
  }

  const Status& status() const { return status_; }

 private:
  Op Make(OpType type, const std::string& name, std::vector<uint32_t> inputs,
          Activation activation) {
    Op op;
    op.type = type;
    op.name = name;
    op.inputs = std::move(inputs);
    op.activation = activation;
    return op;
  }

  static void SetWindow(Op* op, uint32_t kernel, uint32_t stride, uint32_t padding) {
    op->kernel_height = op->kernel_width = kernel;
    op->stride_height = op->stride_width = stride;
    op->pad_top = op->pad_bottom = op->pad_left = op->pad_right = padding;
  }

  void AddTensor(Op* op, const char* suffix, const torch::Tensor& values, Storage storage) {
    std::vector<uint32_t> shape;
    for (const int64_t size : values.sizes()) shape.push_back(static_cast<uint32_t>(size));
    StatusOr<Tensor> tensor =
        MakeTensor(op->name + suffix, shape, Values(values), storage, 0, levels_);
    if (!tensor.ok()) {
      if (status_.ok()) status_ = tensor.status().WithContext(op->name + suffix);
      return;
    }
    op->tensors.push_back(static_cast<uint32_t>(model_->tensors.size()));
    model_->tensors.push_back(*std::move(tensor));
  }

  uint32_t Append(Op op) {
    op.output = model_->value_count++;
    model_->ops.push_back(std::move(op));
    return model_->ops.back().output;
  }

  Model* model_;
  const Storage storage_;
  const int levels_;
  Status status_;
};

// Both heads on the vector `x`.
AgeGenderContract WriteHeads(const AgeGenderNet& net, const torch::nn::Linear& age,
                             const torch::nn::Linear& gender, uint32_t x, GraphWriter* graph) {
  const int bits = net.weight_bits();
  AgeGenderContract contract;
  contract.age_kind = net.age_kind();
  contract.age_value =
      graph->Dense("age", x, Quantised(age->weight, bits), age->bias, Activation::kNone);
  contract.gender_value =
      graph->Dense("gender", x, Quantised(gender->weight, bits), gender->bias, Activation::kNone);
  if (contract.age_kind == AgeKind::kValue) return contract;
  for (int bin = 0; bin < kAgeBins; ++bin) contract.age_bins.push_back(static_cast<float>(bin));
  return contract;
}

AgeGenderContract WriteCompact(const CompactNet& net, GraphWriter* graph) {
  uint32_t x = 0;
  for (size_t s = 0; s < net.stages.size(); ++s) {
    const std::string stage = "stage" + std::to_string(s + 1);
    x = graph->Conv(stage + ".down", x, Fold(net.stages[s].down), 2, 1, Activation::kRelu);
    for (size_t b = 0; b < net.stages[s].blocks.size(); ++b) {
      const Residual& block = net.stages[s].blocks[b];
      const std::string name = stage + ".block" + std::to_string(b + 1);
      uint32_t y = graph->Conv(name + ".first", x, Fold(block->first), 1, 1, Activation::kRelu);
      y = graph->Conv(name + ".second", y, Fold(block->second), 1, 1, Activation::kNone);
      x = graph->Add(name + ".add", y, x, Activation::kRelu);
    }
  }
  x = graph->Simple(OpType::kGlobalAveragePool, "mean", x);
  return WriteHeads(net, net.age, net.gender, x, graph);
}

// The shortcut of a down block: 2x2 average pooling, and zeros for the channels that are missing,
// as one convolution (the engine pools by the maximum or over everything alone).
FoldedConv AverageShortcut(int64_t in, int64_t out) {
  torch::Tensor filter = torch::zeros({out, in, 2, 2}, torch::kFloat64);
  for (int64_t c = 0; c < in; ++c) filter[c][c].fill_(0.25);
  return {filter, torch::zeros({out}, torch::kFloat64)};
}

AgeGenderContract WriteRecognition(const RecognitionNet& net, GraphWriter* graph) {
  const std::vector<bool> short_branch = ShortBranches(net);
  size_t number = 0;
  uint32_t x = graph->Conv("conv32_down", 0, Fold(net.stem), 2, 0, Activation::kRelu);
  x = graph->MaxPool("conv32_down/pool", x, 3);
  for (const RecognitionNet::NamedBlock& named : net.blocks) {
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
  return WriteHeads(net, net.age, net.gender, x, graph);
}

// Columns of a dense layer over [channels, side, side] in the order of [side, side, channels].
torch::Tensor ColumnsFromChw(const torch::Tensor& filter, int64_t channels) {
  const int64_t side = std::llround(std::sqrt(filter.size(1) / channels));
  return filter.view({filter.size(0), channels, side, side})
      .permute({0, 2, 3, 1})
      .reshape({filter.size(0), filter.size(1)});
}

AgeGenderContract WriteNotebook(const NotebookNet& net, GraphWriter* graph) {
  uint32_t x = 0;
  int64_t channels = 1;
  for (const torch::nn::Conv2d& conv : net.convs) {
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
  contract.age_value = head("age", net.age_hidden, net.age, Activation::kRelu);
  // The sigmoid is left to the reader of the contract: it wants the logit.
  contract.gender_value = head("gender", net.gender_hidden, net.gender, Activation::kNone);
  return contract;
}

}  // namespace

StatusOr<Storage> StorageFromName(const std::string& name) {
  if (name == "float32") return Storage::kFloat32;
  if (name == "float16") return Storage::kFloat16;
  if (name == "int8") return Storage::kInt8PerChannel;
  return Status(Code::kInvalidArgument, "unknown storage '" + name + "'");
}

StatusOr<Model> ExportNet(const AgeGenderNet& net, Storage storage) {
  const torch::NoGradGuard no_grad;
  Model model;
  GraphWriter graph(&model, storage, net.weight_bits() == 0 ? 8 : net.weight_bits());
  if (const auto* compact = dynamic_cast<const CompactNet*>(&net)) {
    model.age_gender = WriteCompact(*compact, &graph);
  } else if (const auto* notebook = dynamic_cast<const NotebookNet*>(&net)) {
    model.age_gender = WriteNotebook(*notebook, &graph);
  } else if (const auto* recognition = dynamic_cast<const RecognitionNet*>(&net)) {
    model.age_gender = WriteRecognition(*recognition, &graph);
  } else {
    return Status(Code::kInternal, "no export for this kind of net");
  }
  AG_RETURN_IF_ERROR(graph.status());
  model.input = net.input_contract();
  model.outputs = {model.age_gender->age_value, model.age_gender->gender_value};
  return model;
}

void SetAgeErrors(const std::vector<Example>& examples, const Predictions& predictions,
                  Model* model) {
  if (model->age_gender->age_kind != AgeKind::kValue) return;
  std::vector<float> errors;
  for (size_t i = 0; i < examples.size() && i < predictions.age.size(); ++i) {
    if (examples[i].age_lo != examples[i].age_hi) continue;
    errors.push_back(examples[i].age_lo - predictions.age[i]);
  }
  if (errors.size() < 20) return;
  std::sort(errors.begin(), errors.end());
  const auto quantile = [&errors](double q) {
    return errors[static_cast<size_t>(q * static_cast<double>(errors.size() - 1) + 0.5)];
  };
  // An interval contains the prediction itself, whatever the bias.
  model->age_gender->age_error_low = std::min(0.0f, quantile(0.05));
  model->age_gender->age_error_high = std::max(0.0f, quantile(0.95));
}

StatusOr<Parity> CompareWithEngine(const Settings& settings, const TrainingData& data,
                                   const std::vector<Example>& examples, size_t limit,
                                   AgeGenderNet& net, const Model& model) {
  const torch::NoGradGuard no_grad;
  Parity parity;
  parity.pictures = std::min(limit, examples.size());
  if (parity.pictures == 0) return parity;
  AG_ASSIGN_OR_RETURN(std::shared_ptr<Weights> weights, Weights::Create(model));
  AG_ASSIGN_OR_RETURN(Engine engine, Engine::Create(weights, EngineOptions{}));
  const int64_t side = settings.input_side;
  const InputContract contract = net.input_contract();
  const int64_t channels = ChannelCount(contract.colour);
  Image view(settings.input_side, settings.input_side);
  std::vector<float> scaled(static_cast<size_t>(side * side * channels));
  for (size_t i = 0; i < parity.pictures; ++i) {
    // Spread over the part, not its beginning alone.
    const Example& example = examples[i * examples.size() / parity.pictures];
    CentreView(data.crops.pixels(example.crop), {settings.input_side, settings.cache_side}, false,
               view.pixels);
    AG_RETURN_IF_ERROR(engine.Run(view));
    const AgeGender ours = ReadOutputs(*model.age_gender, engine.output(0), engine.output(1));
    AG_RETURN_IF_ERROR(NormalizePixels(contract, view, scaled));
    const NetOutput theirs = net.forward(
        torch::from_blob(scaled.data(), {1, side, side, channels}).permute({0, 3, 1, 2}));
    const double age = SaidYears(net, theirs.age).item<double>();
    const double p_female = torch::sigmoid(theirs.gender).item<double>();
    if (!std::isfinite(age - ours.age) || !std::isfinite(p_female - ours.p_female)) {
      return Status(Code::kInternal, "the net or the exported model says what is no number");
    }
    parity.age_years = std::max(parity.age_years, std::abs(age - ours.age));
    parity.p_female = std::max(parity.p_female, std::abs(p_female - ours.p_female));
  }
  AG_RETURN_IF_ERROR(data.crops.Check());
  return parity;
}

}  // namespace ag::train
