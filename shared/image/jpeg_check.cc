// Walks a JPEG (ITU-T T.81) without decoding it. In a baseline file every Huffman code is read, so
// that a scan that ends early is noticed: one table look-up per coefficient, no arithmetic on
// values. In a progressive file that is done only if the file leaves doubt: it has no end marker,
// or has something unusual between its scans.
//
// Other decoders skip bytes between data and the next marker and supply a missing end marker and the
// usual Huffman tables; stb_image does not, so it gets a copy in which that is done.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "shared/image/byte_order.h"
#include "shared/image/decode.h"
#include "shared/image/format_check.h"
#include "shared/image/jpeg_huffman.h"

namespace ag::image_internal {
namespace {

constexpr uint8_t kEndOfImage = 0xd9;
constexpr uint8_t kStartOfScan = 0xda;

// A hostile progressive file can ask for millions of passes over the picture; real ones have about
// ten. The fuzzers of libjpeg-turbo and djpeg -maxscans use a limit of this kind too.
constexpr int kMaxScans = 128;

// Stray bytes before a restart marker: padding from cameras. More are a sign that the data are
// broken, and that what follows belongs somewhere else in the picture.
constexpr size_t kMaxJunk = 256;

constexpr int64_t kMaxRestartInterval = 65535;

Status Corrupt(const std::string& what) { return Status(Code::kCorruptImage, "JPEG: " + what); }
Status Unsupported(const std::string& what) {
  return Status(Code::kUnsupportedImage, "JPEG: " + what);
}

class JpegWalker {
 public:
  // `skim_progressive`: read every code of a progressive file too.
  JpegWalker(std::span<const uint8_t> bytes, const CheckLimits& limits, bool skim_progressive)
      : bytes_(bytes), limits_(limits), skim_progressive_(skim_progressive) {}

  StatusOr<FileFacts> Walk();

  // After Walk(): the file is a progressive one that stb_image may stumble over, or that is whole
  // although it has no end marker.
  bool in_doubt() const { return progressive_ && !skim_progressive_ && doubtful_; }

 private:
  struct Component {
    int id = 0;
    int horizontal = 1;  // sampling factors
    int vertical = 1;
    int quantisation = 0;
    bool scanned = false;
    const HuffmanTable* dc = nullptr;
    const HuffmanTable* ac = nullptr;
    // When skimming a progressive file: the lowest bit received so far for each coefficient (-1:
    // none), and which coefficients of each block are not zero.
    std::array<int8_t, 64> lowest_bit{};
    std::vector<uint64_t> nonzero;
  };
  struct Segment {
    uint8_t marker = 0;
    size_t begin = 0;  // of its payload
    size_t size = 0;
  };
  struct Scan {
    std::array<Component*, 4> components{};
    int count = 0;
    // Progressive: coefficients, and the bit position received before (0: none) and now.
    int band_begin = 0, band_end = 63, high = 0, low = 0;
    size_t marker = 0;  // where it stands
    // Of units: how many there are, and a unit's pixels.
    int columns = 0, rows = 0, unit_width = 0, unit_height = 0;
  };
  // How far a scan's data go.
  struct Progress {
    int64_t units = 0;  // that are there whole
    EntropyReader::Place end;
    EntropyReader::Place end_of_longest;  // behind unit number kMaxRestartInterval
    int64_t restart_units = 0;            // up to the last restart
    EntropyReader::Place restart_end;
  };
  // Replaces `removed` bytes in the copy for the decoder.
  struct Edit {
    size_t at = 0;
    size_t removed = 0;
    std::vector<uint8_t> inserted;
  };

