// Runs the first ops of a net on a large picture in bands of rows, so that what one op writes is
// still in the processor's cache when the next one reads it: op by op over the whole picture, every
// activation would go out to main memory and come back. Internal to shared/infer.
//
// The ops are cut into segments, each a convolution that looks at rows above and below (3x3) and
// the following ops that do not (1x1, pooling of whole windows, ReLU). In each step the picture
// supplies some new rows, the first segment makes as many rows of its result as they allow, the
// second one as many as those allow, and so on. A segment keeps the last rows of its input for its
// next step, so that nothing is computed twice; each segment lags some rows behind the one before,
// and rows of zeros stand in for the padding above and below the picture.
//
// The result is, bit for bit, that of the same ops on the whole picture: kernels may divide the
// pixels differently, but all add up each pixel's terms in the same order.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "shared/base/status.h"
#include "shared/infer/graph_runtime.h"
#include "shared/model/model.h"

namespace ag {

// Supplies the rows of a net's input. (A std::function would allocate.)
class RowSource {
 public:
  // Writes `count` rows from row `first` on to `out`.
  virtual Status Write(uint32_t first, uint32_t count, std::span<float> out) const = 0;

 protected:
  ~RowSource() = default;
};

class BandedPrefix {
 public:
  // How many of model.ops, counted from the first, run in bands; 0: none. `shapes`: of each value,
  // at the picture's size. `least`: the largest of their activations must have at least this many
  // floats. Below a million, bands do not pay: because each segment lags behind the one before, the
  // end of the picture takes extra steps (measured with YuNet-n on one core with 1 MiB of
  // second-level cache, 320x320 pixels take 8 % longer in bands, 512x512 take 4 % less, 1024x1024
  // take 13 % less).
  static size_t CountOps(const Model& model, std::span<const Shape> shapes, uint64_t least);

  // The first `op_count` of model.ops, from CountOps. `model` must outlive it.
  static StatusOr<std::unique_ptr<BandedPrefix>> Create(const Model& model, size_t op_count,
                                                        std::span<const Shape> shapes,
                                                        const RuntimeContext& context);

  // Call once, before the first Run.
  Status Connect();

  // `output`: the complete value that the last of the ops makes.
  Status Run(const RowSource& rows, std::span<float> output);

 private:
  // A segment and its input. Rows are counted in each value's own picture: in step t the input
  // reaches up to, but not including, row (t + 1) * band - lag.
  struct Geometry {
    size_t end = 0;      // of its ops; they begin where those of the one before end
    uint32_t value = 0;  // its input
    uint32_t band = 0;   // new rows of its input in a step
    uint32_t lag = 0;
    uint32_t kept = 0;  // rows of its input that it sees again in the next step
  };
  // The last one is what the last segment writes: no ops, nothing kept.
  static std::vector<Geometry> Plan(std::span<const Op> ops, std::span<const Shape> shapes);

  struct Segment {
    Geometry geometry;
    std::unique_ptr<GraphRuntime> runtime;  // nullptr: the last one
    std::vector<float> input;               // the rows kept from the last step, then the new ones
    size_t row_floats = 0;                  // of its input
    uint32_t height = 0;                    // of its input, in the whole picture
  };
  // A range of rows within [0, height), and where it lies in a band.
  struct Rows {
    uint32_t first = 0, count = 0, offset = 0;
  };

  static Rows NewRows(const Segment& value, uint32_t step);

  std::vector<Segment> segments_;
  uint32_t steps_ = 0;
};

}  // namespace ag
