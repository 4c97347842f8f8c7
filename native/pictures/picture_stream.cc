#include "native/pictures/picture_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "shared/image/decode.h"
#include "shared/image/image.h"
#include "shared/image/pnm.h"

namespace ag {
namespace {

constexpr size_t kChunkBytes = 1 << 16;
constexpr size_t kPassedOver = 1024;

constexpr std::array<uint8_t, 8> kPngSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr size_t kJpegSignatureSize = 4;  // two markers

constexpr uint8_t kStartOfImage = 0xd8, kEndOfImage = 0xd9, kStartOfScan = 0xda;
constexpr uint8_t kTemporary = 0x01, kFirstMarker = 0xc0;

bool IsRestart(uint8_t marker) { return marker >= 0xd0 && marker <= 0xd7; }
// Exif and the like, which may contain a whole JPEG (JFIF's APP0 cannot).
bool MayHoldThumbnail(uint8_t marker) { return marker >= 0xe1 && marker <= 0xef; }
// What may follow a start-of-image marker: a segment.
bool IsSegment(uint8_t marker) {
  return marker >= 0xc0 && marker <= 0xfe && !IsRestart(marker) && marker != kStartOfImage &&
         marker != kEndOfImage;
}
bool FitsJpegSignature(uint8_t byte, size_t index) {
  return index == 3 ? IsSegment(byte) : byte == (index == 1 ? kStartOfImage : 0xff);
}

bool IsLetter(uint8_t byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }

uint32_t BigEndian32(const uint8_t* bytes) {
  return (uint32_t{bytes[0]} << 24) | (uint32_t{bytes[1]} << 16) | (uint32_t{bytes[2]} << 8) |
         bytes[3];
}

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit) {
      table[i] = (table[i] >> 1) ^ ((table[i] & 1) != 0 ? 0xedb88320u : 0u);
    }
  }
  return table;
}

// PNG's checksum over a chunk's name and payload.
uint32_t Crc32(std::span<const uint8_t> bytes) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrcTable();
  uint32_t crc = ~uint32_t{0};
  for (const uint8_t byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ byte) & 0xff];
  return ~crc;
}

// What the decoder might read: a header like "P6 0 0 0" belongs to some other kind of file. The
// text variants are left out: where they end is unknown until they are read.
bool IsPlausible(const PnmHeader& header) {
  return !header.is_text() && header.width > 0 && header.height > 0 &&
         header.width <= Image::kMaxSide && header.height <= Image::kMaxSide &&
         header.width * header.height <= Image::kMaxPixels && header.max_value > 0 &&
         header.max_value <= 65535;
}

}  // namespace

PictureStream::PictureStream(Reader reader, size_t max_bytes)
    : reader_(std::move(reader)), max_bytes_(max_bytes) {}

PictureStream::Kind PictureStream::KindAt(size_t position) const {
  const std::span<const uint8_t> bytes = std::span(buffer_).subspan(position);
  if (bytes.size() >= kPngSignature.size() &&
      std::equal(kPngSignature.begin(), kPngSignature.end(), bytes.begin())) {
    return Kind::kPng;
  }
  PnmHeader header;
  if (ReadPnmHeader(bytes, &header) == PnmBegins::kYes && IsPlausible(header)) return Kind::kPnm;
  if (bytes.size() < kJpegSignatureSize) return Kind::kNone;
  for (size_t i = 0; i < kJpegSignatureSize; ++i) {
    if (!FitsJpegSignature(bytes[i], i)) return Kind::kNone;
  }
  return Kind::kJpeg;
}

// Whether the bytes from `position` on begin a signature, as far as they go.
bool PictureStream::MayBeginAt(size_t position) const {
  bool png = true, jpeg = true;
  for (size_t i = 0; position + i < buffer_.size() && i < kPngSignature.size(); ++i) {
    const uint8_t byte = buffer_[position + i];
    png = png && byte == kPngSignature[i];
    jpeg = jpeg && (i >= kJpegSignatureSize || FitsJpegSignature(byte, i));
  }
  if (png || jpeg) return true;
  PnmHeader header;
  const PnmBegins pnm = ReadPnmHeader(std::span(buffer_).subspan(position), &header);
  return pnm == PnmBegins::kMaybe || (pnm == PnmBegins::kYes && IsPlausible(header));
}

