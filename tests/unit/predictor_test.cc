// From a net's numbers to years and a probability, and the pipeline on tiny random nets.
#include "shared/predict/predictor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/face/align.h"
#include "shared/image/decode.h"
#include "shared/image/resize.h"
#include "shared/infer/load_model.h"
#include "shared/predict/outputs.h"
#include "tests/support/image_files.h"
#include "tests/support/model_builder.h"
#include "tests/support/random.h"
#include "tests/support/shipped.h"
#include "tests/support/threads.h"

namespace ag::test {
namespace {

AgeGenderContract Distribution(std::vector<float> bins, float temperature = 1) {
  AgeGenderContract contract;
  contract.age_bins = std::move(bins);
  contract.age_temperature = temperature;
  return contract;
}

AgeGender Read(const AgeGenderContract& contract, std::vector<float> age, float gender = 0) {
  const std::vector<float> gender_logit = {gender};
  return ReadOutputs(contract, age, gender_logit);
}

std::vector<float> Years() {
  std::vector<float> years(101);
  for (size_t i = 0; i < years.size(); ++i) years[i] = static_cast<float>(i);
  return years;
}

TEST(ReadOutputs, AgeIsTheMeanOfTheDistribution) {
  const float log3 = std::log(3.0f);
  const AgeGender result = Read(Distribution({0, 10}), {0, log3});
  EXPECT_NEAR(result.age, 7.5, 1e-6);
  ASSERT_EQ(result.age_distribution.size(), 2u);
  EXPECT_NEAR(result.age_distribution[0], 0.25, 1e-6);
  EXPECT_NEAR(result.age_distribution[1], 0.75, 1e-6);
  // Bins need not be even, and a constant added to all logits changes nothing.
  EXPECT_NEAR(Read(Distribution({1, 3, 50}), {500, 500, 500}).age, 18, 1e-6);
}

TEST(ReadOutputs, LogitsAreDividedByTheTemperature) {
  const float log9 = std::log(9.0f);
  // At temperature 2 the odds of 9 become 3.
  EXPECT_NEAR(Read(Distribution({0, 10}, 2), {0, log9}).age, 7.5, 1e-6);
  EXPECT_NEAR(Read(Distribution({0, 10}, 0.5f), {0, log9}).age, 10 * 81.0 / 82, 1e-6);
}

TEST(ReadOutputs, LargeLogitsDoNotOverflow) {
  std::vector<float> logits(101, -3e38f);
  logits[42] = 3e38f;
  const AgeGender result = Read(Distribution(Years()), logits);
  EXPECT_NEAR(result.age, 42, 1e-9);
  double sum = 0;
  for (const float p : result.age_distribution) sum += p;
  EXPECT_NEAR(sum, 1, 1e-6);
}

// Mass is spread evenly over each bin's year: 5 % and 95 % of a uniform distribution over 101 years
// that begins half a year before the first.
TEST(ReadOutputs, IntervalOfAUniformDistribution) {
  const AgeGender result = Read(Distribution(Years()), std::vector<float>(101, 0.0f));
  ASSERT_TRUE(result.has_interval);
  EXPECT_NEAR(result.age, 50, 1e-4);
  EXPECT_NEAR(result.age_low, -0.5 + 0.05 * 101, 1e-4);
  EXPECT_NEAR(result.age_high, -0.5 + 0.95 * 101, 1e-4);
}

TEST(ReadOutputs, IntervalOfACertainAge) {
  std::vector<float> logits(101, 0.0f);
  logits[30] = 100;
  const AgeGender middle = Read(Distribution(Years()), logits);
  EXPECT_NEAR(middle.age_low, 29.55, 1e-4);
  EXPECT_NEAR(middle.age_high, 30.45, 1e-4);
  // At the ends: nobody is younger than the first bin.
  logits.assign(101, 0.0f);
  logits[0] = 100;
  const AgeGender first = Read(Distribution(Years()), logits);
  EXPECT_EQ(first.age_low, 0);
  EXPECT_NEAR(first.age_high, 0.45, 1e-4);
  logits.assign(101, 0.0f);
  logits[100] = 100;
  const AgeGender last = Read(Distribution(Years()), logits);
  EXPECT_NEAR(last.age_low, 99.55, 1e-4);
  EXPECT_NEAR(last.age_high, 100.45, 1e-4);
}

// Numbers of a net that nobody trained, or of a file made to mislead.
TEST(ReadOutputs, AgesAreBoundedToTheBinsAndToWhatPeopleReach) {
  AgeGenderContract value;
  value.age_kind = AgeKind::kValue;
  for (const float years : {2.65e21f, 3e38f, 121.0f}) {
    EXPECT_EQ(Read(value, {years}).age, kOldestAge);
    EXPECT_EQ(Read(value, {-years}).age, 0);
  }
  value.age_error_low = -1.5e38f;
  value.age_error_high = 1.5e38f;
  EXPECT_EQ(Read(value, {30}).age_low, 0);
  EXPECT_EQ(Read(value, {30}).age_high, kOldestAge);
  EXPECT_EQ(Read(value, {2.65e21f}).age_low, 0);

  AgeGenderContract narrow = Distribution({20, 30});
  narrow.age_interval = {{25, -1e30f, 1e30f}};
  const AgeGender wide = Read(narrow, {0, 0});
  EXPECT_NEAR(wide.age, 25, 1e-6);
  EXPECT_EQ(wide.age_low, 0);
  EXPECT_EQ(wide.age_high, kOldestAge);
  EXPECT_EQ(Read(narrow, {-3e38f, 3e38f}).age, 30);

  const AgeGender absurd = Read(Distribution({-1e30f, 5, 2.65e21f}), {0, 0, 0});
  EXPECT_GE(absurd.age, 0);
  EXPECT_LE(absurd.age, kOldestAge);
  EXPECT_GE(absurd.age_low, 0);
  EXPECT_LE(absurd.age_high, kOldestAge);
  EXPECT_EQ(Read(Distribution({1e20f, 2.65e21f}), {0, 0}).age, kOldestAge);
}

TEST(ReadOutputs, WhatIsNotFiniteStaysSo) {
  AgeGenderContract value;
  value.age_kind = AgeKind::kValue;
  EXPECT_TRUE(std::isnan(Read(value, {std::nanf("")}).age));
}

// Against a slow inversion of the distribution function, on random distributions and uneven bins.
TEST(ReadOutputs, IntervalIsThe90PercentInside) {
  Random random(1);
  for (int trial = 0; trial < 200; ++trial) {
    const size_t count = random.Between(2, 30);
    std::vector<float> bins = {random.Uniform(0, 5)};
    while (bins.size() < count) bins.push_back(bins.back() + random.Uniform(0.5f, 6));
    const AgeGender result =
        Read(Distribution(bins), random.Uniforms(count, -4, 4), random.Uniform(-5, 5));
    // Probability below `age`: each bin spread evenly between the middles to its neighbours.
    const auto below = [&](double age) {
      double sum = 0;
      for (size_t i = 0; i < count; ++i) {
        const double left =
            i > 0 ? (bins[i - 1] + bins[i]) / 2.0 : bins[0] - (bins[1] - bins[0]) / 2.0;
        const double right =
            i + 1 < count ? (bins[i] + bins[i + 1]) / 2.0 : bins[i] + (bins[i] - bins[i - 1]) / 2.0;
        sum += result.age_distribution[i] * std::clamp((age - left) / (right - left), 0.0, 1.0);
      }
      return sum;
    };
    if (result.age_high < kOldestAge) {
      EXPECT_NEAR(below(result.age_high), 0.95, 1e-4);
    } else {
      EXPECT_LE(below(result.age_high), 0.95 + 1e-4);
    }
    if (result.age_low > bins[0]) {
      EXPECT_NEAR(below(result.age_low), 0.05, 1e-4);
    } else {
      EXPECT_GE(below(result.age_low), 0.05 - 1e-4);
    }
    EXPECT_LE(result.age_low, result.age_high);
    EXPECT_GE(result.age, bins.front());
    EXPECT_LE(result.age, bins.back());
  }
}

TEST(ReadOutputs, PlainValueTakesItsIntervalFromTheErrors) {
  AgeGenderContract contract;
  contract.age_kind = AgeKind::kValue;
  const AgeGender unknown = Read(contract, {33.5f});
  EXPECT_FLOAT_EQ(static_cast<float>(unknown.age), 33.5f);
  EXPECT_FALSE(unknown.has_interval);
  EXPECT_TRUE(unknown.age_distribution.empty());

  contract.age_error_low = -9;
  contract.age_error_high = 11;
  const AgeGender known = Read(contract, {33.5f});
  ASSERT_TRUE(known.has_interval);
  EXPECT_NEAR(known.age_low, 24.5, 1e-6);
  EXPECT_NEAR(known.age_high, 44.5, 1e-6);
  EXPECT_EQ(Read(contract, {4}).age_low, 0) << "nobody is younger than 0";
  EXPECT_EQ(Read(contract, {-2}).age, 0);
}

// The knots' corrections are added to what the distribution itself says.
TEST(ReadOutputs, IntervalIsCorrectedByThePredictedAge) {
  AgeGenderContract contract = Distribution(Years());
  contract.age_interval = {{10, -1, 2}, {20, -3, 8}, {60, 5, -1}};
  const auto at = [&](size_t age) {
    std::vector<float> logits(101, 0.0f);
    logits[age] = 100;
    return Read(contract, logits);
  };
  const auto expect = [&](size_t age, double low, double high) {
    const AgeGender result = at(age);
    EXPECT_TRUE(result.has_interval);
    EXPECT_NEAR(result.age, static_cast<double>(age), 1e-4);
    EXPECT_NEAR(result.age_low, low, 1e-3) << age;
    EXPECT_NEAR(result.age_high, high, 1e-3) << age;
  };
  // A certain age has the interval age -+ 0.45.
  expect(5, 4.55 - 1, 5.45 + 2);     // before the first knot
  expect(10, 9.55 - 1, 10.45 + 2);   // at a knot
  expect(15, 14.55 - 2, 15.45 + 5);  // half way
  expect(30, 29.55 - 1, 30.45 + 5.75);
  // The corrections would leave the age out: it stays in.
  expect(60, 60, 60);
  expect(90, 90, 90);
  // Nobody is younger than 0.
  contract.age_interval = {{50, -80, 3}};
  expect(20, 0, 23.45);
  expect(95, 94.55 - 80, 98.45);
}

TEST(ReadOutputs, PlainValueTakesItsIntervalFromTheTable) {
  AgeGenderContract contract;
  contract.age_kind = AgeKind::kValue;
  contract.age_interval = {{20, -4, 6}, {40, -8, 10}};
  const AgeGender result = Read(contract, {30});
  ASSERT_TRUE(result.has_interval);
  EXPECT_NEAR(result.age_low, 24, 1e-6);
  EXPECT_NEAR(result.age_high, 38, 1e-6);
  EXPECT_NEAR(Read(contract, {1}).age_low, 0, 1e-6);
  EXPECT_NEAR(Read(contract, {-5}).age_high, 6, 1e-6);
  // Beside the errors of older files both count.
  contract.age_error_low = -1;
  contract.age_error_high = 2;
  EXPECT_NEAR(Read(contract, {30}).age_low, 23, 1e-6);
  EXPECT_NEAR(Read(contract, {30}).age_high, 40, 1e-6);
}

// Whatever a file's table says (its reader checks that it is finite): the interval holds the age.
TEST(ReadOutputs, IntervalHoldsTheAgeWithAnyTable) {
  Random random(5);
  for (int trial = 0; trial < 500; ++trial) {
    AgeGenderContract contract = Distribution(Years());
    float age = random.Uniform(-50, 50);
    for (uint32_t i = random.Between(1, 6); i > 0; --i) {
      const float size = random.Chance(0.1) ? 1.5e38f : 30;
      contract.age_interval.push_back(
          {age, random.Uniform(-size, size), random.Uniform(-size, size)});
      age += random.Uniform(0.01f, 40);
    }
    const AgeGender result = Read(contract, random.Uniforms(101, -9, 9));
    EXPECT_TRUE(0 <= result.age_low && result.age_low <= result.age &&
                result.age <= result.age_high && std::isfinite(result.age_high))
        << result.age_low << " " << result.age << " " << result.age_high;
  }
}

TEST(ReadOutputs, GenderLogitIsDividedByItsTemperature) {
  AgeGenderContract contract = Distribution({0, 1});
  contract.gender_temperature = 2;
  EXPECT_DOUBLE_EQ(Read(contract, {0, 0}, 0).p_female, 0.5);
  EXPECT_NEAR(Read(contract, {0, 0}, std::log(9.0f)).p_female, 0.75, 1e-6);
  contract.gender_temperature = 0.5f;
  EXPECT_NEAR(Read(contract, {0, 0}, std::log(3.0f)).p_female, 0.9, 1e-6);
  contract.gender_temperature = 1e-45f;
  EXPECT_NEAR(Read(contract, {0, 0}, 3e38f).p_female, 1, 1e-12);
}

TEST(ReadOutputs, GenderIsASigmoid) {
  const AgeGenderContract contract = Distribution({0, 1});
  EXPECT_DOUBLE_EQ(Read(contract, {0, 0}, 0).p_female, 0.5);
  EXPECT_NEAR(Read(contract, {0, 0}, std::log(4.0f)).p_female, 0.8, 1e-6);
  EXPECT_NEAR(Read(contract, {0, 0}, -3e38f).p_female, 0, 1e-12);
  EXPECT_NEAR(Read(contract, {0, 0}, 3e38f).p_female, 1, 1e-12);
}

// --------------------------------------------------------------------------------------- the
// pipeline

std::shared_ptr<Weights> MakeWeights(Model model) {
  auto weights = Weights::Create(std::move(model));
  EXPECT_TRUE(weights.ok()) << weights.status().message();
  return weights.ok() ? *weights : nullptr;
}

Image RandomPicture(int width, int height, uint64_t seed) {
  Random random(seed);
  Image picture(width, height);
  for (uint8_t& byte : picture.pixels) byte = static_cast<uint8_t>(random.Next());
  return picture;
}

Predictor MakePredictor(uint32_t bins = 11) {
  auto predictor = Predictor::Create(MakeWeights(SmallAgeGenderModel(1, bins)),
                                     MakeWeights(SmallDetectorModel(2)), 1);
  EXPECT_TRUE(predictor.ok()) << predictor.status().message();
  if (!predictor.ok()) std::abort();
  return *std::move(predictor);
}

// What a random detector never reaches: "no face in this picture".
FindOptions FindNothing() { return {.min_score = 1.0}; }

void ExpectSame(const AgeGender& a, const AgeGender& b) {
  EXPECT_EQ(a.age, b.age);
  EXPECT_EQ(a.age_low, b.age_low);
  EXPECT_EQ(a.age_high, b.age_high);
  EXPECT_EQ(a.p_female, b.p_female);
  EXPECT_EQ(a.age_distribution, b.age_distribution);
}

TEST(Predictor, RefusesModelsInTheWrongPlace) {
  const auto net = MakeWeights(SmallAgeGenderModel(3, 3));
  const auto detector = MakeWeights(SmallDetectorModel(4));
  for (const auto& [a, b] :
       {std::pair(detector, detector), std::pair(net, net), std::pair(detector, net)}) {
    const auto predictor = Predictor::Create(a, b, 1);
    ASSERT_FALSE(predictor.ok());
    EXPECT_EQ(predictor.status().code(), Code::kInvalidArgument);
  }
  EXPECT_FALSE(Predictor::Create(net, detector, 0).ok());
  EXPECT_TRUE(Predictor::Create(net, detector, test::kManyThreads).ok());
}

TEST(Predictor, AsIsIsTheCentreScaledToTheInput) {
  Predictor predictor = MakePredictor();
  const Image picture = RandomPicture(40, 30, 5);
  const auto found = predictor.PredictAsIs(picture);
  ASSERT_TRUE(found.ok()) << found.status().message();

  auto engine = Engine::Create(MakeWeights(SmallAgeGenderModel(1, 11)), {});
  ASSERT_TRUE(engine.ok());
  const Image crop = WarpSimilarity(picture, CentreTransform(40, 30, 16, 16), 16, 16);
  ASSERT_TRUE(engine->Run(crop).ok());
  ExpectSame(*found,
             ReadOutputs(*predictor.net().age_gender, engine->output(0), engine->output(1)));
}

// Every face is aligned by its own points and read by the net.
TEST(Predictor, PredictReadsEachFacesCrop) {
  Predictor predictor = MakePredictor();
  auto finder = FaceFinder::Create(MakeWeights(SmallDetectorModel(2)), 1);
  auto engine = Engine::Create(MakeWeights(SmallAgeGenderModel(1, 11)), {});
  ASSERT_TRUE(finder.ok() && engine.ok());
  const Image picture = RandomPicture(90, 70, 6);
  PredictOptions options;
  options.find = {.min_score = 0.3, .max_faces = 5};
  const auto result = predictor.Predict(picture, options);
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->width, 90);
  EXPECT_EQ(result->height, 70);
  const auto wanted = finder->Find(picture, options.find);
  ASSERT_TRUE(wanted.ok());
  ASSERT_FALSE(wanted->faces.empty());
  size_t at = 0;
  for (const Face& face : wanted->faces) {
    const auto t = AlignmentTransform(face, *predictor.net().input.crop_points, 16, 16);
    if (!t.ok()) continue;
    ASSERT_LT(at, result->faces.size());
    const FaceResult& found = result->faces[at++];
    EXPECT_EQ(found.face.score, face.score);
    EXPECT_EQ(found.face.box.x, face.box.x);
    ASSERT_TRUE(engine->Run(WarpSimilarity(picture, *t, 16, 16)).ok());
    ExpectSame(found.result,
               ReadOutputs(*predictor.net().age_gender, engine->output(0), engine->output(1)));
  }
  EXPECT_EQ(at, result->faces.size());
}

TEST(Predictor, NoFaceIsAnAnswer) {
  Predictor predictor = MakePredictor();
  PredictOptions options;
  options.find = FindNothing();
  const auto result = predictor.Predict(RandomPicture(50, 50, 7), options);
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_TRUE(result->faces.empty());
}

TEST(Predictor, SubjectFallsBackToTheCentre) {
  Predictor predictor = MakePredictor();
  const Image picture = RandomPicture(50, 60, 8);
  const auto subject = predictor.PredictSubject(picture, FindNothing());
  ASSERT_TRUE(subject.ok()) << subject.status().message();
  EXPECT_FALSE(subject->face_found);
  const auto as_is = predictor.PredictAsIs(picture);
  ASSERT_TRUE(as_is.ok());
  ExpectSame(subject->result, *as_is);
  const auto found = predictor.PredictSubject(picture, {.min_score = 0.3});
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->face_found);
}

