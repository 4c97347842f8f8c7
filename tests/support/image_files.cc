#include "tests/support/image_files.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "tests/support/random.h"

namespace ag::test {
namespace {

void AppendBig(Bytes* bytes, uint32_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    bytes->push_back(static_cast<uint8_t>(value >> shift));
  }
}

void AppendLittle(Bytes* bytes, uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes->push_back(static_cast<uint8_t>(value >> (8 * i)));
}

void Append(Bytes* bytes, std::span<const uint8_t> more) {
  bytes->insert(bytes->end(), more.begin(), more.end());
}

void Append(Bytes* bytes, std::string_view text) {
  for (const char letter : text) bytes->push_back(static_cast<uint8_t>(letter));
}

uint32_t ReadBig32(const Bytes& bytes, size_t at) {
  return (uint32_t{bytes[at]} << 24) | (uint32_t{bytes[at + 1]} << 16) |
         (uint32_t{bytes[at + 2]} << 8) | bytes[at + 3];
}

uint32_t Crc32(std::span<const uint8_t> bytes) {
  uint32_t crc = 0xffffffffu;
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0xedb88320u : 0u);
  }
  return ~crc;
}

void AppendChunk(Bytes* png, std::string_view name, std::span<const uint8_t> payload) {
  AppendBig(png, static_cast<uint32_t>(payload.size()), 4);
  const size_t begin = png->size();
  Append(png, name);
  Append(png, payload);
  AppendBig(png, Crc32(std::span(*png).subspan(begin)), 4);
}

int ChannelCount(int colour_type) {
  constexpr std::array<int, 7> kCounts = {1, 0, 3, 1, 2, 0, 4};
  return kCounts[static_cast<size_t>(colour_type)];
}

// One pass of Adam7, or the whole picture: the pixels (x0 + i * dx, y0 + j * dy), filter 0.
void AppendPass(const PngOptions& options, const PngSample& sample, int x0, int y0, int dx, int dy,
                Bytes* data) {
  if (x0 >= options.width) return;
  for (int y = y0; y < options.height; y += dy) {
    data->push_back(0);
    uint32_t buffer = 0;
    int bits = 0;
    for (int x = x0; x < options.width; x += dx) {
      for (int channel = 0; channel < ChannelCount(options.colour_type); ++channel) {
        buffer = (buffer << options.depth) | static_cast<uint32_t>(sample(x, y, channel));
        bits += options.depth;
        for (; bits >= 8; bits -= 8) data->push_back(static_cast<uint8_t>(buffer >> (bits - 8)));
      }
    }
    if (bits > 0) data->push_back(static_cast<uint8_t>(buffer << (8 - bits)));
  }
}

// Bits of a JPEG scan, with stuffed zeros.
class JpegBits {
 public:
  void Write(uint32_t value, int count) {
    for (int i = count - 1; i >= 0; --i) {
      buffer_ = (buffer_ << 1) | ((value >> i) & 1);
      if (++bits_ == 8) Flush();
    }
  }
  void PadWithOnes() {
    while (bits_ > 0) Write(1, 1);
  }
  void Marker(uint8_t marker) {
    bytes_.push_back(0xff);
    bytes_.push_back(marker);
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  void Flush() {
    bytes_.push_back(static_cast<uint8_t>(buffer_));
    if (bytes_.back() == 0xff) bytes_.push_back(0);
    buffer_ = 0;
    bits_ = 0;
  }
  Bytes bytes_;
  uint32_t buffer_ = 0;
  int bits_ = 0;
};

void AppendSegment(Bytes* jpeg, uint8_t marker, std::span<const uint8_t> payload) {
  jpeg->push_back(0xff);
  jpeg->push_back(marker);
  AppendBig(jpeg, static_cast<uint32_t>(payload.size() + 2), 2);
  Append(jpeg, payload);
}

Bytes BlockScan(const BlockJpegOptions& options, const BlockValue& value) {
  JpegBits bits;
  std::array<int, 4> previous{};
  int block = 0;
  for (int row = 0; row < options.block_rows; ++row) {
    for (int column = 0; column < options.block_columns; ++column, ++block) {
      if (options.restart_interval > 0 && block > 0 && block % options.restart_interval == 0) {
        bits.PadWithOnes();
        bits.Marker(static_cast<uint8_t>(0xd0 + (block / options.restart_interval - 1) % 8));
        previous = {};
      }
      for (int component = 0; component < options.components; ++component) {
        const int dc = value(column, row, component) - 128;  // quantised by 8, which is the IDCT's
        int difference = dc - previous[static_cast<size_t>(component)];
        previous[static_cast<size_t>(component)] = dc;
        int size = 0;
        while ((difference < 0 ? -difference : difference) >> size) ++size;
        if (difference < 0) difference += (1 << size) - 1;
        bits.Write(static_cast<uint32_t>(size), 4);
        bits.Write(static_cast<uint32_t>(difference), size);
        bits.Write(0, 1);  // end of block
      }
    }
  }
  bits.PadWithOnes();
  return bits.bytes();
}

}  // namespace

