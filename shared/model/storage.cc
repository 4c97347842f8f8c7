#include "shared/model/storage.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "shared/base/bytes.h"
#include "shared/base/number_text.h"

namespace ag {
namespace {

constexpr int kInt8Limit = 127;  // symmetric: -128 is not used

// Number of elements that follow one index of `axis`, so that (i / inner) % extent is that index.
size_t InnerElements(const std::vector<uint32_t>& shape, size_t axis) {
  size_t inner = 1;
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  return inner;
}

Status StoreHalves(std::span<const float> values, Tensor* tensor) {
  tensor->data.resize(values.size() * 2);
  for (size_t i = 0; i < values.size(); ++i) {
    const uint16_t half = HalfFromFloat(values[i]);
    if ((half & 0x7c00) == 0x7c00) {
      return Status(Code::kInvalidArgument,
                    tensor->name + ": " + NumberText(values[i]) + " does not fit into float16");
    }
    StoreLittleEndian<uint16_t>(&tensor->data[2 * i], half);
  }
  return OkStatus();
}

void StoreInt8(std::span<const float> values, int levels, Tensor* tensor) {
  const auto limit = static_cast<float>(levels);
  const size_t inner = InnerElements(tensor->shape, tensor->channel_axis);
  const size_t channels = tensor->shape[tensor->channel_axis];
  tensor->scales.assign(channels, 0.0f);
  for (size_t i = 0; i < values.size(); ++i) {
    float& largest = tensor->scales[i / inner % channels];
    largest = std::max(largest, std::fabs(values[i]));
  }
  for (float& scale : tensor->scales) scale /= limit;
  tensor->data.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const float scale = tensor->scales[i / inner % channels];
    // A channel of zeros (or of values too small for a scale) stays zero.
    const float steps = scale > 0 ? std::nearbyint(values[i] / scale) : 0.0f;
    tensor->data[i] = static_cast<uint8_t>(static_cast<int8_t>(std::clamp(steps, -limit, limit)));
  }
}

}  // namespace

uint16_t HalfFromFloat(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;  // NaN
  // 65520 and above round to infinity: the largest half is 65504, half a step above it is 65520.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below 2^-14: a subnormal half counts steps of 2^-24. Adding 0.5 in float32 puts that step at
    // the end of the mantissa, and the addition itself rounds to nearest even.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return sign |
           static_cast<uint16_t>(std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(0.5f));
  }
  const uint32_t odd = (magnitude >> 13) & 1;
  // Rebias the exponent from 127 to 15, round the 13 dropped bits to nearest even.
  return sign | static_cast<uint16_t>((magnitude - (112u << 23) + 0xfff + odd) >> 13);
}

float FloatFromHalf(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 31;
  const uint32_t mantissa = half & 0x3ff;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | mantissa << 13);
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

StatusOr<Tensor> MakeTensor(std::string name, std::vector<uint32_t> shape,
                            std::span<const float> values, Storage storage, uint8_t channel_axis,
                            int levels) {
  if (ElementCount(shape) != values.size()) {
    return Status(Code::kInvalidArgument, name + ": the shape has " +
                                              std::to_string(ElementCount(shape)) + " elements, " +
                                              std::to_string(values.size()) + " values were given");
  }
  if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
    return Status(Code::kInvalidArgument, name + ": a value is not finite");
  }
  Tensor tensor;
  tensor.name = std::move(name);
  tensor.shape = std::move(shape);
  tensor.storage = storage;
  switch (storage) {
    case Storage::kFloat32:
      tensor.data.resize(values.size() * 4);
      for (size_t i = 0; i < values.size(); ++i) StoreFloat(&tensor.data[4 * i], values[i]);
      break;
    case Storage::kFloat16:
      AG_RETURN_IF_ERROR(StoreHalves(values, &tensor));
      break;
    case Storage::kInt8PerChannel:
      if (channel_axis >= tensor.shape.size()) {
        return Status(Code::kInvalidArgument, tensor.name + ": channel axis " +
                                                  std::to_string(channel_axis) + " of a rank " +
                                                  std::to_string(tensor.shape.size()) + " tensor");
      }
      if (levels < 1 || levels > kInt8Limit) {
        return Status(Code::kInvalidArgument,
                      tensor.name + ": expected 1 to 127 levels, found " + std::to_string(levels));
      }
      tensor.channel_axis = channel_axis;
      StoreInt8(values, levels, &tensor);
      break;
  }
  return tensor;
}

std::vector<float> ExpandTensor(const Tensor& tensor) {
  const size_t count = static_cast<size_t>(ElementCount(tensor.shape));
  std::vector<float> values(count);
  switch (tensor.storage) {
    case Storage::kFloat32:
      for (size_t i = 0; i < count; ++i) values[i] = LoadFloat(&tensor.data[4 * i]);
      break;
    case Storage::kFloat16:
      for (size_t i = 0; i < count; ++i) {
        values[i] = FloatFromHalf(LoadLittleEndian<uint16_t>(&tensor.data[2 * i]));
      }
      break;
    case Storage::kInt8PerChannel: {
      const size_t inner = InnerElements(tensor.shape, tensor.channel_axis);
      for (size_t i = 0; i < count; ++i) {
        const float scale = tensor.scales[i / inner % tensor.scales.size()];
        values[i] = static_cast<float>(static_cast<int8_t>(tensor.data[i])) * scale;
      }
      break;
    }
  }
  return values;
}

}  // namespace ag
