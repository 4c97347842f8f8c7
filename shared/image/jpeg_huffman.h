// The entropy-coded data of a JPEG's scan (ITU-T T.81, annexes C and F), for skipping: the question
// is where they end, not what they say. Internal to shared/image.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ag::image_internal {

constexpr bool IsRestartMarker(uint8_t marker) { return marker >= 0xd0 && marker <= 0xd7; }

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

  // `counts`: codes by length 1..16. False if there are more codes than the bits can distinguish.
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

// The tables of T.81, annex K.3, used by every encoder without tables of its own; cameras that send
// Motion JPEG leave them out. `index` 0: luminance, 1: chrominance; empty for others. As in a DHT
// segment: 16 counts, then the symbols.
std::span<const uint8_t> StandardHuffmanTable(bool is_dc, int index);

// The bits of one scan, up to the next marker or the end of the file.
class EntropyReader {
 public:
  EntropyReader(std::span<const uint8_t> bytes, size_t position)
      : bytes_(bytes), begin_(position), position_(position) {}

  // Skips one code and its value's bits; returns by how many coefficients that advances, or 0 if
  // the code is not in the table or the data end before it.
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

  // The next code's symbol; -1: not in the table, or the data end before it.
  int Symbol(const HuffmanTable& table) {
    if (bit_count_ < 32) Fill();
    const auto peeked = static_cast<int32_t>(buffer_ >> 48);
    for (int length = 1; length <= 16; ++length) {
      if (peeked >= table.end_code[length]) continue;
      const int index = (peeked >> (16 - length)) + table.symbol_offset[length];
      if (index < 0 || index > 255 || length > bit_count_) return -1;
      buffer_ <<= length;
      bit_count_ -= length;
      return table.symbols[index];
    }
    return -1;
  }

  // The next `count` bits, 0 to 16; -1: the data end before them.
  int Bits(int count) {
    if (bit_count_ < 32) Fill();
    if (count > bit_count_) return -1;
    const int bits = count == 0 ? 0 : static_cast<int>(buffer_ >> (64 - count));
    buffer_ <<= count;
    bit_count_ -= count;
    return bits;
  }

  // False: the data end before them.
  bool SkipBits(int count) {
    for (; count > 16; count -= 16) {
      if (Bits(16) < 0) return false;
    }
    return Bits(count) >= 0;
  }

  // Just after the byte that holds the last bit read, and how many of its bits were not read.
  struct Place {
    size_t position = 0;
    int unread_bits = 0;
  };
  Place place() const {
    size_t at = position_;
    for (int byte = bit_count_ / 8; byte > 0; --byte) {
      const bool stuffed = at - begin_ >= 2 && bytes_[at - 1] == 0 && bytes_[at - 2] == 0xff;
      at -= stuffed ? 2 : 1;
      // Fill bytes before it.
      while (stuffed && at > begin_ && bytes_[at - 1] == 0xff) --at;
    }
    return {at, bit_count_ % 8};
  }

  void GoOnAt(size_t position) {
    position_ = position;
    buffer_ = 0;
    bit_count_ = 0;
    stopped_ = false;
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
  size_t begin_;
  size_t position_;
  uint64_t buffer_ = 0;  // the next bit is the highest one
  int bit_count_ = 0;
  bool stopped_ = false;
  bool is_dc_ = false;
};

}  // namespace ag::image_internal