  StatusOr<Segment> NextSegment();
  // Moves to the next marker's 0xff; false at the end of the file.
  bool SeekMarker(bool pass_restarts);
  Status ReadSegment(const Segment& segment);
  Status ReadFrame(const Segment& segment);
  Status ReadHuffmanTables(const Segment& segment);
  Status ReadQuantisationTables(const Segment& segment);
  Status ReadScan(const Segment& segment);
  Status ReadScanComponents(const Segment& segment, Scan* scan);
  bool HasTable(bool is_dc, int index, size_t scan_marker);
  void LayOut(Scan* scan) const;
  Status SkimScan(const Scan& scan);
  bool SkimUnit(const Scan& scan, int64_t unit, EntropyReader* reader);
  bool SkimBlock(EntropyReader& reader, const Component& component) const;
  bool SkimFirstPass(const Scan& scan, uint64_t* nonzero, EntropyReader* reader);
  bool SkimRefinement(const Scan& scan, uint64_t* nonzero, EntropyReader* reader);
  bool PassRestart(int number, EntropyReader* reader);
  Status EndInScan(const Scan& scan, const Progress& progress, const std::string& why);
  Status CheckColour() const;
  bool AllScanned() const {
    return component_count_ > 0 &&
           std::all_of(components_.begin(), components_.begin() + component_count_,
                       [](const Component& component) { return component.scanned; });
  }
  bool AllExact() const;

  void Cut(size_t begin, size_t end) {
    if (end > begin) edits_.push_back({begin, end - begin, {}});
  }
  // Nothing of the file from `position` on, except these bytes.
  void ReplaceFrom(size_t position, std::vector<uint8_t> bytes) {
    while (!edits_.empty() && edits_.back().at + edits_.back().removed > position) {
      edits_.pop_back();
    }
    edits_.push_back({position, bytes_.size() - position, std::move(bytes)});
  }
  void EndAt(size_t position) { ReplaceFrom(position, {0xff, kEndOfImage}); }
  StatusOr<FileFacts> Finish();

  std::span<const uint8_t> bytes_;
  CheckLimits limits_;
  bool skim_progressive_;
  size_t position_ = 2;  // behind the start-of-image marker
  FileFacts facts_;
  std::vector<Edit> edits_;  // in the order of the file
  bool ended_ = false;       // nothing more is needed of the file
  bool doubtful_ = false;
  bool progressive_ = false;
  int component_count_ = 0;
  std::array<Component, 4> components_{};
  std::array<HuffmanTable, 4> dc_tables_{};
  std::array<HuffmanTable, 4> ac_tables_{};
  std::array<bool, 4> quantisation_defined_{};
  int restart_interval_ = 0;
  int scan_count_ = 0;
  int end_of_band_run_ = 0;   // of a progressive scan: blocks that hold nothing more
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
    } else if (next == 0 || (pass_restarts && IsRestartMarker(next))) {
      position_ += 2;
    } else {
      return true;
    }
  }
  position_ = bytes_.size();
  return false;
}

StatusOr<JpegWalker::Segment> JpegWalker::NextSegment() {
  const size_t begin = position_;
  if (!SeekMarker(/*pass_restarts=*/true)) return Corrupt("the file ends before the picture does");
  Cut(begin, position_);
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
    const size_t data_end = position_;
    StatusOr<Segment> segment = NextSegment();
    if (segment.ok() && segment->marker == kEndOfImage) {
      if (!AllScanned()) return Corrupt("it ends before all colour components were there");
      return Finish();
    }
    // A complete picture needs nothing more: what follows is replaced by the end-of-image marker,
    // which decoders want. A progressive picture is complete when all bits of all coefficients have
    // arrived.
    const bool complete =
        progressive_ ? !segment.ok() && skim_progressive_ && AllExact() : AllScanned();
    const bool as_far_as_it_goes =
        !segment.ok() && limits_.allow_truncated && skim_progressive_ && AllScanned();
    if (complete || as_far_as_it_goes) {
      EndAt(data_end);
      if (!complete) facts_.flags |= kFlagTruncated;
      return Finish();
    }
    if (!segment.ok()) {
      doubtful_ = true;
      return segment.status();
    }
    position_ = segment->begin + segment->size;
    AG_RETURN_IF_ERROR(ReadSegment(*segment));
    if (ended_) return Finish();
  }
}

