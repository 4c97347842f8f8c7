#include "native/pictures/annotate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace ag {
namespace {

using Colour = std::array<uint8_t, 3>;

constexpr Colour kMarked = {255, 210, 0};  // lines, and the background of labels
constexpr Colour kDark = {0, 0, 0};        // letters, and the edge of lines: visible on any picture

// One dot of a letter per this many pixels of the longest side: letters of 7 dots are then about a
// seventieth of it.
constexpr int kSidePerDot = 500;
constexpr int kGlyphWidth = 5, kGlyphHeight = 7, kLetterStep = 6, kMargin = 1;  // dots

// Rows from the top; of 5 bits the highest is the leftmost.
struct Glyph {
  char letter;
  std::array<uint8_t, kGlyphHeight> rows;
};
constexpr Glyph kGlyphs[] = {
    {'0', {0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110}},
    {'1', {0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110}},
    {'2', {0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111}},
    {'3', {0b01110, 0b10001, 0b00001, 0b00110, 0b00001, 0b10001, 0b01110}},
    {'4', {0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010}},
    {'5', {0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110}},
    {'6', {0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110}},
    {'7', {0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000}},
    {'8', {0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110}},
    {'9', {0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100}},
    {'F', {0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000}},
    {'M', {0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001}},
    {'(', {0b00010, 0b00100, 0b01000, 0b01000, 0b01000, 0b00100, 0b00010}},
    {')', {0b01000, 0b00100, 0b00010, 0b00010, 0b00010, 0b00100, 0b01000}},
    {'-', {0b00000, 0b00000, 0b00000, 0b01110, 0b00000, 0b00000, 0b00000}},
    {'.', {0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100}},
    {'%', {0b11001, 0b11001, 0b00010, 0b00100, 0b01000, 0b10011, 0b10011}},
};

const Glyph* FindGlyph(char letter) {
  for (const Glyph& glyph : kGlyphs) {
    if (glyph.letter == letter) return &glyph;
  }
  return nullptr;
}

int DotSize(const Image& picture) {
  const int longest = std::max(picture.width, picture.height);
  // A strip of few rows has room for only one line of text.
  const int most = std::min(picture.width, picture.height) / (2 * (kGlyphHeight + 2 * kMargin));
  return std::max(1, std::min((longest + kSidePerDot / 2) / kSidePerDot, most));
}

void FillRectangle(int left, int top, int width, int height, const Colour& colour, Image* picture) {
  for (int y = std::max(0, top); y < std::min(picture->height, top + height); ++y) {
    for (int x = std::max(0, left); x < std::min(picture->width, left + width); ++x) {
      std::copy(colour.begin(), colour.end(), picture->at(x, y));
    }
  }
}

void Blend(const Colour& colour, double share, uint8_t* pixel) {
  for (size_t channel = 0; channel < colour.size(); ++channel) {
    const double mixed = pixel[channel] + share * (colour[channel] - pixel[channel]);
    pixel[channel] = static_cast<uint8_t>(mixed + 0.5);
  }
}

double DistanceToLine(const Point& p, const Point& from, const Point& to) {
  const double dx = to.x - from.x, dy = to.y - from.y;
  const double square = dx * dx + dy * dy;
  double along = square > 0 ? ((p.x - from.x) * dx + (p.y - from.y) * dy) / square : 0;
  along = std::clamp(along, 0.0, 1.0);
  return std::hypot(p.x - from.x - along * dx, p.y - from.y - along * dy);
}

struct Range {
  int begin = 0, end = 0;
};

// Whole pixels from `low` to `high`, within [0, size).
Range Pixels(double low, double high, int size) {
  return {static_cast<int>(std::clamp(std::floor(low), 0.0, static_cast<double>(size))),
          static_cast<int>(std::clamp(std::ceil(high), 0.0, static_cast<double>(size)))};
}

// A line with round ends, smooth at its edge.
void DrawLine(const Point& from, const Point& to, double width, const Colour& colour,
              Image* picture) {
  const double reach = width / 2 + 1;
  const double dx = to.x - from.x, dy = to.y - from.y;
  const double length = std::hypot(dx, dy);
  const Range rows =
      Pixels(std::min(from.y, to.y) - reach, std::max(from.y, to.y) + reach, picture->height);
  for (int y = rows.begin; y < rows.end; ++y) {
    double low = std::min(from.x, to.x) - reach, high = std::max(from.x, to.x) + reach;
    if (dy != 0) {  // only the pixels near the line, not the whole rectangle around it
      const double middle = from.x + (y + 0.5 - from.y) * dx / dy;
      const double half = reach * length / std::abs(dy) + 1;
      low = std::max(low, middle - half);
      high = std::min(high, middle + half);
    }
    const Range columns = Pixels(low, high, picture->width);
    for (int x = columns.begin; x < columns.end; ++x) {
      const double distance = DistanceToLine({x + 0.5, y + 0.5}, from, to);
      const double share = std::clamp(width / 2 + 0.5 - distance, 0.0, 1.0);
      if (share > 0) Blend(colour, share, picture->at(x, y));
    }
  }
}

// Radians, clockwise; 0: upright.
double Tilt(const Face& face) {
  const double dx = face.points[1].x - face.points[0].x, dy = face.points[1].y - face.points[0].y;
  return dx == 0 && dy == 0 ? 0 : std::atan2(dy, dx);
}

using Corners = std::array<Point, 4>;

Corners TurnedBox(const Face& face) {
  const double tilt = Tilt(face);
  // The box is axis-aligned: the width of the box is the height of a face that lies on its side.
  const double quarter = std::numbers::pi / 4;
  const bool lies = std::abs(tilt) > quarter && std::abs(tilt) < 3 * quarter;
  const double width = lies ? face.box.height : face.box.width;
  const double height = lies ? face.box.width : face.box.height;
  const double c = std::cos(tilt), s = std::sin(tilt);
  const double centre_x = face.box.x + face.box.width / 2;
  const double centre_y = face.box.y + face.box.height / 2;
  Corners corners;
  constexpr double kSides[4][2] = {{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}};
  for (size_t i = 0; i < corners.size(); ++i) {
    const double x = kSides[i][0] * width, y = kSides[i][1] * height;
    corners[i] = {centre_x + c * x - s * y, centre_y + s * x + c * y};
  }
  return corners;
}

bool IsDrawable(const Corners& corners) {
  return std::all_of(corners.begin(), corners.end(),
                     [](const Point& p) { return std::isfinite(p.x) && std::isfinite(p.y); });
}

void DrawBox(const Corners& corners, int dot, Image* picture) {
  for (const bool rim : {true, false}) {
    for (size_t i = 0; i < corners.size(); ++i) {
      DrawLine(corners[i], corners[(i + 1) % corners.size()], rim ? 3 * dot : 2 * dot,
               rim ? kDark : kMarked, picture);
    }
  }
}

void DrawText(const std::string& text, int left, int top, int dot, Image* picture) {
  for (size_t i = 0; i < text.size(); ++i) {
    const Glyph* glyph = FindGlyph(text[i]);
    if (glyph == nullptr) continue;
    for (int row = 0; row < kGlyphHeight; ++row) {
      for (int column = 0; column < kGlyphWidth; ++column) {
        if ((glyph->rows[static_cast<size_t>(row)] >> (kGlyphWidth - 1 - column) & 1) == 0)
          continue;
        FillRectangle(left + (static_cast<int>(i) * kLetterStep + column) * dot, top + row * dot,
                      dot, dot, kDark, picture);
      }
    }
  }
}

void DrawLabel(const std::vector<std::string>& texts, const Corners& corners, int dot,
               Image* picture) {
  if (texts.empty()) return;
  const auto width_of = [&](const std::string& text) {
    return (static_cast<int>(text.size()) * kLetterStep - 1 + 2 * kMargin) * dot;
  };
  const auto fits = [&](const std::string& text) { return width_of(text) <= picture->width; };
  const auto found = std::find_if(texts.begin(), texts.end(), fits);
  const std::string& text = found != texts.end() ? *found : texts.back();
  const int width = width_of(text), height = (kGlyphHeight + 2 * kMargin) * dot;

  const auto by_x = [](const Point& a, const Point& b) { return a.x < b.x; };
  const auto by_y = [](const Point& a, const Point& b) { return a.y < b.y; };
  const double top = std::min_element(corners.begin(), corners.end(), by_y)->y;
  const double bottom = std::max_element(corners.begin(), corners.end(), by_y)->y;
  const double left = std::min_element(corners.begin(), corners.end(), by_x)->x;
  // Above the box, else below it, else where the picture ends.
  double y = top - height - dot;
  if (y < 0 && bottom + dot + height <= picture->height) y = bottom + dot;
  const int at_y = static_cast<int>(
      std::clamp(y, 0.0, static_cast<double>(std::max(0, picture->height - height))));
  const int at_x = static_cast<int>(
      std::clamp(left, 0.0, static_cast<double>(std::max(0, picture->width - width))));
  FillRectangle(at_x, at_y, width, height, kMarked, picture);
  DrawText(text, at_x + kMargin * dot, at_y + kMargin * dot, dot, picture);
}

}  // namespace

void DrawFaces(std::span<const FaceLabel> faces, Image* picture) {
  const int dot = DotSize(*picture);
  // Labels last, so that no line runs through one.
  for (const bool labels : {false, true}) {
    for (const FaceLabel& label : faces) {
      const Corners corners = TurnedBox(label.face);
      if (!IsDrawable(corners)) continue;
      if (labels) {
        DrawLabel(label.texts, corners, dot, picture);
      } else {
        DrawBox(corners, dot, picture);
      }
    }
  }
}

}  // namespace ag