bool PictureStream::ReadMore() {
  if (ended_) return false;
  const size_t before = buffer_.size();
  buffer_.resize(before + kChunkBytes);
  const StatusOr<size_t> got = reader_(std::span(buffer_).subspan(before));
  buffer_.resize(before + (got.ok() ? *got : 0));
  if (!got.ok()) read_status_ = got.status();
  ended_ = !got.ok() || *got == 0;
  return !ended_;
}

// Whether `count` bytes of the picture have arrived, or will.
bool PictureStream::Have(size_t count) {
  while (buffer_.size() < count) {
    if (count > max_bytes_) {
      too_large_ = true;
      return false;
    }
    if (!ReadMore()) return false;
  }
  too_large_ = too_large_ || count > max_bytes_;
  return !too_large_;
}

// Also bytes that have not arrived yet.
void PictureStream::Drop(size_t count) {
  while (count > buffer_.size()) {
    count -= buffer_.size();
    buffer_.clear();
    if (!ReadMore()) return;
  }
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(count));
}

// Skips to the next signature or to the end of the stream: what lay before it.
PictureStream::PassedOver PictureStream::PassOverOthers() {
  PassedOver passed;
  std::vector<uint8_t> beginning;
  while (true) {
    size_t begin = 0;
    while (begin < buffer_.size() && !MayBeginAt(begin)) ++begin;
    const size_t kept = std::min(begin, kFormatBytes - beginning.size());
    beginning.insert(beginning.end(), buffer_.begin(),
                     buffer_.begin() + static_cast<ptrdiff_t>(kept));
    Drop(begin);
    passed.count += begin;
    if ((!buffer_.empty() && KindAt(0) != Kind::kNone) || !ReadMore()) break;
  }
  passed.format = FormatNameOf(beginning);
  return passed;
}

size_t PictureStream::FindSignature(size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) {
    // Waits for as many bytes as it takes to decide, and no more: the stream may be a live one.
    while (MayBeginAt(i)) {
      if (KindAt(i) != Kind::kNone) return i;
      if (!ReadMore()) break;
    }
  }
  return to;
}

PictureStream::Walked PictureStream::Walk(Kind kind) {
  position_ = 0;
  search_from_ = 1;
  too_large_ = false;
  const Walked walked = kind == Kind::kJpeg  ? WalkJpeg()
                        : kind == Kind::kPng ? WalkPng()
                                             : WalkPnm();
  return walked == Walked::kEnded && too_large_ ? Walked::kTooLarge : walked;
}

// Moves to the 0xff of the marker that ends coded data (ITU-T T.81, B.1.1.5: in the data, 0xff is
// followed by a zero). Empty: found.
std::optional<PictureStream::Walked> PictureStream::PassCodedData() {
  const size_t begin = position_;
  while (true) {
    if (!Have(position_ + 1)) return Walked::kEnded;
    const void* found = std::memchr(buffer_.data() + position_, 0xff, buffer_.size() - position_);
    if (found == nullptr) {
      position_ = buffer_.size();
      continue;
    }
    position_ = static_cast<size_t>(static_cast<const uint8_t*>(found) - buffer_.data());
    if (!Have(position_ + 2)) return Walked::kEnded;
    const uint8_t next = buffer_[position_ + 1];
    if (next != 0 && next != 0xff && !IsRestart(next)) break;
    position_ += next == 0xff ? 1 : 2;
  }
  // Truncated data end at the next JPEG's marker, but a PNG looks like more of them.
  const auto end = buffer_.begin() + static_cast<ptrdiff_t>(position_);
  const auto png = std::search(buffer_.begin() + static_cast<ptrdiff_t>(begin), end,
                               kPngSignature.begin(), kPngSignature.end());
  if (png == end) return std::nullopt;
  position_ = static_cast<size_t>(png - buffer_.begin());
  return Walked::kBroken;
}

PictureStream::Walked PictureStream::WalkJpeg() {
  position_ = 2;
  while (true) {
    if (!Have(position_ + 2)) return Walked::kEnded;
    // Decoders skip what lies between segments.
    if (buffer_[position_] != 0xff) {
      if (const auto stopped = PassCodedData()) return *stopped;
    }
    const uint8_t marker = buffer_[position_ + 1];
    if (marker == kStartOfImage) return Walked::kBroken;
    if (marker == 0xff) {  // fill bytes
      ++position_;
      continue;
    }
    position_ += 2;
    if (marker == kEndOfImage) return Walked::kComplete;
    if (marker == kTemporary || marker == 0 || IsRestart(marker)) continue;
    if (marker < kFirstMarker) {  // reserved: something else begins behind the 0xff
      --position_;
      return Walked::kBroken;
    }
    if (!Have(position_ + 2)) return Walked::kEnded;
    const size_t length = (size_t{buffer_[position_]} << 8) | buffer_[position_ + 1];
    if (length < 2) return Walked::kBroken;
    const size_t end = position_ + length;
    search_from_ = MayHoldThumbnail(marker) ? end : position_;
    if (!Have(end)) return Walked::kEnded;
    // A truncated segment reaches into the next picture.
    position_ = FindSignature(std::min(search_from_, end - 3), end);
    if (position_ != end) return Walked::kBroken;
    if (marker != kStartOfScan) continue;
    if (const auto stopped = PassCodedData()) return *stopped;
  }
}