bool JpegWalker::AllExact() const {
  return AllScanned() && std::all_of(components_.begin(), components_.begin() + component_count_,
                                     [](const Component& component) {
                                       return std::count(component.lowest_bit.begin(),
                                                         component.lowest_bit.end(), 0) == 64;
                                     });
}

StatusOr<FileFacts> JpegWalker::Finish() {
  if (edits_.empty()) return std::move(facts_);
  std::vector<uint8_t>& copy = facts_.repaired;
  copy.reserve(bytes_.size() + 1024);
  size_t at = 0;
  for (const Edit& edit : edits_) {
    copy.insert(copy.end(), bytes_.begin() + static_cast<ptrdiff_t>(at),
                bytes_.begin() + static_cast<ptrdiff_t>(edit.at));
    copy.insert(copy.end(), edit.inserted.begin(), edit.inserted.end());
    at = edit.at + edit.removed;
  }
  copy.insert(copy.end(), bytes_.begin() + static_cast<ptrdiff_t>(at), bytes_.end());
  return std::move(facts_);
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
      doubtful_ |=
          restart_interval_ > 0;  // stb_image stops at junk before a marker, and says nothing
      return OkStatus();
    case 0xee:
      if (segment.size >= 12 && std::memcmp(&bytes_[segment.begin], "Adobe", 6) == 0) {
        adobe_transform_ = bytes_[segment.begin + 11];
      }
      return OkStatus();
    case 0xf7:
      if (component_count_ == 0) return Unsupported("this is JPEG-LS, which is not read");
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
  if (facts_.height == 0) return Unsupported("the height follows the picture (DNL marker)");
  AG_RETURN_IF_ERROR(CheckSize("JPEG", facts_.width, facts_.height, limits_.max_pixels));
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
    component.lowest_bit.fill(-1);
    if (component.horizontal < 1 || component.horizontal > 4 || component.vertical < 1 ||
        component.vertical > 4 || component.quantisation > 3) {
      return Corrupt("a component's sampling factor or table is out of range");
    }
  }
  component_count_ = count;
  if (count == 4) facts_.flags |= kFlagColourProfile;  // CMYK, to RGB by its plain formula
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
  Scan scan;
  AG_RETURN_IF_ERROR(ReadScanComponents(segment, &scan));
  if (!progressive_ || skim_progressive_) return SkimScan(scan);
  SeekMarker(/*pass_restarts=*/true);
  // A restart marker, or a zero that may belong to no data.
  const uint8_t last = bytes_[position_ - 1];
  doubtful_ |= bytes_[position_ - 2] == 0xff && (last == 0 || IsRestartMarker(last));
  return OkStatus();
}

// Decoders that read Motion JPEG know the usual tables by heart.
bool JpegWalker::HasTable(bool is_dc, int index, size_t scan_marker) {
  HuffmanTable& table = is_dc ? dc_tables_[index] : ac_tables_[index];
  if (table.defined) return true;
  const std::span<const uint8_t> standard = StandardHuffmanTable(is_dc, index);
  if (standard.empty() || progressive_) return false;
  table.Build(standard.data(), standard.data() + 16, static_cast<int>(standard.size()) - 16, is_dc);
  const auto length = static_cast<uint8_t>(3 + standard.size());
  std::vector<uint8_t> segment = {0xff, 0xc4, 0, length,
                                  static_cast<uint8_t>((is_dc ? 0 : 0x10) | index)};
  segment.insert(segment.end(), standard.begin(), standard.end());
  edits_.push_back({scan_marker, 0, std::move(segment)});
  return true;
}

