// ag_native bench detect: what the face finder finds and what that costs, on photographs with known
// boxes, on collages and on patterns without a face; and what misplaced crops cost the net.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/run_files.h"
#include "native/bench/collage.h"
#include "native/bench/detect_crops.h"
#include "native/bench/textures.h"
#include "native/pictures/engine_options.h"
#include "native/pictures/model_files.h"
#include "shared/base/csv.h"
#include "shared/base/file.h"
#include "shared/face/finder.h"
#include "shared/image/decode.h"
#include "shared/image/exif.h"
#include "shared/image/resize.h"
#include "shared/predict/predictor.h"

namespace ag {
namespace {

using bench::Collage;
using bench::CollageOptions;
using bench::FaceSource;
using Json = nlohmann::ordered_json;

constexpr double kSameFace = 0.5;  // IoU
constexpr size_t kSources = 120;

struct Arguments {
  EngineArguments engine;
  std::string boxes = "tests/data/face_boxes.csv";
  std::string photographs = ".deps/sample";
  std::string data = "../shared/data/utkface";
  std::vector<std::string> parts = {"photographs", "collages", "patterns", "crops"};
  size_t limit = 2000;
  uint64_t seed = 1;
  std::string json;
  bool overwrite = false;

  bool Has(std::string_view part) const {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  }
};

struct Row {
  std::string name;
  int pictures = 0, faces = 0, found = 0, right = 0;
  int64_t runs = 0, pixels = 0;
  double milliseconds = 0, slowest = 0;

  double recall() const { return faces > 0 ? static_cast<double>(right) / faces : 1; }
  double precision() const { return found > 0 ? static_cast<double>(right) / found : 1; }
};

// Scores one picture. Each known face counts once.
Status Measure(const Image& image, const std::vector<Box>& known, const FindOptions& options,
               FaceFinder* finder, Row* row) {
  const auto start = std::chrono::steady_clock::now();
  AG_ASSIGN_OR_RETURN(const FoundFaces found, finder->Find(image, options));
  const double milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  std::vector<bool> used(known.size());
  for (const Face& face : found.faces) {
    for (size_t i = 0; i < known.size(); ++i) {
      if (used[i] || IntersectionOverUnion(face.box, known[i]) < kSameFace) continue;
      used[i] = true;
      ++row->right;
      break;
    }
  }
  ++row->pictures;
  row->faces += static_cast<int>(known.size());
  row->found += static_cast<int>(found.faces.size());
  row->runs += found.runs;
  row->pixels += found.pixels;
  row->milliseconds += milliseconds;
  row->slowest = std::max(row->slowest, milliseconds);
  return OkStatus();
}

void PrintHeader(const char* title) {
  std::printf("\n%-34s %8s %6s %7s %9s %6s %8s %8s %8s\n", title, "pictures", "faces", "recall",
              "precision", "runs", "Mpixels", "ms", "slowest");
}

void PrintRow(const Row& row, Json* json) {
  const double n = row.pictures;
  std::printf("%-34s %8d %6d %5.1f %% %7.1f %% %6.1f %8.2f %8.1f %8.1f\n", row.name.c_str(),
              row.pictures, row.faces, 100 * row.recall(), 100 * row.precision(),
              static_cast<double>(row.runs) / n, static_cast<double>(row.pixels) / n / 1e6,
              row.milliseconds / n, row.slowest);
  std::fflush(stdout);
  json->push_back({{"name", row.name},
                   {"pictures", row.pictures},
                   {"faces", row.faces},
                   {"found", row.found},
                   {"right", row.right},
                   {"recall", row.recall()},
                   {"precision", row.precision()},
                   {"runs", static_cast<double>(row.runs) / n},
                   {"pixels", static_cast<double>(row.pixels) / n},
                   {"milliseconds", row.milliseconds / n},
                   {"milliseconds_slowest", row.slowest}});
}

// ------------------------------------------------------------------------------- photographs

struct Photograph {
  std::string name;
  Image image;
  std::vector<Box> faces;
};

StatusOr<std::vector<Photograph>> ReadPhotographs(const Arguments& arguments) {
  const DecodeLimits& limits = arguments.engine.limits;
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> table, ReadFile(arguments.boxes, 1 << 20));
  const std::string text(table.begin(), table.end());
  CsvReader reader(text);
  CsvRow row;
  reader.Next(&row);  // the header
  std::vector<Photograph> photographs;
  while (reader.Next(&row)) {
    const std::string place = arguments.boxes + ":" + std::to_string(row.line);
    if (!row.error.empty() || row.fields.size() != 5) {
      return Status(Code::kInvalidArgument, place + ": expected file,x,y,width,height");
    }
    const std::string& name = row.fields[0];
    if (photographs.empty() || photographs.back().name != name) {
      photographs.push_back({name, {}, {}});
      const std::string path = arguments.photographs + "/" + name;
      if (!std::filesystem::exists(path)) {
        PrintNote(path + " does not exist (./ag bench detect fetches it): skipped");
      } else {
        AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, limits.max_bytes));
        AG_ASSIGN_OR_RETURN(DecodedImage decoded, DecodeImage(bytes, limits));
        photographs.back().image = std::move(decoded.image);
      }
    }
    std::array<double, 4> numbers{};
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = std::atof(row.fields[i + 1].c_str());
    photographs.back().faces.push_back({numbers[0], numbers[1], numbers[2], numbers[3]});
  }
  std::erase_if(photographs, [](const Photograph& p) { return p.image.empty(); });
  return photographs;
}

