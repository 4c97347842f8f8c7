#include "tests/parity/engine_dump.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "shared/base/sha256.h"
#include "shared/face/align.h"
#include "shared/image/decode.h"
#include "shared/image/resize.h"
#include "shared/image/warp.h"
#include "shared/infer/load_model.h"
#include "shared/predict/predictor.h"
#include "shared/predict/self_test.h"
#include "shared/predict/video.h"
#include "tests/support/image_files.h"
#include "tests/support/model_builder.h"

namespace ag {
namespace {

constexpr size_t kSampleFiles = 2;

std::vector<uint8_t> FileBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

StatusOr<std::shared_ptr<Weights>> LoadWeights(const std::string& path) {
  auto model = LoadModel(FileBytes(path));
  if (!model.ok()) return model.status().WithContext(path);
  return Weights::Create(*std::move(model));
}

std::string Hash(const Image& image) {
  return std::to_string(image.width) + "x" + std::to_string(image.height) + " " +
         HexString(HashSha256(image.pixels));
}

// Everything that happens to pixels before a net sees them.
void HashPreprocessing(const std::string& name, const Image& picture, EngineDump* dump) {
  dump->hashes[name + " decoded"] = Hash(picture);
  dump->hashes[name + " shrunk"] = Hash(ResizeArea(picture, 97, 61));
  dump->hashes[name + " enlarged"] = Hash(ResizeArea(picture, picture.width + 37, 301));
  const SimilarityTransform turned{1.37, 0.41, {picture.width * 0.45, picture.height * 0.52}};
  dump->hashes[name + " warped"] = Hash(WarpSimilarity(picture, turned, 112, 112));
  const SimilarityTransform shrunk{6.3, -2.2, {picture.width * 0.5, picture.height * 0.5}};
  dump->hashes[name + " warped from afar"] = Hash(WarpSimilarity(picture, shrunk, 128, 128));
}

Status RunNet(const std::string& name, const Image& picture, const std::shared_ptr<Weights>& net,
              EngineDump* dump) {
  AG_ASSIGN_OR_RETURN(Engine engine, Engine::Create(net, {}));
  const int width = static_cast<int>(net->model().input.width);
  const int height = static_cast<int>(net->model().input.height);
  AG_RETURN_IF_ERROR(engine.Run(WarpSimilarity(
      picture, CentreTransform(picture.width, picture.height, width, height), width, height)));
  for (size_t i = 0; i < net->model().outputs.size(); ++i) {
    const auto output = engine.output(i);
    dump->values[name + " output " + std::to_string(i)].assign(output.begin(), output.end());
  }
  return OkStatus();
}

void DumpFaceNumbers(const std::string& name, const TrackedFace& tracked, EngineDump* dump) {
  const Face& face = tracked.face.face;
  std::vector<float>& numbers = dump->faces[name];
  for (const double number :
       {face.box.x, face.box.y, face.box.width, face.box.height, face.points[0].x, face.points[0].y,
        face.points[1].x, face.points[1].y, face.score, tracked.face.result.age,
        tracked.face.result.age_low, tracked.face.result.age_high, tracked.face.result.p_female,
        static_cast<double>(tracked.id), tracked.running.age, tracked.running.age_low,
        tracked.running.age_high, tracked.running.p_female}) {
    numbers.push_back(static_cast<float>(number));
  }
}

Status FindFaces(const std::string& name, const Image& picture, Predictor* predictor,
                 EngineDump* dump) {
  AG_ASSIGN_OR_RETURN(PictureResult result, predictor->Predict(picture));
  dump->values[name + " rotation"] = {static_cast<float>(result.rotation)};
  for (size_t i = 0; i < result.faces.size(); ++i) {
    TrackedFace face;
    face.face = std::move(result.faces[i]);
    DumpFaceNumbers(name + " face " + std::to_string(i), face, dump);
  }
  return OkStatus();
}

// A ground that is neither plain nor a face.
Image Ground(int width, int height) {
  Image ground(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* pixel = ground.pixels.data() + (size_t{1} * y * width + x) * 3;
      pixel[0] = static_cast<uint8_t>(90 + 40 * y / height);
      pixel[1] = static_cast<uint8_t>(100 + 30 * x / width);
      pixel[2] = static_cast<uint8_t>(110 + (x / 16 + y / 16) % 2 * 8);
    }
  }
  return ground;
}

// Shrinks or enlarges `picture` to a square (its middle, for oblong ones) and puts it there.
void Paste(const Image& picture, int side, int left, int top, Image* onto) {
  const int from = std::min(picture.width, picture.height);
  Image middle(from, from);
  for (int y = 0; y < from; ++y) {
    const uint8_t* row = picture.at((picture.width - from) / 2, (picture.height - from) / 2 + y);
    std::copy_n(row, size_t{3} * from, middle.pixels.data() + size_t{3} * from * y);
  }
  const Image scaled = ResizeArea(middle, side, side);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const int to_x = left + x, to_y = top + y;
      if (to_x < 0 || to_y < 0 || to_x >= onto->width || to_y >= onto->height) continue;
      std::copy_n(scaled.at(x, y), 3,
                  onto->pixels.data() + (size_t{1} * to_y * onto->width + to_x) * 3);
    }
  }
}