Status JpegWalker::ReadScanComponents(const Segment& segment, Scan* scan) {
  const size_t at = segment.begin;
  const int count = segment.size > 0 ? bytes_[at] : 0;
  if (count < 1 || count > component_count_ || segment.size != 4 + 2 * static_cast<size_t>(count)) {
    return Corrupt("a scan header is broken");
  }
  scan->marker = at - 4;
  scan->count = count;
  if (progressive_) {
    scan->band_begin = bytes_[at + 1 + 2 * count];
    scan->band_end = bytes_[at + 2 + 2 * count];
    scan->high = bytes_[at + 3 + 2 * count] >> 4;
    scan->low = bytes_[at + 3 + 2 * count] & 15;
    const bool dc_alone = scan->band_begin == 0 && scan->band_end == 0;
    if (scan->band_begin > scan->band_end || scan->band_end > 63 || scan->low > 13 ||
        (!dc_alone && (count > 1 || scan->band_begin == 0))) {
      return Corrupt("a scan's coefficients are out of range");
    }
  }
  const bool needs_dc = !progressive_ || (scan->band_begin == 0 && scan->high == 0);
  const bool needs_ac = !progressive_ || scan->band_begin > 0;
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
    if ((needs_dc && !HasTable(true, dc_index, scan->marker)) ||
        (needs_ac && !HasTable(false, ac_index, scan->marker))) {
      return Corrupt("a scan uses a Huffman table that was not given");
    }
    if (!quantisation_defined_[found->quantisation]) {
      return Corrupt("a component uses a quantisation table that was not given");
    }
    if (!progressive_ && found->scanned) return Corrupt("a component comes twice");
    found->scanned |= needs_dc;
    found->dc = &dc_tables_[dc_index];
    found->ac = &ac_tables_[ac_index];
    scan->components[i] = &*found;
  }
  LayOut(scan);
  return OkStatus();
}

// T.81 A.2: a scan of one component holds its own blocks; a scan of several holds units in which
// each component has as many blocks as its sampling factors say.
void JpegWalker::LayOut(Scan* scan) const {
  int horizontal_max = 1;
  int vertical_max = 1;
  for (int i = 0; i < component_count_; ++i) {
    horizontal_max = std::max(horizontal_max, components_[i].horizontal);
    vertical_max = std::max(vertical_max, components_[i].vertical);
  }
  const auto ceil_divide = [](int value, int divisor) { return (value + divisor - 1) / divisor; };
  scan->unit_width = 8 * horizontal_max;
  scan->unit_height = 8 * vertical_max;
  if (scan->count == 1) {
    const Component& only = *scan->components[0];
    scan->columns = ceil_divide(ceil_divide(facts_.width * only.horizontal, horizontal_max), 8);
    scan->rows = ceil_divide(ceil_divide(facts_.height * only.vertical, vertical_max), 8);
    scan->unit_width /= only.horizontal;
    scan->unit_height /= only.vertical;
  } else {
    scan->columns = ceil_divide(facts_.width, scan->unit_width);
    scan->rows = ceil_divide(facts_.height, scan->unit_height);
  }
}

bool JpegWalker::SkimBlock(EntropyReader& reader, const Component& component) const {
  reader.set_is_dc(true);
  if (reader.Skip(*component.dc) == 0) return false;
  if (progressive_) return true;
  reader.set_is_dc(false);
  for (int k = 1; k < 64;) {
    const int advance = reader.Skip(*component.ac);
    if (advance == 0) return false;
    k += advance;
  }
  return true;
}

// T.81 G.1.2.2: coefficients that were zero so far.
bool JpegWalker::SkimFirstPass(const Scan& scan, uint64_t* nonzero, EntropyReader* reader) {
  if (end_of_band_run_ > 0) {
    --end_of_band_run_;
    return true;
  }
  for (int k = scan.band_begin; k <= scan.band_end; ++k) {
    const int symbol = reader->Symbol(*scan.components[0]->ac);
    if (symbol < 0) return false;
    const int run = symbol >> 4, size = symbol & 15;
    if (size == 0 && run < 15) {
      const int more = reader->Bits(run);
      end_of_band_run_ = (1 << run) - 1 + more;
      return more >= 0;
    }
    k += run;
    if (k > 63 || !reader->SkipBits(size)) return false;
    if (size > 0) *nonzero |= uint64_t{1} << k;
  }
  return true;
}

