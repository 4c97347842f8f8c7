// What a model says of its own errors, fitted on synthetic predictions whose truth is known, and
// judged on fresh ones.
#include "native/calibrate/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "native/data/age_ranges.h"
#include "shared/predict/outputs.h"
#include "tests/support/model_builder.h"
#include "tests/support/random.h"

namespace ag::test {
namespace {

struct Pictures {
  std::vector<AgeGender> predictions;
  std::vector<Sample> labels;
};

double Uniform(Random& random) { return static_cast<double>(random.Next() >> 11) * 0x1p-53; }

double Normal(Random& random) {  // Box and Muller
  const double radius = std::sqrt(-2 * std::log(1 - Uniform(random)));
  return radius * std::cos(2 * M_PI * Uniform(random));
}

// A net's predictions and the true ages. Errors grow with the age; the interval that the net itself
// says is too narrow.
struct World {
  const char* name;
  double skew;  // a true age above the predicted one is that many times farther off than one below
  double bias;  // predicted minus true, years
  double tail;  // share of errors of twice the size
};
constexpr World kHeteroscedastic = {"heteroscedastic", 1, 0, 0.1};
constexpr World kSkewed = {"skewed", 2, 0, 0.1};
constexpr World kBiased = {"biased", 1, 4, 0};

double PredictedAge(Random& random) {
  const double u = Uniform(random);
  if (u < 0.11) return 4 * Uniform(random);
  if (u < 0.20) return 4 + 12 * Uniform(random);
  if (u < 0.62) return 22 + 9 * std::abs(Normal(random));
  if (u < 0.84) return 35 + 22 * Uniform(random);
  return std::min(92.0, 56 + 11 * std::abs(Normal(random)));
}

Pictures Draw(const World& world, size_t count, uint64_t seed) {
  Random random(seed);
  Pictures pictures;
  for (size_t i = 0; i < count; ++i) {
    const double centre = PredictedAge(random);
    double error = Normal(random) * std::min(0.8 + 0.13 * centre, 8.0);
    if (random.Chance(world.tail)) error *= 2;
    if (error > 0) error *= world.skew;
    Sample label;
    label.age_lo = label.age_hi = std::floor(std::clamp(centre + error, 0.0, 116.0));
    AgeGender prediction;
    prediction.age = centre + world.bias;
    const double half_width = 1.1 * (0.8 + 0.11 * prediction.age);
    SetAgeInterval({}, prediction.age - half_width, prediction.age + half_width, &prediction);
    pictures.predictions.push_back(prediction);
    pictures.labels.push_back(label);
  }
  return pictures;
}

struct Share {
  size_t count = 0, covered = 0;
  double value() const { return static_cast<double>(covered) / static_cast<double>(count); }
};

// Coverage on fresh pictures with the engine's own arithmetic.
struct Judged {
  Share all;
  std::vector<Share> by_predicted;  // of the calibration's ranges
  std::vector<Share> by_true{kAgeRanges.size()};
  size_t below = 0, above = 0;  // of the misses
  double width = 0;
};

template <typename Correct>
Judged Judge(const Pictures& pictures, const std::vector<CalibratedRange>& ranges,
             const Correct& correct) {
  Judged judged;
  judged.by_predicted.resize(ranges.size());
  for (size_t i = 0; i < pictures.labels.size(); ++i) {
    AgeGender result = pictures.predictions[i];
    correct(&result);
    const double age = pictures.labels[i].age_lo;
    const bool covered = result.age_low <= age && age <= result.age_high;
    size_t range = 0;
    while (range + 1 < ranges.size() && result.age >= ranges[range].last) ++range;
    for (Share* share :
         {&judged.all, &judged.by_predicted[range], &judged.by_true[AgeRangeIndex(age)]}) {
      ++share->count;
      share->covered += covered ? 1 : 0;
    }
    judged.below += age < result.age_low ? 1 : 0;
    judged.above += age > result.age_high ? 1 : 0;
    judged.width +=
        (result.age_high - result.age_low) / static_cast<double>(pictures.labels.size());
  }
  return judged;
}

std::vector<AgeIntervalKnot> Knots(const Calibration& calibration) {
  std::vector<AgeIntervalKnot> knots;
  for (const CalibratedRange& range : calibration.ranges) knots.push_back(range.knot);
  return knots;
}

Judged JudgeKnots(const Pictures& pictures, const std::vector<CalibratedRange>& ranges,
                  const std::vector<AgeIntervalKnot>& knots) {
  return Judge(pictures, ranges, [&](AgeGender* result) {
    SetAgeInterval(knots, result->age_low, result->age_high, result);
  });
}

Judged JudgeTable(const Pictures& pictures, const Calibration& calibration) {
  return JudgeKnots(pictures, calibration.ranges, Knots(calibration));
}

// The textbook's table, worked out anew: in each range one score of rank ceil((n + 1) level), for
// each end at level 0.95 or for both at 0.9, and nothing else.
std::vector<AgeIntervalKnot> PlainKnots(const Pictures& part, const Calibration& calibration,
                                        bool each_end) {
  std::vector<AgeIntervalKnot> knots = Knots(calibration);
  for (size_t r = 0; r < knots.size(); ++r) {
    const CalibratedRange& range = calibration.ranges[r];
    std::vector<double> below, above, both;
    for (size_t i = 0; i < part.labels.size(); ++i) {
      const AgeGender& said = part.predictions[i];
      if (said.age < range.first || said.age >= range.last) continue;
      below.push_back(said.age_low - part.labels[i].age_lo);
      above.push_back(part.labels[i].age_lo - said.age_high);
      both.push_back(std::max(below.back(), above.back()));
    }
    const auto score = [](std::vector<double>* scores, double level) {
      std::sort(scores->begin(), scores->end());
      const double rank = std::ceil(level * static_cast<double>(scores->size() + 1));
      return static_cast<float>(scores->at(static_cast<size_t>(rank) - 1));
    };
    knots[r].lower = each_end ? -score(&below, 0.95) : -score(&both, 0.9);
    knots[r].upper = each_end ? score(&above, 0.95) : score(&both, 0.9);
  }
  return knots;
}

constexpr size_t kCalibrationPictures = 3000, kFreshPictures = 20000;

class Coverage : public ::testing::TestWithParam<World> {};

// The coverage that n pictures give is itself random: within 3 * sqrt(0.09 / n) of 90 %, and that
// of the fresh ones likewise.
TEST_P(Coverage, OverallAndInEveryRange) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    const Pictures part = Draw(GetParam(), kCalibrationPictures, seed);
    const Pictures fresh = Draw(GetParam(), kFreshPictures, 1000 + seed);
    const auto calibration = FitCalibration(part.predictions, part.labels);
    ASSERT_TRUE(calibration.ok()) << calibration.status().message();
    const Judged judged = JudgeTable(fresh, *calibration);
    const double bound = 3 * std::sqrt(0.09 / kCalibrationPictures + 0.09 / kFreshPictures);
    EXPECT_GE(judged.all.value(), 0.90 - bound);
    EXPECT_LE(judged.all.value(), 0.90 + bound);
    EXPECT_GE(calibration->ranges.size(), 6u);
    double least = 1;
    for (size_t i = 0; i < calibration->ranges.size(); ++i) {
      const Share& share = judged.by_predicted[i];
      EXPECT_GE(calibration->ranges[i].count, kMinRangePictures);
      EXPECT_GE(share.count, 100u);
      EXPECT_GE(share.value(), 0.84) << "predicted from " << calibration->ranges[i].first;
      least = std::min(least, share.value());
    }
    // What the part says of itself, cross-fitted, is what fresh pictures say.
    EXPECT_NEAR(calibration->coverage, judged.all.value(), bound);
    EXPECT_NEAR(calibration->width, judged.width, 0.05 * judged.width);
    EXPECT_LT(calibration->coverage_before, 0.8);
    std::printf("%s: before %.3f, cross-fitted %.3f, fresh %.3f, least of a range %.3f\n",
                GetParam().name, calibration->coverage_before, calibration->coverage,
                judged.all.value(), least);
  }
}

