// A file of named tensors and a JSON object: data alone, nothing in it is ever executed
// (docs/checkpoint-format.md). All numbers are little-endian.
//   0   8   magic "\x89" "AGC\r\n\x1a\n"
//   8   4   version (a reader refuses any other)
//   12  4   length of the text
//   16  8   length of the file
//   24  8   reserved, zero
//   32  32  SHA-256 of all other bytes of the file
//   64  ..  the text, UTF-8:
//           {"meta": {...}, "tensors": [{"name", "dtype", "shape", "offset"}, ...]}
//   ..  ..  the tensors' values, one after the other; `offset` counts from the end of the text; the
//           last one ends where the file ends
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/status.h"

namespace ag {

inline constexpr uint32_t kTensorFileVersion = 1;
inline constexpr size_t kTensorHeaderBytes = 64;
// Caps of the reader and the writer. The trainer's largest net has 23 million values in its
// checkpoint, in 300 tensors.
inline constexpr size_t kMaxTensorFileBytes = size_t{4} << 30;
inline constexpr size_t kMaxTensorTextBytes = size_t{32} << 20;
inline constexpr size_t kMaxTensors = 65536;
inline constexpr size_t kMaxTensorRank = 8;
inline constexpr size_t kMaxTensorNameBytes = 200;
inline constexpr int kMaxTensorTextDepth = 16;

enum class TensorType : uint8_t { kFloat32, kInt64 };

size_t BytesOf(TensorType type);
std::string_view NameOf(TensorType type);  // "float32", "int64"

struct StoredTensor {
  std::string name;  // letters, digits and "._-/"
  TensorType type = TensorType::kFloat32;
  std::vector<int64_t> shape;      // sides, 0 or more; none: one value
  std::span<const uint8_t> bytes;  // row by row
};

// "float32 [3, 4]"
std::string DescribeTensor(TensorType type, std::span<const int64_t> shape);

struct TensorFile {
  nlohmann::json meta;  // an object
  std::vector<StoredTensor> tensors;
};

// Everything is checked before anything is returned. kInvalidArgument (says what is wrong with
// which part), kModelNonFinite (names the tensor). The tensors' bytes are views of `file`.
StatusOr<TensorFile> ReadTensorFile(std::span<const uint8_t> file);

// Writes what ReadTensorFile reads. The same input gives the same bytes. Refuses tensors that the
// reader would refuse, so that no such file is ever written.
StatusOr<std::vector<uint8_t>> MakeTensorFile(const nlohmann::json& meta,
                                              std::span<const StoredTensor> tensors);

// Writes the checksum of the other bytes into `file` (kTensorHeaderBytes or more).
void SealTensorFile(std::span<uint8_t> file);

}  // namespace ag
