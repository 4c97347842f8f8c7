#include "tests/reference/interpreter.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>

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

// [height, width, channels] with bounds: outside is "no pixel".
struct Picture {
  const Value& value;
  int64_t height() const { return value.shape[0]; }
  int64_t width() const { return value.shape[1]; }
  int64_t channels() const { return value.shape[2]; }
  bool Contains(int64_t y, int64_t x) const {
    return y >= 0 && y < height() && x >= 0 && x < width();
  }
  double At(int64_t y, int64_t x, int64_t c) const {
    return value.data[static_cast<size_t>((y * width() + x) * channels() + c)];
  }
};

// Calls visit(ky, kx, y, x) for each tap of the window of output (oy, ox); taps in the padding lie
// outside of the picture.
template <typename Visit>
void ForWindow(const Op& op, int64_t oy, int64_t ox, Visit visit) {
  for (int64_t ky = 0; ky < op.kernel_height; ++ky) {
    for (int64_t kx = 0; kx < op.kernel_width; ++kx) {
      visit(ky, kx, oy * op.stride_height + ky - op.pad_top,
            ox * op.stride_width + kx - op.pad_left);
    }
  }
}

// Calls element(oy, ox, c) in row-major order.
template <typename Element>
void ForElements(const Shape& shape, Element element) {
  for (int64_t y = 0; y < shape[0]; ++y) {
    for (int64_t x = 0; x < shape[1]; ++x) {
      for (int64_t c = 0; c < shape[2]; ++c) element(y, x, c);
    }
  }
}

// A sum and the magnitude of its terms.
struct Sum {
  double value = 0, magnitude = 0;
  void Add(double term) {
    value += term;
    magnitude += std::abs(term);
  }
};

void Append(OpResult& result, const Sum& sum) {
  result.value.data.push_back(sum.value);
  result.magnitude.push_back(sum.magnitude);
}

void Conv2D(const Model& model, const Op& op, const Picture& input, OpResult& result) {
  const Tensor& filter_tensor = model.tensors[op.tensors[0]];  // [out, kh, kw, in]
  const std::vector<double> filter = DecodeWeights(filter_tensor);
  const std::vector<double> bias = DecodeWeights(model.tensors[op.tensors[1]]);
  const int64_t in = input.channels();
  result.term_count = static_cast<uint64_t>(in) * op.kernel_height * op.kernel_width + 1;
  ForElements(result.value.shape, [&](int64_t oy, int64_t ox, int64_t oc) {
    Sum sum;
    sum.Add(bias[static_cast<size_t>(oc)]);
    ForWindow(op, oy, ox, [&](int64_t ky, int64_t kx, int64_t y, int64_t x) {
      if (!input.Contains(y, x)) return;  // padded with zeros
      const int64_t tap = ((oc * op.kernel_height + ky) * op.kernel_width + kx) * in;
      for (int64_t ic = 0; ic < in; ++ic) {
        sum.Add(input.At(y, x, ic) * filter[static_cast<size_t>(tap + ic)]);
      }
    });
    Append(result, sum);
  });
}

void DepthwiseConv2D(const Model& model, const Op& op, const Picture& input, OpResult& result) {
  const std::vector<double> filter = DecodeWeights(model.tensors[op.tensors[0]]);  // [1, kh, kw, c]
  const std::vector<double> bias = DecodeWeights(model.tensors[op.tensors[1]]);
  result.term_count = uint64_t{op.kernel_height} * op.kernel_width + 1;
  ForElements(result.value.shape, [&](int64_t oy, int64_t ox, int64_t c) {
    Sum sum;
    sum.Add(bias[static_cast<size_t>(c)]);
    ForWindow(op, oy, ox, [&](int64_t ky, int64_t kx, int64_t y, int64_t x) {
      if (!input.Contains(y, x)) return;
      const int64_t tap = (ky * op.kernel_width + kx) * input.channels() + c;
      sum.Add(input.At(y, x, c) * filter[static_cast<size_t>(tap)]);
    });
    Append(result, sum);
  });
}

void MaxPool2D(const Op& op, const Picture& input, OpResult& result) {
  ForElements(result.value.shape, [&](int64_t oy, int64_t ox, int64_t c) {
    double maximum = -std::numeric_limits<double>::infinity();  // padding never wins
    ForWindow(op, oy, ox, [&](int64_t, int64_t, int64_t y, int64_t x) {
      if (input.Contains(y, x)) maximum = std::max(maximum, input.At(y, x, c));
    });
    result.value.data.push_back(maximum);
    result.magnitude.push_back(std::abs(maximum));
  });
}

