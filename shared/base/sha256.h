// SHA-256 (FIPS 180-4). Our own because the WebAssembly engine needs only this one function;
// checked against the published test vectors in tests/unit/base_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace ag {

using Sha256Digest = std::array<uint8_t, 32>;

class Sha256 {
 public:
  Sha256();
  void Update(std::span<const uint8_t> bytes);
  Sha256Digest Finish();  // once; the object is spent afterwards

 private:
  void Block(const uint8_t* block);
  std::array<uint32_t, 8> state_;
  std::array<uint8_t, 64> buffer_{};
  size_t buffered_ = 0;
  uint64_t total_bytes_ = 0;
};

Sha256Digest HashSha256(std::span<const uint8_t> bytes);
std::string HexString(std::span<const uint8_t> bytes);  // lower case

}  // namespace ag
