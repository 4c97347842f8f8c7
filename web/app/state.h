// What the page told the stage: picture, faces, selection, theme, timings. Knows nothing about
// drawing.
//
// Every number comes from outside and is treated as hostile: counts are capped, arrays copied, and
// anything not finite is marked as missing here, once, so that nothing behind this file has to
// check.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ag::stage {

inline constexpr int kMaxFaces = 4096;  // more are dropped; a detector finds hundreds at most
inline constexpr int kMaxBins = 1024;   // more: the ages count as plain values
inline constexpr int kFaceFields = 9;   // floats a face in SetFaces
inline constexpr int kMaxPictureSide = 1 << 20;  // pixels; larger sides are no picture
inline constexpr size_t kMaxEngineName = 32;
inline constexpr int kTimingCount = 4;      // decode, detect, align, predict
inline constexpr int kMaxNumber = 1 << 24;  // what a float counts exactly; larger ones show none
inline constexpr int kNoFace = -1;

// One face as reported by the engine.
struct StageFace {
  // In pixels of the picture. `has_box` is false if a number was not finite or a side not positive:
  // such a face keeps its index, but is not drawn and cannot be clicked.
  bool has_box = false;
  float x = 0, y = 0, width = 0, height = 0;

  bool has_age = false;
  float age = 0;  // years, 0..150
  bool has_interval = false;
  float age_low = 0, age_high = 0;  // years, age_low <= age_high, 0..150

  bool has_gender = false;
  float p_female = 0;  // 0..1

  int number = 0;  // as the table beside the stage numbers it, at most kMaxNumber; 0: none
};

class StageState {
 public:
  // Size in pixels in which boxes are given; anything but two positive sides means no picture.
  void SetPicture(int width, int height);
  bool has_picture() const { return picture_width_ > 0; }
  int picture_width() const { return picture_width_; }
  int picture_height() const { return picture_height_; }

  // faces [count, kFaceFields]: x, y, width, height, age, age_low, age_high (low > high: none),
  // p_female, number; years [bins], strictly rising; distributions [count, bins]. All are copied;
  // null pointers and counts below zero mean none. The selection is kept where its index still
  // exists. Years that do not rise, or more than kMaxBins of them: the distributions are left out.
  void SetFaces(int count, const float* faces, int bins, const float* years,
                const float* distributions);
  std::span<const StageFace> faces() const { return faces_; }
  std::span<const float> years() const { return years_; }
  // [bins], each value finite and >= 0; empty where the face has no distribution with a sum above
  // 0.
  std::span<const float> Distribution(int face) const;

  // An index that is no face's selects none.
  void Select(int face);
  int selected() const { return selected_; }

  void SetDark(bool dark) { dark_ = dark; }
  bool dark() const { return dark_; }
  void SetMirror(bool mirror) { mirror_ = mirror; }
  bool mirror() const { return mirror_; }

  // Milliseconds [kTimingCount]; negative or not finite: left out. Null leaves out all.
  void SetTimings(const float* ms);
  // Name of the engine that answered, shown before the timings; at most kMaxEngineName bytes of it.
  void SetEngine(std::string_view name);
  const std::string& engine() const { return engine_; }
  const std::array<float, kTimingCount>& timings_ms() const { return timings_ms_; }

 private:
  int picture_width_ = 0, picture_height_ = 0;
  std::vector<StageFace> faces_;
  std::vector<float> years_;
  std::vector<float> distributions_;       // [faces, bins], cleaned
  std::vector<uint8_t> has_distribution_;  // [faces]
  int selected_ = kNoFace;
  bool dark_ = false, mirror_ = false;
  std::array<float, kTimingCount> timings_ms_ = {-1, -1, -1, -1};
  std::string engine_;
};

}  // namespace ag::stage
