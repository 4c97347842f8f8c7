// Little-endian integers in byte buffers, independent of the machine's own order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ag {

// `bytes` must hold sizeof(T) bytes. No alignment is needed.
template <typename T>
T LoadLittleEndian(const uint8_t* bytes) {
  static_assert(std::is_unsigned_v<T>);
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value |= static_cast<T>(static_cast<T>(bytes[i]) << (8 * i));
  return value;
}

template <typename T>
void StoreLittleEndian(uint8_t* bytes, T value) {
  static_assert(std::is_unsigned_v<T>);
  for (size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
}

inline float LoadFloat(const uint8_t* bytes) {
  return std::bit_cast<float>(LoadLittleEndian<uint32_t>(bytes));
}

inline void StoreFloat(uint8_t* bytes, float value) {
  StoreLittleEndian<uint32_t>(bytes, std::bit_cast<uint32_t>(value));
}

}  // namespace ag
