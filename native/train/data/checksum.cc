#include "native/train/data/checksum.h"

#include <cstring>

#include "native/train/data/random.h"

namespace ag::train {
namespace {

constexpr size_t kLanes = 4;
constexpr size_t kWordBytes = sizeof(uint64_t);

uint64_t WordAt(const uint8_t* bytes, size_t size) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, size);
  return word;
}

}  // namespace

uint64_t Checksum(std::span<const uint8_t> bytes) {
  uint64_t lanes[kLanes] = {1, 2, 3, 4};
  constexpr size_t kBlock = kLanes * kWordBytes;
  const uint8_t* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= kBlock; left -= kBlock, at += kBlock) {
    for (size_t i = 0; i < kLanes; ++i) {
      lanes[i] = Mix(lanes[i] ^ WordAt(at + i * kWordBytes, kWordBytes));
    }
  }
  for (size_t i = 0; left > 0; ++i) {
    const size_t size = left < kWordBytes ? left : kWordBytes;
    lanes[i] = Mix(lanes[i] ^ WordAt(at, size));
    at += size;
    left -= size;
  }
  return MixAll({bytes.size(), lanes[0], lanes[1], lanes[2], lanes[3]});
}

}  // namespace ag::train
