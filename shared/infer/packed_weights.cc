#include "shared/infer/packed_weights.h"

#include <cstdint>
#include <cstring>

#include "shared/infer/xnn_allocation.h"

namespace ag {

namespace {
// How far the packed bytes lie behind a block's beginning, so that they are aligned like it.
constexpr size_t kHeaderBytes = 64;

// FNV-1a over words: thousands of layers that differ only at their ends are not compared byte by
// byte, each with all others.
uint64_t HashOf(const void* packed, size_t bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  const auto* from = static_cast<const uint8_t*>(packed);
  for (; bytes > 0; from += sizeof(hash)) {
    uint64_t word = 0;
    const size_t count = bytes < sizeof(word) ? bytes : sizeof(word);
    std::memcpy(&word, from, count);
    hash = (hash ^ word) * 0x100000001b3u;
    hash ^= hash >> 29;
    bytes -= count;
  }
  return hash;
}
}  // namespace

struct PackedWeights::Block {
  Block* next;
  size_t bytes;
  uint64_t hash;

  void* data() { return reinterpret_cast<uint8_t*>(this) + kHeaderBytes; }
};

PackedWeights::PackedWeights() : provider_{} {
  provider_.context = this;
  // Layers are identified by their packed bytes, not by where they came from: an address may be
  // reused.
  provider_.look_up = [](void*, const xnn_weights_cache_look_up_key*) { return SIZE_MAX; };
  provider_.reserve_space = Reserve;
  provider_.look_up_or_insert = FindOrKeep;
  provider_.is_finalized = [](void*) { return true; };
  // NOLINTNEXTLINE(performance-no-int-to-ptr): what FindOrKeep returns are addresses.
  provider_.offset_to_addr = [](void*, size_t offset) { return reinterpret_cast<void*>(offset); };
  provider_.delete_cache = [](void*) { return xnn_status_success; };
}

PackedWeights::~PackedWeights() {
  FreeForXnn(pending_);
  while (kept_ != nullptr) {
    Block* const next = kept_->next;
    FreeForXnn(kept_);
    kept_ = next;
  }
}

void* PackedWeights::Reserve(void* self, size_t bytes) {
  auto* weights = static_cast<PackedWeights*>(self);
  FreeForXnn(weights->pending_);
  weights->pending_ = static_cast<Block*>(AllocateForXnn(kHeaderBytes + bytes));
  if (weights->pending_ == nullptr) return nullptr;
  weights->pending_->bytes = bytes;
  return weights->pending_->data();
}

size_t PackedWeights::FindOrKeep(void* self, const xnn_weights_cache_look_up_key*, void* packed,
                                 size_t bytes) {
  auto* weights = static_cast<PackedWeights*>(self);
  const uint64_t hash = HashOf(packed, bytes);
  for (Block* block = weights->kept_; block != nullptr; block = block->next) {
    if (block->hash == hash && block->bytes == bytes &&
        std::memcmp(block->data(), packed, bytes) == 0) {
      return reinterpret_cast<size_t>(block->data());
    }
  }
  Block* const block = weights->pending_;
  weights->pending_ = nullptr;
  block->hash = hash;
  block->next = weights->kept_;
  weights->kept_ = block;
  return reinterpret_cast<size_t>(block->data());
}

}  // namespace ag
