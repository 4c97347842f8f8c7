#include "tests/golden/golden.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "shared/base/sha256.h"
#include "shared/image/decode.h"
#include "shared/image/resize.h"
#include "shared/infer/load_model.h"
#include "shared/predict/predictor.h"
#include "shared/predict/self_test.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kAstronaut = "astronaut";
constexpr double kDecimals = 1e5;

std::vector<uint8_t> FileBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

StatusOr<std::shared_ptr<Weights>> LoadWeights(const std::string& path, std::string* sha256) {
  const std::vector<uint8_t> bytes = FileBytes(path);
  auto model = LoadModel(bytes);
  if (!model.ok()) return model.status().WithContext(path);
  *sha256 = HexString(HashSha256(bytes));
  return Weights::Create(*std::move(model));
}

Image Mirrored(const Image& picture) {
  Image mirrored(picture.width, picture.height);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      std::copy_n(picture.at(picture.width - 1 - x, y), 3,
                  mirrored.pixels.data() + (size_t{1} * y * picture.width + x) * 3);
    }
  }
  return mirrored;
}

// Each value times `numerator` / 8; channels turned by `turn` (1: red takes green's place).
Image Recoloured(const Image& picture, int numerator, size_t turn) {
  Image recoloured(picture.width, picture.height);
  for (size_t i = 0; i < picture.pixels.size(); ++i) {
    const size_t from = i - i % 3 + (i + turn) % 3;
    recoloured.pixels[i] = static_cast<uint8_t>(picture.pixels[from] * numerator / 8);
  }
  return recoloured;
}

// In integers alone: the same pixels in every build.
std::vector<std::pair<std::string, Image>> DrawnPictures() {
  const Image face = SelfTestPicture();
  std::vector<std::pair<std::string, Image>> pictures;
  pictures.emplace_back("drawn", face);
  pictures.emplace_back("drawn mirrored", Mirrored(face));
  pictures.emplace_back("drawn dark", Recoloured(face, 3, 0));
  pictures.emplace_back("drawn recoloured", Recoloured(face, 7, 1));
  pictures.emplace_back("drawn large", ResizeArea(face, 320, 320));
  return pictures;
}

GoldenReading Reading(std::string name, const AgeGender& result) {
  return {std::move(name), {}, result.age, result.age_low, result.age_high, result.p_female};
}

Status AddPicture(const std::string& name, const Image& picture, Predictor* predictor,
                  GoldenSet* goldens) {
  AG_ASSIGN_OR_RETURN(const AgeGender as_is, predictor->PredictAsIs(picture));
  goldens->readings.push_back(Reading(name + " as-is", as_is));
  AG_ASSIGN_OR_RETURN(const PictureResult result, predictor->Predict(picture));
  for (size_t i = 0; i < result.faces.size(); ++i) {
    const FaceResult& face = result.faces[i];
    GoldenReading reading = Reading(name + " face " + std::to_string(i), face.result);
    const Box& box = face.face.box;
    reading.box = {box.x, box.y, box.width, box.height};
    goldens->readings.push_back(std::move(reading));
  }
  return OkStatus();
}

double Rounded(double value) { return std::round(value * kDecimals) / kDecimals + 0.0; }

void CompareNumber(const std::string& name, const char* what, double expected, double found,
                   double tolerance, std::vector<std::string>* differences) {
  // Written so that a NaN differs.
  if (std::abs(expected - found) <= tolerance) return;
  differences->push_back(name + ": " + what + " " + std::to_string(found) + ", expected " +
                         std::to_string(expected) + " +- " + std::to_string(tolerance));
}

void CompareReading(const GoldenReading& a, const GoldenReading& b,
                    std::vector<std::string>* differences) {
  if (a.box.size() != b.box.size()) {
    differences->push_back(a.name + ": a box on one side alone");
    return;
  }
  for (size_t i = 0; i < a.box.size(); ++i) {
    CompareNumber(a.name, "box", a.box[i], b.box[i], kGoldenBoxPixels, differences);
  }
  CompareNumber(a.name, "age", a.age, b.age, kGoldenAgeYears, differences);
  CompareNumber(a.name, "age_low", a.age_low, b.age_low, kGoldenIntervalYears, differences);
  CompareNumber(a.name, "age_high", a.age_high, b.age_high, kGoldenIntervalYears, differences);
  CompareNumber(a.name, "p_female", a.p_female, b.p_female, kGoldenProbability, differences);
}

const GoldenReading* Find(const GoldenSet& goldens, const std::string& name) {
  for (const GoldenReading& reading : goldens.readings) {
    if (reading.name == name) return &reading;
  }
  return nullptr;
}

}  // namespace

