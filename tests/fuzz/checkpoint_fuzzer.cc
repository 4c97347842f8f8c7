// Files of tensors (checkpoints, the trainer's caches), as they are and once more with the checksum
// that belongs to their bytes, which would hide everything behind it.
//
// Promises (native/tensors/tensor_file.h): an error is one of a tensor file; what is read lies
// within the input, piece behind piece to its end, is finite, and is written as it was read.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "native/tensors/tensor_file.h"
#include "shared/base/bytes.h"
#include "tests/fuzz/require.h"

namespace ag::fuzz {
namespace {

void CheckTensors(const TensorFile& file, std::span<const uint8_t> bytes) {
  size_t total = 0;
  for (const StoredTensor& tensor : file.tensors) {
    size_t size = BytesOf(tensor.type);
    for (const int64_t side : tensor.shape) size *= static_cast<size_t>(side);
    Require(size == tensor.bytes.size(), "a tensor's bytes are its shape's");
    total += size;
    if (tensor.type != TensorType::kFloat32) continue;
    for (size_t i = 0; i < size; i += 4) {
      Require(std::isfinite(LoadFloat(&tensor.bytes[i])), "values are finite");
    }
  }
  Require(total + kTensorHeaderBytes <= bytes.size(), "no more values than bytes");
  const uint8_t* end = bytes.data() + bytes.size();
  for (auto tensor = file.tensors.rbegin(); tensor != file.tensors.rend(); ++tensor) {
    if (tensor->bytes.empty()) continue;
    Require(tensor->bytes.data() + tensor->bytes.size() == end,
            "tensors end where the next begins");
    end = tensor->bytes.data();
  }
}

void Check(std::span<const uint8_t> bytes) {
  const StatusOr<TensorFile> file = ReadTensorFile(bytes);
  if (!file.ok()) {
    const Code code = file.status().code();
    Require(code == Code::kInvalidArgument || code == Code::kModelNonFinite, "an error's code");
    Require(!file.status().message().empty(), "an error says why");
    return;
  }
  CheckTensors(*file, bytes);
  const StatusOr<std::vector<uint8_t>> written = MakeTensorFile(file->meta, file->tensors);
  Require(written.ok(), "what was read can be written");
  const StatusOr<TensorFile> again = ReadTensorFile(*written);
  Require(again.ok(), "what was written is read");
  Require(again->meta == file->meta, "the JSON is the same");
  Require(again->tensors.size() == file->tensors.size(), "as many tensors");
}

}  // namespace
}  // namespace ag::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ag::fuzz::Check({data, size});
  if (size < ag::kTensorHeaderBytes) return 0;
  std::vector<uint8_t> sealed(data, data + size);
  const auto most = static_cast<uint32_t>(size - ag::kTensorHeaderBytes);
  const auto text = ag::LoadLittleEndian<uint32_t>(&sealed[12]);
  ag::StoreLittleEndian<uint32_t>(&sealed[12], std::min(text, most));
  ag::StoreLittleEndian<uint64_t>(&sealed[16], size);
  ag::SealTensorFile(sealed);
  ag::fuzz::Check(sealed);
  return 0;
}
