#include "native/train/nets/initial_weights.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "shared/base/file.h"
#include "shared/infer/load_model.h"
#include "shared/model/reader.h"
#include "shared/model/storage.h"

namespace ag::train {
namespace {

namespace fs = std::filesystem;

constexpr char kManifestName[] = "face_recognition_model-weights_manifest.json";
constexpr char kBytesName[] = "face_recognition_model.bin";
// The real files have 20 KB and 6.4 MB.
constexpr size_t kMaxManifestBytes = size_t{1} << 20;
constexpr size_t kMaxWeightBytes = size_t{64} << 20;

using TensorMap = std::map<std::string, torch::Tensor>;

// The number of elements of a shape, 0 if it is not one of 1 to 4 sides of 1 to 65536.
size_t ElementCount(const std::vector<int64_t>& shape) {
  if (shape.empty() || shape.size() > 4) return 0;
  size_t count = 1;
  for (const int64_t side : shape) {
    if (side < 1 || side > 65536 || count > kMaxWeightBytes) return 0;
    count *= static_cast<size_t>(side);
  }
  return count;
}

// How one tensor lies in the file: uint8 with scale and minimum, or float32 (little-endian).
struct Encoding {
  size_t bytes_per_value = 4;
  double scale = 1, minimum = 0;
};

StatusOr<Encoding> ReadEncoding(const nlohmann::json& entry) {
  const auto quantization = entry.find("quantization");
  if (quantization == entry.end()) {
    if (entry.at("dtype") == "float32") return Encoding{};
    return Status(Code::kInvalidArgument, "is neither float32 nor quantised");
  }
  Encoding encoding{1, quantization->at("scale"), quantization->at("min")};
  if (quantization->at("dtype") != "uint8" || !std::isfinite(encoding.scale) ||
      !std::isfinite(encoding.minimum)) {
    return Status(Code::kInvalidArgument, "is not uint8 with a finite scale and minimum");
  }
  return encoding;
}

double ReadValue(const uint8_t* bytes, const Encoding& encoding) {
  if (encoding.bytes_per_value == 1) return *bytes * encoding.scale + encoding.minimum;
  float value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

// `at` moves on.
StatusOr<torch::Tensor> DecodeTensor(const nlohmann::json& entry, const std::vector<uint8_t>& bytes,
                                     size_t* at) {
  const std::vector<int64_t> shape = entry.at("shape");
  AG_ASSIGN_OR_RETURN(const Encoding encoding, ReadEncoding(entry));
  const size_t count = ElementCount(shape);
  if (count == 0 || count > (bytes.size() - *at) / encoding.bytes_per_value) {
    return Status(Code::kInvalidArgument, "does not fit into the weights' file");
  }
  torch::Tensor values = torch::empty(shape, torch::kFloat64);
  double* out = values.data_ptr<double>();
  for (size_t i = 0; i < count; ++i, *at += encoding.bytes_per_value) {
    out[i] = ReadValue(bytes.data() + *at, encoding);
    if (!std::isfinite(out[i])) {
      return Status(Code::kInvalidArgument, "holds a value that is not finite");
    }
  }
  return values;
}

StatusOr<TensorMap> DecodeTensors(const nlohmann::json& manifest,
                                  const std::vector<uint8_t>& bytes) {
  TensorMap tensors;
  size_t at = 0;
  for (const nlohmann::json& group : manifest) {
    for (const nlohmann::json& entry : group.at("weights")) {
      const std::string name = entry.at("name");
      StatusOr<torch::Tensor> values = DecodeTensor(entry, bytes, &at);
      if (!values.ok()) return values.status().WithContext("tensor '" + name + "'");
      tensors[name] = *std::move(values);
    }
  }
  if (at != bytes.size()) {
    return Status(Code::kInvalidArgument,
                  std::to_string(bytes.size() - at) + " bytes are left of the weights' file");
  }
  return tensors;
}

StatusOr<TensorMap> ReadRecognitionFiles(const fs::path& folder) {
  const std::string manifest_path = (folder / kManifestName).string();
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> text, ReadFile(manifest_path, kMaxManifestBytes));
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                      ReadFile((folder / kBytesName).string(), kMaxWeightBytes));
  try {
    StatusOr<TensorMap> tensors =
        DecodeTensors(nlohmann::json::parse(text.begin(), text.end()), bytes);
    if (!tensors.ok()) return tensors.status().WithContext(manifest_path);
    return tensors;
  } catch (const nlohmann::json::exception& error) {
    return Status(Code::kInvalidArgument, manifest_path + ": " + error.what());
  }
}

std::string ShapeText(const torch::Tensor& tensor) {
  std::string text;
  for (const int64_t side : tensor.sizes()) {
    text += (text.empty() ? "" : " x ") + std::to_string(side);
  }
  return text;
}

Status CopyInto(const std::string& name, const torch::Tensor& values, torch::Tensor target) {
  if (values.sizes() != target.sizes()) {
    return Status(Code::kModelShape,
                  "'" + name + "': expected " + ShapeText(target) + ", found " + ShapeText(values));
  }
  target.copy_(values);
  return OkStatus();
}

Status SetConvNorm(const std::string& name, const Affine& affine, ConvNorm layer) {
  AG_RETURN_IF_ERROR(CopyInto(name, affine.filter, layer->conv->weight));
  AG_RETURN_IF_ERROR(CopyInto(name, affine.gamma, layer->norm->weight));
  AG_RETURN_IF_ERROR(CopyInto(name, affine.beta, layer->norm->bias));
  layer->norm->running_mean.zero_();
  // With epsilon it is 1: the norm is the affine alone.
  layer->norm->running_var.fill_(1 - layer->norm->options.eps());
  return OkStatus();
}

StatusOr<Affine> RecognitionAffine(const TensorMap& tensors, const std::string& name) {
  const auto get = [&](const std::string& part) {
    const auto found = tensors.find(name + part);
    return found == tensors.end() ? torch::Tensor() : found->second;
  };
  const torch::Tensor filter = get("/conv/filters"), bias = get("/conv/bias"),
                      scale = get("/scale/weights"), offset = get("/scale/biases");
  if (!filter.defined() || filter.dim() != 4 || !bias.defined() || !scale.defined() ||
      !offset.defined() || bias.sizes() != scale.sizes() || bias.sizes() != offset.sizes()) {
    return Status(Code::kModelShape, "layer '" + name + "' is missing or incomplete");
  }
  return Affine{filter.permute({3, 2, 0, 1}), scale, scale * bias + offset};
}

// Which of the `of` channels of the last block a thinner net keeps; empty: all of them.
struct KeptChannels {
  std::vector<int64_t> channels;
  int64_t of = 0;
};

// Gives the net its layers out of `layers`, pruned where the net is a narrower one.
StatusOr<KeptChannels> SetLayers(AffineMap layers, AgeGenderNet* net) {
  const std::vector<NamedConvNorm> wanted = net->conv_norms();
  bool same = true;
  for (const NamedConvNorm& named : wanted) {
    const auto found = layers.find(named.name);
    same = same && found != layers.end() &&
           found->second.filter.sizes() == named.layer->conv->weight.sizes();
  }
  KeptChannels kept;
  if (!same) {
    const auto last = layers.find(wanted.back().name);
    if (last != layers.end()) kept.of = last->second.filter.size(0);
    AG_ASSIGN_OR_RETURN(kept.channels, net->Prune(&layers));
  }
  for (const NamedConvNorm& named : wanted) {
    AG_RETURN_IF_ERROR(SetConvNorm(named.name, layers.at(named.name), named.layer));
  }
  return kept;
}

StatusOr<std::string> UseRecognitionNet(const std::string& folder, AgeGenderNet* net) {
  AG_ASSIGN_OR_RETURN(const TensorMap tensors, ReadRecognitionFiles(folder));
  AffineMap layers;
  for (const NamedConvNorm& named : net->conv_norms()) {
    StatusOr<Affine> affine = RecognitionAffine(tensors, named.name);
    if (!affine.ok()) return affine.status().WithContext(folder);
    layers[named.name] = *std::move(affine);
  }
  const size_t count = layers.size();
  const StatusOr<KeptChannels> kept = SetLayers(std::move(layers), net);
  if (!kept.ok()) return kept.status().WithContext(folder);
  return std::to_string(count) + " convolutions of the face recognition net in " + folder +
         (kept->channels.empty() ? "" : ", pruned");
}

torch::Tensor ModelTensor(const Model& model, uint32_t index) {
  const Tensor& tensor = model.tensors[index];
  std::vector<int64_t> shape(tensor.shape.begin(), tensor.shape.end());
  const std::vector<float> values = ExpandTensor(tensor);
  return torch::tensor(values).view(shape).to(torch::kFloat64);
}

const Op* FindOp(const Model& model, const std::string& name, OpType type) {
  for (const Op& op : model.ops) {
    if (op.name == name && op.type == type && op.tensors.size() == 2) return &op;
  }
  return nullptr;
}

// A head stands on the features of its own net: one of another width begins anew. Returns how many
// were taken.
size_t UseHeads(const Model& model, const KeptChannels& kept, AgeGenderNet* net) {
  size_t heads = 0;
  for (const NamedLinear& named : net->heads()) {
    const Op* op = FindOp(model, named.name, OpType::kFullyConnected);
    if (op == nullptr) continue;
    torch::Tensor filter = ModelTensor(model, op->tensors[0]);
    if (!kept.channels.empty() && kept.of == filter.size(1)) {
      filter = filter.index_select(1, torch::tensor(kept.channels));
    }
    if (filter.sizes() != named.layer->weight.sizes()) continue;
    named.layer->weight.copy_(filter);
    named.layer->bias.copy_(ModelTensor(model, op->tensors[1]));
    ++heads;
  }
  return heads;
}

StatusOr<std::string> UseModelFile(const std::string& path, AgeGenderNet* net) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxModelBytes));
  const StatusOr<Model> model = LoadModel(bytes);
  if (!model.ok()) return model.status().WithContext(path);
  return UseModel(path, *model, net);
}