// All pictures in rows, each a square of one of `sides`.
Image Group(const std::vector<Image>& pictures, int width, int height,
            const std::vector<int>& sides) {
  Image group = Ground(width, height);
  const int cell = *std::max_element(sides.begin(), sides.end()) + 6;
  const int columns = width / cell;
  const int count = columns * (height / cell);
  for (int i = 0; i < count; ++i) {
    const int side = sides[static_cast<size_t>(i) % sides.size()];
    Paste(pictures[static_cast<size_t>(i) % pictures.size()], side, i % columns * cell + 3,
          i / columns * cell + 3, &group);
  }
  return group;
}

// Clockwise by 90 degrees.
Image Turned(const Image& picture) {
  Image turned(picture.height, picture.width);
  for (int y = 0; y < turned.height; ++y) {
    for (int x = 0; x < turned.width; ++x) {
      std::copy_n(picture.at(y, picture.height - 1 - x), 3,
                  turned.pixels.data() + (size_t{1} * y * turned.width + x) * 3);
    }
  }
  return turned;
}

// Two people who walk past each other, one before the other's feet; the second comes late.
Image VideoFrame(const std::vector<Image>& pictures, int frame) {
  Image image = Ground(640, 480);
  Paste(pictures[0], 180, 20 + 6 * frame, 20 + frame % 3, &image);
  if (frame >= 5) Paste(pictures.back(), 160, 460 - 5 * frame, 280 - frame % 2, &image);
  return image;
}

// The net as if it had been calibrated: knots on both sides of any age, ends that move both ways.
StatusOr<std::shared_ptr<Weights>> Calibrated(const std::string& path) {
  AG_ASSIGN_OR_RETURN(Model model, LoadModel(FileBytes(path)));
  model.age_gender->gender_temperature *= 1.75f;
  model.age_gender->age_interval.clear();
  for (int i = 0; i <= 10; ++i) {
    const auto age = static_cast<float>(10 * i);
    model.age_gender->age_interval.push_back({age, i % 2 == 0 ? -3.5f : 1.0f, 0.05f * age - 1});
  }
  return Weights::Create(std::move(model));
}

Status FollowFaces(const std::string& title, const std::vector<Image>& pictures,
                   const std::shared_ptr<Weights>& net, const std::shared_ptr<Weights>& detector,
                   EngineDump* dump) {
  constexpr int kFrames = 40;
  AG_ASSIGN_OR_RETURN(VideoPredictor video, VideoPredictor::Create(net, detector, 1));
  for (int i = 0; i < kFrames; ++i) {
    AG_ASSIGN_OR_RETURN(const FrameResult result, video.Next(VideoFrame(pictures, i)));
    const std::string name = title + " frame " + std::to_string(i);
    dump->values[name + " searched"] = {result.searched ? 1.0f : 0.0f};
    for (size_t k = 0; k < result.faces.size(); ++k) {
      DumpFaceNumbers(name + " face " + std::to_string(k), result.faces[k], dump);
    }
  }
  return OkStatus();
}

}  // namespace