TEST(Predictor, SubjectsCropIsThatOfTheChosenFace) {
  Predictor predictor = MakePredictor();
  auto finder = FaceFinder::Create(MakeWeights(SmallDetectorModel(2)), 1);
  auto engine = Engine::Create(MakeWeights(SmallAgeGenderModel(1, 11)), {});
  ASSERT_TRUE(finder.ok() && engine.ok());
  const Image picture = RandomPicture(90, 70, 6);
  const FindOptions options = {.min_score = 0.3};
  const auto found = finder->Find(picture, options);
  ASSERT_TRUE(found.ok());
  const auto chosen = ChooseSubject(found->faces, picture.width, picture.height);
  ASSERT_TRUE(chosen.has_value());
  const Face& face = found->faces[*chosen];
  const auto t = AlignmentTransform(face, *predictor.net().input.crop_points, 16, 16);
  ASSERT_TRUE(t.ok());

  const auto crop = predictor.CropSubject(picture, 16, 16, false, options);
  ASSERT_TRUE(crop.ok()) << crop.status().message();
  ASSERT_TRUE(crop->face.has_value());
  EXPECT_EQ(crop->face->box.x, face.box.x);
  EXPECT_EQ(crop->image.pixels, WarpSimilarity(picture, *t, 16, 16).pixels);
  const auto subject = predictor.PredictSubject(picture, options);
  ASSERT_TRUE(subject.ok());
  ASSERT_TRUE(engine->Run(crop->image).ok());
  ExpectSame(subject->result,
             ReadOutputs(*predictor.net().age_gender, engine->output(0), engine->output(1)));

  const auto as_is = predictor.CropSubject(picture, 16, 16, true, options);
  ASSERT_TRUE(as_is.ok());
  EXPECT_FALSE(as_is->face.has_value());
  EXPECT_EQ(as_is->image.pixels,
            WarpSimilarity(picture, CentreTransform(90, 70, 16, 16), 16, 16).pixels);
  EXPECT_FALSE(predictor.CropSubject(Image(), 16, 16).ok());
}

