// Writes a net's graph and weights into a model, op by op: what AgeGenderNet::Write is written
// with.
#pragma once

#include <string>
#include <vector>

#include "native/train/nets/net.h"
#include "native/train/nets/torch_compat.h"
#include "shared/base/status.h"
#include "shared/model/model.h"

namespace ag::train {

// A filter [out, in, h, w] and bias [out] as a model file wants them.
struct FoldedConv {
  torch::Tensor filter, bias;  // float64
};

// The convolution with the norm after it folded in, in double, rounded as the layer rounds.
FoldedConv Fold(const ConvNorm& layer);

// Remembers the first error. An op's number is that of its output; 0 is the net's input.
class GraphWriter {
 public:
  // `bits`: of the integers of kInt8PerChannel. Biases stay float32.
  GraphWriter(Model* model, Storage storage, int bits);

  uint32_t Conv(const std::string& name, uint32_t input, const FoldedConv& weights, uint32_t stride,
                uint32_t padding, Activation activation);

  // A row of zeros below and a column to the right; the format has no padding by itself.
  uint32_t ZerosBelowAndRight(const std::string& name, uint32_t input, int64_t channels);

  // Of stride 2, without padding.
  uint32_t MaxPool(const std::string& name, uint32_t input, uint32_t window);

  uint32_t Add(const std::string& name, uint32_t a, uint32_t b, Activation activation);

  // Without attributes or tensors.
  uint32_t Simple(OpType type, const std::string& name, uint32_t input);

  // `filter` [out, in].
  uint32_t Dense(const std::string& name, uint32_t input, const torch::Tensor& filter,
                 const torch::Tensor& bias, Activation activation);

  const Status& status() const { return status_; }

 private:
  Op Make(OpType type, const std::string& name, std::vector<uint32_t> inputs,
          Activation activation);
  void AddTensor(Op* op, const char* suffix, const torch::Tensor& values, Storage storage);
  uint32_t Append(Op op);

  Model* model_;
  const Storage storage_;
  const int levels_;
  Status status_;
};

// Both heads on the vector `x`.
AgeGenderContract WriteHeads(const AgeGenderNet& net, const torch::nn::Linear& age,
                             const torch::nn::Linear& gender, uint32_t x, GraphWriter* graph);

}  // namespace ag::train
