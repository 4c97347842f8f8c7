// Walks a JPEG (ITU-T T.81) without decoding it. For a baseline file every Huffman code is read, so
// that a scan which ends early is found: one table look-up a coefficient, no arithmetic on values.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "shared/image/byte_order.h"
#include "shared/image/format_check.h"

namespace ag::image_internal {
namespace {

constexpr uint8_t kEndOfImage = 0xd9;
constexpr uint8_t kStartOfScan = 0xda;

// A hostile progressive file can ask for millions of passes over the picture; real ones have about
// ten. libjpeg-turbo's fuzzers and djpeg -maxscans use a limit of this kind too.
constexpr int kMaxScans = 128;

Status Corrupt(const std::string& what) { return Status(Code::kCorruptImage, "JPEG: " + what); }
Status Unsupported(const std::string& what) {
  return Status(Code::kUnsupportedImage, "JPEG: " + what);
}

bool IsRestart(uint8_t marker) { return marker >= 0xd0 && marker <= 0xd7; }

// A Huffman table made for skipping. `fast` is indexed by the next kFastBits bits.
struct HuffmanTable {
  static constexpr int kFastBits = 10;
  struct Entry {
    uint8_t bits = 0;     // code and the value's bits behind it; 0: a longer code
    uint8_t advance = 0;  // coefficients passed over; 64 ends the block
  };

  bool defined = false;
  std::array<uint8_t, 256> symbols{};
  std::array<int32_t, 18> end_code{};  // by length: one past the last code, shifted to 16 bits
  std::array<int32_t, 17> symbol_offset{};
  std::array<Entry, 1 << kFastBits> fast{};

  // `counts`: codes by length 1..16. False if there are more codes than bits can tell apart.
  bool Build(const uint8_t* counts, const uint8_t* values, int value_count, bool is_dc);

  static Entry MakeEntry(int length, uint8_t symbol, bool is_dc) {
    const int run = symbol >> 4;
    const int size = is_dc ? symbol : symbol & 15;
    int advance = run + 1;
    if (is_dc) {
      advance = 1;
    } else if (size == 0) {
      advance = run == 15 ? 16 : 64;
    }
    return {static_cast<uint8_t>(length + size), static_cast<uint8_t>(advance)};
  }
};

bool HuffmanTable::Build(const uint8_t* counts, const uint8_t* values, int value_count,
                         bool is_dc) {
  *this = HuffmanTable();
  std::copy_n(values, value_count, symbols.begin());
  int32_t code = 0;
  int index = 0;
  for (int length = 1; length <= 16; ++length) {
    symbol_offset[length] = index - code;
    for (int i = 0; i < counts[length - 1]; ++i, ++code, ++index) {
      if (code >= (1 << length)) return false;
      // A DC difference has at most 11 bits in a baseline file; 15 is what decoders can hold.
      if (is_dc && symbols[index] > 15) return false;
      if (length > kFastBits) continue;
      const Entry entry = MakeEntry(length, symbols[index], is_dc);
      const int first = code << (kFastBits - length);
      std::fill_n(fast.begin() + first, 1 << (kFastBits - length), entry);
    }
    end_code[length] = code << (16 - length);
    code <<= 1;
  }
  end_code[17] = 1 << 16;
  defined = true;
  return true;
}

// Bits of one scan, up to the next marker or the end of the file.
class EntropyReader {
 public:
  EntropyReader(std::span<const uint8_t> bytes, size_t position)
      : bytes_(bytes), position_(position) {}

  // Passes over one code and its value's bits; returns by how many coefficients that moves on, or 0
  // if the code is not in the table or the data end before it.
  int Skip(const HuffmanTable& table) {
    if (bit_count_ < 32) Fill();
    HuffmanTable::Entry entry = table.fast[buffer_ >> (64 - HuffmanTable::kFastBits)];
    if (entry.bits == 0) {
      entry = SlowEntry(table);
      if (entry.bits == 0) return 0;
    }
    buffer_ <<= entry.bits;
    bit_count_ -= entry.bits;
    return bit_count_ >= 0 ? entry.advance : 0;
  }

