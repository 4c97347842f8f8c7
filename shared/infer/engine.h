// Runs one model on one picture at a time, on the CPU, through XNNPACK, in float32.
//
//   memory   Weights::Create holds the weights once as float32, and XNNPACK's packed copy once, for
//            all engines made from it; an Engine holds its activations. Run() allocates nothing.
//   threads  one Engine per thread at a time (a pthreadpool serialises its callers). Weights may be
//            shared by engines of many threads; creating engines from it is serialised inside.
//   errors   kBackend (XNNPACK, naming the call; or the engine computes wrongly), kModelShape
//            (input size), kModelLimit (at this size the model exceeds the cost limit),
//            kOutOfMemory: nothing is left half made, and the next call may succeed
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "shared/base/status.h"
#include "shared/image/image.h"
#include "shared/model/model.h"

namespace ag {

// A model with its weights expanded to float32, ready for any number of engines.
class Weights {
 public:
  // `model` must have passed CheckModel (a result of LoadModel has).
  static StatusOr<std::shared_ptr<Weights>> Create(Model model);
  ~Weights();

  const Model& model() const;
  // Hash of graph and weights (engine_check.h); 0 in WebAssembly.
  uint64_t fingerprint() const;

 private:
  friend class Engine;
  struct Impl;
  explicit Weights(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct EngineOptions {
  int threads = 1;  // >= 1; 1 makes no pool
  // Input size; 0: the model's own. Other sizes only if its contract has a size_multiple.
  uint32_t height = 0;
  uint32_t width = 0;
  // From activations of this many floats on, a single-threaded engine runs the first ops in bands
  // of rows (banded_prefix.h): faster, same result. Only tests need smaller values.
  uint64_t band_from = 1'000'000;
};

class Engine {
 public:
  // Natively, an engine whose runs take no more than a few milliseconds must answer a drawn picture
  // correctly before it is returned (engine_check.h): a run or two, and for the first engine of
  // each size of an unknown model a second engine built separately.
  static StatusOr<Engine> Create(std::shared_ptr<Weights> weights, const EngineOptions& options);
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  // [height, width, channels] of the net's input.
  const Shape& input_shape() const;
  // An upper bound of the engine's memory, its share of the weights included (ModelCost, reader.h).
  uint64_t memory_bytes() const;

  // `picture`: sRGB of exactly the input's width and height; colour order, gray and scaling are
  // handled here, as the input contract says.
  Status Run(const Image& picture);

  // `input`: [height, width, channels] float32, already scaled.
  Status RunRaw(std::span<const float> input);

  // A run on the drawn picture of engine_check.h: a few values of each output.
  StatusOr<std::vector<float>> AnswerDrawn();

  // Result of the last Run: Model::outputs[index], row-major. Valid until the next Run.
  std::span<const float> output(size_t index) const;
  const Shape& output_shape(size_t index) const;
  // The same by value number; empty if it is not among Model::outputs.
  std::span<const float> value(uint32_t value_index) const;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Only the input contract's scaling: `picture` [h, w, 3] -> `out` [h, w, channels] float32 = (pixel
// - mean) * scale. Gray is (19595 R + 38470 G + 7471 B + 32768) >> 16 (ITU-R BT.601), an integer
// 0..255. The trainer calls it too. out.size() must fit; otherwise kInvalidArgument.
Status NormalizePixels(const InputContract& contract, const Image& picture, std::span<float> out);

}  // namespace ag