TEST(Predictor, BoxWithoutAFaceIsFlagged) {
  Predictor predictor = MakePredictor();
  PredictOptions options;
  options.find = FindNothing();
  options.box = Box{10, 12, 30, 30};
  const auto result = predictor.Predict(RandomPicture(80, 80, 9), options);
  ASSERT_TRUE(result.ok()) << result.status().message();
  ASSERT_EQ(result->faces.size(), 1u);
  EXPECT_TRUE(result->faces[0].flags & kFlagBoxOnly);
  EXPECT_EQ(result->faces[0].face.box.x, 10);
  EXPECT_EQ(result->faces[0].face.box.width, 30);
}

TEST(Predictor, FlagsSmallAndCutOffFaces) {
  Predictor predictor = MakePredictor();
  const Image picture = RandomPicture(200, 200, 10);
  const auto flags = [&](const Box& box) {
    PredictOptions options;
    options.find = FindNothing();
    options.box = box;
    const auto result = predictor.Predict(picture, options);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? result->faces[0].flags : 0u;
  };
  EXPECT_EQ(flags({60, 60, 80, 80}), static_cast<uint32_t>(kFlagBoxOnly));
  EXPECT_EQ(flags({100, 100, 20, 20}), static_cast<uint32_t>(kFlagBoxOnly | kFlagTooSmall));
  EXPECT_EQ(flags({150, 60, 100, 100}), static_cast<uint32_t>(kFlagBoxOnly | kFlagCutOff));
}

