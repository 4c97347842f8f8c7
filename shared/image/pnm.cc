#include "shared/image/pnm.h"

#include <algorithm>
#include <string>
#include <vector>

#include "shared/image/byte_order.h"
#include "shared/image/decode.h"
#include "shared/image/format_check.h"

namespace ag {
namespace {

constexpr int64_t kMaxNumber = 999'999'999;

bool IsSpace(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
bool IsDigit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

// Numbers as text, separated by white space and comments.
class Scanner {
 public:
  Scanner(std::span<const uint8_t> bytes, size_t position) : bytes_(bytes), position_(position) {}

  size_t position() const { return position_; }
  bool at_end() const { return position_ >= bytes_.size(); }
  uint8_t byte() const { return bytes_[position_]; }
  void Advance() { ++position_; }

  void PassComment() {
    while (!at_end() && byte() != '\n' && byte() != '\r') Advance();
  }
  void PassSpace() {
    for (; !at_end() && (IsSpace(byte()) || byte() == '#'); Advance()) {
      if (byte() == '#') PassComment();
      if (at_end()) return;
    }
  }
  // -1: there is no digit here, or the number is far too large.
  int64_t Number() {
    if (at_end() || !IsDigit(byte())) return -1;
    int64_t value = 0;
    for (; !at_end() && IsDigit(byte()); Advance()) {
      value = value * 10 + (byte() - '0');
      if (value > kMaxNumber) return -1;
    }
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t position_;
};

}  // namespace

PnmBegins ReadPnmHeader(std::span<const uint8_t> bytes, PnmHeader* header) {
  const bool long_enough = bytes.size() >= kMaxPnmHeader;
  const std::span<const uint8_t> head = bytes.first(std::min(bytes.size(), kMaxPnmHeader));
  const PnmBegins at_end = long_enough ? PnmBegins::kNo : PnmBegins::kMaybe;
  if (head.empty()) return PnmBegins::kMaybe;
  if (head[0] != 'P') return PnmBegins::kNo;
  if (head.size() == 1) return PnmBegins::kMaybe;
  if (head[1] < '1' || head[1] > '6') return PnmBegins::kNo;
  header->kind = head[1] - '0';
  Scanner scanner(head, 2);
  int64_t* const numbers[] = {&header->width, &header->height, &header->max_value};
  const int count = header->kind % 3 == 1 ? 2 : 3;
  for (int i = 0; i < count; ++i) {
    const size_t begin = scanner.position();
    scanner.PassSpace();
    if (scanner.at_end()) return at_end;
    if (scanner.position() == begin) return PnmBegins::kNo;
    *numbers[i] = scanner.Number();
    if (*numbers[i] < 0) return PnmBegins::kNo;
    if (scanner.at_end()) return at_end;
  }
  // One byte of white space, or a comment including its line end.
  if (scanner.byte() == '#') scanner.PassComment();
  if (scanner.at_end()) return at_end;
  if (!IsSpace(scanner.byte())) return PnmBegins::kNo;
  header->size = scanner.position() + 1;
  return PnmBegins::kYes;
}

namespace image_internal {
namespace {

Status Corrupt(const std::string& what) { return Status(Code::kCorruptImage, "PNM: " + what); }

StatusOr<PnmHeader> ReadHeader(std::span<const uint8_t> bytes, int64_t max_pixels) {
  PnmHeader header;
  if (ReadPnmHeader(bytes, &header) != PnmBegins::kYes) {
    return Corrupt("the file ends inside the header");
  }
  AG_RETURN_IF_ERROR(CheckSize("PNM", header.width, header.height, max_pixels));
  if (header.max_value < 1 || header.max_value > 65535) {
    return Corrupt("samples up to " + std::to_string(header.max_value) + " do not exist");
  }
  return header;
}

// Of PBM one is black.
uint8_t Gray(const PnmHeader& header, int64_t sample) {
  if (header.kind % 3 == 1) return sample == 0 ? 255 : 0;
  sample = std::min(sample, header.max_value);
  return static_cast<uint8_t>((sample * 255 + header.max_value / 2) / header.max_value);
}

int RowsThere(std::span<const uint8_t> bytes, const PnmHeader& header) {
  const auto there = static_cast<int64_t>(bytes.size() - header.size);
  return static_cast<int>(std::min(header.height, there / header.row_size()));
}

Status DecodeText(std::span<const uint8_t> bytes, const PnmHeader& header, Image* image) {
  Scanner scanner(bytes, header.size);
  const size_t repeat = header.channels() == 3 ? 1 : 3;
  for (size_t i = 0; i < image->pixels.size(); i += repeat) {
    scanner.PassSpace();
    if (scanner.at_end()) return Corrupt("the file ends before the picture does");
    int64_t sample;
    if (header.kind == 1) {  // bits need no space between them
      sample = scanner.byte() - '0';
      if (sample != 0 && sample != 1) sample = -1;
      scanner.Advance();
    } else {
      sample = scanner.Number();
    }
    if (sample < 0) return Corrupt("a sample is not a number");
    std::fill_n(image->pixels.begin() + static_cast<ptrdiff_t>(i), repeat, Gray(header, sample));
  }
  return OkStatus();
}

}  // namespace

StatusOr<FileFacts> CheckPnm(std::span<const uint8_t> bytes, const CheckLimits& limits) {
  AG_ASSIGN_OR_RETURN(const PnmHeader header, ReadHeader(bytes, limits.max_pixels));
  FileFacts facts;
  facts.width = static_cast<int>(header.width);
  facts.height = static_cast<int>(header.height);
  if (header.is_text()) {
    // At least a digit each, so that a few bytes cannot ask for a huge picture.
    const int64_t samples = header.width * header.height * header.channels();
    if (static_cast<int64_t>(bytes.size() - header.size) < samples) {
      return Corrupt("the file ends before the picture does");
    }
    return facts;
  }
  const int rows = RowsThere(bytes, header);
  if (rows == facts.height) return facts;
  if (rows == 0 || !limits.allow_truncated) return Corrupt("the file ends before the picture does");
  facts.flags |= kFlagTruncated;
  facts.missing.push_back({0, rows, 0});
  return facts;
}

StatusOr<Image> DecodePnm(std::span<const uint8_t> bytes, const FileFacts&) {
  AG_ASSIGN_OR_RETURN(const PnmHeader header, ReadHeader(bytes, Image::kMaxPixels));
  Image image(static_cast<int>(header.width), static_cast<int>(header.height));
  if (header.is_text()) {
    AG_RETURN_IF_ERROR(DecodeText(bytes, header, &image));
    return image;
  }
  const bool wide = header.max_value > 255;
  const int channels = header.channels();
  const int rows = RowsThere(bytes, header);
  for (int y = 0; y < rows; ++y) {
    const std::span<const uint8_t> row =
        bytes.subspan(header.size + static_cast<size_t>(y * header.row_size()),
                      static_cast<size_t>(header.row_size()));
    uint8_t* rgb = image.at(0, y);
    for (int i = 0; i < 3 * image.width; ++i) {
      const auto at = static_cast<size_t>(channels == 3 ? i : i / 3);
      const uint32_t sample = header.kind == 4 ? row[at / 8] >> (7 - at % 8) & 1
                              : wide           ? Big16(row, 2 * at)
                                               : row[at];
      rgb[i] = Gray(header, sample);
    }
  }
  return image;
}

}  // namespace image_internal
}  // namespace ag
