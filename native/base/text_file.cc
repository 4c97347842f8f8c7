#include "native/base/text_file.h"

#include <cstdint>
#include <vector>

namespace ag {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf"sv;
constexpr std::string_view kLittleEndianMark = "\xff\xfe"sv, kBigEndianMark = "\xfe\xff"sv;
constexpr uint32_t kReplacement = 0xfffd;

bool IsHighSurrogate(uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool IsLowSurrogate(uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

void AppendUtf8(uint32_t character, std::string* text) {
  const auto add = [&](uint32_t byte) { text->push_back(static_cast<char>(byte)); };
  const auto rest = [&](int shift) { add(0x80 | ((character >> shift) & 0x3f)); };
  if (character < 0x80) {
    add(character);
  } else if (character < 0x800) {
    add(0xc0 | (character >> 6));
    rest(0);
  } else if (character < 0x10000) {
    add(0xe0 | (character >> 12));
    rest(6);
    rest(0);
  } else {
    add(0xf0 | (character >> 18));
    rest(12);
    rest(6);
    rest(0);
  }
}

}  // namespace

// False: more bytes are needed to tell.
bool TextDecoder::Recognise() {
  if (pending_.starts_with(kUtf8Mark)) {
    encoding_ = Encoding::kAsItIs;
    pending_.erase(0, kUtf8Mark.size());
  } else if (pending_.starts_with(kLittleEndianMark)) {
    encoding_ = Encoding::kUtf16LittleEndian;
    pending_.erase(0, kLittleEndianMark.size());
  } else if (pending_.starts_with(kBigEndianMark)) {
    encoding_ = Encoding::kUtf16BigEndian;
    pending_.erase(0, kBigEndianMark.size());
  } else if (kUtf8Mark.starts_with(pending_) || kLittleEndianMark.starts_with(pending_) ||
             kBigEndianMark.starts_with(pending_)) {
    return false;
  } else {
    encoding_ = Encoding::kAsItIs;
  }
  return true;
}

void TextDecoder::Convert(std::string* text) {
  const bool little = encoding_ == Encoding::kUtf16LittleEndian;
  const auto unit_at = [&](size_t at) {
    const uint32_t first = static_cast<uint8_t>(pending_[at]);
    const uint32_t second = static_cast<uint8_t>(pending_[at + 1]);
    return little ? first | (second << 8) : (first << 8) | second;
  };
  size_t position = 0;
  while (position + 2 <= pending_.size()) {
    const uint32_t unit = unit_at(position);
    if (IsHighSurrogate(unit)) {
      if (position + 4 > pending_.size()) break;
      const uint32_t next = unit_at(position + 2);
      if (IsLowSurrogate(next)) {
        AppendUtf8(0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00), text);
        position += 4;
        continue;
      }
    }
    AppendUtf8(IsHighSurrogate(unit) || IsLowSurrogate(unit) ? kReplacement : unit, text);
    position += 2;
  }
  pending_.erase(0, position);
}

void TextDecoder::Append(std::string_view bytes, std::string* text) {
  if (encoding_ == Encoding::kAsItIs) {
    *text += bytes;
    return;
  }
  pending_ += bytes;
  if (encoding_ == Encoding::kUnknown && !Recognise()) return;
  if (encoding_ == Encoding::kAsItIs) {
    *text += pending_;
    pending_.clear();
  } else {
    Convert(text);
  }
}

void TextDecoder::Finish(std::string* text) {
  if (pending_.empty()) return;
  if (encoding_ == Encoding::kUnknown || encoding_ == Encoding::kAsItIs) {
    *text += pending_;
  } else {
    AppendUtf8(kReplacement, text);
  }
  pending_.clear();
}

StatusOr<std::string> ReadTextFile(const std::string& path, size_t max_bytes,
                                   const ReadOptions& options) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, max_bytes, options));
  TextDecoder decoder;
  std::string text;
  text.reserve(bytes.size());
  decoder.Append({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, &text);
  decoder.Finish(&text);
  return text;
}

}  // namespace ag