  // To the byte after a restart marker that must stand here, behind less than a byte of padding.
  bool PassRestart() {
    Fill();
    if (bit_count_ >= 8) return false;
    size_t at = position_;
    while (at < bytes_.size() && bytes_[at] == 0xff) ++at;
    if (at == position_ || at >= bytes_.size() || !IsRestart(bytes_[at])) return false;
    position_ = at + 1;
    buffer_ = 0;
    bit_count_ = 0;
    stopped_ = false;
    return true;
  }

  void set_is_dc(bool is_dc) { is_dc_ = is_dc; }

 private:
  void Fill() {
    while (bit_count_ <= 56 && !stopped_) {
      if (position_ >= bytes_.size()) {
        stopped_ = true;
        return;
      }
      const uint8_t byte = bytes_[position_];
      size_t next = position_ + 1;
      if (byte == 0xff) {  // 0xff is followed by a stuffed zero, or it is a marker
        while (next < bytes_.size() && bytes_[next] == 0xff) ++next;
        if (next >= bytes_.size() || bytes_[next] != 0) {
          stopped_ = true;
          return;
        }
        ++next;
      }
      position_ = next;
      buffer_ |= uint64_t{byte} << (56 - bit_count_);
      bit_count_ += 8;
    }
  }

  HuffmanTable::Entry SlowEntry(const HuffmanTable& table) const {
    const auto peeked = static_cast<int32_t>(buffer_ >> 48);
    for (int length = HuffmanTable::kFastBits + 1; length <= 16; ++length) {
      if (peeked >= table.end_code[length]) continue;
      const int index = (peeked >> (16 - length)) + table.symbol_offset[length];
      if (index < 0 || index > 255) return {};
      return HuffmanTable::MakeEntry(length, table.symbols[index], is_dc_);
    }
    return {};
  }

  std::span<const uint8_t> bytes_;
  size_t position_;
  uint64_t buffer_ = 0;  // the next bit is the highest one
  int bit_count_ = 0;
  bool stopped_ = false;
  bool is_dc_ = false;
};

class JpegWalker {
 public:
  JpegWalker(std::span<const uint8_t> bytes, int64_t max_pixels)
      : bytes_(bytes), max_pixels_(max_pixels) {}

  StatusOr<FileFacts> Walk();

 private:
  struct Component {
    int id = 0;
    int horizontal = 1;  // sampling factors
    int vertical = 1;
    int quantisation = 0;
    bool scanned = false;
    const HuffmanTable* dc = nullptr;
    const HuffmanTable* ac = nullptr;
  };
  struct Segment {
    uint8_t marker = 0;
    size_t begin = 0;  // of its payload
    size_t size = 0;
  };

  StatusOr<Segment> NextSegment();
  // Moves to the next marker's 0xff; false at the end of the file.
  bool SeekMarker(bool pass_restarts);
  Status ReadSegment(const Segment& segment);
  Status ReadFrame(const Segment& segment);
  Status ReadHuffmanTables(const Segment& segment);
  Status ReadQuantisationTables(const Segment& segment);
  Status ReadScan(const Segment& segment);
  Status SkimBaselineScan(std::span<Component* const> scan);
  bool SkimBlock(EntropyReader& reader, const Component& component) const;
  Status CheckColour() const;
  bool AllScanned() const {
    return std::all_of(components_.begin(), components_.begin() + component_count_,
                       [](const Component& component) { return component.scanned; });
  }

