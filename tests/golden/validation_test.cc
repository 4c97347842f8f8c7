// The shipped model on 300 validation pictures of UTKFace: age error and gender stay near what its
// card says.
//
// The pictures are the 300 with the least SHA-256. A split by content puts the least hashes into
// validation (native/data/split.cc), a cluster of near-duplicates goes where its least hash does,
// so these are in the validation part of every run that keeps at least 1.5 % of UTKFace for it: the
// model has not been trained on them.
//
// The margin is what 300 pictures can tell. The mean of |error| has the standard error sd /
// sqrt(300), with the card's own sd of one picture; a share p sqrt(p (1 - p) / 300); the card's
// figure, itself a mean over n pictures, the same with n. kMargin standard errors of the difference
// are allowed: with the card's usual 4.6 years and 94 % about 0.85 years and 4.3 points.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "native/data/dataset.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"
#include "shared/image/decode.h"
#include "shared/infer/load_model.h"
#include "shared/predict/predictor.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kPictures = 300;
constexpr double kMargin = 3;  // standard errors
constexpr size_t kMaxBytes = size_t{256} << 20;
constexpr char kModels[] = AG_SOURCE_DIR "/web/model";
constexpr char kCardCommand[] =
    "make the card of the shipped file: docs/testing.md, \"The shipped model\"";

StatusOr<std::shared_ptr<Weights>> LoadWeights(const std::string& path) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxBytes));
  AG_ASSIGN_OR_RETURN(Model model, LoadModel(bytes));
  return Weights::Create(std::move(model));
}

// The samples whose files have the least hashes.
StatusOr<std::vector<Sample>> LeastHashes(const std::string& folder) {
  AG_ASSIGN_OR_RETURN(const Dataset dataset, ListDataset(folder));
  std::vector<std::pair<std::string, const Sample*>> hashed;
  for (const Sample& sample : dataset.samples) {
    AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(sample.path, kMaxBytes));
    hashed.emplace_back(HexString(HashSha256(bytes)), &sample);
  }
  const size_t kept = std::min(kPictures, hashed.size());
  std::partial_sort(hashed.begin(), hashed.begin() + static_cast<ptrdiff_t>(kept), hashed.end());
  std::vector<Sample> samples;
  for (size_t i = 0; i < kept; ++i) samples.push_back(*hashed[i].second);
  return samples;
}

struct Measured {
  double mae = 0, gender = 0;
  size_t pictures = 0;
};

StatusOr<Measured> Measure(const std::vector<Sample>& samples) {
  AG_ASSIGN_OR_RETURN(auto net, LoadWeights(std::string(kModels) + "/age_gender.agm"));
  AG_ASSIGN_OR_RETURN(auto detector, LoadWeights(std::string(kModels) + "/face_detector.agm"));
  AG_ASSIGN_OR_RETURN(Predictor predictor, Predictor::Create(net, detector, 1));
  Measured measured;
  for (const Sample& sample : samples) {
    AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(sample.path, kMaxBytes));
    AG_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes));
    AG_ASSIGN_OR_RETURN(const Predictor::Subject subject, predictor.PredictSubject(decoded.image));
    measured.mae += std::abs(subject.result.age - sample.age_lo);
    measured.gender += (subject.result.p_female >= 0.5) == (sample.gender == Gender::kFemale);
    ++measured.pictures;
  }
  const double count = static_cast<double>(std::max<size_t>(1, measured.pictures));
  measured.mae /= count;
  measured.gender /= count;
  return measured;
}

// The card's report on UTKFace, all ages. Null where it has none.
const Json* UtkFaceReport(const Json& card) {
  for (const Json& report : card.at("reports")) {
    std::string name = report.at("data").at("name").get<std::string>();
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (name.find("utkface") != std::string::npos && report.at("data").at("protocol").is_null()) {
      return &report;
    }
  }
  return nullptr;
}

TEST(ValidationGate, TheCardIsOfTheShippedFile) {
  const auto card = ReadFile(std::string(kModels) + "/MODEL_CARD.json", kMaxBytes);
  ASSERT_TRUE(card.ok()) << card.status().message() << "; " << kCardCommand;
  const auto model = ReadFile(std::string(kModels) + "/age_gender.agm", kMaxBytes);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(Json::parse(*card).at("model").at("sha256"), HexString(HashSha256(*model)))
      << kCardCommand;
}

TEST(ValidationGate, NearTheCardsFigures) {
  const std::string folder = std::string(AG_SHARED_DATA) + "/utkface";
  if (!std::filesystem::is_directory(folder)) {
    GTEST_SKIP() << folder << " is not there: the shipped model was not measured on pictures";
  }
  const auto text = ReadFile(std::string(kModels) + "/MODEL_CARD.json", kMaxBytes);
  ASSERT_TRUE(text.ok()) << text.status().message() << "; " << kCardCommand;
  const Json card = Json::parse(*text);
  const Json* report = UtkFaceReport(card);
  ASSERT_NE(report, nullptr) << "the card has no report on UTKFace; " << kCardCommand;
  const Json& overall = report->at("overall");
  const double mae = overall.at("mae").at("value"), sd = report->at("absolute_error_sd");
  const double gender = overall.at("gender_accuracy").at("value");

  const auto samples = LeastHashes(folder);
  ASSERT_TRUE(samples.ok()) << samples.status().message();
  ASSERT_EQ(samples->size(), kPictures);
  const auto measured = Measure(*samples);
  ASSERT_TRUE(measured.ok()) << measured.status().message();

  const double here = 1.0 / kPictures, there = 1.0 / overall.at("mae").at("count").get<double>();
  const double mae_margin = kMargin * sd * std::sqrt(here + there);
  const double gender_margin = kMargin * std::sqrt(gender * (1 - gender) * (here + there));
  std::printf(
      "%zu pictures: MAE %.2f (card %.2f, margin %.2f), gender %.1f %% (card %.1f, margin %.1f)\n",
      measured->pictures, measured->mae, mae, mae_margin, 100 * measured->gender, 100 * gender,
      100 * gender_margin);
  EXPECT_NEAR(measured->mae, mae, mae_margin);
  EXPECT_NEAR(measured->gender, gender, gender_margin);
}

}  // namespace
}  // namespace ag
