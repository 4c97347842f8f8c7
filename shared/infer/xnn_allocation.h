// What XNNPACK allocates, and whether it succeeded. Internal to shared/infer.
//
// XNNPACK of this version does not notice all of its own failures: a convolution whose row of zeros
// could not be allocated is reported as made and then left out of every run, the memory planner
// writes into memory it did not get, and its weights cache is freed twice. So it allocates through
// functions of ours that note each failure, and its callers check that note.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shared/base/status.h"

namespace ag {

// Call before anything else of XNNPACK; repeated calls are cheap.
Status InitializeXnn();

// Aligned for every kernel; nullptr, with a note, if there is no memory. Free with FreeForXnn.
void* AllocateForXnn(size_t bytes);
void FreeForXnn(void* memory);

// Notes failures on this thread during its lifetime. Not nested.
class AllocationWatch {
 public:
  AllocationWatch();
  ~AllocationWatch();
  AllocationWatch(const AllocationWatch&) = delete;
  AllocationWatch& operator=(const AllocationWatch&) = delete;

  // kOutOfMemory if any allocation failed (use nothing that was made); otherwise `status`.
  Status Check(Status status) const;

  // For xnn_reshape_runtime: room for the memory planner's tables, which it fills without checking
  // whether it got them. `count`: at least the runtime's values and ops together. kOutOfMemory.
  Status ReserveForPlanner(size_t count);

 private:
  friend struct WatchedAllocator;
  uint8_t* reserve_ = nullptr;
  size_t reserve_bytes_ = 0, reserve_used_ = 0;
  bool failed_ = false;
};

}  // namespace ag