double MeanFace(const Photograph& photograph) {
  double sum = 0;
  for (const Box& box : photograph.faces) sum += box.height;
  return sum / static_cast<double>(photograph.faces.size());
}

double SmallestFace(const Photograph& photograph) {
  double least = photograph.faces.front().height;
  for (const Box& box : photograph.faces) least = std::min(least, box.height);
  return least;
}

Photograph Resized(const Photograph& photograph, double scale) {
  Photograph small;
  small.image =
      ResizeArea(photograph.image, std::max(1, static_cast<int>(photograph.image.width * scale)),
                 std::max(1, static_cast<int>(photograph.image.height * scale)));
  const double x = static_cast<double>(small.image.width) / photograph.image.width;
  const double y = static_cast<double>(small.image.height) / photograph.image.height;
  for (const Box& box : photograph.faces) {
    small.faces.push_back({box.x * x, box.y * y, box.width * x, box.height * y});
  }
  return small;
}

// Photographs side by side on gray, as many as fit, each scaled so that its smallest face has one
// of these heights: a group of people with their bodies, small and large.
Photograph Mosaic(const std::vector<Photograph>& photographs, int width, int height,
                  const std::vector<double>& smallest_faces) {
  Photograph mosaic;
  mosaic.image = Image(width, height);
  std::fill(mosaic.image.pixels.begin(), mosaic.image.pixels.end(), uint8_t{128});
  std::vector<Photograph> parts;
  for (const double face : smallest_faces) {
    for (const Photograph& photograph : photographs) {
      Photograph part = Resized(photograph, face / SmallestFace(photograph));
      if (part.image.width <= width) parts.push_back(std::move(part));
    }
  }
  // In turn; a photograph that does not fit the row begins the next one, until the canvas is full.
  int left = 0, top = 0, row_height = 0;
  for (size_t i = 0; !parts.empty(); ++i) {
    const Photograph& part = parts[i % parts.size()];
    if (left + part.image.width > width) {
      left = 0;
      top += row_height;
      row_height = 0;
    }
    if (top + part.image.height > height) break;
    for (int y = 0; y < part.image.height; ++y) {
      std::copy_n(part.image.at(0, y), size_t{3} * static_cast<size_t>(part.image.width),
                  mosaic.image.at(left, top + y));
    }
    for (const Box& box : part.faces) {
      mosaic.faces.push_back({box.x + left, box.y + top, box.width, box.height});
    }
    left += part.image.width;
    row_height = std::max(row_height, part.image.height);
  }
  return mosaic;
}

// By quarters * 90 degrees clockwise.
Photograph Turn(const Photograph& photograph, int quarters) {
  constexpr std::array<int, 4> kOrientations = {1, 6, 3, 8};
  Photograph turned;
  turned.image = ApplyOrientation(photograph.image, kOrientations[static_cast<size_t>(quarters)]);
  const double w = photograph.image.width, h = photograph.image.height;
  for (const Box& box : photograph.faces) {
    const double right = w - box.x - box.width, below = h - box.y - box.height;
    turned.faces.push_back(quarters == 1   ? Box{below, box.x, box.height, box.width}
                           : quarters == 2 ? Box{right, below, box.width, box.height}
                                           : Box{box.y, right, box.height, box.width});
  }
  return turned;
}

