#include "shared/model/container.h"

#include <algorithm>
#include <array>
#include <string>

#include "shared/base/bytes.h"
#include "shared/base/sha256.h"

namespace ag {
namespace {

constexpr std::array<uint8_t, 8> kMagic = {0x89, 'A', 'G', 'M', '\r', '\n', 0x1a, '\n'};
constexpr size_t kMajorAt = 8, kMinorAt = 12, kLengthAt = 16, kDigestAt = 32;

}  // namespace

StatusOr<std::span<const uint8_t>> OpenContainer(std::span<const uint8_t> file) {
  const size_t seen = std::min(file.size(), kMagic.size());
  if (!std::equal(file.begin(), file.begin() + seen, kMagic.begin())) {
    return Status(Code::kModelMagic, "not an .agm model file (its first bytes are others)");
  }
  if (file.size() < kModelHeaderBytes) {
    return Status(Code::kModelTruncated, "cut off: " + std::to_string(file.size()) +
                                             " bytes, the header alone has " +
                                             std::to_string(kModelHeaderBytes));
  }
  const uint32_t major = LoadLittleEndian<uint32_t>(&file[kMajorAt]);
  if (major != kModelMajorVersion) {
    return Status(Code::kModelVersion, "format version " + std::to_string(major) +
                                           ", this program reads version " +
                                           std::to_string(kModelMajorVersion));
  }
  const uint64_t length = LoadLittleEndian<uint64_t>(&file[kLengthAt]);
  const std::span<const uint8_t> payload = file.subspan(kModelHeaderBytes);
  if (length != payload.size()) {
    return Status(Code::kModelTruncated, "the header promises " + std::to_string(length) +
                                             " bytes of payload, the file has " +
                                             std::to_string(payload.size()));
  }
  const Sha256Digest digest = HashSha256(payload);
  if (!std::equal(digest.begin(), digest.end(), file.begin() + kDigestAt)) {
    return Status(Code::kModelChecksum, "the checksum does not match: the file was damaged");
  }
  return payload;
}

std::vector<uint8_t> MakeContainer(std::span<const uint8_t> payload) {
  std::vector<uint8_t> file(kModelHeaderBytes);
  std::copy(kMagic.begin(), kMagic.end(), file.begin());
  StoreLittleEndian<uint32_t>(&file[kMajorAt], kModelMajorVersion);
  StoreLittleEndian<uint32_t>(&file[kMinorAt], kModelMinorVersion);
  StoreLittleEndian<uint64_t>(&file[kLengthAt], payload.size());
  const Sha256Digest digest = HashSha256(payload);
  std::copy(digest.begin(), digest.end(), file.begin() + kDigestAt);
  file.insert(file.end(), payload.begin(), payload.end());
  return file;
}

}  // namespace ag
