// ag_native detect: pictures -> boxes and points of the faces, nothing about the people.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/format.h"
#include "native/base/interrupt.h"
#include "native/pictures/model_files.h"
#include "native/run/picture_run.h"
#include "shared/face/align.h"
#include "shared/face/finder.h"
#include "shared/face/quality.h"
#include "shared/image/warp.h"

namespace ag {
namespace {

// Side, in pixels, of the crop on which quality is measured: that of the shipped net, so that
// predict says the same of a face.
constexpr int kCropSide = 112;

// Points that all coincide are not a face: nothing.
std::optional<FaceResult> Examine(const Image& picture, const Face& face) {
  const auto transform = AlignmentTransform(face, kDefaultCropPoints, kCropSide, kCropSide);
  if (!transform.ok()) return std::nullopt;
  const Image crop = WarpSimilarity(picture, *transform, kCropSide, kCropSide);
  if (crop.empty()) return std::nullopt;
  FaceResult result;
  result.face = face;
  result.quality = MeasureQuality(face, crop, *transform, picture.width, picture.height);
  result.flags = QualityFlags(result.quality);
  return result;
}

StatusOr<PictureResult> FindFaces(const Image& picture, const FindOptions& options,
                                  FaceFinder* finder) {
  AG_ASSIGN_OR_RETURN(const FoundFaces found, finder->Find(picture, options));
  PictureResult result;
  result.width = picture.width;
  result.height = picture.height;
  result.rotation = found.rotation;
  for (const Face& face : found.faces) {
    if (std::optional<FaceResult> examined = Examine(picture, face)) {
      result.faces.push_back(*std::move(examined));
    }
  }
  return result;
}

std::vector<std::string> Labels(const FaceResult& face) {
  return {Format("%.2f", face.face.score)};
}

// One detector with all threads for a single picture, else one thread each (predictors.h says why).
StatusOr<std::vector<FaceFinder>> MakeFinders(const ModelFile& detector, int threads,
                                              size_t pictures) {
  const bool one_picture = pictures <= 1;
  const size_t count = one_picture ? 1 : std::min(static_cast<size_t>(threads), pictures);
  std::vector<FaceFinder> finders;
  for (size_t i = 0; i < count; ++i) {
    AG_ASSIGN_OR_RETURN(FaceFinder finder,
                        FaceFinder::Create(detector.weights, one_picture ? threads : 1));
    finders.push_back(std::move(finder));
  }
  return finders;
}

StatusOr<int> Run(const RunArguments& arguments) {
  AG_ASSIGN_OR_RETURN(InputSource inputs, OpenInputs(arguments));
  AG_ASSIGN_OR_RETURN(const ModelFile detector, LoadDetector(arguments.engine.detector));
  const int threads = arguments.engine.ThreadCount();
  const size_t pictures = inputs.CountUpTo(static_cast<size_t>(threads) + 1);
  AG_ASSIGN_OR_RETURN(std::vector<FaceFinder> finders, MakeFinders(detector, threads, pictures));

  PictureWork work;
  work.command = "detect";
  work.content = RecordContent::kDetections;
  work.workers = finders.size();
  work.answer = [&](size_t worker, const Image& picture) {
    return FindFaces(picture, arguments.engine.find, &finders[worker]);
  };
  work.labels = Labels;
  work.made_by["--detector"] = detector.origin.sha256;
  work.reads = {{"--detector", detector.path}};
  return RunPictures(arguments, &inputs, work);
}

int RunDetect(int argc, char** argv) {
  RunArguments arguments;
  CommandLine line("Finds the faces in pictures: boxes, points and quality.");
  AddRunOptions(&line, &arguments);
  line.Remove("--model");
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  CatchInterrupts();
  return ExitCodeOf(Run(arguments));
}

const Command kDetect({.name = "detect",
                       .summary = "faces in pictures: boxes and points only",
                       .group = CommandGroup::kPictures,
                       .place = 2,
                       .run = RunDetect});

}  // namespace
}  // namespace ag