TEST(Predictor, RefusesBoxesOutsideOfThePicture) {
  Predictor predictor = MakePredictor();
  const Image picture = RandomPicture(50, 50, 11);
  const double nan = std::nan(""), infinity = INFINITY;
  for (const Box& box :
       {Box{50, 0, 10, 10}, Box{0, 50, 10, 10}, Box{-10, 0, 10, 10}, Box{0, -20, 10, 10},
        Box{10, 10, 0, 10}, Box{10, 10, 10, -5}, Box{nan, 0, 10, 10}, Box{0, 0, infinity, 10},
        Box{0, 0, 10, nan}, Box{-infinity, 0, infinity, 10}}) {
    PredictOptions options;
    options.box = box;
    const auto result = predictor.Predict(picture, options);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.status().code(), Code::kInvalidArgument) << result.status().message();
  }
  // Far larger than the picture: an answer or an error, but no overflow of an int on the way.
  PredictOptions options;
  options.box = Box{-1e300, -1e300, 2e300, 2e300};
  EXPECT_FALSE(predictor.Predict(picture, options).ok());
}

TEST(Predictor, RefusesEmptyPictures) {
  Predictor predictor = MakePredictor();
  EXPECT_FALSE(predictor.Predict(Image()).ok());
  EXPECT_FALSE(predictor.PredictAsIs(Image()).ok());
  EXPECT_FALSE(predictor.PredictSubject(Image()).ok());
}

