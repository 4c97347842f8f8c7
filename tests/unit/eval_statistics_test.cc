// The statistics of `eval --report` against values worked out by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "native/eval/bootstrap.h"
#include "native/eval/breakdowns.h"
#include "native/eval/results.h"
#include "native/eval/statistics.h"

namespace ag {
namespace {

std::vector<uint32_t> Ones(size_t count) { return std::vector<uint32_t>(count, 1); }

double Auc(const std::vector<double>& scores, const std::vector<uint8_t>& positive,
           const std::vector<uint32_t>& weights) {
  return AreaUnderCurve(scores, positive, AscendingOrder(scores), weights);
}

double Median(const std::vector<double>& values, const std::vector<uint32_t>& weights) {
  return WeightedMedian(values, AscendingOrder(values), weights);
}

TEST(EvalStatistics, AucCountsPairsAndHalvesTies) {
  // Pairs (positive, negative): 0.9 wins over 0.1, 0.5; 0.5 wins over 0.1 and ties with 0.5: 3.5
  // of 4.
  EXPECT_DOUBLE_EQ(Auc({0.1, 0.5, 0.5, 0.9}, {0, 0, 1, 1}, Ones(4)), 3.5 / 4);
  EXPECT_DOUBLE_EQ(Auc({0.9, 0.1, 0.8}, {1, 0, 1}, Ones(3)), 1);
  EXPECT_DOUBLE_EQ(Auc({0.9, 0.1, 0.8}, {0, 1, 0}, Ones(3)), 0);
  EXPECT_DOUBLE_EQ(Auc({0.5, 0.5, 0.5}, {1, 0, 0}, Ones(3)), 0.5);
  EXPECT_TRUE(std::isnan(Auc({0.2, 0.3}, {1, 1}, Ones(2))));
  EXPECT_TRUE(std::isnan(Auc({}, {}, {})));
}

TEST(EvalStatistics, AWeightIsARepetition) {
  const std::vector<double> scores = {0.1, 0.5, 0.5, 0.9, 0.3};
  const std::vector<uint8_t> positive = {0, 0, 1, 1, 1};
  const std::vector<uint32_t> weights = {2, 1, 3, 0, 1};
  std::vector<double> repeated_scores;
  std::vector<uint8_t> repeated_positive;
  for (size_t i = 0; i < weights.size(); ++i) {
    repeated_scores.insert(repeated_scores.end(), weights[i], scores[i]);
    repeated_positive.insert(repeated_positive.end(), weights[i], positive[i]);
  }
  const std::vector<uint32_t> ones = Ones(repeated_scores.size());
  EXPECT_DOUBLE_EQ(Auc(scores, positive, weights), Auc(repeated_scores, repeated_positive, ones));
  EXPECT_DOUBLE_EQ(Median(scores, weights), Median(repeated_scores, ones));
  EXPECT_DOUBLE_EQ(ExpectedCalibrationError(scores, positive, weights),
                   ExpectedCalibrationError(repeated_scores, repeated_positive, ones));
  EXPECT_DOUBLE_EQ(WeightedMean(scores, weights), WeightedMean(repeated_scores, ones));
}

TEST(EvalStatistics, MedianTakesTheMiddle) {
  EXPECT_DOUBLE_EQ(Median({5, 1, 9}, Ones(3)), 5);
  EXPECT_DOUBLE_EQ(Median({5, 1, 9, 6}, Ones(4)), 5.5);
  EXPECT_DOUBLE_EQ(Median({5, 1, 9, 6}, {1, 0, 0, 1}), 5.5);
  EXPECT_DOUBLE_EQ(Median({5, 1, 9, 6}, {0, 0, 3, 1}), 9);
  EXPECT_DOUBLE_EQ(Median({7}, Ones(1)), 7);
  EXPECT_TRUE(std::isnan(Median({1, 2}, {0, 0})));
}

TEST(EvalStatistics, CalibrationErrorIsTheWeightedGap) {
  // Bin 0.9-1: mean 0.95, one of two positive: gap 0.45. Bin 0.1-0.2: mean 0.1, none: gap 0.1.
  // (2 * 0.45 + 2 * 0.1) / 4.
  EXPECT_NEAR(ExpectedCalibrationError(std::vector<double>{0.9, 1.0, 0.1, 0.1},
                                       std::vector<uint8_t>{1, 0, 0, 0}, Ones(4)),
              0.275, 1e-12);
  // Within a bin errors cancel; between bins they do not.
  EXPECT_NEAR(ExpectedCalibrationError(std::vector<double>{0.52, 0.58}, std::vector<uint8_t>{1, 0},
                                       Ones(2)),
              0.05, 1e-12);
  EXPECT_EQ(ReliabilityBin(1), kReliabilityBins - 1);
  EXPECT_EQ(ReliabilityBin(0), 0);
  EXPECT_EQ(ReliabilityBin(0.1999), 1);
}

TEST(EvalStatistics, QuantilesInterpolate) {
  const std::vector<double> values = {0, 10, 20, 30};
  EXPECT_DOUBLE_EQ(Quantile(values, 0), 0);
  EXPECT_DOUBLE_EQ(Quantile(values, 1), 30);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.5), 15);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.1), 3);
  EXPECT_DOUBLE_EQ(Quantile(std::vector<double>{4}, 0.3), 4);
}