Status MeasurePhotographs(const Arguments& arguments, FaceFinder* finder, Json* json) {
  AG_ASSIGN_OR_RETURN(const std::vector<Photograph> photographs, ReadPhotographs(arguments));
  if (photographs.empty()) return OkStatus();
  PrintHeader("photographs");
  for (const Photograph& photograph : photographs) {
    Row row;
    row.name = photograph.name;
    AG_RETURN_IF_ERROR(
        Measure(photograph.image, photograph.faces, arguments.engine.find, finder, &row));
    PrintRow(row, json);
  }
  for (const int quarters : {1, 2, 3}) {
    Row row;
    row.name = "turned by " + std::to_string(90 * quarters) + " degrees";
    for (const Photograph& photograph : photographs) {
      const Photograph turned = Turn(photograph, quarters);
      AG_RETURN_IF_ERROR(Measure(turned.image, turned.faces, arguments.engine.find, finder, &row));
    }
    PrintRow(row, json);
  }
  for (const double height : {48.0, 24.0, 16.0, 12.0}) {
    Row row;
    row.name = "shrunk, faces of " + std::to_string(static_cast<int>(height)) + " pixels";
    FindOptions options = arguments.engine.find;
    if (height < 24) options.min_face = height;
    for (const Photograph& photograph : photographs) {
      const Photograph small = Resized(photograph, height / MeanFace(photograph));
      AG_RETURN_IF_ERROR(Measure(small.image, small.faces, options, finder, &row));
    }
    PrintRow(row, json);
  }
  Row large;
  large.name = "enlarged to 12 megapixels";
  for (const Photograph& photograph : photographs) {
    const double pixels = 1.0 * photograph.image.width * photograph.image.height;
    const Photograph enlarged = Resized(photograph, std::sqrt(12e6 / pixels));
    AG_RETURN_IF_ERROR(
        Measure(enlarged.image, enlarged.faces, arguments.engine.find, finder, &large));
  }
  PrintRow(large, json);
  for (const std::vector<double>& heights :
       {std::vector<double>{24}, std::vector<double>{48}, std::vector<double>{24, 48, 96}}) {
    Row row;
    row.name = "12 megapixels, faces from " + std::to_string(static_cast<int>(heights.front())) +
               (heights.size() > 1 ? " up" : " px");
    const Photograph mosaic = Mosaic(photographs, 4000, 3000, heights);
    FindOptions options = arguments.engine.find;
    options.max_faces = 4000;
    AG_RETURN_IF_ERROR(Measure(mosaic.image, mosaic.faces, options, finder, &row));
    PrintRow(row, json);
  }
  return OkStatus();
}

// ---------------------------------------------------------------------------------- collages

struct CollageKind {
  const char* name;
  int width, height, pictures, faces;
  std::vector<double> heights, tilts;
  double min_face;
};

const std::vector<CollageKind>& CollageKinds() {
  static const std::vector<CollageKind> kinds = {
      {"2 megapixels, 24 to 200 px", 1600, 1200, 6, 60, {24, 32, 48, 96, 200}, {0}, 0},
      {"2 megapixels, 24 px, 40 faces", 1600, 1200, 4, 40, {24}, {0}, 0},
      {"2 megapixels, tilted by 15", 1600, 1200, 4, 60, {24, 32, 48, 96, 200}, {-15, 15}, 0},
      {"2 megapixels, tilted by 30", 1600, 1200, 4, 60, {32, 48, 96, 200}, {-30, 30}, 0},
      {"2 megapixels, tilted by 45", 1600, 1200, 4, 60, {48, 96, 200}, {-45, 45}, 0},
      {"2 megapixels, tilted by 90", 1600, 1200, 4, 60, {48, 96, 200}, {-90, 90}, 0},
      {"12 megapixels, 48 to 400 px", 4000, 3000, 3, 60, {48, 96, 200, 400}, {0}, 0},
      {"12 megapixels, 24 to 200 px", 4000, 3000, 3, 100, {24, 32, 48, 96, 200}, {0}, 0},
      {"12 megapixels, crowd, 24 to 48 px", 4000, 3000, 2, 1500, {24, 32, 48}, {0}, 0},
      {"12 megapixels, min_face 12, 12 px", 4000, 3000, 1, 200, {12}, {0}, 12},
      {"12 megapixels, min_face 12, 16 px", 4000, 3000, 1, 200, {16}, {0}, 12},
  };
  return kinds;
}

