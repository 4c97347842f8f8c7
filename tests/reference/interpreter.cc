#include "tests/reference/interpreter.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "tests/reference/op_oracle.h"

namespace ag::reference {
namespace {

uint64_t Product(std::span<const uint32_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), uint64_t{1}, std::multiplies<>());
}

// Weights are little-endian in the file, whatever the machine is.
uint32_t LittleEndian(std::span<const uint8_t> bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

double DecodeFloat(uint32_t bits) {
  const double sign = bits >> 31 ? -1.0 : 1.0;
  const int exponent = static_cast<int>(bits >> 23 & 0xFF);
  const double fraction = static_cast<double>(bits & 0x7FFFFF) / 8388608.0;
  if (exponent == 0) return sign * std::ldexp(fraction, -126);
  return sign * std::ldexp(1.0 + fraction, exponent - 127);
}

double DecodeHalf(uint32_t bits) {
  const double sign = bits >> 15 ? -1.0 : 1.0;
  const int exponent = static_cast<int>(bits >> 10 & 0x1F);
  const double fraction = static_cast<double>(bits & 0x3FF) / 1024.0;
  if (exponent == 0) return sign * std::ldexp(fraction, -14);
  return sign * std::ldexp(1.0 + fraction, exponent - 15);
}

}  // namespace

std::vector<double> DecodeWeights(const Tensor& tensor) {
  const size_t count = static_cast<size_t>(Product(tensor.shape));
  const std::span<const uint8_t> bytes(tensor.data);
  // Elements that lie one after the other with the same index along the channel axis.
  const size_t run =
      tensor.storage == Storage::kInt8PerChannel
          ? static_cast<size_t>(Product(std::span(tensor.shape).subspan(tensor.channel_axis + 1u)))
          : 1;
  std::vector<double> values(count);
  for (size_t i = 0; i < count; ++i) {
    switch (tensor.storage) {
      case Storage::kFloat32:
        values[i] = DecodeFloat(LittleEndian(bytes.subspan(4 * i, 4)));
        break;
      case Storage::kFloat16:
        values[i] = DecodeHalf(LittleEndian(bytes.subspan(2 * i, 2)));
        break;
      case Storage::kInt8PerChannel: {
        const int byte = bytes[i];
        const int integer = byte < 128 ? byte : byte - 256;
        const size_t channel = i / run % tensor.shape[tensor.channel_axis];
        values[i] = integer * static_cast<double>(tensor.scales[channel]);
        break;
      }
    }
  }
  return values;
}

OpResult RunOp(const Model& model, const Op& op, std::span<const Value> inputs) {
  std::vector<Shape> shapes;
  for (const Value& input : inputs) shapes.push_back(input.shape);
  const OpOracle& oracle = OracleOf(op.type);
  OpResult result;
  result.value.shape = oracle.shape(model, op, shapes);
  std::vector<double>& data = result.value.data;
  oracle.run(model, op, inputs, result);
  if (op.activation == Activation::kRelu) {
    for (double& x : data) x = std::max(x, 0.0);
  }
  if (result.magnitude.empty()) {
    for (const double x : data) result.magnitude.push_back(std::abs(x));
  }
  return result;
}

std::vector<Value> Run(const Model& model, const Value& input) {
  std::vector<Value> values(model.value_count);
  values[0] = input;
  for (const Op& op : model.ops) {
    std::vector<Value> inputs;
    for (const uint32_t index : op.inputs) inputs.push_back(values[index]);
    values[op.output] = RunOp(model, op, inputs).value;
  }
  return values;
}

}  // namespace ag::reference
