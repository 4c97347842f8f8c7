#include "shared/image/colour_profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "shared/image/exif.h"
#include "shared/image/segments.h"
#include "shared/image/stb_decoder.h"

namespace ag::image_internal {
namespace {

using ByteSpan = std::span<const uint8_t>;
using Vector = std::array<double, 3>;

constexpr double kLimit = 6;  // levels; colour_profile.h

// More of a profile is not inflated: its matrix and curves are in the first few thousand bytes.
constexpr size_t kMaxProfile = size_t{256} << 10;

constexpr size_t kMaxTable = 65536;  // entries of a curve; 4,096 are many

// The numbers of a file, 0..255: five shades of skin, five grays.
constexpr Vector kColours[] = {{224, 172, 138}, {198, 134, 100}, {141, 85, 54}, {241, 194, 166},
                               {90, 56, 40},    {40, 40, 40},    {90, 90, 90},  {128, 128, 128},
                               {180, 180, 180}, {220, 220, 220}};
constexpr size_t kFirstGray = 5;

// From a stored value to light, both 0..1: (a x + b)^gamma + e where x >= d, else c x + f.
struct Curve {
  double gamma = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0;
  std::vector<double> table;  // not empty: instead, over 0..1

  double Light(double x) const {
    if (table.empty()) return x >= d ? std::pow(a * x + b, gamma) + e : c * x + f;
    const double place = x * static_cast<double>(table.size() - 1);
    const auto below = std::min(static_cast<size_t>(place), table.size() - 2);
    const double share = place - static_cast<double>(below);
    return table[below] * (1 - share) + table[below + 1] * share;
  }
};

double EncodeSrgb(double light) {
  const double x = std::clamp(light, 0.0, 1.0);
  return x <= 0.0031308 ? 12.92 * x : 1.055 * std::pow(x, 1 / 2.4) - 0.055;
}

// IEC 61966-2-1, for files that say something of their primaries alone.
Curve SrgbCurve() { return {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0, 0, {}}; }

// Columns of primaries -> rows that give sRGB's light, white kept white (which also adapts to
// another white, as far as this is about).
std::optional<std::array<Vector, 3>> ToSrgb(const std::array<Vector, 3>& from_xyz,
                                            const std::array<Vector, 3>& primaries) {
  std::array<Vector, 3> rows{};
  for (size_t i = 0; i < 3; ++i) {
    double sum = 0;
    for (size_t j = 0; j < 3; ++j) {
      for (size_t k = 0; k < 3; ++k) rows[i][j] += from_xyz[i][k] * primaries[j][k];
      sum += rows[i][j];
    }
    if (!(sum > 0.01)) return std::nullopt;
    for (double& value : rows[i]) value /= sum;
  }
  return rows;
}

constexpr std::array<Vector, 3> kIdentity = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

// What the colours (from number `first` on) differ by. NaN counts as different.
bool Differs(const std::array<Vector, 3>& rows, const std::array<Curve, 3>& curves, size_t first) {
  double sum = 0;
  for (size_t i = first; i < std::size(kColours); ++i) {
    const Vector& colour = kColours[i];
    double largest = 0;
    for (const Vector& row : rows) {
      double light = 0;
      for (size_t c = 0; c < 3; ++c) light += row[c] * curves[c].Light(colour[c] / 255);
      const double shift =
          std::abs(255 * EncodeSrgb(light) - colour[static_cast<size_t>(&row - rows.data())]);
      if (!(shift <= largest)) largest = shift;
    }
    sum += largest;
  }
  return !(sum <= kLimit * static_cast<double>(std::size(kColours) - first));
}

// --- ICC.

double Fixed(ByteSpan bytes, size_t at) {  // s15Fixed16Number
  return static_cast<int32_t>(Big32(bytes, at)) / 65536.0;
}

class Profile {
 public:
  explicit Profile(ByteSpan bytes) : bytes_(bytes) {}

  bool IsOne() const {
    return HasBytes(bytes_, 0, 132) && Big32(bytes_, 36) == FourLetters("acsp");
  }
  uint32_t colour_space() const { return Big32(bytes_, 16); }

  std::optional<Vector> Xyz(uint32_t tag) const {
    const ByteSpan data = Tag(tag);
    if (data.size() < 20) return std::nullopt;
    return Vector{Fixed(data, 8), Fixed(data, 12), Fixed(data, 16)};
  }

  std::optional<Curve> ReadCurve(uint32_t tag) const {
    const ByteSpan data = Tag(tag);
    if (data.size() < 12) return std::nullopt;
    if (Big32(data, 0) == FourLetters("para")) return ReadParameters(data);
    if (Big32(data, 0) != FourLetters("curv")) return std::nullopt;
    Curve curve;
    const size_t count = Big32(data, 8);
    if (count > kMaxTable || !HasBytes(data, 12, 2 * count)) return std::nullopt;
    if (count == 1) curve.gamma = Big16(data, 12) / 256.0;
    for (size_t i = 0; i < count && count > 1; ++i) {
      curve.table.push_back(Big16(data, 12 + 2 * i) / 65535.0);
    }
    return curve;
  }

