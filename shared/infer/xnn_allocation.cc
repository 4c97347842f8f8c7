#include "shared/infer/xnn_allocation.h"

#include <xnnpack.h>

#include <cstdlib>

#include "shared/infer/graph_builder.h"

namespace ag {
namespace {

// Of the planner's tables, for each value and op: a usage record (32), a pointer to it (8), a block
// (16).
constexpr size_t kPlannerBytes = 56;
constexpr size_t kPlannerTables = 3;
constexpr size_t kReserveAlignment = 16;
#if defined(__wasm__)
// What malloc gives: nothing needs more, and another allocator would be downloaded for nothing.
constexpr size_t kAlignment = alignof(std::max_align_t);
#else
// What vector loads of 512 bits need.
constexpr size_t kAlignment = 64;
#endif

thread_local AllocationWatch* current_watch = nullptr;

}  // namespace

struct WatchedAllocator {
  static void* Noted(void* memory) {
    if (memory == nullptr && current_watch != nullptr) current_watch->failed_ = true;
    return memory;
  }

  static void* Allocate(void*, size_t bytes) {
    if (void* memory = Noted(std::malloc(bytes))) return memory;
    AllocationWatch* watch = current_watch;
    if (watch == nullptr || bytes > watch->reserve_bytes_ - watch->reserve_used_) return nullptr;
    uint8_t* memory = watch->reserve_ + watch->reserve_used_;
    watch->reserve_used_ += (bytes + kReserveAlignment - 1) / kReserveAlignment * kReserveAlignment;
    return memory;
  }

  static void* Reallocate(void*, void* memory, size_t bytes) {
    // realloc of 0 bytes frees, and would look like a failure.
    return Noted(std::realloc(memory, bytes > 0 ? bytes : 1));
  }

  static void Deallocate(void*, void* memory) {
    const AllocationWatch* watch = current_watch;
    const auto* byte = static_cast<const uint8_t*>(memory);
    const bool reserved = watch != nullptr && watch->reserve_ != nullptr &&
                          byte >= watch->reserve_ && byte < watch->reserve_ + watch->reserve_bytes_;
    if (!reserved) std::free(memory);
  }

  // XNNPACK asks for no more than kAlignment.
  static void* AllocateAligned(void*, size_t, size_t bytes) {
    if constexpr (kAlignment <= alignof(std::max_align_t)) return Noted(std::malloc(bytes));
    return Noted(
        std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment));
  }

  static void DeallocateAligned(void*, void* memory) { std::free(memory); }
};

Status InitializeXnn() {
  static constexpr xnn_allocator kAllocator = {nullptr,
                                               WatchedAllocator::Allocate,
                                               WatchedAllocator::Reallocate,
                                               WatchedAllocator::Deallocate,
                                               WatchedAllocator::AllocateAligned,
                                               WatchedAllocator::DeallocateAligned};
  return CheckXnn(xnn_initialize(&kAllocator), "initialize");
}

void* AllocateForXnn(size_t bytes) {
  return WatchedAllocator::AllocateAligned(nullptr, kAlignment, bytes);
}

void FreeForXnn(void* memory) { std::free(memory); }

AllocationWatch::AllocationWatch() { current_watch = this; }

AllocationWatch::~AllocationWatch() {
  current_watch = nullptr;
  std::free(reserve_);
}

Status AllocationWatch::Check(Status status) const {
  if (!failed_) return status;
  return Status(Code::kOutOfMemory, "not enough memory to build the net's engine");
}

Status AllocationWatch::ReserveForPlanner(size_t count) {
  reserve_bytes_ = kPlannerBytes * count + kPlannerTables * kReserveAlignment;
  reserve_ = static_cast<uint8_t*>(std::malloc(reserve_bytes_));
  if (reserve_ == nullptr) {
    reserve_bytes_ = 0;
    failed_ = true;
  }
  return Check(OkStatus());
}

}  // namespace ag