// What one norm's convolution gave, summed per channel in double.
struct ChannelSums {
  torch::Tensor sum, squares;
  int64_t count = 0;

  void Add(const torch::Tensor& x) {
    const torch::Tensor y = x.detach().to(torch::kFloat64);
    const torch::Tensor s = y.sum({0, 2, 3}), q = y.square().sum({0, 2, 3});
    sum = count == 0 ? s : sum + s;
    squares = count == 0 ? q : squares + q;
    count += x.size(0) * x.size(2) * x.size(3);
  }
};

void SetNorm(const ChannelSums& sums, torch::nn::BatchNorm2d norm) {
  const double eps = norm->options.eps();
  const torch::Tensor mean = sums.sum / static_cast<double>(sums.count);
  const torch::Tensor variance =
      (sums.squares / static_cast<double>(sums.count) - mean.square()).clamp_min(0);
  // As it is: y = scale * x + offset.
  const torch::Tensor scale =
      norm->weight.to(torch::kFloat64) / (norm->running_var.to(torch::kFloat64) + eps).sqrt();
  const torch::Tensor offset =
      norm->bias.to(torch::kFloat64) - norm->running_mean.to(torch::kFloat64) * scale;
  norm->weight.copy_(scale * (variance + eps).sqrt());
  norm->bias.copy_(offset + scale * mean);
  norm->running_mean.copy_(mean);
  norm->running_var.copy_(variance);
}

}  // namespace

