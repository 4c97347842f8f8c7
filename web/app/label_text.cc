#include "web/app/label_text.h"

#include <algorithm>
#include <cmath>

namespace ag::stage {
namespace {

constexpr int kNumberOnly = 3;
constexpr char kEnDash[] = "\xe2\x80\x93";
constexpr char kMiddleDot[] = "\xc2\xb7";

std::string Milliseconds(float ms) {
  if (ms >= 9.95f) return std::to_string(std::lround(ms)) + " ms";
  const long tenths = std::lround(ms * 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

std::string Gender(float p_female) {
  const bool female = p_female >= 0.5f;
  const float p = female ? p_female : 1 - p_female;
  return std::string(female ? "F " : "M ") + std::to_string(std::min(std::lround(p * 100), 99L)) +
         " %";
}

}  // namespace

std::string Years(float years) { return std::to_string(std::lround(years)); }

std::string YearsRange(float low, float high) { return Years(low) + kEnDash + Years(high); }

std::string FaceLabel(const StageFace& face, int length) {
  if (length == kNumberOnly) return face.number > 0 ? std::to_string(face.number) : std::string();
  std::string text;
  if (face.has_age) text = Years(face.age);
  if (face.has_age && face.has_interval && length == 0) {
    text += " (" + YearsRange(face.age_low, face.age_high) + ")";
  }
  if (face.has_gender && (length < 2 || !face.has_age)) {
    if (!text.empty()) text += "  ";
    text += Gender(face.p_female);
  }
  if (face.number > 0 && !text.empty()) text = std::to_string(face.number) + ": " + text;
  return text;
}

std::string TimingsLine(const StageState& state) {
  constexpr const char* kNames[kTimingCount] = {"decode ", "detect ", "align ", "predict "};
  std::string line;
  for (int i = 0; i < kTimingCount; ++i) {
    const float ms = state.timings_ms()[i];
    if (ms < 0) continue;
    if (line.empty() && !state.engine().empty()) line = state.engine();
    if (!line.empty()) line += std::string(" ") + kMiddleDot + " ";
    line += kNames[i] + Milliseconds(ms);
  }
  return line;
}

}  // namespace ag::stage