Image MakePicture(int width, int height, uint64_t seed) {
  Image image(width, height);
  Random random(seed);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int noise = static_cast<int>(random.Below(24));
      image.at(x, y)[0] = static_cast<uint8_t>(200 * x / width + noise);
      image.at(x, y)[1] = static_cast<uint8_t>(200 * y / height + noise);
      image.at(x, y)[2] = static_cast<uint8_t>((x * x / 7 + 3 * y) % 230 + noise);
    }
  }
  return image;
}

Bytes MakePng(const PngOptions& options, const PngSample& sample) {
  Bytes png = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  Bytes header;
  AppendBig(&header, static_cast<uint32_t>(options.width), 4);
  AppendBig(&header, static_cast<uint32_t>(options.height), 4);
  Append(&header,
         Bytes{static_cast<uint8_t>(options.depth), static_cast<uint8_t>(options.colour_type), 0, 0,
               static_cast<uint8_t>(options.interlaced ? 1 : 0)});
  AppendChunk(&png, "IHDR", header);
  if (!options.palette.empty()) AppendChunk(&png, "PLTE", options.palette);
  if (!options.transparency.empty()) AppendChunk(&png, "tRNS", options.transparency);
  Bytes data;
  if (options.interlaced) {
    constexpr int kPasses[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                   {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    for (const auto& [x0, y0, dx, dy] : kPasses) {
      AppendPass(options, sample, x0, y0, dx, dy, &data);
    }
  } else {
    AppendPass(options, sample, 0, 0, 1, 1, &data);
  }
  AppendChunk(&png, "IDAT", StoredZlib(data));
  AppendChunk(&png, "IEND", {});
  return png;
}

Bytes MakePng(const Image& image) {
  return MakePng({.width = image.width, .height = image.height},
                 [&](int x, int y, int channel) { return image.at(x, y)[channel]; });
}

Bytes InsertPngChunk(const Bytes& png, std::string_view name, std::span<const uint8_t> payload) {
  constexpr size_t kHeaderEnd = 8 + 12 + 13;
  Bytes result(png.begin(), png.begin() + kHeaderEnd);
  AppendChunk(&result, name, payload);
  Append(&result, std::span(png).subspan(kHeaderEnd));
  return result;
}

Bytes RepairPngChecksums(Bytes png) {
  for (size_t at = 8; at + 12 <= png.size();) {
    const size_t length = ReadBig32(png, at);
    if (length > png.size() - at - 12) break;
    const uint32_t crc = Crc32(std::span(png).subspan(at + 4, length + 4));
    for (size_t i = 0; i < 4; ++i) {
      png[at + 8 + length + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
    }
    at += 12 + length;
  }
  return png;
}

Bytes StoredZlib(const Bytes& data) {
  Bytes result = {0x78, 0x01};
  size_t at = 0;
  do {
    const size_t size = std::min<size_t>(data.size() - at, 65535);
    result.push_back(at + size == data.size() ? 1 : 0);
    AppendLittle(&result, static_cast<uint32_t>(size), 2);
    AppendLittle(&result, ~static_cast<uint32_t>(size), 2);
    Append(&result, std::span(data).subspan(at, size));
    at += size;
  } while (at < data.size());
  uint32_t a = 1;
  uint32_t b = 0;
  for (const uint8_t byte : data) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  AppendBig(&result, (b << 16) | a, 4);
  return result;
}

Bytes ZlibZeros(int runs) {
  Bytes bytes = {0x78, 0x01};
  uint32_t buffer = 0;
  int bits = 0;
  const auto put = [&](std::string_view code) {  // in the order in which the bits are stored
    for (const char bit : code) {
      buffer |= static_cast<uint32_t>(bit - '0') << bits;
      if (++bits < 8) continue;
      bytes.push_back(static_cast<uint8_t>(buffer));
      buffer = 0;
      bits = 0;
    }
  };
  put("110");       // the last block, fixed codes
  put("00110000");  // the byte 0
  for (int i = 0; i < runs; ++i)
    put("11000101"
        "00000");  // length 258, distance 1
  put("0000000");  // the end of the block
  put("0000000");  // to a whole byte
  return bytes;
}

Bytes MakeBlackPng(int width, int height) {
  constexpr int kRun = 258;
  const int64_t size = int64_t{height} * (1 + (width + 7) / 8);
  const Bytes one = MakePng({.width = 1, .height = 1, .colour_type = 0, .depth = 1},
                            [](int, int, int) { return 0; });
  Bytes png = InsertPngChunk(one, "IDAT", ZlibZeros(static_cast<int>((size + kRun - 1) / kRun)));
  for (size_t i = 0; i < 4; ++i) {
    png[16 + i] = static_cast<uint8_t>(width >> (24 - 8 * i));
    png[20 + i] = static_cast<uint8_t>(height >> (24 - 8 * i));
  }
  return RepairPngChecksums(std::move(png));
}

Bytes MakeBlockJpeg(const BlockJpegOptions& options, const BlockValue& value) {
  Bytes jpeg = {0xff, 0xd8};
  if (options.adobe_transform >= 0) {
    Bytes adobe = {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0};
    adobe.push_back(static_cast<uint8_t>(options.adobe_transform));
    AppendSegment(&jpeg, 0xee, adobe);
  }
  Bytes quantisation(65, 8);
  quantisation[0] = 0;
  AppendSegment(&jpeg, 0xdb, quantisation);
  Bytes frame = {8};
  AppendBig(&frame, static_cast<uint32_t>(8 * options.block_rows), 2);
  AppendBig(&frame, static_cast<uint32_t>(8 * options.block_columns), 2);
  frame.push_back(static_cast<uint8_t>(options.components));
  Bytes scan = {static_cast<uint8_t>(options.components)};
  for (int i = 1; i <= options.components; ++i) {
    Append(&frame, Bytes{static_cast<uint8_t>(i), 0x11, 0});
    Append(&scan, Bytes{static_cast<uint8_t>(i), 0});
  }
  Append(&scan, Bytes{0, 63, 0});
  AppendSegment(&jpeg, 0xc0, frame);
  // DC: twelve codes of 4 bits, the size itself. AC: one code, "0", the end of the block.
  AppendSegment(&jpeg, 0xc4, Bytes{0x00, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0,  0, 0,
                                   0,    0, 0, 1, 2,  3, 4, 5, 6, 7, 8, 9, 10, 11});
  AppendSegment(&jpeg, 0xc4, Bytes{0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  if (options.restart_interval > 0) {
    AppendSegment(&jpeg, 0xdd, Bytes{0, static_cast<uint8_t>(options.restart_interval)});
  }
  AppendSegment(&jpeg, 0xda, scan);
  Append(&jpeg, BlockScan(options, value));
  Append(&jpeg, Bytes{0xff, 0xd9});
  return jpeg;
}

Bytes InsertJpegSegment(const Bytes& jpeg, uint8_t marker, std::span<const uint8_t> payload) {
  Bytes result(jpeg.begin(), jpeg.begin() + 2);
  AppendSegment(&result, marker, payload);
  Append(&result, std::span(jpeg).subspan(2));
  return result;
}

Bytes MakeIccProfile(const IccOptions& options) {
  struct Tag {
    std::string_view name;
    Bytes data;
  };
  const auto fixed = [](Bytes* bytes, double value) {
    AppendBig(bytes, static_cast<uint32_t>(static_cast<int32_t>(std::lround(value * 65536))), 4);
  };
  std::vector<Tag> tags(1, {"desc", {}});
  Append(&tags[0].data, "desc");
  AppendBig(&tags[0].data, 0, 4);
  AppendBig(&tags[0].data, static_cast<uint32_t>(options.description.size() + 1), 4);
  Append(&tags[0].data, options.description);
  tags[0].data.resize(tags[0].data.size() + 79);
  Bytes curve;
  Append(&curve, options.curve >= 0 ? "para" : "curv");
  AppendBig(&curve, 0, 4);
  if (options.curve >= 0) {
    AppendBig(&curve, static_cast<uint32_t>(options.curve) << 16, 4);
    for (const double number : options.curve_numbers) fixed(&curve, number);
  } else {
    const bool gamma = options.curve == -1;
    AppendBig(&curve, static_cast<uint32_t>(options.curve_numbers.size()), 4);
    for (const double number : options.curve_numbers) {
      AppendBig(&curve, static_cast<uint32_t>(std::lround(number * (gamma ? 256 : 65535))), 2);
    }
  }
  constexpr std::string_view kNames[] = {"rXYZ", "gXYZ", "bXYZ"};
  for (size_t i = 0; i < options.primaries.size() / 3; ++i) {
    Bytes xyz;
    Append(&xyz, "XYZ ");
    AppendBig(&xyz, 0, 4);
    for (size_t c = 0; c < 3; ++c) fixed(&xyz, options.primaries[3 * i + c]);
    tags.push_back({kNames[i], xyz});
  }
  if (options.colour_space == "GRAY") {
    tags.push_back({"kTRC", curve});
  } else if (!options.primaries.empty()) {
    for (const std::string_view name : {"rTRC", "gTRC", "bTRC"}) tags.push_back({name, curve});
  }
  Bytes table, data;
  AppendBig(&table, static_cast<uint32_t>(tags.size()), 4);
  const size_t begin = 128 + 4 + 12 * tags.size();
  for (Tag& tag : tags) {
    tag.data.resize((tag.data.size() + 3) / 4 * 4);
    Append(&table, tag.name);
    AppendBig(&table, static_cast<uint32_t>(begin + data.size()), 4);
    AppendBig(&table, static_cast<uint32_t>(tag.data.size()), 4);
    Append(&data, tag.data);
  }
  Bytes profile;
  AppendBig(&profile, static_cast<uint32_t>(begin + data.size()), 4);
  profile.resize(8);
  AppendBig(&profile, 0x02100000, 4);
  Append(&profile, "mntr");
  Append(&profile, options.colour_space);
  Append(&profile, "XYZ ");
  profile.resize(36);
  Append(&profile, "acsp");
  profile.resize(128);
  Append(&profile, table);
  Append(&profile, data);
  return profile;
}

std::vector<double> SrgbPrimaries() {
  return {0.43607, 0.22249, 0.01392, 0.38515, 0.71687, 0.09708, 0.14307, 0.06061, 0.71410};
}
std::vector<double> SrgbCurveParameters() {
  return {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
}

Bytes WithJpegProfile(const Bytes& jpeg, const Bytes& profile, size_t part) {
  const size_t count = (profile.size() + part - 1) / part;
  Bytes result = jpeg;
  for (size_t i = 0; i < count; ++i) {  // the last one comes first
    Bytes payload;
    Append(&payload, std::string_view("ICC_PROFILE\0", 12));
    payload.push_back(static_cast<uint8_t>(i + 1));
    payload.push_back(static_cast<uint8_t>(count));
    Append(&payload,
           std::span(profile).subspan(i * part, std::min(part, profile.size() - i * part)));
    result = InsertJpegSegment(result, 0xe2, payload);
  }
  return result;
}

Bytes WithPngProfile(const Bytes& png, const Bytes& profile) {
  Bytes payload = {'n', 'a', 'm', 'e', 0, 0};
  Append(&payload, StoredZlib(profile));
  return InsertPngChunk(png, "iCCP", payload);
}

size_t FindJpegMarker(const Bytes& jpeg, uint8_t marker, size_t from) {
  for (size_t at = from; at + 1 < jpeg.size();) {
    if (jpeg[at] != 0xff || jpeg[at + 1] == 0 || jpeg[at + 1] == 0xff) {
      ++at;
      continue;
    }
    const uint8_t found = jpeg[at + 1];
    if (found == marker) return at;
    const bool alone = found >= 0xd0 && found <= 0xd9;
    if (!alone && at + 3 >= jpeg.size()) break;
    at += alone ? 2 : 2 + (size_t{jpeg[at + 2]} << 8 | jpeg[at + 3]);
  }
  return jpeg.size();
}

Bytes RemoveJpegSegments(const Bytes& jpeg, uint8_t marker) {
  Bytes result = jpeg;
  for (size_t at; (at = FindJpegMarker(result, marker)) < result.size();) {
    const size_t length = 2 + (size_t{result[at + 2]} << 8 | result[at + 3]);
    result.erase(result.begin() + static_cast<ptrdiff_t>(at),
                 result.begin() + static_cast<ptrdiff_t>(at + length));
  }
  return result;
}

Bytes InsertBytes(Bytes bytes, size_t at, std::span<const uint8_t> more) {
  bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), more.begin(), more.end());
  return bytes;
}

Bytes MakeExifTiff(int orientation, bool little_endian) {
  Bytes tiff;
  const auto put = [&](uint32_t value, int size) {
    little_endian ? AppendLittle(&tiff, value, size) : AppendBig(&tiff, value, size);
  };
  const auto entry = [&](uint32_t tag, uint32_t type, uint32_t count) {
    put(tag, 2);
    put(type, 2);
    put(count, 4);
  };
  Append(&tiff, little_endian ? "II" : "MM");
  put(42, 2);
  put(8, 4);  // the first directory follows
  put(3, 2);
  entry(0x010f, 2, 4);  // the camera's maker, "abc"
  Append(&tiff, Bytes{'a', 'b', 'c', 0});
  entry(0x0112, 3, 1);
  put(static_cast<uint32_t>(orientation), 2);
  put(0, 2);
  entry(0x0213, 3, 1);
  put(1, 2);
  put(0, 2);
  put(0, 4);  // no further directory
  return tiff;
}

Bytes MakeExifSegment(int orientation, bool little_endian) {
  Bytes payload = {'E', 'x', 'i', 'f', 0, 0};
  Append(&payload, MakeExifTiff(orientation, little_endian));
  return payload;
}

Bytes MakeBmp(const Image& image) {
  const int stride = (image.width * 3 + 3) / 4 * 4;
  Bytes bmp = {'B', 'M'};
  AppendLittle(&bmp, static_cast<uint32_t>(54 + stride * image.height), 4);
  AppendLittle(&bmp, 0, 4);
  AppendLittle(&bmp, 54, 4);
  AppendLittle(&bmp, 40, 4);
  AppendLittle(&bmp, static_cast<uint32_t>(image.width), 4);
  AppendLittle(&bmp, static_cast<uint32_t>(image.height), 4);
  AppendLittle(&bmp, 1, 2);
  AppendLittle(&bmp, 24, 2);
  for (int i = 0; i < 6; ++i) AppendLittle(&bmp, 0, 4);
  for (int y = image.height - 1; y >= 0; --y) {
    for (int x = 0; x < image.width; ++x) {
      const uint8_t* pixel = image.at(x, y);
      Append(&bmp, Bytes{pixel[2], pixel[1], pixel[0]});
    }
    bmp.resize(bmp.size() + static_cast<size_t>(stride - 3 * image.width));
  }
  return bmp;
}

Bytes MakeBmp(const BmpOptions& options, const BmpPixel& pixel) {
  Bytes header;
  AppendLittle(&header, static_cast<uint32_t>(options.header), 4);
  const int side = options.header == 12 ? 2 : 4;
  const int height = options.top_down ? -options.height : options.height;
  AppendLittle(&header, static_cast<uint32_t>(options.width), side);
  AppendLittle(&header, static_cast<uint32_t>(height), side);
  AppendLittle(&header, 1, 2);
  AppendLittle(&header, static_cast<uint32_t>(options.depth), 2);
  if (options.header >= 40) {
    AppendLittle(&header, options.compression, 4);
    for (int i = 0; i < 5; ++i) AppendLittle(&header, 0, 4);
  }
  for (const uint32_t mask : options.masks) AppendLittle(&header, mask, 4);
  header.resize(std::max(header.size(), static_cast<size_t>(options.header)));
  for (size_t i = 0; i + 2 < options.palette.size(); i += 3) {
    for (const size_t c : {2u, 1u, 0u}) header.push_back(options.palette[i + c]);
    if (options.header != 12) header.push_back(0);
  }
  header.resize(header.size() + static_cast<size_t>(options.gap), 0x77);
  Bytes data = options.data;
  for (int row = 0; row < options.height && options.data.empty(); ++row) {
    const int y = options.top_down ? row : options.height - 1 - row;
    Bytes packed;
    uint32_t bits = 0;
    int count = 0;
    for (int x = 0; x < options.width; ++x) {
      if (options.depth >= 16) {
        AppendLittle(&packed, pixel(x, y), options.depth / 8);
        continue;
      }
      bits = bits << options.depth | pixel(x, y);
      count += options.depth;
      for (; count >= 8; count -= 8) packed.push_back(static_cast<uint8_t>(bits >> (count - 8)));
    }
    if (count > 0) packed.push_back(static_cast<uint8_t>(bits << (8 - count)));
    packed.resize((packed.size() + 3) / 4 * 4);
    Append(&data, packed);
  }
  Bytes bmp = {'B', 'M'};
  AppendLittle(&bmp, static_cast<uint32_t>(14 + header.size() + data.size()), 4);
  AppendLittle(&bmp, 0, 4);
  AppendLittle(&bmp, static_cast<uint32_t>(14 + header.size()), 4);
  Append(&bmp, header);
  Append(&bmp, data);
  return bmp;
}

Bytes MakePnm(const Image& image, int kind, int max_value, std::string_view between) {
  Bytes pnm = {'P', static_cast<uint8_t>('0' + kind)};
  const auto text = [&](int64_t number) { Append(&pnm, std::to_string(number)); };
  const bool bits = kind % 3 == 1, colour = kind % 3 == 0, as_text = kind <= 3;
  std::vector<int> numbers = {image.width, image.height};
  if (!bits) numbers.push_back(max_value);
  for (const int number : numbers) {
    Append(&pnm, between);
    text(number);
  }
  pnm.push_back('\n');
  for (int y = 0; y < image.height; ++y) {
    uint32_t packed = 0;
    for (int x = 0; x < image.width; ++x) {
      for (int c = 0; c < (colour ? 3 : 1); ++c) {
        const int level = image.at(x, y)[c];
        const int sample = bits ? (level < 128 ? 1 : 0) : (level * max_value + 127) / 255;
        if (as_text) {
          text(sample);
          if (!bits) pnm.push_back(x % 2 == 0 ? '\n' : ' ');
        } else if (bits) {
          packed = packed << 1 | static_cast<uint32_t>(sample);
          if (x % 8 == 7) pnm.push_back(static_cast<uint8_t>(packed));
        } else {
          AppendBig(&pnm, static_cast<uint32_t>(sample), max_value > 255 ? 2 : 1);
        }
      }
    }
    if (bits && !as_text && image.width % 8 != 0) {
      pnm.push_back(static_cast<uint8_t>(packed << (8 - image.width % 8)));
    }
  }
  return pnm;
}

Bytes MakeGif(const Image& image) {
  Bytes gif;
  Append(&gif, "GIF89a");
  AppendLittle(&gif, static_cast<uint32_t>(image.width), 2);
  AppendLittle(&gif, static_cast<uint32_t>(image.height), 2);
  Append(&gif, Bytes{0xf6, 0, 0});  // a table of 128 colours
  for (int i = 0; i < 128; ++i) gif.insert(gif.end(), 3, static_cast<uint8_t>(2 * i));
  gif.push_back(0x2c);
  AppendLittle(&gif, 0, 4);
  AppendLittle(&gif, static_cast<uint32_t>(image.width), 2);
  AppendLittle(&gif, static_cast<uint32_t>(image.height), 2);
  Append(&gif, Bytes{0, 7});
  // Codes of 8 bits throughout: the table is cleared before it would need a ninth.
  Bytes codes;
  constexpr uint8_t kClear = 128;
  constexpr uint8_t kEnd = 129;
  for (size_t i = 0; i < image.pixels.size() / 3; ++i) {
    if (i % 100 == 0) codes.push_back(kClear);
    codes.push_back(image.pixels[3 * i + 1] / 2);
  }
  codes.push_back(kEnd);
  for (size_t at = 0; at < codes.size(); at += 255) {
    const size_t size = std::min<size_t>(255, codes.size() - at);
    gif.push_back(static_cast<uint8_t>(size));
    Append(&gif, std::span(codes).subspan(at, size));
  }
  Append(&gif, Bytes{0, 0x3b});
  return gif;
}

}  // namespace ag::test