StatusOr<std::string> UseModel(const std::string& path, const Model& model, AgeGenderNet* net) {
  const torch::NoGradGuard no_grad;
  AffineMap layers;
  for (const NamedConvNorm& named : net->conv_norms()) {
    const Op* op = FindOp(model, named.name, OpType::kConv2D);
    if (op == nullptr) {
      return Status(Code::kModelShape,
                    path + ": has no convolution '" + named.name + "': another kind of net");
    }
    const torch::Tensor bias = ModelTensor(model, op->tensors[1]);
    layers[named.name] = {ModelTensor(model, op->tensors[0]).permute({0, 3, 1, 2}),
                          torch::ones_like(bias), bias};
  }
  const size_t count = layers.size();
  const StatusOr<KeptChannels> kept = SetLayers(std::move(layers), net);
  if (!kept.ok()) return kept.status().WithContext(path);
  const size_t heads = UseHeads(model, *kept, net);
  return std::to_string(count) + " convolutions and " + std::to_string(heads) + " heads of " +
         path + (kept->channels.empty() ? "" : ", pruned");
}

StatusOr<std::string> ReadInitialWeights(const std::string& path, AgeGenderNet* net) {
  const torch::NoGradGuard no_grad;
  if (net->conv_norms().empty()) {
    return Status(Code::kInvalidArgument, "--init: this net starts from random weights alone");
  }
  std::error_code ignored;
  const fs::path folder(path);
  if (fs::exists(folder / kManifestName, ignored)) return UseRecognitionNet(path, net);
  if (fs::exists(folder / "model.agm", ignored)) {
    return UseModelFile((folder / "model.agm").string(), net);
  }
  if (fs::is_regular_file(folder, ignored)) return UseModelFile(path, net);
  return Status(Code::kInvalidArgument,
                "--init " + path + ": expected a folder with " + kManifestName +
                    ", a model .agm, or the folder of a run with its model.agm");
}

void CalibrateNorms(const std::function<torch::Tensor()>& next, AgeGenderNet* net) {
  const torch::NoGradGuard no_grad;
  std::vector<NamedConvNorm> layers = net->conv_norms();
  std::vector<ChannelSums> sums(layers.size());
  for (size_t i = 0; i < layers.size(); ++i) {
    layers[i].layer->observer = [&sums, i](const torch::Tensor& x) { sums[i].Add(x); };
  }
  for (torch::Tensor input = next(); input.defined(); input = next()) net->forward(input);
  for (size_t i = 0; i < layers.size(); ++i) {
    layers[i].layer->observer = nullptr;
    if (sums[i].count > 0) SetNorm(sums[i], layers[i].layer->norm);
  }
}

}  // namespace ag::train