void GlobalAveragePool(const Picture& input, OpResult& result) {
  const int64_t pixels = input.height() * input.width();
  result.term_count = static_cast<uint64_t>(pixels);
  for (int64_t c = 0; c < input.channels(); ++c) {
    Sum sum;
    for (int64_t y = 0; y < input.height(); ++y) {
      for (int64_t x = 0; x < input.width(); ++x) sum.Add(input.At(y, x, c));
    }
    result.value.data.push_back(sum.value / static_cast<double>(pixels));
    result.magnitude.push_back(sum.magnitude / static_cast<double>(pixels));
  }
}

void FullyConnected(const Model& model, const Op& op, const Value& input, OpResult& result) {
  const std::vector<double> filter = DecodeWeights(model.tensors[op.tensors[0]]);  // [out, in]
  const std::vector<double> bias = DecodeWeights(model.tensors[op.tensors[1]]);
  const size_t in = input.data.size();
  result.term_count = in + 1;
  for (size_t o = 0; o < bias.size(); ++o) {
    Sum sum;
    sum.Add(bias[o]);
    for (size_t i = 0; i < in; ++i) sum.Add(input.data[i] * filter[o * in + i]);
    Append(result, sum);
  }
}

void UpsampleNearest2x(const Picture& input, OpResult& result) {
  ForElements(result.value.shape, [&](int64_t oy, int64_t ox, int64_t c) {
    result.value.data.push_back(input.At(oy / 2, ox / 2, c));
  });
}

void Add(const Value& a, const Value& b, OpResult& result) {
  result.term_count = 2;
  for (size_t i = 0; i < a.data.size(); ++i) {
    Sum sum;
    sum.Add(a.data[i]);
    sum.Add(b.data[i]);
    Append(result, sum);
  }
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

Shape OutputShape(const Model& model, const Op& op, std::span<const Shape> inputs) {
  const Shape& input = inputs[0];
  // Windows that lie wholly within the padded picture.
  const auto windows = [](uint32_t size, uint32_t pad, uint32_t kernel, uint32_t stride) {
    return (size + pad - kernel) / stride + 1;
  };
  const auto window_shape = [&](uint32_t channels) {
    return Shape{windows(input[0], op.pad_top + op.pad_bottom, op.kernel_height, op.stride_height),
                 windows(input[1], op.pad_left + op.pad_right, op.kernel_width, op.stride_width),
                 channels};
  };
  switch (op.type) {
    case OpType::kConv2D:
      return window_shape(model.tensors[op.tensors[0]].shape[0]);
    case OpType::kDepthwiseConv2D:
    case OpType::kMaxPool2D:
      return window_shape(input[2]);
    case OpType::kGlobalAveragePool:
      return {input[2]};
    case OpType::kFullyConnected:
      return {model.tensors[op.tensors[0]].shape[0]};
    case OpType::kUpsampleNearest2x:
      return {2 * input[0], 2 * input[1], input[2]};
    case OpType::kFlatten:
      return {static_cast<uint32_t>(Product(input))};
    case OpType::kAdd:
    case OpType::kRelu:
    case OpType::kSigmoid:
      return input;
  }
  return {};
}

OpResult RunOp(const Model& model, const Op& op, std::span<const Value> inputs) {
  std::vector<Shape> shapes;
  for (const Value& input : inputs) shapes.push_back(input.shape);
  OpResult result;
  result.value.shape = OutputShape(model, op, shapes);
  std::vector<double>& data = result.value.data;
  const Value& input = inputs[0];
  switch (op.type) {
    case OpType::kConv2D:
      Conv2D(model, op, Picture{input}, result);
      break;
    case OpType::kDepthwiseConv2D:
      DepthwiseConv2D(model, op, Picture{input}, result);
      break;
    case OpType::kMaxPool2D:
      MaxPool2D(op, Picture{input}, result);
      break;
    case OpType::kGlobalAveragePool:
      GlobalAveragePool(Picture{input}, result);
      break;
    case OpType::kAdd:
      Add(input, inputs[1], result);
      break;
    case OpType::kFullyConnected:
      FullyConnected(model, op, input, result);
      break;
    case OpType::kRelu:
      for (const double x : input.data) data.push_back(std::max(x, 0.0));
      break;
    case OpType::kSigmoid:
      for (const double x : input.data) data.push_back(1.0 / (1.0 + std::exp(-x)));
      break;
    case OpType::kUpsampleNearest2x:
      UpsampleNearest2x(Picture{input}, result);
      break;
    case OpType::kFlatten:
      data = input.data;
      break;
  }
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
