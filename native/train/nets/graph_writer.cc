#include "native/train/nets/graph_writer.h"

#include <utility>

#include "native/train/nets/quantisation.h"
#include "shared/model/storage.h"

namespace ag::train {
namespace {

std::vector<float> Values(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

void SetWindow(Op* op, uint32_t kernel, uint32_t stride, uint32_t padding) {
  op->kernel_height = op->kernel_width = kernel;
  op->stride_height = op->stride_width = stride;
  op->pad_top = op->pad_bottom = op->pad_left = op->pad_right = padding;
}

}  // namespace

FoldedConv Fold(const ConvNorm& layer) {
  const torch::Tensor scale =
      layer->norm->weight.to(torch::kFloat64) /
      (layer->norm->running_var.to(torch::kFloat64) + layer->norm->options.eps()).sqrt();
  const torch::Tensor filter = Quantised(layer->conv->weight, layer->weight_bits);
  return {filter.to(torch::kFloat64) * scale.view({-1, 1, 1, 1}),
          layer->norm->bias.to(torch::kFloat64) -
              layer->norm->running_mean.to(torch::kFloat64) * scale};
}

GraphWriter::GraphWriter(Model* model, Storage storage, int bits)
    : model_(model), storage_(storage), levels_(QuantisationLevels(bits)) {}

uint32_t GraphWriter::Conv(const std::string& name, uint32_t input, const FoldedConv& weights,
                           uint32_t stride, uint32_t padding, Activation activation) {
  Op op = Make(OpType::kConv2D, name, {input}, activation);
  const auto kernel = static_cast<uint32_t>(weights.filter.size(2));
  SetWindow(&op, kernel, stride, padding);
  // OIHW to OHWI.
  AddTensor(&op, ".filter", weights.filter.permute({0, 2, 3, 1}), storage_);
  AddTensor(&op, ".bias", weights.bias, Storage::kFloat32);
  return Append(std::move(op));
}

// A window that reaches one pixel further on every side and looks at its last tap alone gives just
// that.
uint32_t GraphWriter::ZerosBelowAndRight(const std::string& name, uint32_t input,
                                         int64_t channels) {
  Op op = Make(OpType::kDepthwiseConv2D, name, {input}, Activation::kNone);
  SetWindow(&op, 2, 1, 1);
  torch::Tensor filter = torch::zeros({1, 2, 2, channels});
  filter[0][1][1].fill_(1);
  AddTensor(&op, ".filter", filter, Storage::kFloat32);
  AddTensor(&op, ".bias", torch::zeros({channels}), Storage::kFloat32);
  return Append(std::move(op));
}

uint32_t GraphWriter::MaxPool(const std::string& name, uint32_t input, uint32_t window) {
  Op op = Make(OpType::kMaxPool2D, name, {input}, Activation::kNone);
  SetWindow(&op, window, 2, 0);
  return Append(std::move(op));
}

uint32_t GraphWriter::Add(const std::string& name, uint32_t a, uint32_t b, Activation activation) {
  return Append(Make(OpType::kAdd, name, {a, b}, activation));
}

uint32_t GraphWriter::Simple(OpType type, const std::string& name, uint32_t input) {
  return Append(Make(type, name, {input}, Activation::kNone));
}

uint32_t GraphWriter::Dense(const std::string& name, uint32_t input, const torch::Tensor& filter,
                            const torch::Tensor& bias, Activation activation) {
  Op op = Make(OpType::kFullyConnected, name, {input}, activation);
  AddTensor(&op, ".filter", filter, storage_);
  AddTensor(&op, ".bias", bias, Storage::kFloat32);
  return Append(std::move(op));
}

Op GraphWriter::Make(OpType type, const std::string& name, std::vector<uint32_t> inputs,
                     Activation activation) {
  Op op;
  op.type = type;
  op.name = name;
  op.inputs = std::move(inputs);
  op.activation = activation;
  return op;
}

void GraphWriter::AddTensor(Op* op, const char* suffix, const torch::Tensor& values,
                            Storage storage) {
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

uint32_t GraphWriter::Append(Op op) {
  op.output = model_->value_count++;
  model_->ops.push_back(std::move(op));
  return model_->ops.back().output;
}

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

}  // namespace ag::train