TEST(Predictor, PlainValueNetWorksToo) {
  Predictor predictor = MakePredictor(0);
  const auto found = predictor.PredictAsIs(RandomPicture(20, 20, 12));
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(std::isfinite(found->age));
  EXPECT_TRUE(found->age_distribution.empty());
}

// Finite weights whose products overflow: no NaN may reach a record.
TEST(Predictor, OverflowInTheNetIsAnError) {
  Model model = SmallAgeGenderModel(13, 3);
  for (Tensor& tensor : model.tensors) {
    for (size_t i = 3; i < tensor.data.size(); i += 4) tensor.data[i] = 0x7E;  // about 1e38
  }
  ASSERT_TRUE(SaveModel(model).ok());
  auto predictor =
      Predictor::Create(MakeWeights(std::move(model)), MakeWeights(SmallDetectorModel(14)), 1);
  ASSERT_TRUE(predictor.ok());
  const auto found = predictor->PredictAsIs(RandomPicture(20, 20, 15));
  if (found.ok()) {
    EXPECT_TRUE(std::isfinite(found->age));
    EXPECT_TRUE(std::isfinite(found->p_female));
  } else {
    EXPECT_EQ(found.status().code(), Code::kModelNonFinite);
  }
}

// ------------------------------------------------------------------------- the shipped models on a
// picture