// T.81 G.1.2.3: one more bit of the nonzero coefficients, between new ones.
bool JpegWalker::SkimRefinement(const Scan& scan, uint64_t* nonzero, EntropyReader* reader) {
  const auto is_nonzero = [&](int k) { return (*nonzero >> k & 1) != 0; };
  int k = scan.band_begin;
  while (end_of_band_run_ == 0 && k <= scan.band_end) {
    const int symbol = reader->Symbol(*scan.components[0]->ac);
    if (symbol < 0) return false;
    int run = symbol >> 4;
    const int size = symbol & 15;
    if (size > 1) return false;
    if (size == 0 && run < 15) {
      const int more = reader->Bits(run);
      if (more < 0) return false;
      end_of_band_run_ = (1 << run) + more;
      break;
    }
    if (!reader->SkipBits(size)) return false;  // its sign
    for (; k <= scan.band_end; ++k) {
      if (is_nonzero(k)) {
        if (!reader->SkipBits(1)) return false;
      } else if (run-- == 0) {
        if (size > 0) *nonzero |= uint64_t{1} << k;
        ++k;
        break;
      }
    }
  }
  if (end_of_band_run_ == 0) return true;
  --end_of_band_run_;
  int more = 0;
  for (; k <= scan.band_end; ++k) more += is_nonzero(k) ? 1 : 0;
  return reader->SkipBits(more);
}

bool JpegWalker::SkimUnit(const Scan& scan, int64_t unit, EntropyReader* reader) {
  if (progressive_ && scan.band_begin > 0) {
    uint64_t* nonzero = &scan.components[0]->nonzero[static_cast<size_t>(unit)];
    return scan.high == 0 ? SkimFirstPass(scan, nonzero, reader)
                          : SkimRefinement(scan, nonzero, reader);
  }
  for (int c = 0; c < scan.count; ++c) {
    const Component& component = *scan.components[c];
    const int blocks = scan.count == 1 ? 1 : component.horizontal * component.vertical;
    for (int i = 0; i < blocks; ++i) {
      const bool there = scan.high > 0 ? reader->SkipBits(1) : SkimBlock(*reader, component);
      if (!there) return false;
    }
  }
  return true;
}

// Moves past a restart marker, which may be preceded by junk if its number is the expected one.
bool JpegWalker::PassRestart(int number, EntropyReader* reader) {
  const size_t end = reader->place().position;
  position_ = end;
  if (!SeekMarker(/*pass_restarts=*/false)) return false;
  const uint8_t marker = bytes_[position_ + 1];
  if (!IsRestartMarker(marker)) return false;
  const std::span<const uint8_t> between = bytes_.subspan(end, position_ - end);
  if (std::any_of(between.begin(), between.end(), [](uint8_t byte) { return byte != 0xff; })) {
    if (between.size() > kMaxJunk || marker != 0xd0 + number % 8) return false;
    Cut(end, position_);
  }
  reader->GoOnAt(position_ + 2);
  return true;
}

