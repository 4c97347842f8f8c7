#include "shared/infer/engine_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

namespace ag {
namespace {

// Two engines agree if |a - b| <= kTolerance * (1 + |b|): the self-test's bound (self_test.h).
constexpr double kTolerance = 1e-3;
// Twelve outputs of the detector.
constexpr size_t kMostKnown = 96;

struct KnownAnswer {
  uint64_t fingerprint;
  uint32_t height, width;
  size_t count;
  std::array<float, kMostKnown> values;
};
constexpr KnownAnswer kKnownAnswers[] = {
#include "shared/infer/known_answers.inc"
};

class Fingerprint {
 public:
  void Add(uint64_t value) {
    // The multiplier of FNV-1a, over words.
    hash_ = (hash_ ^ value) * 0x100000001b3u;
    hash_ ^= hash_ >> 29;
  }
  void Add(std::span<const uint8_t> bytes) {
    Add(bytes.size());
    uint64_t word = 0;
    for (; bytes.size() >= sizeof(word); bytes = bytes.subspan(sizeof(word))) {
      std::memcpy(&word, bytes.data(), sizeof(word));
      Add(word);
    }
    word = 0;
    if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
    Add(word);
  }
  template <typename T>
  void AddAll(const std::vector<T>& values) {
    Add({reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(T)});
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325u;
};

}  // namespace

void DrawCheckRows(uint32_t first, uint32_t count, uint32_t width, std::span<uint8_t> pixels) {
  size_t i = 0;
  for (uint32_t y = first; y < first + count; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      // Slopes, stripes and blocks, other ones in each colour.
      pixels[i++] = static_cast<uint8_t>(2 * x + y + (x * y) % 61);
      pixels[i++] = static_cast<uint8_t>(255 - x + 3 * (y % 47));
      pixels[i++] = static_cast<uint8_t>(((x / 8 + y / 8) % 2) * 120 + (x + 5 * y) % 97);
    }
  }
}

void AppendAnswers(std::span<const float> output, std::vector<float>* answers) {
  const size_t count = std::min(kAnswersPerOutput, output.size());
  for (size_t i = 0; i < count; ++i) {
    answers->push_back(output[count > 1 ? i * (output.size() - 1) / (count - 1) : 0]);
  }
}

Status CompareAnswers(std::span<const float> expected, std::span<const float> found) {
  for (size_t i = 0; i < std::max(expected.size(), found.size()); ++i) {
    if (i < expected.size() && i < found.size()) {
      const double a = found[i], b = expected[i];
      // A net may overflow: then both must answer the same.
      const bool same = a == b || (std::isnan(a) && std::isnan(b));
      if (same || std::abs(a - b) <= kTolerance * (1 + std::abs(b))) continue;
    }
    return Status(Code::kBackend,
                  "the engine computes wrongly (value " + std::to_string(i) +
                      " of its answer to a drawn picture): short memory or a faulty processor");
  }
  return OkStatus();
}

uint64_t FingerprintOf(const Model& model) {
  Fingerprint fingerprint;
  fingerprint.Add(model.value_count);
  for (const Op& op : model.ops) {
    fingerprint.AddAll(op.inputs);
    fingerprint.AddAll(op.tensors);
    for (const uint32_t field :
         {static_cast<uint32_t>(op.type), op.output, op.kernel_height, op.kernel_width,
          op.stride_height, op.stride_width, op.pad_top, op.pad_bottom, op.pad_left, op.pad_right,
          static_cast<uint32_t>(op.activation)}) {
      fingerprint.Add(field);
    }
  }
  for (const Tensor& tensor : model.tensors) {
    fingerprint.AddAll(tensor.shape);
    fingerprint.AddAll(tensor.data);
    fingerprint.AddAll(tensor.scales);
    fingerprint.Add(static_cast<uint64_t>(tensor.storage));
    fingerprint.Add(tensor.channel_axis);
  }
  fingerprint.Add(static_cast<uint64_t>(model.input.colour));
  fingerprint.AddAll(model.input.mean);
  fingerprint.AddAll(model.input.scale);
  fingerprint.AddAll(model.outputs);
  return fingerprint.value();
}

std::span<const float> KnownAnswers(uint64_t fingerprint, uint32_t height, uint32_t width) {
  for (const KnownAnswer& known : kKnownAnswers) {
    if (known.fingerprint == fingerprint && known.height == height && known.width == width) {
      return {known.values.data(), known.count};
    }
  }
  return {};
}

}  // namespace ag
