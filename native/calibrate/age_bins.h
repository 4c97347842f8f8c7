// Where the bins of an age distribution stand: moved so that the mean of the distribution errs
// less.
//
// Trained on soft labels and ranges, a net places its distributions a little off, by years that
// depend on the age (its mean is drawn up where the distribution has a long upper end, which a mean
// absolute error does not ask for). Moving the bins keeps all that is made of them in step: the
// age, its interval, the chart.
//
// The move is a smooth function of the age (a cubic B-spline with a knot every ten years, so that
// the distribution has no steps where it has none itself) and minimises the absolute errors (least
// absolute deviations by iteratively reweighted least squares), held back by a penalty on the
// difference of neighbouring coefficients. Pictures of a rare age weigh more (the inverse root of
// their range's share): else the many young would be paid for by the few old.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "native/data/dataset.h"
#include "shared/predict/age_gender.h"

namespace ag {

// Where the ranges of true ages begin: those of `ag_native eval`. None may pay for the others: here
// their pictures are weighed, and the interval's table (calibration.h) leaves none of them out.
inline constexpr std::array<double, 8> kTrueAgeRanges = {0, 4, 9, 19, 29, 41, 61, 81};

size_t TrueRangeOf(double age);  // index into kTrueAgeRanges

inline constexpr size_t kMinBinPictures = 200;
// By how much the mean error must fall, as a share of it, for the bins to be moved at all.
inline constexpr double kMinBinGain = 0.002;

struct AgeBins {
  std::vector<float> bins;  // years, strictly rising, none below 0; as many as before
  // What the other nine tenths give, for each tenth of the pictures of an exact age (the n-th of
  // them belongs to tenth n % size): what is fitted on top of the bins sees errors like a new
  // picture's.
  std::vector<std::vector<float>> cross_fitted;
  size_t count = 0;                // pictures of an exact age
  double mae_before = 0, mae = 0;  // years; `mae` cross-fitted: each tenth with the others' bins
};

// `bins`: those of the model; `predictions`: with their distributions over them; `labels`: as many,
// in the same order, of which those with an exact age count. Nothing where these are fewer than
// kMinBinPictures, where a prediction has no distribution, or where it gains less than kMinBinGain.
std::optional<AgeBins> FitAgeBins(std::span<const float> bins,
                                  std::span<const AgeGender> predictions,
                                  std::span<const Sample> labels);

}  // namespace ag