// Ages that are rare lie where the net seldom predicts them.
TEST_P(Coverage, NoRangeOfTrueAgesIsLeftOut) {
  const Pictures part = Draw(GetParam(), kCalibrationPictures, 11);
  const Pictures fresh = Draw(GetParam(), kFreshPictures, 12);
  const auto calibration = FitCalibration(part.predictions, part.labels);
  ASSERT_TRUE(calibration.ok());
  std::vector<size_t> in_part(kAgeRanges.size());
  for (const Sample& label : part.labels) ++in_part[AgeRangeIndex(label.age_lo)];
  const Judged judged = JudgeTable(fresh, *calibration);
  const Judged plain =
      JudgeKnots(fresh, calibration->ranges, PlainKnots(part, *calibration, /*each_end=*/true));
  std::printf("%s, 81 and older, %zu in the part: %.3f in, without care %.3f\n", GetParam().name,
              in_part.back(), judged.by_true.back().value(), plain.by_true.back().value());
  if (in_part.back() >= 60) {
    EXPECT_LT(plain.by_true.back().value(), 0.75) << "nothing to care for";
  }
  for (size_t i = 0; i < kAgeRanges.size(); ++i) {
    if (in_part[i] < 60) continue;
    // 4 standard deviations of what 60 or more pictures can promise.
    const double sd = std::sqrt(0.89 * 0.11 / static_cast<double>(in_part[i]));
    EXPECT_GE(judged.by_true[i].value(), 0.89 - 4 * sd) << "true age from " << kAgeRanges[i].first;
  }
}