double Normal(std::mt19937_64* random) {
  const auto uniform = [&] { return (static_cast<double>((*random)() >> 11) + 0.5) * 0x1p-53; };
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

Interval MeanInterval(const std::vector<double>& values, const std::vector<uint32_t>& clusters,
                      uint64_t seed) {
  const Bootstrap bootstrap(clusters, 400, seed);
  std::vector<double> means;
  std::vector<uint32_t> weights;
  for (size_t i = 0; i < bootstrap.resamples(); ++i) {
    bootstrap.Draw(i, &weights);
    means.push_back(WeightedMean(values, weights));
  }
  return PercentileInterval(std::move(means));
}

// Of 95 % intervals of the mean of a known distribution, about 95 % hold its true mean.
TEST(Bootstrap, IntervalsCoverTheTruth) {
  constexpr int kTrials = 400, kItems = 80;
  std::mt19937_64 random(7);
  int covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values;
    std::vector<uint32_t> clusters;
    for (uint32_t i = 0; i < kItems; ++i) {
      values.push_back(3 + 2 * Normal(&random));
      clusters.push_back(i);
    }
    const Interval interval = MeanInterval(values, clusters, static_cast<uint64_t>(trial));
    covered += interval.low <= 3 && 3 <= interval.high;
  }
  // Of 400 trials at 95 % the count has a standard deviation of 4.4; a percentile interval of 80
  // items covers some tenths of a percent less.
  EXPECT_GE(covered, 380 - 4 * 4.4);
  EXPECT_LE(covered, 380 + 4 * 4.4);
}

// Five copies of each item say no more than one: drawn by cluster the interval must not shrink,
// drawn one by one it does, by the square root of five.
TEST(Bootstrap, ClustersAreDrawnTogether) {
  std::mt19937_64 random(11);
  std::vector<double> single, copies;
  std::vector<uint32_t> own, together, alone;
  for (uint32_t i = 0; i < 100; ++i) {
    single.push_back(Normal(&random));
    own.push_back(i);
    for (int k = 0; k < 5; ++k) {
      copies.push_back(single.back());
      together.push_back(1000 + i);
      alone.push_back(static_cast<uint32_t>(alone.size()));
    }
  }
  const auto width = [](const Interval& interval) { return interval.high - interval.low; };
  const double reference = width(MeanInterval(single, own, 1));
  EXPECT_NEAR(width(MeanInterval(copies, together, 1)), reference, 1e-9);
  EXPECT_NEAR(width(MeanInterval(copies, alone, 1)) / reference, 1 / std::sqrt(5), 0.1);
  EXPECT_EQ(Bootstrap(together, 100, 1).clusters(), 100u);
}