Status MeasureCollages(const Arguments& arguments, const std::vector<FaceSource>& sources,
                       FaceFinder* finder, Json* json) {
  PrintHeader("collages (faces tilted by +- 10 more)");
  for (const CollageKind& kind : CollageKinds()) {
    Row row;
    row.name = kind.name;
    FindOptions options = arguments.engine.find;
    options.min_face = kind.min_face;
    for (int i = 0; i < kind.pictures; ++i) {
      // All but the last kind, which draws face-like objects.
      const size_t texture = static_cast<size_t>(i) % (bench::kTextures.size() - 1);
      const Collage collage = bench::MakeCollage({.width = kind.width,
                                                  .height = kind.height,
                                                  .face_heights = kind.heights,
                                                  .tilts = kind.tilts,
                                                  .faces = kind.faces,
                                                  .texture = texture,
                                                  .seed = arguments.seed * 1000 + texture},
                                                 sources);
      std::vector<Box> known;
      for (const bench::CollageFace& face : collage.faces) known.push_back(face.box);
      AG_RETURN_IF_ERROR(Measure(collage.image, known, options, finder, &row));
    }
    PrintRow(row, json);
  }
  return OkStatus();
}

// A single face: what a portrait costs.
Status MeasurePortraits(const Arguments& arguments, const std::vector<FaceSource>& sources,
                        FaceFinder* finder, Json* json) {
  PrintHeader("single crops");
  Row row;
  row.name = "as they are";
  int one_run = 0;
  for (const FaceSource& source : sources) {
    const int64_t before = row.runs;
    AG_RETURN_IF_ERROR(
        Measure(source.image, {source.face.box}, arguments.engine.find, finder, &row));
    if (row.runs == before + 1) ++one_run;
  }
  PrintRow(row, json);
  std::printf("one run: %d of %zu\n", one_run, sources.size());
  return OkStatus();
}

// ---------------------------------------------------------------------------------- patterns

Status MeasurePatterns(const Arguments& arguments, FaceFinder* finder, Json* json) {
  PrintHeader("patterns without a face");
  for (size_t kind = 0; kind < bench::kTextures.size(); ++kind) {
    Row row;
    row.name = bench::kTextures[kind];
    const std::array<int, 4> widths = {320, 640, 1600, 4000};
    for (const int width : widths) {
      AG_RETURN_IF_ERROR(Measure(bench::MakeTexture(kind, width, width * 3 / 4, arguments.seed), {},
                                 arguments.engine.find, finder, &row));
    }
    std::printf("%-34s false faces: %d of %d pictures, slowest %.0f ms\n", row.name.c_str(),
                row.found, row.pictures, row.slowest);
    std::fflush(stdout);
    json->push_back({{"name", row.name},
                     {"pictures", row.pictures},
                     {"false_faces", row.found},
                     {"milliseconds_slowest", row.slowest}});
  }
  return OkStatus();
}

Status MeasureDisturbedCrops(const Arguments& arguments, Predictor* predictor, Json* json) {
  AG_ASSIGN_OR_RETURN(
      const std::vector<bench::CropRow> rows,
      bench::MeasureCrops(arguments.data, arguments.limit, arguments.seed, predictor));
  std::printf("\n%-20s %8s %10s %8s\n", "crops that are off", "pictures", "MAE, years", "gender");
  for (const bench::CropRow& row : rows) {
    std::printf("%-20s %8zu %10.2f %6.1f %%\n", row.change.c_str(), row.pictures, row.mae,
                100 * row.gender_right);
    json->push_back({{"change", row.change},
                     {"pictures", row.pictures},
                     {"mae", row.mae},
                     {"gender_right", row.gender_right}});
  }
  return OkStatus();
}

Status MeasureAlignments(const Arguments& arguments, Predictor* predictor, Json* json) {
  AG_ASSIGN_OR_RETURN(
      const std::vector<bench::AlignmentRow> rows,
      bench::MeasureAlignment(arguments.data, arguments.limit, arguments.seed, predictor));
  std::printf("\n%-28s %8s %6s %8s %8s %9s\n", "crops move, 95 % at most", "pictures", "lost",
              "shift", "size", "turn");
  for (const bench::AlignmentRow& row : rows) {
    std::printf("%-28s %8zu %6zu %6.1f %% %6.1f %% %5.1f deg\n", row.change.c_str(), row.pictures,
                row.lost, 100 * row.shift, 100 * row.scale, row.degrees);
    json->push_back({{"change", row.change},
                     {"pictures", row.pictures},
                     {"lost", row.lost},
                     {"shift", row.shift},
                     {"scale", row.scale},
                     {"degrees", row.degrees}});
  }
  return OkStatus();
}