// A group of people for whom the net errs half as much again: no input says who belongs to it.
TEST_P(Coverage, NoGroupIsLeftOut) {
  const auto draw = [](size_t count, uint64_t seed, bool with_groups) {
    Pictures pictures = Draw(GetParam(), count, seed);
    for (size_t i = 0; i < count; ++i) {
      Sample& label = pictures.labels[i];
      const bool hard = i % 10 == 3;
      if (hard) {
        const double centre = pictures.predictions[i].age - GetParam().bias;
        const double age = centre + 1.5 * (label.age_lo - centre);
        label.age_lo = label.age_hi = std::floor(std::clamp(age, 0.0, 116.0));
      }
      label.gender = Gender::kFemale;
      if (with_groups) label.group = hard ? "hard" : "easy";
    }
    return pictures;
  };
  const Pictures part = draw(kCalibrationPictures, 21, true);
  const Pictures fresh = draw(kFreshPictures, 22, true);
  const auto hard_coverage = [&](const Calibration& calibration) {
    Share share;
    for (size_t i = 3; i < fresh.labels.size(); i += 10) {
      AgeGender result = fresh.predictions[i];
      SetAgeInterval(Knots(calibration), result.age_low, result.age_high, &result);
      const double age = fresh.labels[i].age_lo;
      ++share.count;
      share.covered += result.age_low <= age && age <= result.age_high ? 1 : 0;
    }
    return share.value();
  };
  const auto with = FitCalibration(part.predictions, part.labels);
  const Pictures without_names = draw(kCalibrationPictures, 21, false);
  const auto without = FitCalibration(without_names.predictions, without_names.labels);
  ASSERT_TRUE(with.ok() && without.ok());
  const double helped = hard_coverage(*with), plain = hard_coverage(*without);
  std::printf("%s: the hard group %.3f in, without care %.3f; all %.3f and %.3f\n", GetParam().name,
              helped, plain, JudgeTable(fresh, *with).all.value(),
              JudgeTable(fresh, *without).all.value());
  EXPECT_LT(plain, 0.85) << "nothing to care for";
  // 3 standard deviations of what its 300 pictures can promise.
  EXPECT_GE(helped, 0.87 - 3 * std::sqrt(0.87 * 0.13 / 300));
  EXPECT_GT(helped, plain + 0.02);
}

INSTANTIATE_TEST_SUITE_P(Worlds, Coverage, ::testing::Values(kHeteroscedastic, kSkewed, kBiased),
                         [](const auto& info) { return std::string(info.param.name); });