// Clockwise, by a multiple of 90 degrees.
Image Turned(Image picture, int degrees) {
  for (; degrees > 0; degrees -= 90) picture = QuarterTurn(picture);
  return picture;
}

// Where a point of a picture of [height, width] lies after Turned().
Point TurnedPoint(Point point, int width, int height, int degrees) {
  for (; degrees > 0; degrees -= 90) {
    point = {height - point.y, point.x};
    std::swap(width, height);
  }
  return point;
}

Box TurnedBox(const Box& box, int width, int height, int degrees) {
  const Point a = TurnedPoint({box.x, box.y}, width, height, degrees);
  const Point b = TurnedPoint({box.x + box.width, box.y + box.height}, width, height, degrees);
  return {std::min(a.x, b.x), std::min(a.y, b.y), std::abs(a.x - b.x), std::abs(a.y - b.y)};
}

// skimage's astronaut.png (NASA, public domain), 512 x 512; a strip is cut off so that width and
// height differ.
class Astronaut : public ::testing::Test {
 protected:
  void SetUp() override {
    std::optional<Image> astronaut;
    AG_READ_ASTRONAUT_OR_SKIP(astronaut);
    picture_ = CropCentre(*astronaut, 480, 512);
    const auto net = ShippedWeights("age_gender.agm");
    const auto detector = ShippedWeights("face_detector.agm");
    ASSERT_TRUE(net != nullptr && detector != nullptr);
    auto predictor = Predictor::Create(net, detector, 1);
    ASSERT_TRUE(predictor.ok()) << predictor.status().message();
    predictor_.emplace(*std::move(predictor));
    upright_ = Predict(picture_);
    ASSERT_EQ(upright_.faces.size(), 1u);
  }