TEST(Bootstrap, ASeedIsADraw) {
  const std::vector<uint32_t> clusters = {0, 1, 2, 3, 4, 4, 5, 6, 7, 8};
  std::vector<uint32_t> a, b, other;
  Bootstrap(clusters, 10, 3).Draw(5, &a);
  const Bootstrap again(clusters, 10, 3);
  again.Draw(4, &b);
  EXPECT_NE(a, b);
  again.Draw(5, &b);
  EXPECT_EQ(a, b);
  Bootstrap(clusters, 10, 4).Draw(5, &other);
  EXPECT_NE(a, other);
  EXPECT_EQ(a[4], a[5]);
  uint32_t drawn = 0;
  for (size_t i = 0; i < a.size(); ++i) drawn += i == 5 ? 0 : a[i];
  EXPECT_EQ(drawn, 9u);
}

TEST(Bootstrap, UndefinedDrawsAreLeftOutUnlessTheyAreMany) {
  std::vector<double> values(100, 1.0);
  values[3] = std::nan("");
  EXPECT_DOUBLE_EQ(PercentileInterval(values).low, 1);
  std::fill_n(values.begin(), 11, std::nan(""));
  EXPECT_TRUE(std::isnan(PercentileInterval(values).low));
  EXPECT_TRUE(std::isnan(PercentileInterval({}).high));
}

EvalPrediction Predict(double label, double age, Gender gender, double p_female) {
  EvalPrediction p;
  p.label.age_lo = p.label.age_hi = label;
  p.label.gender = gender;
  p.age = age;
  p.p_female = p_female;
  p.has_interval = true;
  p.age_low = age - 4;
  p.age_high = age + 4;
  return p;
}

double Of(const CellResult& cell, Figure figure) { return cell.of(figure).value; }