StatusOr<EngineDump> DumpEngine(const std::string& folder,
                                const std::vector<std::string>& pictures) {
  AG_ASSIGN_OR_RETURN(auto net, LoadWeights(folder + "/age_gender.agm"));
  AG_ASSIGN_OR_RETURN(auto detector, LoadWeights(folder + "/face_detector.agm"));
  AG_ASSIGN_OR_RETURN(Predictor predictor, Predictor::Create(net, detector, 1));

  std::vector<std::pair<std::string, std::vector<uint8_t>>> files = {
      {"baseline.jpg", test::SampleBaselineJpeg()},
      {"progressive.jpg", test::SampleProgressiveJpeg()}};
  for (const std::string& path : pictures) files.emplace_back(path, FileBytes(path));

  AG_ASSIGN_OR_RETURN(auto notebook, Weights::Create(test::NotebookModel()));

  EngineDump dump;
  std::vector<Image> all;
  const auto add = [&](const std::string& name, const Image& picture) -> Status {
    HashPreprocessing(name, picture, &dump);
    AG_RETURN_IF_ERROR(RunNet(name, picture, net, &dump));
    AG_RETURN_IF_ERROR(RunNet(name + " notebook", picture, notebook, &dump));
    all.push_back(picture);
    return FindFaces(name, picture, &predictor, &dump);
  };
  AG_RETURN_IF_ERROR(add("drawn", SelfTestPicture()));
  for (const auto& [name, bytes] : files) {
    auto decoded = DecodeImage(bytes);
    if (!decoded.ok()) return decoded.status().WithContext(name);
    AG_RETURN_IF_ERROR(add(name, decoded->image));
  }
  AG_ASSIGN_OR_RETURN(dump.values["self-test"], SelfTestValues(net, detector));

  // Without files the drawn face is all there is to compose of: the sample JPEGs show none.
  const std::vector<Image> people =
      pictures.empty() ? std::vector<Image>{all[0]}
                       : std::vector<Image>(all.begin() + 1 + kSampleFiles, all.end());
  const Image group = Group(people, 1400, 1000, {60, 120, 200, 90});
  const std::pair<const char*, Image> composed[] = {
      {"group", group},
      {"tiny", Group(people, 1200, 900, {44, 56, 70})},
      {"turned", Turned(people[0])},
      {"upside down", Turned(Turned(people[0]))},
      {"turned group", Turned(Turned(Turned(group)))},
  };
  for (const auto& [name, picture] : composed) {
    dump.hashes[std::string(name) + " composed"] = Hash(picture);
    AG_RETURN_IF_ERROR(FindFaces(name, picture, &predictor, &dump));
  }
  AG_RETURN_IF_ERROR(FollowFaces("video", people, net, detector, &dump));
  AG_ASSIGN_OR_RETURN(auto calibrated, Calibrated(folder + "/age_gender.agm"));
  AG_ASSIGN_OR_RETURN(Predictor honest, Predictor::Create(calibrated, detector, 1));
  AG_RETURN_IF_ERROR(FindFaces("calibrated group", group, &honest, &dump));
  AG_RETURN_IF_ERROR(FollowFaces("calibrated video", people, calibrated, detector, &dump));
  return dump;
}

// One item a line: kind, tab, name, tab, content.
std::string DumpToText(const EngineDump& dump) {
  std::string text;
  for (const auto& [name, hash] : dump.hashes) text += "hash\t" + name + "\t" + hash + "\n";
  for (const auto& [kind, items] :
       {std::pair("values", &dump.values), std::pair("face", &dump.faces)}) {
    for (const auto& [name, numbers] : *items) {
      text += std::string(kind) + "\t" + name + "\t";
      for (const float number : numbers) {
        std::array<char, 32> digits;
        std::snprintf(digits.data(), digits.size(), "%.9g ", static_cast<double>(number));
        text += digits.data();
      }
      text += "\n";
    }
  }
  return text;
}

StatusOr<EngineDump> DumpFromText(const std::string& text) {
  EngineDump dump;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string kind, name, content;
    if (!std::getline(fields, kind, '\t') || !std::getline(fields, name, '\t')) {
      return Status(Code::kInvalidArgument, "not a line of a dump: " + line);
    }
    std::getline(fields, content);
    if (kind == "hash") {
      dump.hashes[name] = content;
      continue;
    }
    std::vector<float>& numbers = (kind == "face" ? dump.faces : dump.values)[name];
    std::istringstream digits(content);
    for (float number; digits >> number;) numbers.push_back(number);
  }
  return dump;
}

}  // namespace ag