  // As ASCII or as UTF-16: without the zeros they are the same.
  bool IsCalledSrgb() const {
    std::string text;
    for (const uint8_t byte : Tag(FourLetters("desc"))) {
      if (byte != 0) text += static_cast<char>(byte);
    }
    return text.find("sRGB") != std::string::npos;
  }

 private:
  // Empty: there is none.
  ByteSpan Tag(uint32_t wanted) const {
    const size_t count = Big32(bytes_, 128);
    for (size_t at = 132, i = 0; i < count && HasBytes(bytes_, at, 12); at += 12, ++i) {
      if (Big32(bytes_, at) != wanted) continue;
      const size_t begin = Big32(bytes_, at + 4), size = Big32(bytes_, at + 8);
      return HasBytes(bytes_, begin, size) ? bytes_.subspan(begin, size) : ByteSpan();
    }
    return {};
  }

  static std::optional<Curve> ReadParameters(ByteSpan data) {
    constexpr size_t kCounts[] = {1, 3, 4, 5, 7};
    const uint32_t type = Big16(data, 8);
    if (type > 4 || !HasBytes(data, 12, 4 * kCounts[type])) return std::nullopt;
    Curve curve;
    double* const fields[] = {&curve.gamma, &curve.a, &curve.b, &curve.c,
                              &curve.d,     &curve.e, &curve.f};
    for (size_t i = 0; i < kCounts[type]; ++i) *fields[i] = Fixed(data, 12 + 4 * i);
    if (type == 1 || type == 2) {
      // There "c" is what is added throughout.
      curve.d = -curve.b / curve.a;
      curve.e = curve.f = type == 2 ? curve.c : 0;
      curve.c = 0;
    }
    return curve;
  }

  ByteSpan bytes_;
};

// From XYZ of the profile connection space (D50) to sRGB's light.
constexpr std::array<Vector, 3> kFromD50 = {{{3.1338561, -1.6168667, -0.4906146},
                                             {-0.9787684, 1.9161415, 0.0334540},
                                             {0.0719453, -0.2289914, 1.4052427}}};
// The same of D65.
constexpr std::array<Vector, 3> kFromD65 = {{{3.2404542, -1.5371385, -0.4985314},
                                             {-0.9692660, 1.8760108, 0.0415560},
                                             {0.0556434, -0.2040259, 1.0572252}}};

bool RgbProfileDiffers(const Profile& profile) {
  constexpr uint32_t kPrimaries[] = {FourLetters("rXYZ"), FourLetters("gXYZ"), FourLetters("bXYZ")};
  constexpr uint32_t kCurves[] = {FourLetters("rTRC"), FourLetters("gTRC"), FourLetters("bTRC")};
  std::array<Vector, 3> primaries;
  std::array<Curve, 3> curves;
  for (size_t i = 0; i < 3; ++i) {
    const std::optional<Vector> primary = profile.Xyz(kPrimaries[i]);
    std::optional<Curve> curve = profile.ReadCurve(kCurves[i]);
    if (!primary || !curve) return !profile.IsCalledSrgb();  // tables
    primaries[i] = *primary;
    curves[i] = *std::move(curve);
  }
  const auto rows = ToSrgb(kFromD50, primaries);
  return !rows || Differs(*rows, curves, 0);
}

// --- PNG's gAMA and cHRM.

// x and y of white, red, green and blue -> columns; nothing where they are no primaries.
std::optional<std::array<Vector, 3>> PrimariesOf(ByteSpan chrm) {
  std::array<Vector, 4> points;
  for (size_t i = 0; i < 4; ++i) {
    const double x = Big32(chrm, 8 * i) / 1e5, y = Big32(chrm, 8 * i + 4) / 1e5;
    if (!(y > 0) || !(x < 10) || !(y < 10)) return std::nullopt;
    points[i] = {x / y, 1, (1 - x - y) / y};
  }
  // How much of each makes white, by Cramer's rule.
  const auto determinant = [](const Vector& a, const Vector& b, const Vector& c) {
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) +
           c[0] * (a[1] * b[2] - a[2] * b[1]);
  };
  std::array<Vector, 3> columns = {points[1], points[2], points[3]};
  const double whole = determinant(columns[0], columns[1], columns[2]);
  if (!(std::abs(whole) > 1e-6)) return std::nullopt;
  std::array<Vector, 3> scaled = columns;
  for (size_t i = 0; i < 3; ++i) {
    std::array<Vector, 3> replaced = columns;
    replaced[i] = points[0];
    const double share = determinant(replaced[0], replaced[1], replaced[2]) / whole;
    for (double& value : scaled[i]) value *= share;
  }
  return scaled;
}

bool GammaAndPrimariesDiffer(uint32_t gamma, ByteSpan chrm) {
  Curve curve = SrgbCurve();
  if (gamma > 0) {
    curve = {};
    curve.gamma = 1e5 / gamma;
  }
  std::optional<std::array<Vector, 3>> rows = kIdentity;
  if (chrm.size() == 32) {
    const auto primaries = PrimariesOf(chrm);
    if (primaries) rows = ToSrgb(kFromD65, *primaries);
  }
  return !rows || Differs(*rows, {curve, curve, curve}, 0);
}

// ITU-T H.273: primaries of sRGB and of old television, and P3's; curves that are near sRGB's.
bool CodePointsDiffer(ByteSpan cicp) {
  if (cicp.size() != 4) return false;
  const uint8_t primaries = cicp[0], transfer = cicp[1];
  const bool near_primaries =
      primaries == 1 || primaries == 2 || primaries == 5 || primaries == 6 || primaries == 12;
  return !near_primaries || (transfer != 2 && transfer != 4 && transfer != 13);
}

// A name, a zero, the compression method (0: zlib), the profile.
std::vector<uint8_t> ProfileOf(ByteSpan iccp) {
  const auto end = std::find(
      iccp.begin(), iccp.begin() + static_cast<ptrdiff_t>(std::min<size_t>(iccp.size(), 80)), 0);
  const auto name = static_cast<size_t>(end - iccp.begin());
  if (!HasBytes(iccp, name, 3) || iccp[name] != 0 || iccp[name + 1] != 0) return {};
  return InflateSome(iccp.subspan(name + 2), kMaxProfile);
}

}  // namespace

