#include "shared/infer/banded_prefix.h"

#include <algorithm>
#include <string>

namespace ag {
namespace {

// A band of the widest activation: input, output and weights of a segment fit into the same cache.
constexpr uint64_t kBandBytes = 262'144;
constexpr uint32_t kMaxBand = 64;  // rows of the picture

// Rows of its output depend on the rows at the same place alone.
bool StaysInItsRows(const Op& op) {
  switch (op.type) {
    case OpType::kRelu:
    case OpType::kSigmoid:
      return true;
    case OpType::kConv2D:
    case OpType::kDepthwiseConv2D:
    case OpType::kMaxPool2D:
      return op.kernel_height == op.stride_height && op.pad_top == 0 && op.pad_bottom == 0;
    default:
      return false;
  }
}

// A convolution whose windows overlap or reach into the padding.
bool StartsSegment(const Op& op) {
  return (op.type == OpType::kConv2D || op.type == OpType::kDepthwiseConv2D) &&
         !StaysInItsRows(op) && op.kernel_height >= op.stride_height;
}

uint32_t RowStride(const Op& op) { return op.stride_height == 0 ? 1 : op.stride_height; }

uint32_t DivideUp(uint32_t a, uint32_t b) { return (a + b - 1) / b; }

bool IsOutput(const Model& model, uint32_t value) {
  return std::count(model.outputs.begin(), model.outputs.end(), value) > 0;
}

// The first ops that form a chain: each reads what the one before made, and nothing else does.
size_t ChainLength(const Model& model, std::span<const Shape> shapes) {
  std::vector<int> readers(model.value_count, 0);
  for (const Op& op : model.ops) {
    for (const uint32_t input : op.inputs) ++readers[input];
  }
  uint32_t value = 0;
  size_t length = 0;
  for (const Op& op : model.ops) {
    const bool fits = op.inputs.size() == 1 && op.inputs[0] == value &&
                      shapes[op.output].size() == 3 && shapes[value].size() == 3 &&
                      (StartsSegment(op) || (length > 0 && StaysInItsRows(op)));
    // What several ops read may end the chain, because it is written whole; an output may not.
    if (!fits || readers[value] != 1 || IsOutput(model, op.output)) break;
    value = op.output;
    ++length;
  }
  return length;
}

}  // namespace

size_t BandedPrefix::CountOps(const Model& model, std::span<const Shape> shapes, uint64_t least) {
  const size_t length = ChainLength(model, shapes);
  size_t segments = 0;
  uint64_t largest = 0;
  for (size_t i = 0; i < length; ++i) {
    segments += StartsSegment(model.ops[i]);
    largest = std::max(largest, ElementCount(shapes[model.ops[i].output]));
  }
  return segments >= 2 && largest >= least ? length : 0;
}

StatusOr<std::unique_ptr<BandedPrefix>> BandedPrefix::Create(const Model& model, size_t op_count,
                                                             std::span<const Shape> shapes,
                                                             const RuntimeContext& context) {
  auto made = std::make_unique<BandedPrefix>();
  const std::span<const Op> ops(model.ops.data(), op_count);

  uint32_t stride = 1;  // of the last value, in rows of the picture
  uint64_t widest = 1;  // floats of a value for each row of the picture
  for (const Op& op : ops) {
    stride *= RowStride(op);
    const Shape& shape = shapes[op.output];
    widest = std::max(widest, uint64_t{shape[1]} * shape[2] / stride);
  }
  const uint32_t rows =
      static_cast<uint32_t>(std::clamp<uint64_t>(kBandBytes / sizeof(float) / widest, 1, kMaxBand));

  Segment next;  // the input of the segment that is made next
  next.height = shapes[0][0];
  next.row_floats = size_t{shapes[0][1]} * shapes[0][2];
  next.band = DivideUp(rows, stride) * stride;
  for (size_t first = 0; first < op_count;) {
    size_t end = first + 1;
    uint32_t behind = 1;  // strides of the ops behind the convolution
    while (end < op_count && !StartsSegment(ops[end])) behind *= RowStride(ops[end++]);

    const Op& convolution = ops[first];
    const uint32_t kernel = convolution.kernel_height, step = convolution.stride_height;
    const uint32_t top = convolution.pad_top;
    // The convolution's row r ends with row r * step - top + kernel - 1 of its input.
    const uint32_t wait = next.lag + kernel - step;
    uint32_t lag = wait > top ? DivideUp(wait - top, step) : 0;
    lag = DivideUp(lag, behind) * behind;
    next.kept = lag * step + top - next.lag;

    Graph graph = {.ops = ops.subspan(first, end - first),
                   .input = convolution.inputs[0],
                   .outputs = {ops[end - 1].output},
                   .shapes = {shapes.begin(), shapes.end()},
                   .rows_include_padding = true};
    graph.shapes[graph.input][0] = next.band - step + kernel;
    uint32_t band = next.band;
    for (const Op& op : graph.ops) graph.shapes[op.output][0] = band /= RowStride(op);

    const Shape& out = shapes[ops[end - 1].output];
    Segment after;
    after.height = out[0];
    after.row_floats = size_t{out[1]} * out[2];
    after.band = band;
    after.lag = lag / behind;
    AG_ASSIGN_OR_RETURN(next.runtime, GraphRuntime::Create(model, std::move(graph), context));
    made->segments_.push_back(std::move(next));
    next = std::move(after);
    first = end;
  }
  made->result_ = std::move(next);
  made->steps_ = DivideUp(made->result_.height + made->result_.lag, made->result_.band);

  const auto make_input = [](Segment& segment) {
    segment.input = PaddedBuffer(segment.row_floats * (segment.kept + segment.band));
  };
  for (Segment& segment : made->segments_) make_input(segment);
  make_input(made->result_);
  return made;
}

Status BandedPrefix::Connect() {
  for (size_t i = 0; i < segments_.size(); ++i) {
    Segment& to = i + 1 < segments_.size() ? segments_[i + 1] : result_;
    float* const output = to.input.data() + to.kept * to.row_floats;
    AG_RETURN_IF_ERROR(segments_[i].runtime->Connect(segments_[i].input.data(), {&output, 1}));
  }
  return OkStatus();
}

BandedPrefix::Rows BandedPrefix::NewRows(const Segment& value, uint32_t step) {
  const int64_t first = int64_t{step} * value.band - value.lag;
  const int64_t from = std::clamp<int64_t>(first, 0, value.height);
  const int64_t end = std::clamp<int64_t>(first + value.band, 0, value.height);
  return {static_cast<uint32_t>(from), static_cast<uint32_t>(end - from),
          static_cast<uint32_t>(std::clamp<int64_t>(from - first, 0, value.band))};
}

Status BandedPrefix::Run(const RowSource& rows, std::span<float> output) {
  for (Segment& segment : segments_) {
    std::fill_n(segment.input.begin(), segment.kept * segment.row_floats, 0.0f);
  }
  for (uint32_t step = 0; step < steps_; ++step) {
    for (size_t i = 0; i <= segments_.size(); ++i) {
      Segment& value = i < segments_.size() ? segments_[i] : result_;
      const Rows real = NewRows(value, step);
      const std::span<float> band(value.input.data() + value.kept * value.row_floats,
                                  value.band * value.row_floats);
      if (real.count > 0) {
        if (i == 0) {
          AG_RETURN_IF_ERROR(rows.Write(
              real.first, real.count,
              band.subspan(real.offset * value.row_floats, real.count * value.row_floats)));
        } else {
          AG_RETURN_IF_ERROR(segments_[i - 1].runtime->Invoke());
        }
      }
      if (i > 0) {
        // The rows that the segment before has to see again. Its runtime has read them.
        Segment& before = segments_[i - 1];
        std::copy_n(before.input.begin() + static_cast<ptrdiff_t>(before.band * before.row_floats),
                    before.kept * before.row_floats, before.input.begin());
      }
      if (i == segments_.size()) {
        std::copy_n(band.begin() + static_cast<ptrdiff_t>(real.offset * value.row_floats),
                    real.count * value.row_floats,
                    output.begin() + static_cast<ptrdiff_t>(real.first * value.row_floats));
        continue;
      }
      // Rows above and below the picture are the next convolution's padding.
      const size_t begin = real.offset * value.row_floats;
      const size_t end = begin + real.count * value.row_floats;
      std::fill(band.begin(), band.begin() + static_cast<ptrdiff_t>(begin), 0.0f);
      std::fill(band.begin() + static_cast<ptrdiff_t>(end), band.end(), 0.0f);
    }
  }
  return OkStatus();
}

}  // namespace ag