  std::span<const uint8_t> bytes_;
  int64_t max_pixels_;
  size_t position_ = 2;  // behind the start-of-image marker
  FileFacts facts_;
  bool progressive_ = false;
  int component_count_ = 0;
  std::array<Component, 4> components_{};
  std::array<HuffmanTable, 4> dc_tables_{};
  std::array<HuffmanTable, 4> ac_tables_{};
  std::array<bool, 4> quantisation_defined_{};
  int restart_interval_ = 0;
  int scan_count_ = 0;
  int adobe_transform_ = -1;  // -1: no Adobe marker
};

bool JpegWalker::SeekMarker(bool pass_restarts) {
  while (position_ + 1 < bytes_.size()) {
    const void* found = std::memchr(bytes_.data() + position_, 0xff, bytes_.size() - position_ - 1);
    if (found == nullptr) break;
    position_ = static_cast<size_t>(static_cast<const uint8_t*>(found) - bytes_.data());
    const uint8_t next = bytes_[position_ + 1];
    if (next == 0xff) {
      ++position_;
    } else if (next == 0 || (pass_restarts && IsRestart(next))) {
      position_ += 2;
    } else {
      return true;
    }
  }
  position_ = bytes_.size();
  return false;
}

StatusOr<JpegWalker::Segment> JpegWalker::NextSegment() {
  if (!SeekMarker(/*pass_restarts=*/true)) return Corrupt("the file ends before the picture does");
  Segment segment{.marker = bytes_[position_ + 1], .begin = position_ + 2};
  if (segment.marker == kEndOfImage) return segment;
  if (!HasBytes(bytes_, segment.begin, 2)) return Corrupt("the file ends inside a marker");
  const size_t length = Big16(bytes_, segment.begin);
  if (length < 2) return Corrupt("a segment of length " + std::to_string(length));
  segment.begin += 2;
  segment.size = length - 2;
  if (!HasBytes(bytes_, segment.begin, segment.size)) {
    return Corrupt("the file ends inside a segment");
  }
  return segment;
}

StatusOr<FileFacts> JpegWalker::Walk() {
  while (true) {
    const size_t scan_end = position_;
    StatusOr<Segment> segment = NextSegment();
    // A baseline picture that is complete needs nothing more: what follows is replaced by the
    // end-of-image marker, which decoders want. A progressive one must say that it is complete.
    const bool complete = component_count_ > 0 && AllScanned();
    if (complete && !progressive_ && (!segment.ok() || segment->marker != kEndOfImage)) {
      facts_.repaired.assign(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(scan_end));
      facts_.repaired.insert(facts_.repaired.end(), {0xff, kEndOfImage});
      return std::move(facts_);
    }
    if (!segment.ok()) return segment.status();
    if (segment->marker == kEndOfImage) {
      if (!complete) return Corrupt("it ends before all colour components were there");
      return std::move(facts_);
    }
    position_ = segment->begin + segment->size;
    AG_RETURN_IF_ERROR(ReadSegment(*segment));
  }
}

Status JpegWalker::ReadSegment(const Segment& segment) {
  const uint8_t marker = segment.marker;
  switch (marker) {
    case 0xc4:
      return ReadHuffmanTables(segment);
    case 0xdb:
      return ReadQuantisationTables(segment);
    case kStartOfScan:
      return ReadScan(segment);
    case 0xdd:
      if (segment.size != 2) return Corrupt("a restart interval of a wrong length");
      restart_interval_ = static_cast<int>(Big16(bytes_, segment.begin));
      return OkStatus();
    case 0xee:
      if (segment.size >= 12 && std::memcmp(&bytes_[segment.begin], "Adobe", 6) == 0) {
        adobe_transform_ = bytes_[segment.begin + 11];
      }
      return OkStatus();
    case 0xc8:
    case 0xcc:
      return Unsupported("arithmetic coding is not read");
    default:
      break;
  }
  if (marker >= 0xc0 && marker <= 0xcf) return ReadFrame(segment);
  return OkStatus();
}

Status JpegWalker::ReadFrame(const Segment& segment) {
  if (segment.marker > 0xc2) {
    const int kind = segment.marker - 0xc0;
    return Unsupported(kind >= 9   ? "arithmetic coding is not read"
                       : kind == 3 ? "the lossless process is not read"
                                   : "the hierarchical process is not read");
  }
  if (component_count_ > 0) return Corrupt("two frame headers");
  if (segment.size < 6) return Corrupt("the frame header is too short");
  const size_t at = segment.begin;
  if (bytes_[at] != 8) {
    return Unsupported(std::to_string(bytes_[at]) + " bits a sample; 8 are read");
  }
  facts_.height = static_cast<int>(Big16(bytes_, at + 1));
  facts_.width = static_cast<int>(Big16(bytes_, at + 3));
  if (facts_.height == 0) return Unsupported("the height stands behind the picture (DNL marker)");
  AG_RETURN_IF_ERROR(CheckSize("JPEG", facts_.width, facts_.height, max_pixels_));
  progressive_ = segment.marker == 0xc2;
  const int count = bytes_[at + 5];
  if (count != 1 && count != 3 && count != 4) {
    return Unsupported(std::to_string(count) + " colour components; 1, 3 or 4 are read");
  }
  if (segment.size != 6 + 3 * static_cast<size_t>(count)) {
    return Corrupt("the frame header's length does not fit its components");
  }
  for (int i = 0; i < count; ++i) {
    Component& component = components_[i];
    component.id = bytes_[at + 6 + 3 * i];
    component.horizontal = bytes_[at + 7 + 3 * i] >> 4;
    component.vertical = bytes_[at + 7 + 3 * i] & 15;
    component.quantisation = bytes_[at + 8 + 3 * i];
    if (component.horizontal < 1 || component.horizontal > 4 || component.vertical < 1 ||
        component.vertical > 4 || component.quantisation > 3) {
      return Corrupt("a component's sampling factor or table is out of range");
    }
  }
  component_count_ = count;
  return OkStatus();
}

Status JpegWalker::ReadHuffmanTables(const Segment& segment) {
  size_t at = segment.begin;
  const size_t end = segment.begin + segment.size;
  while (at < end) {
    if (end - at < 17) return Corrupt("a Huffman table is too short");
    const int kind = bytes_[at] >> 4;
    const int index = bytes_[at] & 15;
    if (kind > 1 || index > 3) return Corrupt("a Huffman table's number is out of range");
    int value_count = 0;
    for (int i = 0; i < 16; ++i) value_count += bytes_[at + 1 + i];
    if (value_count > 256 || end - at - 17 < static_cast<size_t>(value_count)) {
      return Corrupt("a Huffman table has more codes than its segment holds");
    }
    HuffmanTable& table = kind == 0 ? dc_tables_[index] : ac_tables_[index];
    if (!table.Build(&bytes_[at + 1], bytes_.data() + at + 17, value_count, kind == 0)) {
      return Corrupt("a Huffman table's codes contradict each other");
    }
    at += 17 + static_cast<size_t>(value_count);
  }
  return OkStatus();
}

Status JpegWalker::ReadQuantisationTables(const Segment& segment) {
  size_t at = segment.begin;
  const size_t end = segment.begin + segment.size;
  while (at < end) {
    const int precision = bytes_[at] >> 4;
    const int index = bytes_[at] & 15;
    const size_t size = precision == 0 ? 65 : 129;
    if (precision > 1 || index > 3 || end - at < size) {
      return Corrupt("a quantisation table is broken");
    }
    quantisation_defined_[index] = true;
    at += size;
  }
  return OkStatus();
}

// stb_image takes four components without Adobe's marker for YCbCr with alpha, which no program
// writes; what is meant (CMYK, inverted or not) is unknown.
Status JpegWalker::CheckColour() const {
  if (component_count_ != 4 || adobe_transform_ == 0 || adobe_transform_ == 2) return OkStatus();
  return Unsupported("four colour components (CMYK) without Adobe's marker: save it as RGB");
}

Status JpegWalker::ReadScan(const Segment& segment) {
  if (component_count_ == 0) return Corrupt("a scan before the frame header");
  if (++scan_count_ > kMaxScans) {
    return Unsupported("more than " + std::to_string(kMaxScans) + " scans");
  }
  AG_RETURN_IF_ERROR(CheckColour());
  const size_t at = segment.begin;
  const int count = segment.size > 0 ? bytes_[at] : 0;
  if (count < 1 || count > component_count_ || segment.size != 4 + 2 * static_cast<size_t>(count)) {
    return Corrupt("a scan header is broken");
  }
  const int band_begin = bytes_[at + 1 + 2 * count];
  const bool refines = bytes_[at + 3 + 2 * count] >> 4 != 0;
  const bool needs_dc = !progressive_ || (band_begin == 0 && !refines);
  const bool needs_ac = !progressive_ || band_begin > 0;
  std::array<Component*, 4> scan{};
  for (int i = 0; i < count; ++i) {
    const auto found = std::find_if(
        components_.begin(), components_.begin() + component_count_,
        [&](const Component& component) { return component.id == bytes_[at + 1 + 2 * i]; });
    if (found == components_.begin() + component_count_) {
      return Corrupt("a scan names a component that does not exist");
    }
    const int dc_index = bytes_[at + 2 + 2 * i] >> 4;
    const int ac_index = bytes_[at + 2 + 2 * i] & 15;
    if (dc_index > 3 || ac_index > 3) return Corrupt("a scan's table number is out of range");
    if ((needs_dc && !dc_tables_[dc_index].defined) ||
        (needs_ac && !ac_tables_[ac_index].defined)) {
      return Corrupt("a scan uses a Huffman table that was not given");
    }
    if (!quantisation_defined_[found->quantisation]) {
      return Corrupt("a component uses a quantisation table that was not given");
    }
    if (!progressive_ && found->scanned) return Corrupt("a component comes twice");
    found->scanned |= needs_dc;
    found->dc = &dc_tables_[dc_index];
    found->ac = &ac_tables_[ac_index];
    scan[i] = &*found;
  }
  if (!progressive_) AG_RETURN_IF_ERROR(SkimBaselineScan(std::span(scan.data(), count)));
  SeekMarker(/*pass_restarts=*/true);
  return OkStatus();
}

bool JpegWalker::SkimBlock(EntropyReader& reader, const Component& component) const {
  reader.set_is_dc(true);
  if (reader.Skip(*component.dc) == 0) return false;
  reader.set_is_dc(false);
  for (int k = 1; k < 64;) {
    const int advance = reader.Skip(*component.ac);
    if (advance == 0) return false;
    k += advance;
  }
  return true;
}

// T.81 A.2: a scan of one component holds its own blocks, a scan of several holds units in which
// each component has as many blocks as its sampling factors say.
Status JpegWalker::SkimBaselineScan(std::span<Component* const> scan) {
  int horizontal_max = 1;
  int vertical_max = 1;
  for (int i = 0; i < component_count_; ++i) {
    horizontal_max = std::max(horizontal_max, components_[i].horizontal);
    vertical_max = std::max(vertical_max, components_[i].vertical);
  }
  const auto ceil_divide = [](int value, int divisor) { return (value + divisor - 1) / divisor; };
  int columns = ceil_divide(facts_.width, 8 * horizontal_max);
  int rows = ceil_divide(facts_.height, 8 * vertical_max);
  if (scan.size() == 1) {
    const Component& only = *scan[0];
    columns = ceil_divide(ceil_divide(facts_.width * only.horizontal, horizontal_max), 8);
    rows = ceil_divide(ceil_divide(facts_.height * only.vertical, vertical_max), 8);
  }
  EntropyReader reader(bytes_, position_);
  int until_restart = restart_interval_;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      bool there = true;
      if (restart_interval_ > 0 && until_restart-- == 0) {
        there = reader.PassRestart();
        until_restart = restart_interval_ - 1;
      }
      for (const Component* component : scan) {
        const int blocks = scan.size() == 1 ? 1 : component->horizontal * component->vertical;
        for (int i = 0; i < blocks && there; ++i) there = SkimBlock(reader, *component);
      }
      if (!there) {
        return Corrupt("its data end or break in row " + std::to_string(row + 1) + " of " +
                       std::to_string(rows) + " rows of blocks");
      }
    }
  }
  return OkStatus();
}

}  // namespace

StatusOr<FileFacts> CheckJpeg(std::span<const uint8_t> bytes, int64_t max_pixels) {
  return JpegWalker(bytes, max_pixels).Walk();
}

}  // namespace ag::image_internal