Status CheckFiles(const Arguments& arguments, const ModelPair& models) {
  RunFiles files;
  files.Read("--model", models.net_path);
  files.Read("--detector", models.detector_path);
  files.Read("--boxes", arguments.boxes);
  files.Read("--photographs", arguments.photographs);
  files.Read("--data", arguments.data);
  if (arguments.json.empty()) return OkStatus();
  return files.Write({"--json", arguments.json, BeginsLike("{\n  \"threads\": #,\n  \"seed\": #"),
                      arguments.overwrite});
}

Status MeasureAll(const Arguments& arguments) {
  AG_ASSIGN_OR_RETURN(ModelPair models,
                      LoadModels(arguments.engine.model, arguments.engine.detector));
  AG_RETURN_IF_ERROR(CheckFiles(arguments, models));
  const int threads = arguments.engine.threads > 0 ? arguments.engine.threads : 1;
  AG_ASSIGN_OR_RETURN(FaceFinder finder, FaceFinder::Create(models.detector, threads));
  Json json = {{"threads", threads}, {"seed", arguments.seed}};
  if (arguments.Has("photographs")) {
    AG_RETURN_IF_ERROR(MeasurePhotographs(arguments, &finder, &json["photographs"]));
  }
  const bool data = std::filesystem::exists(arguments.data);
  const bool crops = arguments.Has("crops") || arguments.Has("alignment");
  if (!data && (arguments.Has("collages") || crops)) {
    PrintNote(arguments.data + " does not exist: no collages, no crops, no alignment");
  }
  if (data && arguments.Has("collages")) {
    AG_ASSIGN_OR_RETURN(FaceDetector detector, FaceDetector::Create(models.detector, threads));
    AG_ASSIGN_OR_RETURN(
        const std::vector<FaceSource> sources,
        bench::ReadFaceSources(arguments.data, kSources, arguments.seed, &detector));
    AG_RETURN_IF_ERROR(MeasurePortraits(arguments, sources, &finder, &json["portraits"]));
    AG_RETURN_IF_ERROR(MeasureCollages(arguments, sources, &finder, &json["collages"]));
  }
  if (arguments.Has("patterns")) {
    AG_RETURN_IF_ERROR(MeasurePatterns(arguments, &finder, &json["patterns"]));
  }
  if (data && crops) {
    AG_ASSIGN_OR_RETURN(Predictor predictor,
                        Predictor::Create(models.net, models.detector, threads));
    if (arguments.Has("crops")) {
      AG_RETURN_IF_ERROR(MeasureDisturbedCrops(arguments, &predictor, &json["crops"]));
    }
    if (arguments.Has("alignment")) {
      AG_RETURN_IF_ERROR(MeasureAlignments(arguments, &predictor, &json["alignment"]));
    }
  }
  if (arguments.json.empty()) return OkStatus();
  return WriteFileAtomically(arguments.json, json.dump(2) + "\n");
}

int RunBenchDetect(int argc, char** argv) {
  Arguments arguments;
  CommandLine line("Recall, precision and cost of the face finder; accuracy on misplaced crops.");
  AddEngineOptions(&line, &arguments.engine);
  line.Add("--boxes", &arguments.boxes, "Faces in the photographs: file,x,y,width,height")
      .ShowDefault();
  line.Add("--photographs", &arguments.photographs, "Folder of the photographs").ShowDefault();
  line.Add("--data", &arguments.data, "Folder of single faces, for collages, crops and alignment")
      .ShowDefault();
  line.Add("--parts", &arguments.parts, "What to measure")
      .ShowDefault()
      .SplitAt(',')
      .OneOf({"photographs", "collages", "patterns", "crops", "alignment"});
  line.Add("--limit", &arguments.limit, "Number of pictures for crops and alignment")
      .ShowDefault()
      .InRange(1, 1'000'000);
  line.Add("--seed", &arguments.seed, "Seed of collages and patterns").ShowDefault();
  line.Add("--json", &arguments.json, "Write all numbers to this file");
  AddOverwriteOption(&line, &arguments.overwrite);
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  const Status status = MeasureAll(arguments);
  if (status.ok()) return kExitDone;
  PrintError(status.message());
  return kExitUsage;
}

const Command kDetect(
    {.name = "detect",
     .summary = "recall and precision of the face finder, its cost, accuracy off the crop",
     .place = 1,
     .run = RunBenchDetect});

}  // namespace
}  // namespace ag
