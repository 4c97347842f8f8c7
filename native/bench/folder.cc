// ag_native bench folder: pictures/s by picture size, and where the time goes.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/ordered_work.h"
#include "native/base/temporary_folder.h"
#include "native/pictures/engine_options.h"
#include "native/pictures/fast_decode.h"
#include "native/pictures/inputs.h"
#include "native/pictures/model_files.h"
#include "native/pictures/picture_writer.h"
#include "native/pictures/predictors.h"
#include "shared/base/file.h"
#include "shared/image/warp.h"
#include "shared/record/record.h"

namespace ag {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct PictureSize {
  int width, height;
};
constexpr std::array<PictureSize, 4> kSizes = {
    {{200, 200}, {640, 480}, {1920, 1080}, {4000, 3000}}};
constexpr int kNoise = 6;  // steps of 255, up or down: a camera's file is larger than a smooth one

struct Arguments {
  EngineArguments engine;
  double seconds = 5;
  bool fast_decode = false;
  std::string photograph = ".deps/sample/astronaut.png";
  std::vector<std::string> inputs;
};

double Milliseconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

// For one picture, or summed.
struct Times {
  double read = 0, decode = 0, detect = 0, align = 0, predict = 0, write = 0;  // ms

  double Sum() const { return read + decode + detect + align + predict + write; }
  void Add(const Times& other) {
    read += other.read;
    decode += other.decode;
    detect += other.detect;
    align += other.align;
    predict += other.predict;
    write += other.write;
  }
};

struct Measured {
  double pictures_per_second = 0;
  Times mean;
};

struct Answer {
  Status status;
  Times times;
  std::string text;
};

// What predict does with one file.
Answer AnswerOne(const std::string& file, const Arguments& arguments, Predictor* predictor) {
  Answer answer;
  const DecodeLimits& limits = arguments.engine.limits;
  const auto start = Clock::now();
  const StatusOr<std::vector<uint8_t>> bytes = ReadPicture({.file = file}, limits.max_bytes);
  answer.status = bytes.status();
  if (!bytes.ok()) return answer;
  const auto have_bytes = Clock::now();
  const StatusOr<DecodedImage> picture =
      arguments.fast_decode ? DecodeFast(*bytes, limits) : DecodeImage(*bytes, limits);
  answer.status = picture.status();
  if (!picture.ok()) return answer;
  const auto have_picture = Clock::now();
  PictureRecord record;
  record.file = file;
  StatusOr<PictureResult> result =
      predictor->Predict(picture->image, {.find = arguments.engine.find, .box = {}});
  answer.status = result.status();
  if (!result.ok()) return answer;
  const auto have_result = Clock::now();
  record.result = *std::move(result);
  record.result.picture_flags = picture->flags;
  answer.text = RecordJson(record) + "\n";
  const Timings& timings = record.result.timings;
  answer.times = {Milliseconds(start, have_bytes),
                  Milliseconds(have_bytes, have_picture),
                  timings.detect_ms,
                  timings.align_ms,
                  timings.predict_ms,
                  Milliseconds(have_result, Clock::now())};
  return answer;
}

// Runs over the files again and again for a few seconds, as predict runs over a folder.
StatusOr<Measured> Measure(const std::vector<std::string>& files, const Arguments& arguments,
                           std::vector<Predictor>* predictors) {
  // Warm-up: makes the engines for this picture size and brings the files into the page cache.
  for (Predictor& predictor : *predictors) {
    const Answer first = AnswerOne(files[0], arguments, &predictor);
    if (!first.status.ok()) return first.status.WithContext(files[0]);
  }
  Status status;
  Times sum;
  size_t done = 0, begun = 0;
  const auto start = Clock::now();
  auto last = start;
  const double limit_ms = arguments.seconds * 1000;
  RunOrderedStream<size_t, Answer>(
      predictors->size(),
      [&]() -> std::optional<size_t> {
        if (Milliseconds(start, Clock::now()) > limit_ms) return std::nullopt;
        return begun++;
      },
      [&](size_t worker, size_t number) {
        return AnswerOne(files[number % files.size()], arguments, &(*predictors)[worker]);
      },
      [&](const Answer& answer) {
        if (!answer.status.ok()) {
          status = answer.status;
          return false;
        }
        sum.Add(answer.times);
        ++done;
        last = Clock::now();
        return true;
      });
  AG_RETURN_IF_ERROR(status);
  Measured measured;
  measured.pictures_per_second = static_cast<double>(done) / Milliseconds(start, last) * 1000;
  const double share = 1 / static_cast<double>(done);
  measured.mean = {sum.read * share,  sum.decode * share,  sum.detect * share,
                   sum.align * share, sum.predict * share, sum.write * share};
  return measured;
}

// The middle of the photograph scaled to the size, with noise, as a JPEG.
StatusOr<std::string> MakePicture(const Image& photograph, const PictureSize& size,
                                  const std::string& folder) {
  const double scale = static_cast<double>(std::min(photograph.width, photograph.height)) /
                       std::min(size.width, size.height);
  Image picture =
      WarpSimilarity(photograph, {scale, 0, {photograph.width / 2.0, photograph.height / 2.0}},
                     size.width, size.height);
  std::minstd_rand random(1);
  for (uint8_t& value : picture.pixels) {
    const int noise = static_cast<int>(random() % (2 * kNoise + 1)) - kNoise;
    value = static_cast<uint8_t>(std::clamp(value + noise, 0, 255));
  }
  const std::string path = folder + "/" + std::to_string(size.width) + ".jpg";
  AG_RETURN_IF_ERROR(WriteFileAtomically(path, EncodeJpeg(picture)));
  return path;
}

void PrintHeader() {
  std::printf("%-12s %9s %7s %11s %9s   ms a picture: %6s %7s %7s %6s %7s %6s\n", "pictures",
              "kilobytes", "threads", "pictures/s", "of ideal", "read", "decode", "detect", "align",
              "predict", "write");
}

void PrintRow(const std::string& name, double kilobytes, size_t threads, const Measured& measured,
              double ideal) {
  const Times& times = measured.mean;
  std::printf(
      "%-12s %9.0f %7zu %11.1f %7.0f %%                  %6.2f %7.2f %7.2f %6.2f %7.2f %6.2f\n",
      name.c_str(), kilobytes, threads, measured.pictures_per_second,
      100 * measured.pictures_per_second / ideal, times.read, times.decode, times.detect,
      times.align, times.predict, times.write);
  std::fflush(stdout);
}

// One thread, then all of them.
Status MeasureFiles(const std::string& name, const std::vector<std::string>& files,
                    const Arguments& arguments, const ModelPair& models) {
  double bytes = 0;
  for (const std::string& file : files) bytes += static_cast<double>(fs::file_size(file));
  const double kilobytes = bytes / static_cast<double>(files.size()) / 1000;
  double one = 0;
  for (const int threads : {1, arguments.engine.ThreadCount()}) {
    // "Many pictures": engines of one thread each.
    AG_ASSIGN_OR_RETURN(std::vector<Predictor> predictors,
                        MakePredictors(models, threads, static_cast<size_t>(threads) + 1));
    AG_ASSIGN_OR_RETURN(const Measured measured, Measure(files, arguments, &predictors));
    if (threads == 1) one = measured.pictures_per_second;
    PrintRow(name, kilobytes, predictors.size(), measured, one * threads);
    if (arguments.engine.ThreadCount() == 1) break;
  }
  return OkStatus();
}

Status MeasureSizes(const Arguments& arguments, const ModelPair& models) {
  const StatusOr<DecodedImage> photograph =
      LoadPicture({.file = arguments.photograph}, arguments.engine.limits);
  if (!photograph.ok()) {
    return photograph.status().WithContext(arguments.photograph +
                                           " (--photograph names another; ./ag demo fetches it)");
  }
  const TemporaryFolder folder("ag-bench");
  if (folder.path().empty()) return Status(Code::kIo, "no temporary folder can be made");
  for (const PictureSize& size : kSizes) {
    AG_ASSIGN_OR_RETURN(const std::string file,
                        MakePicture(photograph->image, size, folder.path()));
    const std::string name = std::to_string(size.width) + "x" + std::to_string(size.height);
    AG_RETURN_IF_ERROR(MeasureFiles(name, {file}, arguments, models));
  }
  return OkStatus();
}

Status Run(const Arguments& arguments) {
  AG_ASSIGN_OR_RETURN(const ModelPair models,
                      LoadModels(arguments.engine.model, arguments.engine.detector));
  PrintHeader();
  if (arguments.inputs.empty()) return MeasureSizes(arguments, models);
  AG_ASSIGN_OR_RETURN(InputSource source, InputSource::Open({.paths = arguments.inputs}));
  std::vector<std::string> files;
  while (std::optional<Input> input = source.Next()) {
    AG_RETURN_IF_ERROR(input->status.WithContext(input->file));
    files.push_back(std::move(input->file));
  }
  return MeasureFiles("given", files, arguments, models);
}

int RunBenchFolder(int argc, char** argv) {
  Arguments arguments;
  CommandLine line(
      "Measures pictures per second: one thread against all, and where the time goes.");
  AddEngineOptions(&line, &arguments.engine);
  line.Add("--seconds", &arguments.seconds, "Seconds to measure each row")
      .ShowDefault()
      .InRange(0.1, 3600.0);
  line.Add("--photograph", &arguments.photograph, "The picture to scale to all sizes")
      .ShowDefault();
  line.AddFlag("--fast-decode", &arguments.fast_decode, "As in ag_native predict");
  line.Add("input", &arguments.inputs, "Measure these pictures and folders instead, unscaled");
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  const Status status = Run(arguments);
  if (status.ok()) return kExitDone;
  PrintError("bench folder: " + status.message());
  return kExitUsage;
}

const Command kFolder({.name = "folder",
                       .summary = "pictures/s by picture size, and where the time goes",
                       .place = 2,
                       .run = RunBenchFolder});

}  // namespace
}  // namespace ag