PictureStream::Walked PictureStream::WalkPng() {
  position_ = kPngSignature.size();
  while (true) {
    if (!Have(position_ + 8)) return Walked::kEnded;
    const size_t length = BigEndian32(&buffer_[position_]);
    const uint8_t* name = &buffer_[position_ + 4];
    if (!std::all_of(name, name + 4, IsLetter)) return Walked::kBroken;
    const bool last = std::memcmp(name, "IEND", 4) == 0;
    search_from_ = position_ + 8;
    const size_t end = search_from_ + length;
    if (!Have(end + 4)) return Walked::kEnded;
    // A truncated chunk reaches into the next picture. A chunk that is merely damaged is the
    // decoder's business.
    const std::span<const uint8_t> checked = std::span(buffer_).subspan(position_ + 4, length + 4);
    if (Crc32(checked) != BigEndian32(&buffer_[end])) {
      position_ = FindSignature(search_from_, end + 4);
      if (position_ != end + 4) return Walked::kBroken;
    }
    position_ = end + 4;
    if (last) return Walked::kComplete;
  }
}

PictureStream::Walked PictureStream::WalkPnm() {
  PnmHeader header;
  ReadPnmHeader(buffer_, &header);
  position_ = header.size;
  const size_t end = header.size + static_cast<size_t>(header.height * header.row_size());
  // All of it belongs to this picture, however large.
  search_from_ = end > max_bytes_ ? end : header.size;
  if (!Have(end)) return Walked::kEnded;
  position_ = end;
  return Walked::kComplete;
}

PictureStream::Picture PictureStream::Take(size_t count) {
  Picture picture;
  picture.bytes.assign(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(count));
  Drop(count);
  return picture;
}

std::optional<PictureStream::Picture> PictureStream::AtTheEnd() {
  const Status status = std::exchange(read_status_, OkStatus());
  const bool first = !std::exchange(any_, true);
  if (status.code() == Code::kInterrupted) {
    buffer_.clear();
    return std::nullopt;
  }
  if (!status.ok()) return Picture{status, {}};
  if (!buffer_.empty()) return Take(buffer_.size());  // the beginning of a signature
  if (!first) return std::nullopt;
  return Picture{Status(Code::kEmpty, "no picture came (expected JPEG, PNG or PPM files)"), {}};
}

std::optional<PictureStream::Picture> PictureStream::Next() {
  const PassedOver passed = PassOverOthers();
  const bool named = std::exchange(rest_is_known_, false);
  const bool at_end = buffer_.empty() || KindAt(0) == Kind::kNone;
  if (read_status_.ok() && !named &&
      (passed.count > kPassedOver || (at_end && passed.count > 0 && !any_))) {
    any_ = true;
    const std::string what = passed.format.empty() ? "" : "; they look like " + passed.format;
    return Picture{Status(Code::kUnknownFormat, std::to_string(passed.count) +
                                                    " bytes that belong to no JPEG, PNG, PPM, PGM "
                                                    "or PBM" +
                                                    what),
                   {}};
  }
  if (at_end) return AtTheEnd();

  any_ = true;
  switch (Walk(KindAt(0))) {
    case Walked::kComplete:
      return Take(position_);
    case Walked::kTooLarge: {
      Drop(search_from_);
      rest_is_known_ = true;
      return Picture{Status(Code::kTooLarge,
                            "a picture of more than " + std::to_string(max_bytes_) + " bytes"),
                     {}};
    }
    case Walked::kEnded:
      if (read_status_.code() == Code::kInterrupted) return AtTheEnd();
      position_ = FindSignature(search_from_, buffer_.size());
      break;
    case Walked::kBroken:
      break;
  }
  rest_is_known_ = true;
  return Take(position_);
}

}  // namespace ag