Status JpegWalker::SkimScan(const Scan& scan) {
  if (progressive_ && scan.band_begin > 0) {
    scan.components[0]->nonzero.resize(static_cast<size_t>(scan.columns) *
                                       static_cast<size_t>(scan.rows));
  }
  EntropyReader reader(bytes_, position_);
  Progress progress;
  progress.end.position = position_;
  const int64_t total = int64_t{scan.columns} * scan.rows;
  int until_restart = restart_interval_;
  int restarts = 0;
  end_of_band_run_ = 0;
  for (; progress.units < total; ++progress.units) {
    if (restart_interval_ > 0 && until_restart-- == 0) {
      progress.restart_units = progress.units;
      progress.restart_end = reader.place();
      if (!PassRestart(restarts++, &reader)) break;
      until_restart = restart_interval_ - 1;
      end_of_band_run_ = 0;
    }
    if (!SkimUnit(scan, progress.units, &reader)) break;
    if (!limits_.allow_truncated) continue;
    progress.end = reader.place();
    if (progress.units + 1 == kMaxRestartInterval) progress.end_of_longest = progress.end;
  }
  if (progress.units == total) {
    position_ = reader.place().position;
    for (int i = 0; i < scan.count; ++i) {
      auto& lowest_bit = scan.components[i]->lowest_bit;
      std::fill(lowest_bit.begin() + scan.band_begin, lowest_bit.begin() + scan.band_end + 1,
                static_cast<int8_t>(scan.low));
    }
    return OkStatus();
  }
  const std::string where = progressive_
                                ? "scan " + std::to_string(scan_count_)
                                : "row " + std::to_string(progress.units / scan.columns + 1) +
                                      " of " + std::to_string(scan.rows) + " rows of blocks";
  const std::string why = "its data end or break in " + where;
  return limits_.allow_truncated ? EndInScan(scan, progress, why) : Corrupt(why);
}

// The copy for the decoder ends where the data do. What stb_image makes of the rest:
//   baseline, first bits of DC   it reads zero bits, which are some code or other, up to the end of
//                                the picture; those pixels are missing, and are painted over
//   more bits of DC              zero bits, which change nothing
//   AC                           would spoil blocks whose DC is known: a restart interval of the
//                                existing units makes it stop in time
Status JpegWalker::EndInScan(const Scan& scan, const Progress& progress, const std::string& why) {
  if (!AllScanned()) return Corrupt(why);
  facts_.flags |= kFlagTruncated;
  ended_ = true;
  EntropyReader::Place end = progress.end;
  if (progressive_ && scan.band_begin > 0) {
    int64_t units = std::min(progress.units, kMaxRestartInterval);
    if (units < progress.units) end = progress.end_of_longest;
    if (restart_interval_ > 0) {
      units = progress.restart_units;
      end = progress.restart_end;
    } else {
      edits_.push_back(
          {scan.marker,
           0,
           {0xff, 0xdd, 0, 4, static_cast<uint8_t>(units >> 8), static_cast<uint8_t>(units)}});
    }
    EndAt(units > 0 ? end.position : scan.marker);
    return OkStatus();
  }
  if (scan.high == 0) {
    if (progress.units < scan.columns) return Corrupt(why + ": not even one row is complete");
    facts_.missing.push_back({static_cast<int>(progress.units % scan.columns) * scan.unit_width,
                              static_cast<int>(progress.units / scan.columns) * scan.unit_height,
                              scan.unit_height});
  }
  // The unread bits of the last byte become zeros too.
  if (end.unread_bits == 0) {
    EndAt(end.position);
    return OkStatus();
  }
  const bool stuffed = bytes_[end.position - 1] == 0 && bytes_[end.position - 2] == 0xff;
  const size_t last = end.position - (stuffed ? 2 : 1);
  const auto kept = static_cast<uint8_t>(bytes_[last] & (0xff << end.unread_bits));
  ReplaceFrom(last, {kept, 0xff, kEndOfImage});
  return OkStatus();
}

}  // namespace

StatusOr<FileFacts> CheckJpeg(std::span<const uint8_t> bytes, const CheckLimits& limits) {
  JpegWalker walker(bytes, limits, /*skim_progressive=*/false);
  StatusOr<FileFacts> facts = walker.Walk();
  if (!walker.in_doubt()) return facts;
  StatusOr<FileFacts> skimmed = JpegWalker(bytes, limits, /*skim_progressive=*/true).Walk();
  return skimmed.ok() || !facts.ok() ? std::move(skimmed) : std::move(facts);
}

}  // namespace ag::image_internal
