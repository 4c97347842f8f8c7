#include "native/train/nets/checkpoint.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "native/tensors/tensor_file.h"
#include "shared/base/file.h"

namespace ag::train {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are copied as they lie");

std::optional<TensorType> TypeOf(const torch::Tensor& tensor) {
  if (tensor.scalar_type() == torch::kFloat32) return TensorType::kFloat32;
  if (tensor.scalar_type() == torch::kInt64) return TensorType::kInt64;
  return std::nullopt;
}

// "float32 [3, 4]"
std::string Describe(const torch::Tensor& tensor) {
  const std::optional<TensorType> type = TypeOf(tensor);
  return type ? DescribeTensor(*type, tensor.sizes()) : "another type";
}

Status CheckSame(const StoredTensor& stored, const torch::Tensor& tensor) {
  const std::vector<int64_t> shape = tensor.sizes().vec();
  if (TypeOf(tensor) == stored.type && shape == stored.shape) return OkStatus();
  return Status(Code::kInvalidArgument, "tensor '" + stored.name + "': expected " +
                                            Describe(tensor) + ", found " +
                                            DescribeTensor(stored.type, stored.shape));
}

using StoredByName = std::map<std::string_view, const StoredTensor*>;

// Of the same net: every tensor is there, as it should be, and no other.
Status CheckAll(const StoredByName& stored, const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    const auto found = stored.find(name);
    if (found == stored.end()) {
      return Status(Code::kInvalidArgument, "has no tensor '" + name + "': of another net");
    }
    AG_RETURN_IF_ERROR(CheckSame(*found->second, tensor));
  }
  if (stored.size() == tensors.size()) return OkStatus();
  StoredByName others = stored;
  for (const auto& [name, tensor] : tensors) others.erase(name);
  return Status(Code::kInvalidArgument, others.empty() ? "expected other tensors"
                                                       : "holds a tensor '" +
                                                             std::string(others.begin()->first) +
                                                             "' that is not the net's");
}

void CopyInto(const StoredTensor& stored, const torch::Tensor& tensor) {
  torch::Tensor values = torch::empty(stored.shape, tensor.scalar_type());
  if (!stored.bytes.empty()) {
    std::memcpy(values.data_ptr(), stored.bytes.data(), stored.bytes.size());
  }
  torch::Tensor target = tensor.detach();
  target.copy_(values);
}

}  // namespace

Status CheckFinite(const NamedTensors& tensors) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.is_floating_point() || torch::isfinite(tensor).all().item<bool>()) continue;
    return Status(Code::kModelNonFinite,
                  "tensor '" + name + "' holds a value that is not a finite number");
  }
  return OkStatus();
}

Status WriteCheckpoint(const std::string& path, const NamedTensors& tensors,
                       const nlohmann::json& meta) {
  std::vector<torch::Tensor> kept;  // what the views below look at
  std::vector<StoredTensor> stored;
  for (const auto& [name, tensor] : tensors) {
    const std::optional<TensorType> type = TypeOf(tensor);
    if (!type) {
      return Status(Code::kInternal,
                    path + ": tensor '" + name + "' is of a type that no " + "checkpoint holds");
    }
    kept.push_back(tensor.detach().to(torch::kCPU).contiguous());
    const torch::Tensor& values = kept.back();
    stored.push_back({name, *type, values.sizes().vec(),
                      std::span(static_cast<const uint8_t*>(values.data_ptr()), values.nbytes())});
  }
  const StatusOr<std::vector<uint8_t>> bytes = MakeTensorFile(meta, stored);
  if (!bytes.ok()) return bytes.status().WithContext(path + ": is not written");
  return WriteFileAtomically(path, *bytes);
}

StatusOr<nlohmann::json> ReadCheckpoint(const std::string& path, const NamedTensors& tensors) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxTensorFileBytes));
  StatusOr<TensorFile> file = ReadTensorFile(bytes);
  if (!file.ok()) return file.status().WithContext(path);
  StoredByName stored;
  for (const StoredTensor& tensor : file->tensors) stored[tensor.name] = &tensor;
  AG_RETURN_IF_ERROR(CheckAll(stored, tensors).WithContext(path));
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors) CopyInto(*stored.at(name), tensor);
  return std::move(file->meta);
}

}  // namespace ag::train
