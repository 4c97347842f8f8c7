// Fits what a model says about its own errors, on labelled pictures that it was not trained on.
//
// Age: conformalised quantile regression (Romano, Patterson, Candes: "Conformalized Quantile
// Regression", 2019) by ranges of the predicted age (Vovk's Mondrian taxonomies), each end
// separately at half of the 10 %: the score of an end is by how many years the age lies beyond it,
// and the correction is the score of rank ceil((n + 1) * 0.95) among the range's n. The table is
// then widened for ages that it would leave out too often (few people are that old, and the net
// places them lower), and likewise for groups of people (race and gender as labelled):
// docs/model-format.md says how, and why. Gender: one temperature that divides the logit (Guo et
// al.: "On Calibration of Modern Neural Networks", 2017).
//
// Only exact ages count: a labelled range says nothing about where an interval of years should end.
// Sample weights are ignored.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "native/calibrate/age_bins.h"
#include "native/data/dataset.h"
#include "shared/base/status.h"
#include "shared/model/model.h"
#include "shared/predict/age_gender.h"

namespace ag {

// A range of predicted ages with fewer pictures joins the next one: with 80 pictures a third of the
// ranges cover 3 percentage points more or less than they should, with fewer pictures it is worse.
inline constexpr size_t kMinRangePictures = 80;
inline constexpr size_t kMinGenderPictures = 100;
struct CalibratedRange {
  double first = 0,
         last = 0;  // predicted years, [first, last); the last range has no end: infinity
  size_t count = 0;
  AgeIntervalKnot knot;
  double coverage_before = 0;  // share of the range's true ages in the interval without a table
  double coverage = 0;         // the same with one: cross-fitted
};

// "Cross-fitted": each tenth of the pictures measured with what the other nine tenths gave.
struct Calibration {
  std::vector<CalibratedRange> ranges;  // empty: too few exact ages
  size_t age_count = 0;
  double coverage_before = 0, coverage = 0;
  double width_before = 0, width = 0;  // mean, years; `width` is cross-fitted

  // Absent if there are too few genders, or if they do not determine it (the net makes no errors,
  // or is no better than a coin).
  std::optional<float> gender_temperature;
  size_t gender_count = 0;
  double gender_loss_before = 0, gender_loss = 0;  // mean -log likelihood; cross-fitted
};

// The contract without an interval table, without errors of a plain value and with gender
// temperature 1: FitCalibration needs predictions made with it.
AgeGenderContract WithoutCalibration(AgeGenderContract contract);

// `predictions`: of a model with the contract of WithoutCalibration; `labels`: as many, in the
// same order. The order matters in that every tenth picture is in the same fold. kInvalidArgument
// if the two differ in number; kEmpty if neither ages nor genders suffice (the message has the
// counts).
StatusOr<Calibration> FitCalibration(std::span<const AgeGender> predictions,
                                     std::span<const Sample> labels);

// Puts the bins into the model, and the metrics calibration_mae and calibration_mae_before into its
// provenance. Fit everything else to predictions over these bins.
void ApplyAgeBins(const AgeBins& fit, Model* model);

// Puts the table and the temperature into the model (what was not fitted stays as it was), and the
// metrics calibration_* into its provenance. Graph, weights and the rest stay.
void ApplyCalibration(const Calibration& calibration, Model* model);

}  // namespace ag
