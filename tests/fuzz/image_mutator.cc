// libFuzzer's mutations, after which a PNG's checksums are made right again: nearly every mutated
// PNG would stop at a checksum otherwise.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tests/support/image_files.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  const size_t new_size = LLVMFuzzerMutate(data, size, max_size);
  const bool is_png = new_size >= 8 && std::memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0;
  const bool keeps_wrong_checksum = seed % 16 == 0;
  if (!is_png || keeps_wrong_checksum) return new_size;
  const ag::test::Bytes repaired =
      ag::test::RepairPngChecksums(ag::test::Bytes(data, data + new_size));
  std::copy_n(repaired.begin(), std::min(repaired.size(), max_size), data);
  return std::min(repaired.size(), max_size);
}
