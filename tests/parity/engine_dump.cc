#include "tests/parity/engine_dump.h"

#include <array>
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
#include "tests/support/image_files.h"
#include "tests/support/model_builder.h"

namespace ag {
namespace {

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

Status FindFaces(const std::string& name, const Image& picture, Predictor* predictor,
                 EngineDump* dump) {
  AG_ASSIGN_OR_RETURN(const PictureResult result, predictor->Predict(picture));
  for (size_t i = 0; i < result.faces.size(); ++i) {
    const Face& face = result.faces[i].face;
    const AgeGender& found = result.faces[i].result;
    std::vector<float>& numbers = dump->faces[name + " face " + std::to_string(i)];
    for (const double number : {face.box.x, face.box.y, face.box.width, face.box.height,
                                face.points[0].x, face.points[0].y, face.points[1].x,
                                face.points[1].y, face.score, found.age, found.p_female}) {
      numbers.push_back(static_cast<float>(number));
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
  const auto add = [&](const std::string& name, const Image& picture) -> Status {
    HashPreprocessing(name, picture, &dump);
    AG_RETURN_IF_ERROR(RunNet(name, picture, net, &dump));
    AG_RETURN_IF_ERROR(RunNet(name + " notebook", picture, notebook, &dump));
    return FindFaces(name, picture, &predictor, &dump);
  };
  AG_RETURN_IF_ERROR(add("drawn", SelfTestPicture()));
  for (const auto& [name, bytes] : files) {
    auto decoded = DecodeImage(bytes);
    if (!decoded.ok()) return decoded.status().WithContext(name);
    AG_RETURN_IF_ERROR(add(name, decoded->image));
  }
  AG_ASSIGN_OR_RETURN(dump.values["self-test"], SelfTestValues(net, detector));
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
