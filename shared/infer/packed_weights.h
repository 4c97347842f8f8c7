// The weights of one model as XNNPACK's kernels want them, packed once for all engines. Internal to
// shared/infer.
//
// Replaces XNNPACK's own weights cache, which frees itself twice when memory is short, moves what
// it holds, and accepts nothing more once it is closed. Here each layer has a block of its own that
// stays where it is.
#pragma once

#include <xnnpack.h>

#include <cstddef>

namespace ag {

class PackedWeights {
 public:
  PackedWeights();
  ~PackedWeights();
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  // For xnn_create_runtime_v4, one thread at a time. Runtimes made with it may be set up and run by
  // any thread meanwhile; all of them must be gone before it is destroyed.
  xnn_weights_cache_t cache() { return &provider_; }

 private:
  // Comes before the packed bytes. Never fails halfway: XNNPACK would not notice.
  struct Block;

  static void* Reserve(void* self, size_t bytes);
  static size_t FindOrKeep(void* self, const xnn_weights_cache_look_up_key* key, void* packed,
                           size_t bytes);

  xnn_weights_cache_provider provider_;
  Block* kept_ = nullptr;
  Block* pending_ = nullptr;  // reserved, being packed
};

}  // namespace ag
