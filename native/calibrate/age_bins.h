// Moves the bins of an age distribution so that its mean errs
// less.
//
// Trained on soft labels and ranges, a net places its distributions a little off, by a number of
// years that depends on the age (the mean is pulled up where the distribution has a long upper
// tail, which a mean absolute error does not reward). Moving the bins keeps everything derived from
// them in step: the age, its interval, the chart.
//
// The move is a smooth function of age (a cubic B-spline with a knot every ten years, so that it
// adds no steps to the distribution). It minimises the absolute errors (least absolute deviations
// by iteratively reweighted least squares) with a penalty on the difference of neighbouring
// coefficients. Pictures of rare ages weigh more (the inverse root of the share of their range, one
// of kAgeRanges); otherwise the many young would be served at the cost of the few old. The interval
// table (calibration.h) leaves none of these ranges out either.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "native/data/dataset.h"
#include "shared/predict/age_gender.h"

namespace ag {

inline constexpr size_t kMinBinPictures = 200;
// The mean error must fall by at least this fraction for the bins to be moved at all.
inline constexpr double kMinBinGain = 0.002;

struct AgeBins {
  std::vector<float> bins;  // years, strictly rising, none below 0; as many as before
  // For each tenth of the pictures with an exact age, what the other nine tenths give (the n-th
  // picture belongs to tenth n % size). Whatever is fitted on top of the bins then sees errors like
  // those of new pictures.
  std::vector<std::vector<float>> cross_fitted;
  size_t count = 0;                // pictures of an exact age
  double mae_before = 0, mae = 0;  // years; `mae` cross-fitted: each tenth with the others' bins
};

// `bins`: the model's; `predictions`: with distributions over them; `labels`: as many, in the same
// order; those with an exact age count. Empty if these are fewer than kMinBinPictures, if a
// prediction has no distribution, or if the gain is below kMinBinGain.
std::optional<AgeBins> FitAgeBins(std::span<const float> bins,
                                  std::span<const AgeGender> predictions,
                                  std::span<const Sample> labels);

}  // namespace ag
