// What XNNPACK allocates, and whether it got it. Internal to shared/infer.
//
// XNNPACK of this version does not see all of its own failures: a convolution whose row of zeros
// cannot be had is reported as made and then left out of every run, the memory planner writes into
// what it did not get, and its weights cache is freed twice. So it allocates through functions of
// ours that note each failure, and whoever calls it asks for that note.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shared/base/status.h"

namespace ag {

// Before anything else of XNNPACK; again is cheap.
Status InitializeXnn();

// Aligned for every kernel; nullptr, noted, where there is no memory. Free with FreeForXnn.
void* AllocateForXnn(size_t bytes);
void FreeForXnn(void* memory);

// Notes the failures on this thread while it lives. Not nested.
class AllocationWatch {
 public:
  AllocationWatch();
  ~AllocationWatch();
  AllocationWatch(const AllocationWatch&) = delete;
  AllocationWatch& operator=(const AllocationWatch&) = delete;

  // kOutOfMemory if any allocation failed; else `status`. Nothing that was made is to be used then.
  Status Check(Status status) const;

  // For xnn_reshape_runtime: room for the memory planner's tables, which it fills without a look
  // whether it got them. `count`: at least the runtime's values and ops together. kOutOfMemory.
  Status ReserveForPlanner(size_t count);

 private:
  friend struct WatchedAllocator;
  uint8_t* reserve_ = nullptr;
  size_t reserve_bytes_ = 0, reserve_used_ = 0;
  bool failed_ = false;
};

}  // namespace ag
