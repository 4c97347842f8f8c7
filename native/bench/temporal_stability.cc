// ag_native bench temporal-stability: how much the age of a still face varies on screen, raw and
// tracked.
//
// Each face becomes a video in which only that varies which varies before every camera: the face
// by a pixel or two, the light by a few percent, the pixels by JPEG's coding. Reported are standard
// deviations over the frames, averaged over the faces.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/data/dataset.h"
#include "native/pictures/engine_options.h"
#include "native/pictures/inputs.h"
#include "native/pictures/model_files.h"
#include "native/pictures/picture_writer.h"
#include "shared/image/decode.h"
#include "shared/image/warp.h"
#include "shared/predict/video.h"

namespace ag {
namespace {

constexpr double kMaxShift = 2;        // pixels
constexpr double kMaxBrightness = 15;  // percent
constexpr int kJpegQualityLow = 40, kJpegQualityHigh = 90;
// A data set's crop is placed in a frame of this size: the camera's view around it.
constexpr int kFrameWidth = 320, kFrameHeight = 240;
constexpr uint8_t kWall = 118;

struct Arguments {
  EngineArguments engine;
  std::vector<std::string> pictures = {".deps/sample/astronaut.png"};
  std::string data = "../shared/data/utkface";
  size_t faces = 7;  // of the data set
  int frames = 300;
  uint64_t seed = 1;
  bool json = false;
};

struct Kind {
  const char* name;
  bool shift, brightness, jpeg;
};
constexpr std::array<Kind, 4> kKinds = {{{"shift", true, false, false},
                                         {"brightness", false, true, false},
                                         {"jpeg", false, false, true},
                                         {"all", true, true, true}}};

// The same numbers everywhere: the library's own distributions differ between libraries.
double Uniform(std::mt19937_64* random, double low, double high) {
  return low + (high - low) * static_cast<double>((*random)() >> 11) * 0x1p-53;
}

Image Shifted(const Image& still, double x, double y) {
  SimilarityTransform transform;
  transform.centre = {still.width / 2.0 + x, still.height / 2.0 + y};
  return WarpSimilarity(still, transform, still.width, still.height);
}

void Brighten(double factor, Image* image) {
  for (uint8_t& value : image->pixels) {
    value = static_cast<uint8_t>(std::clamp(std::lround(value * factor), 0L, 255L));
  }
}

StatusOr<Image> ThroughJpeg(const Image& image, int quality) {
  const std::string file = EncodeJpeg(image, {}, quality);
  const std::span bytes(reinterpret_cast<const uint8_t*>(file.data()), file.size());
  AG_ASSIGN_OR_RETURN(DecodedImage decoded, DecodeImage(bytes));
  return std::move(decoded.image);
}

StatusOr<Image> MakeFrame(const Image& still, const Kind& kind, std::mt19937_64* random) {
  Image frame = still;
  if (kind.shift) {
    const double x = Uniform(random, -kMaxShift, kMaxShift);
    frame = Shifted(still, x, Uniform(random, -kMaxShift, kMaxShift));
  }
  if (kind.brightness) {
    Brighten(1 + Uniform(random, -kMaxBrightness, kMaxBrightness) / 100, &frame);
  }
  if (!kind.jpeg) return frame;
  return ThroughJpeg(frame, static_cast<int>(Uniform(random, kJpegQualityLow, kJpegQualityHigh)));
}

double Deviation(const std::vector<double>& values) {
  double mean = 0, squares = 0;
  const auto count = static_cast<double>(values.size());
  for (const double value : values) mean += value / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / count);
}

// Of the numbers on screen, from the frame in which the face's track is confirmed.
struct Deviations {
  double age_raw = 0, age_tracked = 0;            // years
  double p_female_raw = 0, p_female_tracked = 0;  // 0..1
  double missed = 0;                              // share of the frames without the face
};

StatusOr<Deviations> MeasureFace(const Image& still, const Kind& kind, const Arguments& arguments,
                                 VideoPredictor* video) {
  std::mt19937_64 random(arguments.seed);
  std::vector<double> age_raw, age_tracked, p_raw, p_tracked;
  int missed = 0;
  video->Reset();
  for (int i = 0; i < arguments.frames; ++i) {
    AG_ASSIGN_OR_RETURN(const Image frame, MakeFrame(still, kind, &random));
    AG_ASSIGN_OR_RETURN(const FrameResult result, video->Next(frame));
    if (result.faces.empty()) ++missed;
    if (result.faces.empty() || result.faces[0].id == 0) continue;
    const TrackedFace& face = result.faces[0];
    age_raw.push_back(face.face.result.age);
    age_tracked.push_back(face.running.age);
    p_raw.push_back(face.face.result.p_female);
    p_tracked.push_back(face.running.p_female);
  }
  if (age_raw.empty()) return Status(Code::kNotFound, "no face was followed");
  return Deviations{Deviation(age_raw), Deviation(age_tracked), Deviation(p_raw),
                    Deviation(p_tracked), static_cast<double>(missed) / arguments.frames};
}

struct Still {
  std::string name;
  Image image;
};

Image OnAWall(const Image& crop) {
  Image frame(std::max(kFrameWidth, crop.width), std::max(kFrameHeight, crop.height));
  std::fill(frame.pixels.begin(), frame.pixels.end(), kWall);
  const int left = (frame.width - crop.width) / 2, top = (frame.height - crop.height) / 2;
  for (int y = 0; y < crop.height; ++y) {
    std::copy_n(crop.at(0, y), static_cast<size_t>(crop.width) * 3, frame.at(left, top + y));
  }
  return frame;
}

StatusOr<Image> ReadImage(const std::string& file, const Arguments& arguments) {
  StatusOr<DecodedImage> decoded = LoadPicture({.file = file}, arguments.engine.limits);
  if (!decoded.ok()) return decoded.status().WithContext(file);
  return std::move(decoded->image);
}

// Spread evenly over the data set in the order of file names: in UTKFace these cover all ages.
StatusOr<std::vector<Still>> ReadStills(const Arguments& arguments) {
  std::vector<Still> stills;
  for (const std::string& file : arguments.pictures) {
    AG_ASSIGN_OR_RETURN(Image image, ReadImage(file, arguments));
    stills.push_back({file, std::move(image)});
  }
  if (arguments.faces == 0) return stills;
  if (!std::filesystem::exists(arguments.data)) {
    PrintNote(arguments.data + " does not exist: measured without a data set's faces");
    return stills;
  }
  AG_ASSIGN_OR_RETURN(const Dataset dataset, ListDataset(arguments.data));
  const size_t count = std::min(arguments.faces, dataset.samples.size());
  for (size_t i = 0; i < count; ++i) {
    const Sample& sample = dataset.samples[(2 * i + 1) * dataset.samples.size() / (2 * count)];
    AG_ASSIGN_OR_RETURN(const Image image, ReadImage(sample.path, arguments));
    stills.push_back({sample.file, OnAWall(image)});
  }
  return stills;
}

struct Row {
  std::string kind;
  size_t faces = 0, not_found = 0;
  Deviations mean;
};

StatusOr<Row> MeasureKind(const Kind& kind, const std::vector<Still>& stills,
                          const Arguments& arguments, VideoPredictor* video) {
  Row row;
  row.kind = kind.name;
  for (const Still& still : stills) {
    const StatusOr<Deviations> deviations = MeasureFace(still.image, kind, arguments, video);
    if (!deviations.ok() && deviations.status().code() == Code::kNotFound) {
      ++row.not_found;
      continue;
    }
    if (!deviations.ok()) return deviations.status().WithContext(still.name);
    ++row.faces;
    row.mean.age_raw += deviations->age_raw;
    row.mean.age_tracked += deviations->age_tracked;
    row.mean.p_female_raw += deviations->p_female_raw;
    row.mean.p_female_tracked += deviations->p_female_tracked;
    row.mean.missed += deviations->missed;
  }
  if (row.faces == 0) return Status(Code::kNotFound, "no face was found in any picture");
  for (double* sum : {&row.mean.age_raw, &row.mean.age_tracked, &row.mean.p_female_raw,
                      &row.mean.p_female_tracked, &row.mean.missed}) {
    *sum /= static_cast<double>(row.faces);
  }
  return row;
}

void PrintTable(const std::vector<Row>& rows, const Arguments& arguments) {
  std::printf(
      "Standard deviation over %d frames of a still face, mean over the faces. Each frame: moved "
      "by "
      "up to %.0f pixels,\nbrightness changed by up to %.0f %%, through JPEG of quality %d to "
      "%d.\n\n"
      "%-11s %5s %6s  %8s %8s %7s  %10s %10s\n",
      arguments.frames, kMaxShift, kMaxBrightness, kJpegQualityLow, kJpegQualityHigh, "change",
      "faces", "missed", "age raw", "tracked", "ratio", "p(f) raw", "tracked");
  for (const Row& row : rows) {
    const Deviations& mean = row.mean;
    std::printf("%-11s %5zu %4.1f %%  %8.3f %8.3f %7.3f  %10.4f %10.4f\n", row.kind.c_str(),
                row.faces, 100 * mean.missed, mean.age_raw, mean.age_tracked,
                mean.age_tracked / mean.age_raw, mean.p_female_raw, mean.p_female_tracked);
  }
  if (rows[0].not_found > 0) std::printf("\nWithout a face: %zu pictures\n", rows[0].not_found);
}

void PrintJson(const std::vector<Row>& rows, const Arguments& arguments) {
  nlohmann::ordered_json json;
  json["frames"] = arguments.frames;
  for (const Row& row : rows) {
    const Deviations& mean = row.mean;
    json["changes"].push_back({{"change", row.kind},
                               {"faces", row.faces},
                               {"not_found", row.not_found},
                               {"missed", mean.missed},
                               {"age_raw", mean.age_raw},
                               {"age_tracked", mean.age_tracked},
                               {"p_female_raw", mean.p_female_raw},
                               {"p_female_tracked", mean.p_female_tracked}});
  }
  std::printf("%s\n", json.dump(2).c_str());
}

Status Run(const Arguments& arguments) {
  AG_ASSIGN_OR_RETURN(ModelPair models,
                      LoadModels(arguments.engine.model, arguments.engine.detector));
  VideoOptions options;
  options.find = arguments.engine.find;
  AG_ASSIGN_OR_RETURN(VideoPredictor video,
                      VideoPredictor::Create(std::move(models.net), std::move(models.detector),
                                             arguments.engine.ThreadCount(), options));
  AG_ASSIGN_OR_RETURN(const std::vector<Still> stills, ReadStills(arguments));
  std::vector<Row> rows;
  for (const Kind& kind : kKinds) {
    AG_ASSIGN_OR_RETURN(Row row, MeasureKind(kind, stills, arguments, &video));
    rows.push_back(std::move(row));
  }
  if (arguments.json) {
    PrintJson(rows, arguments);
  } else {
    PrintTable(rows, arguments);
  }
  return OkStatus();
}

int RunBenchTemporalStability(int argc, char** argv) {
  Arguments arguments;
  CommandLine line("How much the age of a still face varies on screen, raw and tracked.");
  AddEngineOptions(&line, &arguments.engine);
  line.Add("--picture", &arguments.pictures, "Pictures with one face each").ShowDefault();
  line.Add("--data", &arguments.data, "A labelled data set whose crops are placed in frames")
      .ShowDefault();
  line.Add("--faces", &arguments.faces, "Number of pictures from the data set")
      .ShowDefault()
      .InRange(0, 100'000);
  line.Add("--frames", &arguments.frames, "Frames per face").ShowDefault().InRange(2, 1'000'000);
  line.Add("--seed", &arguments.seed, "Seed of the changes").ShowDefault();
  line.AddFlag("--json", &arguments.json, "Print the table as JSON");
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  const Status status = Run(arguments);
  if (status.ok()) return kExitDone;
  PrintError(status.message());
  return kExitUsage;
}

const Command kTemporalStability(
    {.name = "temporal-stability",
     .summary = "how much the age of a still face varies on screen, raw and tracked",
     .place = 4,
     .run = RunBenchTemporalStability,
     .alias = "wobble"});  // its name up to version 0.1

}  // namespace
}  // namespace ag
