// A BMP's header against the file's length: stb_image fills what is missing with zeros.
#include <string>

#include "shared/image/byte_order.h"
#include "shared/image/format_check.h"

namespace ag::image_internal {
namespace {

constexpr size_t kFileHeaderSize = 14;

Status Corrupt(const std::string& what) { return Status(Code::kCorruptImage, "BMP: " + what); }

}  // namespace

StatusOr<FileFacts> CheckBmp(std::span<const uint8_t> bytes, const CheckLimits& limits) {
  if (bytes.size() < kFileHeaderSize + 12) return Corrupt("the file ends inside the header");
  const size_t data_begin = Little32(bytes, 10);
  const uint32_t header_size = Little32(bytes, 14);
  if (header_size != 12 && header_size != 40 && header_size != 56 && header_size != 108 &&
      header_size != 124) {
    return Status(Code::kUnsupportedImage,
                  "BMP: a header of " + std::to_string(header_size) + " bytes is not known");
  }
  if (!HasBytes(bytes, kFileHeaderSize, header_size)) {
    return Corrupt("the file ends inside the header");
  }
  const bool old_header = header_size == 12;
  const int64_t width = old_header ? static_cast<int64_t>(Little16(bytes, 18))
                                   : static_cast<int32_t>(Little32(bytes, 18));
  int64_t height = old_header ? static_cast<int64_t>(Little16(bytes, 20))
                              : static_cast<int32_t>(Little32(bytes, 22));
  if (height < 0) height = -height;  // the top row first
  AG_RETURN_IF_ERROR(CheckSize("BMP", width, height, limits.max_pixels));
  const uint32_t depth = Little16(bytes, old_header ? 24 : 28);
  if (depth != 1 && depth != 4 && depth != 8 && depth != 16 && depth != 24 && depth != 32) {
    return Corrupt(std::to_string(depth) + " bits a pixel");
  }
  const uint32_t compression = old_header ? 0 : Little32(bytes, 30);
  if (compression != 0 && compression != 3) {
    return Status(Code::kUnsupportedImage, "BMP: compressed pixels are not read");
  }
  if (data_begin < kFileHeaderSize + header_size) return Corrupt("the pixels begin in the header");
  const int64_t row_bits = width * depth;
  const int64_t stride = (row_bits + 31) / 32 * 4;
  const int64_t data_size = stride * (height - 1) + (row_bits + 7) / 8;
  if (!HasBytes(bytes, data_begin, static_cast<size_t>(data_size))) {
    return Corrupt("the file ends before the picture does");
  }
  FileFacts facts;
  facts.width = static_cast<int>(width);
  facts.height = static_cast<int>(height);
  facts.may_have_alpha = depth == 16 || depth == 32;
  return facts;
}

}  // namespace ag::image_internal