bool ProfileDiffers(ByteSpan bytes) {
  const Profile profile(bytes);
  if (!profile.IsOne()) return false;
  switch (profile.colour_space()) {
    case FourLetters("RGB "):
      return RgbProfileDiffers(profile);
    case FourLetters("GRAY"): {
      const std::optional<Curve> curve = profile.ReadCurve(FourLetters("kTRC"));
      return curve && Differs(kIdentity, {*curve, *curve, *curve}, kFirstGray);
    }
    default:
      return true;
  }
}

bool JpegColoursDiffer(ByteSpan bytes) {
  // "ICC_PROFILE", a zero, the part's number from 1 on, and how many there are.
  constexpr char kName[] = "ICC_PROFILE";
  constexpr size_t kHeader = sizeof(kName) + 2;
  std::array<ByteSpan, 256> parts;
  size_t count = 0;
  ForEachJpegSegment(bytes, [&](uint8_t marker, ByteSpan payload) {
    if (marker == 0xe2 && payload.size() > kHeader &&
        std::memcmp(payload.data(), kName, sizeof(kName)) == 0) {
      parts[payload[kHeader - 2]] = payload.subspan(kHeader);
      count = payload[kHeader - 1];
    }
    return true;
  });
  std::vector<uint8_t> profile;
  for (size_t i = 1; i <= count; ++i) {
    if (parts[i].empty()) return false;  // of a broken profile nobody takes a part
    profile.insert(profile.end(), parts[i].begin(), parts[i].end());
  }
  return Profile(profile).IsOne() ? ProfileDiffers(profile) : ExifSaysAdobeRgb(bytes);
}

bool PngColoursDiffer(ByteSpan bytes) {
  ByteSpan cicp, iccp, chrm;
  bool srgb = false;
  uint32_t gamma = 0;
  ForEachPngChunk(bytes, [&](uint32_t name, ByteSpan payload) {
    if (name == FourLetters("cICP")) cicp = payload;
    if (name == FourLetters("iCCP")) iccp = payload;
    if (name == FourLetters("cHRM")) chrm = payload;
    if (name == FourLetters("sRGB")) srgb = true;
    if (name == FourLetters("gAMA") && payload.size() == 4) gamma = Big32(payload, 0);
    return name != FourLetters("IDAT");
  });
  if (!cicp.empty()) return CodePointsDiffer(cicp);
  if (!iccp.empty()) {
    const std::vector<uint8_t> profile = ProfileOf(iccp);
    if (Profile(profile).IsOne()) return ProfileDiffers(profile);
  }
  if (srgb) return false;
  if (gamma > 0 || !chrm.empty()) return GammaAndPrimariesDiffer(gamma, chrm);
  return ExifSaysAdobeRgb(bytes);
}

bool BmpColoursDiffer(ByteSpan bytes) {
  constexpr size_t kFileHeader = 14, kVersion5 = 124;
  if (!HasBytes(bytes, 0, kFileHeader + kVersion5) || Little32(bytes, 14) != kVersion5)
    return false;
  const uint32_t kind = Little32(bytes, 70);
  if (kind == FourLetters("LINK")) return true;
  const size_t begin = kFileHeader + size_t{Little32(bytes, 126)}, size = Little32(bytes, 130);
  return kind == FourLetters("MBED") && HasBytes(bytes, begin, size) &&
         ProfileDiffers(bytes.subspan(begin, size));
}

}  // namespace ag::image_internal
