#include "native/train/data/toy_faces.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>

#include "native/pictures/picture_writer.h"
#include "native/train/data/random.h"
#include "shared/base/file.h"

namespace ag::train {
namespace {

constexpr int kSide = 160;

struct Colour {
  double r = 0, g = 0, b = 0;
};

Colour Scale(Colour c, double factor) { return {c.r * factor, c.g * factor, c.b * factor}; }
Colour Between(Colour a, Colour b, double t) {
  return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

// All that a face is drawn from. Lengths are fractions of the picture's side.
struct Plan {
  int age = 0, gender = 0;
  double child = 0, old = 0;  // 0..1
  double centre_x = 0.5, centre_y = 0.5, size = 0.3, turn = 0;
  Colour skin, hair, lips, cloth, background[2];
  bool long_hair = false;
  double brow = 0, eye = 0, light = 0;
};

Plan DrawPlan(uint64_t seed, uint64_t index) {
  Random random(seed, Purpose::kToyFace, index);
  Plan p;
  p.age = 1 + static_cast<int>(random.Below(90));
  p.gender = static_cast<int>(random.Below(2));
  p.child = std::clamp((18.0 - p.age) / 17.0, 0.0, 1.0);
  p.old = std::clamp((p.age - 25.0) / 60.0 + 0.04 * random.Normal(), 0.0, 1.0);
  p.centre_x = random.Uniform(0.46, 0.54);
  p.centre_y = random.Uniform(0.50, 0.56);
  p.size = random.Uniform(0.27, 0.32);
  p.turn = random.Uniform(-0.14, 0.14);
  const std::array<Colour, 5> skins = {Colour{236, 200, 176}, Colour{222, 178, 145},
                                       Colour{190, 140, 105}, Colour{145, 100, 70},
                                       Colour{100, 68, 48}};
  p.skin = Scale(skins[random.Below(skins.size())], random.Uniform(0.92, 1.06));
  const std::array<Colour, 4> hairs = {Colour{35, 28, 25}, Colour{70, 45, 28}, Colour{120, 80, 45},
                                       Colour{190, 150, 90}};
  p.hair = Between(hairs[random.Below(hairs.size())], {215, 215, 215}, p.old);
  // One face in 25 has the hair of the other label.
  p.long_hair = (p.gender == 1) != random.Chance(0.04);
  const double red = p.gender == 1 ? random.Uniform(0.5, 0.9) : random.Uniform(0.1, 0.4);
  p.lips = Between(Scale(p.skin, 0.8), {190, 40, 60}, red);
  p.brow = p.gender == 1 ? random.Uniform(0.010, 0.018) : random.Uniform(0.020, 0.032);
  p.eye = 0.062 + 0.022 * p.child + random.Uniform(-0.004, 0.004);
  for (Colour& c : p.background) {
    c = {random.Uniform(40, 230), random.Uniform(40, 230), random.Uniform(40, 230)};
  }
  p.cloth = {random.Uniform(20, 220), random.Uniform(20, 220), random.Uniform(20, 220)};
  p.light = random.Uniform(-0.35, 0.35);
  return p;
}

// 1 inside, 0 outside, soft over `edge`. `d` < 1 is inside.
double Soft(double d, double edge) { return std::clamp((1 - d) / edge + 0.5, 0.0, 1.0); }

double Ellipse(double x, double y, double cx, double cy, double rx, double ry, double edge = 0.08) {
  return Soft(std::hypot((x - cx) / rx, (y - cy) / ry), edge);
}

// A soft line y = y0 + bend * (x - x0)^2 of half length `half`.
double Curve(double x, double y, double x0, double y0, double half, double thick, double bend) {
  const double along = std::abs(x - x0) / half;
  const double across = std::abs(y - y0 - bend * (x - x0) * (x - x0)) / thick;
  return Soft(across, 0.8) * Soft(along, 0.2);
}

void Blend(Colour* to, Colour with, double part) { *to = Between(*to, with, part); }

void PaintHair(const Plan& p, double u, double v, Colour* c) {
  const double shade = 0.85 + 0.25 * std::sin(60 * u + 9 * std::sin(7 * v));
  double part = Ellipse(u, v, 0, -0.35, 1.08, 0.98);
  if (p.long_hair) {
    part = std::max(part, Ellipse(u, v, -0.95, 0.55, 0.34, 1.25, 0.15));
    part = std::max(part, Ellipse(u, v, 0.95, 0.55, 0.34, 1.25, 0.15));
  }
  Blend(c, Scale(p.hair, shade), part);
}

void PaintSkin(const Plan& p, double u, double v, Colour* c) {
  Blend(c, Scale(p.skin, 0.82), Ellipse(u, v, 0, 1.25, 0.42, 0.6));      // neck
  Blend(c, p.cloth, Ellipse(u, v, 0, 2.35, 1.7, 0.9));                   // shoulders
  Blend(c, Scale(p.skin, 0.9), Ellipse(u, v, -0.93, 0.02, 0.13, 0.24));  // ears
  Blend(c, Scale(p.skin, 0.9), Ellipse(u, v, 0.93, 0.02, 0.13, 0.24));
  const double jaw = 1.16 - 0.16 * p.child;
  const double width = v > 0 ? 0.9 - (0.2 - 0.14 * p.child) * v * v : 0.9;
  const double light = 1 + p.light * u * 0.6 - 0.10 * v * v - 0.18 * u * u;
  Blend(c, Scale(p.skin, light), Ellipse(u, v, 0, 0, width, jaw));
  const double fringe = p.long_hair ? -0.62 : -0.72;
  const double shade = 0.9 + 0.2 * std::sin(50 * u + 3);
  Blend(c, Scale(p.hair, shade),
        Ellipse(u, v, 0, 0, width * 1.01, jaw * 1.01) *
            Soft(1 + (v - fringe - 0.25 * u * u) * 4, 0.4));
}

void PaintEye(const Plan& p, double u, double v, Colour* c) {
  const double r = p.eye / p.size;
  for (const double side : {-1.0, 1.0}) {
    const double x = side * 0.38, y = -0.12;
    Blend(c, Scale(p.skin, 0.78), Ellipse(u, v, x, y, r * 1.3, r * 0.85, 0.5));
    Blend(c, {245, 245, 245}, Ellipse(u, v, x, y, r, r * 0.55, 0.15));
    Blend(c, {60, 45, 35}, Ellipse(u, v, x, y, r * 0.5, r * 0.5, 0.2));
    Blend(c, {8, 8, 8}, Ellipse(u, v, x, y, r * 0.24, r * 0.24, 0.2));
    Blend(c, {250, 250, 250}, Ellipse(u, v, x - r * 0.15, y - r * 0.18, r * 0.1, r * 0.1, 0.3));
    Blend(c, {35, 25, 20}, Curve(u, v, x, y - r * 0.55, r, 0.03, 1.1 / (r * 6)) * 0.9);
    Blend(c, Scale(p.hair, 0.7), Curve(u, v, x, y - 0.24, 0.24, p.brow / p.size, 0.9));
  }
}

void PaintNoseAndMouth(const Plan& p, double u, double v, Colour* c) {
  Blend(c, Scale(p.skin, 0.80),
        Ellipse(u, v, 0.09 * (p.light > 0 ? -1 : 1), 0.2, 0.05, 0.24, 0.8) * 0.5);
  Blend(c, Scale(p.skin, 1.12), Ellipse(u, v, 0, 0.26, 0.07, 0.16, 0.9) * 0.6);
  for (const double side : {-1.0, 1.0}) {
    Blend(c, Scale(p.skin, 0.45), Ellipse(u, v, side * 0.085, 0.40, 0.045, 0.025, 0.5));
    Blend(c, Scale(p.skin, 0.72), Ellipse(u, v, side * 0.15, 0.37, 0.04, 0.06, 0.6) * 0.7);
  }
  Blend(c, p.lips, Ellipse(u, v, 0, 0.66, 0.28, 0.085, 0.3));
  Blend(c, Scale(p.lips, 0.5), Curve(u, v, 0, 0.655, 0.27, 0.02, -0.25));
}

// Lines that deepen with age.
void PaintWrinkles(const Plan& p, double u, double v, Colour* c) {
  const Colour dark = Scale(p.skin, 0.6);
  const double depth = 0.85 * p.old;
  for (int i = 0; i < 3; ++i) {
    Blend(c, dark, Curve(u, v, 0, -0.52 + 0.09 * i, 0.42, 0.018, 0.1) * depth);
  }
  for (const double side : {-1.0, 1.0}) {
    Blend(c, dark, Curve(u, v, side * 0.38, 0.05, 0.17, 0.022, -0.8) * depth);
    const double fold = std::abs(u * side - (0.26 + 0.28 * (v - 0.38)));
    Blend(c, dark, Soft(fold / 0.025, 0.8) * Soft(std::abs(v - 0.55) / 0.2, 0.3) * depth);
  }
}

Colour PixelAt(const Plan& p, double x, double y) {
  Colour c = Between(p.background[0], p.background[1], y);
  const double dx = (x - p.centre_x) / p.size, dy = (y - p.centre_y) / p.size;
  const double cos = std::cos(p.turn), sin = std::sin(p.turn);
  const double u = cos * dx + sin * dy, v = -sin * dx + cos * dy;
  PaintHair(p, u, v, &c);
  PaintSkin(p, u, v, &c);
  PaintWrinkles(p, u, v, &c);
  PaintEye(p, u, v, &c);
  PaintNoseAndMouth(p, u, v, &c);
  return c;
}

}  // namespace

ToyFace DrawToyFace(uint64_t seed, uint64_t index) {
  const Plan plan = DrawPlan(seed, index);
  Random noise(MixAll({seed, static_cast<uint64_t>(Purpose::kToyFace), index, 1}));
  ToyFace face{Image(kSide, kSide), plan.age, plan.gender};
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const Colour c = PixelAt(plan, (x + 0.5) / kSide, (y + 0.5) / kSide);
      const double grain = noise.Uniform(-6, 6);
      uint8_t* rgb = face.picture.at(x, y);
      const double channels[] = {c.r, c.g, c.b};
      for (int i = 0; i < 3; ++i) {
        rgb[i] = static_cast<uint8_t>(std::clamp(channels[i] + grain, 0.0, 255.0));
      }
    }
  }
  return face;
}

Status WriteToyFaces(const std::string& folder, uint64_t seed, uint64_t first, uint64_t count) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Status(Code::kIo, folder + ": cannot create: " + error.message());
  for (uint64_t index = first; index < first + count; ++index) {
    const Plan plan = DrawPlan(seed, index);
    char name[96];
    std::snprintf(name, sizeof(name), "%d_%d_4_2026%013llu.png", plan.age, plan.gender,
                  static_cast<unsigned long long>(index));
    const std::string path = folder + "/" + name;
    if (std::filesystem::exists(path, error)) continue;
    const std::string png = EncodePng(DrawToyFace(seed, index).picture);
    if (png.empty()) return Status(Code::kOutOfMemory, "cannot encode a PNG");
    AG_RETURN_IF_ERROR(WriteFileAtomically(path, png));
  }
  return OkStatus();
}

}  // namespace ag::train
