// LibTorch, and what was renamed in it between 1.13 (Debian 12) and 2.x.
#pragma once

#include "native/train/nets/torch_headers.h"

namespace ag::train {

// Autocast to bfloat16 for one device while it lives: the forward pass only. Clears the cache of
// cast weights when it ends, since the weights change after each step.
class AutocastScope {
 public:
  AutocastScope(bool enabled, torch::Device device) : on_(enabled), device_(device) {
    if (!on_) return;
    Set(true);
    at::autocast::increment_nesting();
  }
  ~AutocastScope() {
    if (!on_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    Set(false);
  }
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  void Set(bool enabled) {
    at::autocast::set_autocast_dtype(device_.type(), at::kBFloat16);
    at::autocast::set_autocast_enabled(device_.type(), enabled);
  }
#else
  void Set(bool enabled) {
    if (device_.is_cuda()) {
      at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
      at::autocast::set_enabled(enabled);
    } else {
      at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
      at::autocast::set_cpu_enabled(enabled);
    }
  }
#endif
  const bool on_;
  const torch::Device device_;
};

}  // namespace ag::train