// Why each end is corrected for itself: with one correction for both the misses of a biased net all
// lie on one side, and the interval is wider than it need be.
TEST(Calibration, EachEndHasItsOwnCorrection) {
  const Pictures part = Draw(kBiased, kCalibrationPictures, 21);
  const Pictures fresh = Draw(kBiased, kFreshPictures, 22);
  const auto calibration = FitCalibration(part.predictions, part.labels);
  ASSERT_TRUE(calibration.ok());
  const Judged own = JudgeTable(fresh, *calibration);
  const Judged both =
      JudgeKnots(fresh, calibration->ranges, PlainKnots(part, *calibration, /*each_end=*/false));
  const auto one_sided = [](const Judged& judged) {
    return static_cast<double>(std::max(judged.below, judged.above)) /
           static_cast<double>(judged.below + judged.above);
  };
  std::printf("own: %.3f in, width %.2f, %.2f of the misses on one side; both: %.3f, %.2f, %.2f\n",
              own.all.value(), own.width, one_sided(own), both.all.value(), both.width,
              one_sided(both));
  EXPECT_LT(one_sided(own), 0.7);
  EXPECT_GT(one_sided(both), 0.85);
  EXPECT_LT(own.width, both.width);
}

TEST(Calibration, FewAgesGiveOneRangeOrNone) {
  const Pictures part = Draw(kHeteroscedastic, 100, 31);
  const auto one = FitCalibration(part.predictions, part.labels);
  ASSERT_TRUE(one.ok()) << one.status().message();
  ASSERT_EQ(one->ranges.size(), 1u);
  EXPECT_EQ(one->ranges[0].count, 100u);
  EXPECT_EQ(one->ranges[0].first, 0);
  EXPECT_TRUE(std::isinf(one->ranges[0].last));

  const auto none = FitCalibration(std::span(part.predictions).first(kMinRangePictures - 1),
                                   std::span(part.labels).first(kMinRangePictures - 1));
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.status().code(), Code::kEmpty);
  EXPECT_NE(none.status().message().find("79 of an exact age"), std::string::npos)
      << none.status().message();
  EXPECT_EQ(FitCalibration(part.predictions, std::span(part.labels).first(3)).status().code(),
            Code::kInvalidArgument);
}

// A range as a label says where an age lies, not how far beyond the interval's end.
TEST(Calibration, LabelsThatAreRangesChangeNothing) {
  Pictures part = Draw(kSkewed, 500, 41);
  const auto before = FitCalibration(part.predictions, part.labels);
  for (int i = 0; i < 500; ++i) {
    Sample label;
    label.age_lo = 20;
    label.age_hi = 29;
    AgeGender prediction;
    prediction.age = 70;
    part.labels.push_back(label);
    part.predictions.push_back(prediction);
  }
  const auto after = FitCalibration(part.predictions, part.labels);
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_EQ(after->age_count, 500u);
  ASSERT_EQ(before->ranges.size(), after->ranges.size());
  for (size_t i = 0; i < before->ranges.size(); ++i) {
    EXPECT_EQ(before->ranges[i].knot.age, after->ranges[i].knot.age);
    EXPECT_EQ(before->ranges[i].knot.lower, after->ranges[i].knot.lower);
    EXPECT_EQ(before->ranges[i].knot.upper, after->ranges[i].knot.upper);
  }
}

// A net with a plain value and no interval of its own.
TEST(Calibration, APlainValueGetsAnInterval) {
  Pictures part = Draw(kSkewed, kCalibrationPictures, 51),
           fresh = Draw(kSkewed, kFreshPictures, 52);
  for (Pictures* pictures : {&part, &fresh}) {
    for (AgeGender& prediction : pictures->predictions) {
      AgeGender plain;
      plain.age = prediction.age;
      prediction = plain;
    }
  }
  const auto calibration = FitCalibration(part.predictions, part.labels);
  ASSERT_TRUE(calibration.ok());
  const std::vector<AgeIntervalKnot> knots = Knots(*calibration);
  const Judged judged = Judge(fresh, calibration->ranges, [&](AgeGender* result) {
    SetAgeInterval(knots, result->age, result->age, result);
  });
  EXPECT_NEAR(judged.all.value(), 0.91, 0.02);
  for (const Share& share : judged.by_predicted) EXPECT_GE(share.value(), 0.84);
}