StatusOr<std::string> KnownAnswersText(const std::string& models) {
  // The finder's windows and its first look; the net has one size.
  constexpr std::array<uint32_t, 6> kDetectorSides = {64, 96, 128, 160, 224, 320};
  std::string text = "// Written by ./ag goldens: fingerprint, height, width, count, answers.\n";
  for (const char* name : {"age_gender.agm", "face_detector.agm"}) {
    std::string sha256;
    AG_ASSIGN_OR_RETURN(const std::shared_ptr<Weights> weights,
                        LoadWeights(models + "/" + name, &sha256));
    std::vector<uint32_t> sides = {weights->model().input.height};
    if (weights->model().face_detector) sides.assign(kDetectorSides.begin(), kDetectorSides.end());
    for (const uint32_t side : sides) {
      AG_ASSIGN_OR_RETURN(Engine engine, Engine::Create(weights, {.height = side, .width = side}));
      AG_ASSIGN_OR_RETURN(const std::vector<float> answers, engine.AnswerDrawn());
      std::array<char, 96> number;
      std::snprintf(number.data(), number.size(), "{0x%016llxu, %u, %u, %zu, {",
                    static_cast<unsigned long long>(weights->fingerprint()), side, side,
                    answers.size());
      text += number.data();
      for (const float answer : answers) {
        std::snprintf(number.data(), number.size(), "%.7g", static_cast<double>(answer));
        const std::string_view digits = number.data();
        // "5f" is no number of the language.
        const bool whole = digits.find_first_of(".e") == std::string_view::npos;
        text += std::string(digits) + (whole ? ".0f, " : "f, ");
      }
      text += "}},\n";
    }
  }
  return text;
}

StatusOr<GoldenSet> ReadGoldens(const std::string& models, const std::string& astronaut) {
  GoldenSet goldens;
  AG_ASSIGN_OR_RETURN(auto net, LoadWeights(models + "/age_gender.agm", &goldens.net_sha256));
  AG_ASSIGN_OR_RETURN(auto detector,
                      LoadWeights(models + "/face_detector.agm", &goldens.detector_sha256));
  AG_ASSIGN_OR_RETURN(Predictor predictor, Predictor::Create(net, detector, 1));
  for (const auto& [name, picture] : DrawnPictures()) {
    AG_RETURN_IF_ERROR(AddPicture(name, picture, &predictor, &goldens));
  }
  if (astronaut.empty()) return goldens;
  auto decoded = DecodeImage(FileBytes(astronaut));
  if (!decoded.ok()) return decoded.status().WithContext(astronaut);
  AG_RETURN_IF_ERROR(AddPicture(kAstronaut, decoded->image, &predictor, &goldens));
  return goldens;
}

std::string GoldensToJson(const GoldenSet& goldens) {
  Json json;
  json["written_by"] = "./ag goldens";
  json["net_sha256"] = goldens.net_sha256;
  json["detector_sha256"] = goldens.detector_sha256;
  json["readings"] = Json::array();
  for (const GoldenReading& reading : goldens.readings) {
    Json box = nullptr;
    if (!reading.box.empty()) {
      box = Json::array();
      for (const double side : reading.box) box.push_back(Rounded(side));
    }
    json["readings"].push_back({{"name", reading.name},
                                {"box", box},
                                {"age", Rounded(reading.age)},
                                {"age_low", Rounded(reading.age_low)},
                                {"age_high", Rounded(reading.age_high)},
                                {"p_female", Rounded(reading.p_female)}});
  }
  return json.dump(1) + "\n";
}

StatusOr<GoldenSet> GoldensFromJson(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  const Status broken(Code::kInvalidArgument, "not what ./ag goldens writes");
  if (json.is_discarded() || !json.is_object() || !json.contains("readings")) return broken;
  GoldenSet goldens;
  goldens.net_sha256 = json.value("net_sha256", "");
  goldens.detector_sha256 = json.value("detector_sha256", "");
  for (const Json& item : json["readings"]) {
    GoldenReading reading;
    reading.name = item.value("name", "");
    if (item.contains("box") && item["box"].is_array()) {
      for (const Json& side : item["box"]) reading.box.push_back(side.get<double>());
    }
    const double missing = std::nan("");
    reading.age = item.value("age", missing);
    reading.age_low = item.value("age_low", missing);
    reading.age_high = item.value("age_high", missing);
    reading.p_female = item.value("p_female", missing);
    goldens.readings.push_back(std::move(reading));
  }
  if (goldens.readings.empty()) return broken;
  return goldens;
}

std::vector<std::string> CompareGoldens(const GoldenSet& expected, const GoldenSet& found,
                                        bool with_astronaut) {
  std::vector<std::string> differences;
  const std::pair<const char*, std::pair<std::string, std::string>> files[] = {
      {"age_gender.agm", {expected.net_sha256, found.net_sha256}},
      {"face_detector.agm", {expected.detector_sha256, found.detector_sha256}}};
  for (const auto& [file, hashes] : files) {
    if (hashes.first == hashes.second) continue;
    differences.push_back(std::string(file) +
                          " is not the file that the goldens were written for: if "
                          "that is meant, run ./ag goldens and commit what it writes");
  }
  for (const GoldenReading& reading : expected.readings) {
    const GoldenReading* other = Find(found, reading.name);
    if (other != nullptr) {
      CompareReading(reading, *other, &differences);
    } else if (with_astronaut || !reading.name.starts_with(kAstronaut)) {
      differences.push_back(reading.name + ": missing");
    }
  }
  for (const GoldenReading& reading : found.readings) {
    if (Find(expected, reading.name) == nullptr)
      differences.push_back(reading.name + ": not expected");
  }
  return differences;
}

}  // namespace ag
