// Golden predictions: what the shipped model said about fixed pictures when it was shipped.
//
// Every build of the engine (native, under sanitizers, WebAssembly with SIMD and relaxed SIMD) must
// still say it. An unintended change of detector, alignment, preprocessing, engine or model is
// found here even if all builds change alike, which the parity tests cannot see.
#pragma once

#include <string>
#include <vector>

#include "shared/base/status.h"

namespace ag {

// One reading of a picture: of its centre as it is, or of a face found in it.
struct GoldenReading {
  std::string name;         // "drawn as-is", "astronaut face 0"
  std::vector<double> box;  // x, y, width, height, pixels; empty: nothing was looked for
  double age = 0, age_low = 0, age_high = 0;  // years
  double p_female = 0;
};

struct GoldenSet {
  std::string net_sha256, detector_sha256;  // of the model files
  std::vector<GoldenReading> readings;
};

// By how much two builds of the engine may differ on the same pixels: the bounds of
// wasm_parity_test (tests/parity) for native and WebAssembly, since sums in another order are no
// regression. The ends of the interval are quantiles of a flat part of the distribution: they may
// move twice as far.
inline constexpr double kGoldenBoxPixels = 0.5, kGoldenAgeYears = 0.05, kGoldenIntervalYears = 0.1,
                        kGoldenProbability = 1e-3;

// `models`: the folder of age_gender.agm and face_detector.agm; `astronaut`: the photograph's file,
// or empty: only drawn pictures.
StatusOr<GoldenSet> ReadGoldens(const std::string& models, const std::string& astronaut);

// The lines of shared/infer/known_answers.inc for the models of this folder.
StatusOr<std::string> KnownAnswersText(const std::string& models);

std::string GoldensToJson(const GoldenSet& goldens);
StatusOr<GoldenSet> GoldensFromJson(const std::string& text);

// A line for each difference beyond the tolerances. Readings of `expected` that `found` lacks
// because the photograph is missing (`with_astronaut` false) do not count.
std::vector<std::string> CompareGoldens(const GoldenSet& expected, const GoldenSet& found,
                                        bool with_astronaut);

}  // namespace ag
