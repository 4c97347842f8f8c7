#include "shared/infer/banded_prefix.h"

#include <algorithm>
#include <string>

#include "shared/infer/op_kernel.h"

namespace ag {
namespace {

// A band of the widest activation: a segment's input, output and weights fit into the same cache.
constexpr uint64_t kBandFloats = 65'536;
// Bounds on what a model file may ask for. Multiplied strides count: one row of the last value is
// this many rows of the picture, and a band holds at least one.
constexpr uint32_t kMaxRows = 64;
constexpr size_t kMaxSegments = 32;
// Bands that need more memory than the largest activation they avoid are pointless; small ones may
// (1 MiB).
constexpr uint64_t kFreeFloats = 262'144;

// Each row of its output depends only on the rows at the same place.
bool StaysInItsRows(const Op& op) {
  switch (FindOpKernel(op.type)->rule.rows) {
    case Rows::kSame:
      return true;
    case Rows::kWindow:
    case Rows::kZeroPaddedWindow:
      return op.kernel_height == op.stride_height && op.pad_top == 0 && op.pad_bottom == 0;
    case Rows::kAll:
      break;
  }
  return false;
}

// A convolution whose windows overlap or reach into the padding.
bool StartsSegment(const Op& op) {
  return FindOpKernel(op.type)->rule.rows == Rows::kZeroPaddedWindow && !StaysInItsRows(op) &&
         op.kernel_height >= op.stride_height;
}

uint32_t RowStride(const Op& op) { return op.stride_height == 0 ? 1 : op.stride_height; }

uint32_t DivideUp(uint32_t a, uint32_t b) { return (a + b - 1) / b; }

bool IsOutput(const Model& model, uint32_t value) {
  return std::count(model.outputs.begin(), model.outputs.end(), value) > 0;
}

// The first ops that form a chain: each reads what the previous one made, and nothing else does.
std::span<const Op> FindChain(const Model& model, std::span<const Shape> shapes) {
  std::vector<int> readers(model.value_count, 0);
  for (const Op& op : model.ops) {
    for (const uint32_t input : op.inputs) ++readers[input];
  }
  uint32_t value = 0, stride = 1;
  size_t length = 0, segments = 0;
  for (const Op& op : model.ops) {
    segments += StartsSegment(op) ? 1 : 0;
    const bool fits = op.inputs.size() == 1 && op.inputs[0] == value &&
                      shapes[op.output].size() == 3 && shapes[value].size() == 3 &&
                      (StartsSegment(op) || (length > 0 && StaysInItsRows(op)));
    // A value read by several ops may end the chain, because it is written whole; an output may
    // not.
    if (!fits || readers[value] != 1 || IsOutput(model, op.output)) break;
    // Both are at most 1024 (CheckModel).
    stride *= RowStride(op);
    if (stride > kMaxRows || op.kernel_height > kMaxRows || segments > kMaxSegments) break;
    value = op.output;
    ++length;
  }
  return std::span(model.ops).first(length);
}

}  // namespace

std::vector<BandedPrefix::Geometry> BandedPrefix::Plan(std::span<const Op> ops,
                                                       std::span<const Shape> shapes) {
  uint32_t stride = 1;  // of the last value, in rows of the picture
  uint64_t widest = uint64_t{shapes[0][1]} * shapes[0][2];  // floats for each row of the picture
  for (const Op& op : ops) {
    stride *= RowStride(op);
    const Shape& shape = shapes[op.output];
    widest = std::max(widest, uint64_t{shape[1]} * shape[2] / stride);
  }
  const uint32_t most = std::min(kMaxRows, shapes[0][0] / 8);
  const auto rows = static_cast<uint32_t>(std::min<uint64_t>(kBandFloats / widest, most));

  std::vector<Geometry> plan(1);
  plan[0].band = std::max(DivideUp(rows, stride), 1u) * stride;
  while (plan.back().end < ops.size()) {
    Geometry& segment = plan.back();
    const Op& convolution = ops[segment.end++];
    uint32_t behind = 1;  // strides of the ops behind the convolution
    while (segment.end < ops.size() && !StartsSegment(ops[segment.end])) {
      behind *= RowStride(ops[segment.end++]);
    }
    // The convolution's row r ends with row r * step - top + kernel - 1 of its input.
    const uint32_t step = convolution.stride_height, top = convolution.pad_top;
    const uint32_t wait = segment.lag + convolution.kernel_height - step;
    uint32_t lag = wait > top ? DivideUp(wait - top, step) : 0;
    lag = DivideUp(lag, behind) * behind;
    segment.kept = lag * step + top - segment.lag;
    plan.push_back({.end = segment.end,
                    .value = ops[segment.end - 1].output,
                    .band = segment.band / step / behind,
                    .lag = lag / behind});
  }
  return plan;
}

size_t BandedPrefix::CountOps(const Model& model, std::span<const Shape> shapes, uint64_t least) {
  const std::span<const Op> ops = FindChain(model, shapes);
  const std::vector<Geometry> plan = Plan(ops, shapes);
  uint64_t largest = 0, held = 0;
  for (const Op& op : ops) largest = std::max(largest, ElementCount(shapes[op.output]));
  for (const Geometry& part : plan) {
    const Shape& shape = shapes[part.value];
    held += (uint64_t{part.kept} + part.band) * shape[1] * shape[2];
  }
  const bool pays = plan.size() > 2 && largest >= least && held <= largest + kFreeFloats;
  return pays ? ops.size() : 0;
}

StatusOr<std::unique_ptr<BandedPrefix>> BandedPrefix::Create(const Model& model, size_t op_count,
                                                             std::span<const Shape> shapes,
                                                             const RuntimeContext& context) {
  auto made = std::make_unique<BandedPrefix>();
  const std::span<const Op> ops = std::span(model.ops).first(op_count);
  size_t first = 0;
  for (const Geometry& part : Plan(ops, shapes)) {
    const Shape& shape = shapes[part.value];
    Segment& segment = made->segments_.emplace_back();
    segment.geometry = part;
    segment.row_floats = size_t{shape[1]} * shape[2];
    segment.height = shape[0];
    segment.input = PaddedBuffer(segment.row_floats * (part.kept + part.band));
    if (first == op_count) break;  // what the last one writes
    Graph graph = {.ops = ops.subspan(first, part.end - first),
                   .input = part.value,
                   .outputs = {ops[part.end - 1].output},
                   .shapes = {shapes.begin(), shapes.end()},
                   .rows_include_padding = true};
    uint32_t rows = part.band;
    graph.shapes[part.value][0] = rows - ops[first].stride_height + ops[first].kernel_height;
    for (const Op& op : graph.ops) graph.shapes[op.output][0] = rows /= RowStride(op);
    AG_ASSIGN_OR_RETURN(segment.runtime, GraphRuntime::Create(model, std::move(graph), context));
    first = part.end;
  }
  const Segment& result = made->segments_.back();
  made->steps_ = DivideUp(result.height + result.geometry.lag, result.geometry.band);
  return made;
}

Status BandedPrefix::Connect() {
  for (size_t i = 0; i + 1 < segments_.size(); ++i) {
    Segment& to = segments_[i + 1];
    float* const output = to.input.data() + to.geometry.kept * to.row_floats;
    AG_RETURN_IF_ERROR(segments_[i].runtime->Connect(segments_[i].input.data(), {&output, 1}));
  }
  return OkStatus();
}

BandedPrefix::Rows BandedPrefix::NewRows(const Segment& value, uint32_t step) {
  const uint32_t band = value.geometry.band;
  const int64_t first = int64_t{step} * band - value.geometry.lag;
  const int64_t from = std::clamp<int64_t>(first, 0, value.height);
  const int64_t end = std::clamp<int64_t>(first + band, 0, value.height);
  return {static_cast<uint32_t>(from), static_cast<uint32_t>(end - from),
          static_cast<uint32_t>(std::clamp<int64_t>(from - first, 0, band))};
}

Status BandedPrefix::Run(const RowSource& rows, std::span<float> output) {
  for (Segment& segment : segments_) {
    std::fill_n(segment.input.begin(), segment.geometry.kept * segment.row_floats, 0.0f);
  }
  for (uint32_t step = 0; step < steps_; ++step) {
    for (size_t i = 0; i < segments_.size(); ++i) {
      Segment& value = segments_[i];
      const size_t floats = value.row_floats;
      const Rows real = NewRows(value, step);
      const std::span<float> band(value.input.data() + value.geometry.kept * floats,
                                  value.geometry.band * floats);
      const std::span<float> inside = band.subspan(real.offset * floats, real.count * floats);
      if (real.count > 0) {
        AG_RETURN_IF_ERROR(i == 0 ? rows.Write(real.first, real.count, inside)
                                  : segments_[i - 1].runtime->Invoke());
      }
      if (i > 0) {
        // The rows that the previous segment has to see again. Its runtime has read them.
        Segment& before = segments_[i - 1];
        const float* again = before.input.data() + before.geometry.band * before.row_floats;
        std::copy_n(again, before.geometry.kept * before.row_floats, before.input.data());
      }
      if (i + 1 == segments_.size()) {
        std::copy(inside.begin(), inside.end(), output.data() + real.first * floats);
      } else {
        // Rows above and below the picture are the next convolution's padding.
        std::fill(band.data(), inside.data(), 0.0f);
        std::fill(inside.data() + inside.size(), band.data() + band.size(), 0.0f);
      }
    }
  }
  return OkStatus();
}

}  // namespace ag