// ------------------------------------------------------------------------------------ gender

// Labels drawn from sigmoid(logit / temperature).
Pictures DrawGenders(double temperature, size_t count, uint64_t seed) {
  Random random(seed);
  Pictures pictures;
  for (size_t i = 0; i < count; ++i) {
    const double logit = 8 * Uniform(random) - 4;
    AgeGender prediction;
    prediction.p_female = 1 / (1 + std::exp(-logit));
    Sample label;
    label.age_lo = 0;
    label.age_hi = 100;
    label.gender =
        random.Chance(1 / (1 + std::exp(-logit / temperature))) ? Gender::kFemale : Gender::kMale;
    pictures.predictions.push_back(prediction);
    pictures.labels.push_back(label);
  }
  return pictures;
}

TEST(GenderTemperature, IsRecovered) {
  for (const double temperature : {0.5, 1.0, 1.7, 3.0}) {
    const Pictures part = DrawGenders(temperature, 20000, 61);
    const auto calibration = FitCalibration(part.predictions, part.labels);
    ASSERT_TRUE(calibration.ok()) << calibration.status().message();
    ASSERT_TRUE(calibration->gender_temperature);
    EXPECT_NEAR(*calibration->gender_temperature, temperature, 0.06 * temperature);
    EXPECT_EQ(calibration->gender_count, 20000u);
    if (temperature == 1.0) {
      EXPECT_NEAR(calibration->gender_loss, calibration->gender_loss_before, 1e-3);
    } else {
      EXPECT_LT(calibration->gender_loss, calibration->gender_loss_before - 0.01);
    }
    EXPECT_TRUE(calibration->ranges.empty());
  }
}

TEST(GenderTemperature, WhatLabelsDoNotDetermineIsLeftOut) {
  // Never wrong: the sharper the better, without end.
  Pictures part = DrawGenders(1, 500, 71);
  for (size_t i = 0; i < part.labels.size(); ++i) {
    part.labels[i].gender = part.predictions[i].p_female >= 0.5 ? Gender::kFemale : Gender::kMale;
  }
  EXPECT_EQ(FitCalibration(part.predictions, part.labels).status().code(), Code::kEmpty);
  // No better than a coin.
  for (size_t i = 0; i < part.labels.size(); ++i) {
    part.labels[i].gender = i % 2 == 0 ? Gender::kFemale : Gender::kMale;
    part.predictions[i].p_female = i / 2 % 2 == 0 ? 0.9 : 0.1;
  }
  EXPECT_EQ(FitCalibration(part.predictions, part.labels).status().code(), Code::kEmpty);
  const Pictures few = DrawGenders(1, kMinGenderPictures - 1, 72);
  EXPECT_EQ(FitCalibration(few.predictions, few.labels).status().code(), Code::kEmpty);
  // Probabilities of exactly 0 and 1 are taken.
  Pictures certain = DrawGenders(2, 2000, 73);
  for (size_t i = 0; i < 20; ++i) certain.predictions[i].p_female = i % 2 == 0 ? 0.0 : 1.0;
  const auto calibration = FitCalibration(certain.predictions, certain.labels);
  ASSERT_TRUE(calibration.ok());
  EXPECT_TRUE(std::isfinite(*calibration->gender_temperature));
}

// ------------------------------------------------------------------------------- the model