  PictureResult Predict(const Image& picture, const PredictOptions& options = {}) {
    auto result = predictor_->Predict(picture, options);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? *std::move(result) : PictureResult();
  }

  Image picture_;
  std::optional<Predictor> predictor_;
  PictureResult upright_;
};

TEST_F(Astronaut, GoodPictureHasNoFlags) {
  const FaceResult& face = upright_.faces[0];
  EXPECT_EQ(upright_.rotation, 0);
  EXPECT_EQ(face.flags, 0u);
  EXPECT_NEAR(face.quality.eye_distance, 46, 3) << "read off the picture by eye";
  EXPECT_NEAR(face.quality.roll, 0, 8);
  EXPECT_EQ(face.quality.outside, 0);
  EXPECT_GT(face.result.p_female, 0.5);
}

TEST_F(Astronaut, TurnedByQuartersGivesTheSame) {
  const FaceResult& expected = upright_.faces[0];
  for (const int degrees : {90, 180, 270}) {
    const PictureResult turned = Predict(Turned(picture_, degrees));
    ASSERT_EQ(turned.faces.size(), 1u) << degrees;
    const FaceResult& face = turned.faces[0];
    EXPECT_EQ((turned.rotation + degrees) % 360, 0);
    EXPECT_NEAR(face.result.age, expected.result.age, 0.5) << degrees;
    EXPECT_NEAR(face.result.p_female, expected.result.p_female, 0.02) << degrees;
    const int width = picture_.width, height = picture_.height;
    EXPECT_GT(
        IntersectionOverUnion(face.face.box, TurnedBox(expected.face.box, width, height, degrees)),
        0.9)
        << degrees;
    for (size_t i = 0; i < face.face.points.size(); ++i) {
      const Point wanted = TurnedPoint(expected.face.points[i], width, height, degrees);
      EXPECT_NEAR(face.face.points[i].x, wanted.x, 2) << degrees << ", point " << i;
      EXPECT_NEAR(face.face.points[i].y, wanted.y, 2) << degrees << ", point " << i;
    }
    const double roll = face.quality.roll - expected.quality.roll - degrees;
    EXPECT_NEAR(std::remainder(roll, 360.0), 0, 3) << degrees;
    EXPECT_EQ(face.flags, 0u) << degrees;
  }
}

TEST_F(Astronaut, WithoutRotationATurnedPictureIsNotSearchedAgain) {
  PredictOptions options;
  options.find.rotate = false;
  for (const int degrees : {90, 180, 270}) {
    const PictureResult turned = Predict(Turned(picture_, degrees), options);
    EXPECT_EQ(turned.rotation, 0);
    for (const FaceResult& face : turned.faces) {
      EXPECT_LT(std::abs(face.quality.roll), 60) << "no face was turned upright";
    }
  }
}

// A camera's file that says how it was held: the decoder turns it, so all is as if it had not been.
TEST_F(Astronaut, ExifOrientationGivesTheSame) {
  for (const auto& [orientation, degrees] :
       {std::pair(6, 270), std::pair(3, 180), std::pair(8, 90)}) {
    const auto file =
        InsertPngChunk(MakePng(Turned(picture_, degrees)), "eXIf", MakeExifTiff(orientation, true));
    const auto decoded = DecodeImage(file);
    ASSERT_TRUE(decoded.ok()) << decoded.status().message();
    const PictureResult result = Predict(decoded->image);
    EXPECT_EQ(result.width, picture_.width);
    EXPECT_EQ(result.rotation, 0);
    ASSERT_EQ(result.faces.size(), 1u);
    EXPECT_EQ(result.faces[0].face.box.x, upright_.faces[0].face.box.x);
    EXPECT_EQ(result.faces[0].result.age, upright_.faces[0].result.age);
  }
}