TEST(EvalResults, FiguresByHand) {
  std::vector<EvalPrediction> all = {
      Predict(20, 23, Gender::kFemale, 0.8),     // error 3
      Predict(40, 35, Gender::kMale, 0.6),       // -5, wrong gender
      Predict(10, 21, Gender::kMale, 0.1),       // 11, a minor called an adult
      Predict(17, 20.5, Gender::kUnknown, 0.5),  // 3.5, a minor not called an adult
  };
  EvalPrediction range = Predict(0, 29.9, Gender::kFemale, 0.9);
  range.label.age_lo = 20;
  range.label.age_hi = 29;
  range.age_high = 80;  // a width over ranges as well would see it
  all.push_back(range);
  range.age = 30;
  range.label.gender = Gender::kUnknown;
  all.push_back(range);
  for (uint32_t i = 0; i < all.size(); ++i) all[i].cluster = i;
  all[0].age_rank = 0.5;   // in every middle part
  all[1].age_rank = 0.02;  // in no middle part below 96 %
  all[2].age_rank = 0.74;  // from 48 % on

  Breakdown by_label{
      "by_label", "By label", {{"young"}, {"none"}, {"old"}}, [](const EvalPrediction& p) {
        return p.label.age_lo < 20 ? 0 : 2;
      }};
  const Bootstrap bootstrap(std::vector<uint32_t>{0, 1, 2, 3, 4, 5}, 200, 1);
  const EvalResults results = ComputeResults(all, {by_label}, &bootstrap);
  const CellResult& overall = results.overall;
  EXPECT_EQ(overall.pictures, 6u);
  EXPECT_EQ(overall.count_of(Figure::kMae), 4u);
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kMae), (3 + 5 + 11 + 3.5) / 4);
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kMedianError), (3.5 + 5) / 2);
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kBias), (3 - 5 + 11 + 3.5) / 4);
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kWithin3), 0.25);  // an error of 3 is within 3
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kWithin5), 0.75);
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kWithin10), 0.75);
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kWithinRange), 0.5);
  EXPECT_EQ(overall.count_of(Figure::kWithinRange), 2u);
  EXPECT_EQ(overall.count_of(Figure::kGenderAccuracy), 4u);
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kGenderAccuracy), 0.75);
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kGenderAuc), 1);
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kIntervalCoverage), 0.5);  // errors of 3 and 3.5 within 4
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kIntervalWidth), 8);
  EXPECT_EQ(overall.count_of(Figure::kIntervalWidth), 4u);
  EXPECT_DOUBLE_EQ(Of(overall, Figure::kMinorsAsAdults), 0.5);
  EXPECT_EQ(overall.count_of(Figure::kMinorsAsAdults), 2u);
  for (size_t i = 0; i < kFigureCount; ++i) {
    const Estimate& estimate = overall.figures[i];
    if (std::isnan(estimate.interval.low)) continue;
    EXPECT_LE(estimate.interval.low, estimate.value) << InfoOf(FigureAt(i)).name;
    EXPECT_GE(estimate.interval.high, estimate.value) << InfoOf(FigureAt(i)).name;
  }
  // |errors| 3, 5, 11, 3.5: mean 5.625.
  EXPECT_NEAR(results.absolute_error_sd,
              std::sqrt((6.890625 + 0.390625 + 28.890625 + 4.515625) / 3), 1e-12);

  ASSERT_EQ(results.breakdowns.size(), 1u);
  ASSERT_EQ(results.breakdowns[0].cells.size(), 2u);  // cells without pictures are left out
  EXPECT_EQ(results.breakdowns[0].cells[0].name.label, "young");
  EXPECT_DOUBLE_EQ(Of(results.breakdowns[0].cells[0], Figure::kMae), (11 + 3.5) / 2);
  EXPECT_TRUE(std::isnan(Of(results.breakdowns[0].cells[0], Figure::kWithinRange)));

  ASSERT_EQ(results.reliability.size(), 10u);
  EXPECT_EQ(results.reliability[8].count, 1u);  // 0.8
  EXPECT_DOUBLE_EQ(results.reliability[8].share_female.value, 1);
  EXPECT_DOUBLE_EQ(results.reliability[6].share_female.value, 0);
  EXPECT_TRUE(std::isnan(results.reliability[3].share_female.value));

  ASSERT_EQ(results.age_calibration.size(), 19u);
  EXPECT_DOUBLE_EQ(results.age_calibration[0].covered.value, 1.0 / 3);   // 5 %
  EXPECT_DOUBLE_EQ(results.age_calibration[8].covered.value, 1.0 / 3);   // 45 %
  EXPECT_DOUBLE_EQ(results.age_calibration[9].covered.value, 2.0 / 3);   // 50 %
  EXPECT_DOUBLE_EQ(results.age_calibration[18].covered.value, 2.0 / 3);  // 95 %
}

TEST(EvalResults, NothingKnownIsNothingSaid) {
  EvalPrediction p;  // an age alone, no gender, no interval
  p.label.age_lo = p.label.age_hi = 30;
  p.age = 31;
  const Bootstrap bootstrap(std::vector<uint32_t>{0}, 100, 1);
  const EvalResults results = ComputeResults(std::vector<EvalPrediction>{p}, {}, &bootstrap);
  EXPECT_DOUBLE_EQ(results.overall.of(Figure::kMae).value, 1);
  for (const Figure figure :
       {Figure::kGenderAccuracy, Figure::kGenderAuc, Figure::kGenderEce, Figure::kIntervalCoverage,
        Figure::kIntervalWidth, Figure::kWithinRange, Figure::kMinorsAsAdults}) {
    EXPECT_TRUE(std::isnan(results.overall.of(figure).value)) << InfoOf(figure).name;
    EXPECT_EQ(results.overall.count_of(figure), 0u);
  }
  EXPECT_TRUE(results.reliability.empty());
  EXPECT_TRUE(results.age_calibration.empty());
  EXPECT_TRUE(std::isnan(results.absolute_error_sd));
}

EvalPrediction PredictRange(double lo, double hi, double age) {
  EvalPrediction p = Predict(lo, age, Gender::kUnknown, 0.5);
  p.label.age_hi = hi;
  return p;
}