TEST(ApplyCalibration, SetsContractAndMetricsAlone) {
  Model model = SmallAgeGenderModel(1, 101);
  const Model before = model;
  Calibration calibration;
  calibration.ranges = {{0, 40, 100, {20, -1, 2}, 0.7, 0.9},
                        {40, 100, 200, {60, -3, 4}, 0.6, 0.91}};
  calibration.age_count = 300;
  calibration.coverage = 0.905;
  calibration.gender_temperature = 1.5f;
  calibration.gender_count = 250;
  for (int i = 0; i < 2; ++i) {  // a second time: no metric twice
    ApplyCalibration(calibration, &model);
    ASSERT_EQ(model.age_gender->age_interval.size(), 2u);
    EXPECT_EQ(model.age_gender->age_interval[1].age, 60);
    EXPECT_EQ(model.age_gender->age_interval[1].lower, -3);
    EXPECT_EQ(model.age_gender->age_interval[1].upper, 4);
    EXPECT_EQ(model.age_gender->gender_temperature, 1.5f);
    const auto count = [&](const std::string& name, double value) {
      return std::count_if(
          model.provenance.metrics.begin(), model.provenance.metrics.end(),
          [&](const Metric& metric) { return metric.name == name && metric.value == value; });
    };
    EXPECT_EQ(count("calibration_ages", 300), 1);
    EXPECT_EQ(count("calibration_coverage", 0.905), 1);
    EXPECT_EQ(count("calibration_genders", 250), 1);
    EXPECT_EQ(count("calibration_gender_temperature", 1.5), 1);
    EXPECT_EQ(model.provenance.metrics.size(), before.provenance.metrics.size() + 9);
  }
  EXPECT_EQ(model.provenance.recipe, before.provenance.recipe);
  for (size_t i = 0; i < model.tensors.size(); ++i) {
    EXPECT_EQ(model.tensors[i].data, before.tensors[i].data);
  }

  // What was not fitted stays as it was.
  Calibration ages_only = calibration;
  ages_only.gender_temperature.reset();
  model.age_gender->gender_temperature = 3;
  ApplyCalibration(ages_only, &model);
  EXPECT_EQ(model.age_gender->gender_temperature, 3);
  Calibration gender_only = calibration;
  gender_only.ranges.clear();
  ApplyCalibration(gender_only, &model);
  EXPECT_EQ(model.age_gender->age_interval.size(), 2u);

  const AgeGenderContract bare = WithoutCalibration(*model.age_gender);
  EXPECT_TRUE(bare.age_interval.empty());
  EXPECT_EQ(bare.gender_temperature, 1);
  EXPECT_EQ(bare.age_bins, model.age_gender->age_bins);
}

// ------------------------------------------------------------------------------------ age bins

// Pictures of a net whose distributions (Gaussians over 101 bins) stand `off(age)` years above the
// ages that pictures with such a distribution have, which are spread by 4 years.
template <typename Off>
Pictures DrawDistributions(size_t count, uint64_t seed, const Off& off) {
  Random random(seed);
  Pictures pictures;
  for (size_t i = 0; i < count; ++i) {
    const double centre = 14 + 0.8 * PredictedAge(random);  // 14 to 88: no end is cut off
    const double age = centre - off(centre) + 4 * Normal(random);
    AgeGender said;
    double sum = 0;
    for (int bin = 0; bin <= 100; ++bin) {
      said.age_distribution.push_back(
          static_cast<float>(std::exp(-0.5 * std::pow((bin - centre) / 4, 2)) + 1e-9));
      sum += said.age_distribution.back();
    }
    for (float& share : said.age_distribution) share = static_cast<float>(share / sum);
    Sample sample;
    sample.age_lo = sample.age_hi = age;
    pictures.predictions.push_back(said);
    pictures.labels.push_back(sample);
  }
  return pictures;
}

std::vector<float> WholeYears() {
  std::vector<float> bins;
  for (int bin = 0; bin <= 100; ++bin) bins.push_back(static_cast<float>(bin));
  return bins;
}

double MeanError(const Pictures& pictures, const std::vector<float>& bins) {
  double sum = 0;
  for (size_t i = 0; i < pictures.labels.size(); ++i) {
    double mean = 0;
    for (size_t bin = 0; bin < bins.size(); ++bin) {
      mean += double{pictures.predictions[i].age_distribution[bin]} * bins[bin];
    }
    sum += std::abs(mean - pictures.labels[i].age_lo);
  }
  return sum / static_cast<double>(pictures.labels.size());
}