// A box around a face that lies on its side: found in there, and aligned.
// What is found in the box of the upright picture lies where the whole picture's face does; what is
// found in the boxes of turned ones is the same to a tenth of a year.
TEST_F(Astronaut, BoxAroundATurnedFace) {
  const FaceResult& expected = upright_.faces[0];
  float upright_age = 0;
  for (const int degrees : {0, 90, 180, 270}) {
    PredictOptions options;
    options.box = TurnedBox(expected.face.box, picture_.width, picture_.height, degrees);
    const PictureResult result = Predict(Turned(picture_, degrees), options);
    ASSERT_EQ(result.faces.size(), 1u);
    EXPECT_EQ((result.rotation + degrees) % 360, 0);
    EXPECT_EQ(result.faces[0].flags, 0u) << degrees;
    EXPECT_GT(IntersectionOverUnion(result.faces[0].face.box, *options.box), 0.8);
    for (size_t i = 0; i < expected.face.points.size(); ++i) {
      const Point wanted =
          TurnedPoint(expected.face.points[i], picture_.width, picture_.height, degrees);
      EXPECT_NEAR(result.faces[0].face.points[i].x, wanted.x, 3) << degrees << ", point " << i;
      EXPECT_NEAR(result.faces[0].face.points[i].y, wanted.y, 3) << degrees << ", point " << i;
    }
    const AgeGender& said = result.faces[0].result;
    EXPECT_GE(said.age, expected.result.age_low) << degrees;
    EXPECT_LE(said.age, expected.result.age_high) << degrees;
    if (degrees == 0) upright_age = static_cast<float>(said.age);
    EXPECT_NEAR(said.age, upright_age, 0.1) << degrees;
  }
}

TEST_F(Astronaut, FlagsWhatIsWrongWithThePicture) {
  const auto flags = [&](const Image& picture) {
    const PictureResult result = Predict(picture);
    EXPECT_EQ(result.faces.size(), 1u);
    return result.faces.empty() ? 0u : result.faces[0].flags;
  };
  // A hundred pixels wide: the eyes are less than ten apart.
  EXPECT_TRUE(flags(ResizeArea(picture_, 96, 102)) & kFlagTooSmall);
  // The border goes through the face.
  const Box& box = upright_.faces[0].face.box;
  Image cut(picture_.width - static_cast<int>(box.x + box.width * 0.35), picture_.height);
  for (int y = 0; y < cut.height; ++y) {
    std::copy_n(picture_.at(picture_.width - cut.width, y), 3 * cut.width, cut.at(0, y));
  }
  EXPECT_TRUE(flags(cut) & kFlagCutOff);
  // Shrunk and enlarged again: large, but not sharp.
  const Image small = ResizeArea(picture_, 60, 64);
  const Image soft = WarpSimilarity(small, {60.0 / 480, 0, {30, 32}}, 480, 512);
  EXPECT_EQ(flags(soft), kFlagBlurred);
  Image dark = picture_;
  for (uint8_t& value : dark.pixels) value = static_cast<uint8_t>(value / 6);
  EXPECT_EQ(flags(dark), kFlagTooDark);
}

TEST_F(Astronaut, HalvesOfPredictGiveTheSame) {
  const auto found = predictor_->finder().Find(picture_);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->faces.size(), 1u);
  Timings timings;
  const auto face = predictor_->PredictFace(picture_, found->faces[0], &timings);
  ASSERT_TRUE(face.ok()) << face.status().message();
  ExpectSame(face->result, upright_.faces[0].result);
  EXPECT_EQ(face->quality.sharpness, upright_.faces[0].quality.sharpness);
  EXPECT_GT(timings.predict_ms, 0);

  // The crop is what the net saw.
  const int side = static_cast<int>(predictor_->net().input.width);
  const auto crop = predictor_->CropFace(picture_, found->faces[0], side, side);
  ASSERT_TRUE(crop.ok()) << crop.status().message();
  const auto as_is = predictor_->PredictAsIs(*crop);
  ASSERT_TRUE(as_is.ok());
  ExpectSame(*as_is, upright_.faces[0].result);
  EXPECT_EQ(predictor_->CropFace(picture_, found->faces[0], 2 * side, 2 * side)->width, 2 * side);

  Face nowhere = found->faces[0];
  nowhere.points.fill({5, 5});
  EXPECT_EQ(predictor_->PredictFace(picture_, nowhere, &timings).status().code(),
            Code::kInvalidArgument);
  EXPECT_FALSE(predictor_->CropFace(picture_, nowhere, side, side).ok());
}

}  // namespace
}  // namespace ag::test