TEST(EvalResults, MinorsByAgeAndByWholeRange) {
  std::vector<EvalPrediction> all = {
      PredictRange(17, 17, 22),     // a minor, called an adult
      PredictRange(17.5, 17.5, 5),  // a minor
      PredictRange(18, 18, 30),     // none
      PredictRange(3, 9, 21),       // a minor, called an adult
      PredictRange(10, 17, 20.9),   // a minor: its last year is 17
      PredictRange(10, 19, 40),     // of either side of 18: none
      PredictRange(0, 120, 40),     // no age at all
  };
  // No picture weighs more than another, whatever the data say.
  all[0].label.weight = 100;
  const EvalResults results = ComputeResults(all, {}, nullptr);
  EXPECT_EQ(results.overall.count_of(Figure::kMinorsAsAdults), 4u);
  EXPECT_DOUBLE_EQ(Of(results.overall, Figure::kMinorsAsAdults), 0.5);
}

TEST(EvalResults, WithoutABootstrapTheSameFiguresAndNoIntervals) {
  std::vector<EvalPrediction> all;
  std::vector<uint32_t> clusters;
  for (uint32_t i = 0; i < 40; ++i) {
    all.push_back(Predict(i, i + 1.0 + i % 7, i % 3 == 0 ? Gender::kFemale : Gender::kMale,
                          0.05 + 0.02 * (i * 7 % 40)));
    clusters.push_back(i);
  }
  const std::vector<Breakdown> breakdowns = EvalBreakdowns(all);
  const Bootstrap bootstrap(clusters, 100, 1);
  const EvalResults with = ComputeResults(all, breakdowns, &bootstrap);
  const EvalResults without = ComputeResults(all, breakdowns, nullptr);
  EXPECT_EQ(with.clusters, 40u);
  EXPECT_EQ(without.clusters, 0u);
  for (size_t i = 0; i < kFigureCount; ++i) {
    if (FigureAt(i) == Figure::kWithinRange) continue;
    EXPECT_EQ(with.overall.figures[i].value, without.overall.figures[i].value);
    EXPECT_TRUE(std::isfinite(with.overall.figures[i].interval.low));
    EXPECT_TRUE(std::isnan(without.overall.figures[i].interval.low));
  }
  ASSERT_EQ(with.breakdowns.size(), without.breakdowns.size());
  EXPECT_EQ(with.Find("by_age")->cells.size(), without.Find("by_age")->cells.size());
  EXPECT_EQ(with.Find("by_nothing"), nullptr);
}

TEST(EvalBreakdowns, WhatIsNotGivenStandsLastAndUnknownAgesNowhere) {
  std::vector<EvalPrediction> all = {PredictRange(0, 120, 30), PredictRange(20, 29, 85),
                                     PredictRange(81, 81, 3), PredictRange(4, 4, 8.9)};
  all[0].label.gender = Gender::kMale;
  all[1].label.gender = Gender::kFemale;
  all[1].label.group = "White";
  all[2].label.group = "a";
  all[2].label.gender = Gender::kMale;
  all[3].label.group = "White";
  const EvalResults results = ComputeResults(all, EvalBreakdowns(all), nullptr);
  const auto labels = [&](const char* name) {
    std::string text;
    for (const CellResult& cell : results.Find(name)->cells) text += cell.name.label + "|";
    return text;
  };
  EXPECT_EQ(labels("by_age"), "4-8|19-28|81+|") << "a range stands where its middle falls";
  EXPECT_EQ(labels("by_predicted_age"), "0-3|4-8|29-40|81+|");
  EXPECT_EQ(labels("by_group"), "White female|White gender not given|a male|group not given male|");
  EXPECT_EQ(labels("by_gender"), "female|male|gender not given|");
  EXPECT_EQ(results.Find("by_group")->cells[1].name.group, "White");
  EXPECT_EQ(results.Find("by_group")->cells[2].name.gender, Gender::kMale);
}

}  // namespace
}  // namespace ag