// Three years too many from 30 to 60: taken off again, elsewhere nothing is moved by much, and
// fresh pictures gain what the cross-fitted figure promised.
TEST(AgeBins, AKnownOffsetIsTakenOff) {
  const auto off = [](double age) { return age > 30 && age < 60 ? 3.0 : 0.0; };
  const Pictures seen = DrawDistributions(3000, 1, off), fresh = DrawDistributions(6000, 2, off);
  const auto fit = FitAgeBins(WholeYears(), seen.predictions, seen.labels);
  ASSERT_TRUE(fit.has_value());
  EXPECT_EQ(fit->count, 3000u);
  ASSERT_EQ(fit->bins.size(), 101u);
  // Those without a tenth of the pictures are nearly the same, each a little different.
  ASSERT_EQ(fit->cross_fitted.size(), 10u);
  double cross_fitted_error = 0;
  for (size_t tenth = 0; tenth < 10; ++tenth) {
    ASSERT_EQ(fit->cross_fitted[tenth].size(), 101u);
    EXPECT_NEAR(fit->cross_fitted[tenth][45], fit->bins[45], 0.3);
    EXPECT_NE(fit->cross_fitted[tenth], fit->bins);
    Pictures own;
    for (size_t i = tenth; i < seen.labels.size(); i += 10) {
      own.predictions.push_back(seen.predictions[i]);
      own.labels.push_back(seen.labels[i]);
    }
    cross_fitted_error += MeanError(own, fit->cross_fitted[tenth]) / 10;
  }
  EXPECT_NEAR(cross_fitted_error, fit->mae, 1e-6);
  EXPECT_NEAR(fit->bins[45], 42, 0.8);
  EXPECT_NEAR(fit->bins[20], 20, 0.8);
  for (size_t i = 1; i < fit->bins.size(); ++i) EXPECT_GT(fit->bins[i], fit->bins[i - 1]) << i;
  EXPECT_GE(fit->bins[0], 0);
  // Smooth: the distance of two bins hardly changes from one to the next (a chart would show it).
  for (size_t i = 2; i < fit->bins.size(); ++i) {
    const float before = fit->bins[i - 1] - fit->bins[i - 2],
                after = fit->bins[i] - fit->bins[i - 1];
    if (i >= 6) {
      EXPECT_NEAR(after, before, 0.08) << i;
    }
    EXPECT_GT(before, 0.25) << i;  // not pressed together at 0 either
  }
  EXPECT_NEAR(fit->mae_before, MeanError(seen, WholeYears()), 1e-9);
  EXPECT_LT(fit->mae, 0.95 * fit->mae_before);
  EXPECT_NEAR(MeanError(fresh, fit->bins), fit->mae, 0.12);
  // What is right already is left alone: the second time there is nothing to gain.
  EXPECT_FALSE(FitAgeBins(fit->bins, seen.predictions, seen.labels).has_value());
}

TEST(AgeBins, NothingWhereNothingIsToGain) {
  const auto none = [](double) { return 0.0; };
  const Pictures good = DrawDistributions(2000, 3, none);
  EXPECT_FALSE(FitAgeBins(WholeYears(), good.predictions, good.labels).has_value());
  const auto off = [](double) { return 6.0; };
  Pictures few = DrawDistributions(kMinBinPictures - 1, 4, off);
  EXPECT_FALSE(FitAgeBins(WholeYears(), few.predictions, few.labels).has_value());
  Pictures ranges = DrawDistributions(600, 5, off);
  EXPECT_TRUE(FitAgeBins(WholeYears(), ranges.predictions, ranges.labels).has_value());
  for (Sample& sample : ranges.labels) sample.age_hi = sample.age_lo + 9;
  EXPECT_FALSE(FitAgeBins(WholeYears(), ranges.predictions, ranges.labels).has_value());
  Pictures plain = DrawDistributions(600, 6, off);
  plain.predictions[17].age_distribution.clear();
  EXPECT_FALSE(FitAgeBins(WholeYears(), plain.predictions, plain.labels).has_value());
}

// The old are a few of a hundred, and off the other way than the many: they are not moved with
// these.
TEST(AgeBins, TheFewAreNotMovedWithTheMany) {
  const auto off = [](double age) { return age < 60 ? 3.0 : -2.0; };
  const Pictures seen = DrawDistributions(3000, 7, off);
  const auto fit = FitAgeBins(WholeYears(), seen.predictions, seen.labels);
  ASSERT_TRUE(fit.has_value());
  EXPECT_LT(fit->bins[40], 38.5);
  EXPECT_GT(fit->bins[80], 80);
}

}  // namespace
}  // namespace ag::test
