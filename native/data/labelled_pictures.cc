#include "native/data/labelled_pictures.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

#include "native/base/console.h"
#include "native/base/interrupt.h"
#include "native/base/ordered_work.h"
#include "native/pictures/engine_options.h"
#include "native/pictures/inputs.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"

namespace ag {
namespace {

constexpr size_t kShownSkips = 10;  // on stderr

StatusOr<LabelledOutcome> TryOne(const SelectedSample& selected, const LabelledArguments& arguments,
                                 Predictor* predictor) {
  const std::string& path = selected.sample.path;
  const DecodeLimits& limits = arguments.engine.limits;
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, limits.max_bytes));
  LabelledOutcome outcome;
  if (arguments.hash_pictures || !selected.sha256.empty()) {
    outcome.facts.sha256 = HexString(HashSha256(bytes));
  }
  if (!selected.sha256.empty() && outcome.facts.sha256 != selected.sha256) {
    return Status(Code::kInvalidArgument,
                  "its content is not what the split lists under this name (it has changed, or the "
                  "split is of other data)");
  }
  AG_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes, limits));
  outcome.facts.width = decoded.image.width;
  outcome.facts.height = decoded.image.height;
  if (arguments.crop == "as-is") {
    AG_ASSIGN_OR_RETURN(outcome.result, predictor->PredictAsIs(decoded.image));
    return outcome;
  }
  AG_ASSIGN_OR_RETURN(Predictor::Subject subject,
                      predictor->PredictSubject(decoded.image, arguments.engine.find));
  outcome.result = std::move(subject.result);
  outcome.face_found = subject.face_found;
  if (subject.face_found) {
    const auto& points = subject.face.points;
    outcome.facts.eye_distance = std::hypot(points[1].x - points[0].x, points[1].y - points[0].y);
  }
  return outcome;
}

LabelledOutcome PredictOne(const SelectedSample& selected, const LabelledArguments& arguments,
                           Predictor* predictor) {
  LabelledOutcome failed;
  try {
    StatusOr<LabelledOutcome> outcome = TryOne(selected, arguments, predictor);
    if (outcome.ok()) return *std::move(outcome);
    failed.status = Status(outcome.status().code(),
                           WithoutFileName(outcome.status().message(), selected.sample.path));
  } catch (const std::bad_alloc&) {
    failed.status = Status(Code::kOutOfMemory, "not enough memory (fewer --threads need less)");
  }
  return failed;
}

void NoteAgesNotGiven(const std::vector<SelectedSample>& samples) {
  const auto without = std::count_if(samples.begin(), samples.end(),
                                     [](const SelectedSample& s) { return !s.sample.has_age(); });
  if (without == 0) return;
  PrintNote(std::to_string(without) + " of " + std::to_string(samples.size()) +
            " pictures are labelled with no age: they count for gender alone");
}

void PrintSkipped(const std::vector<SkippedFile>& skipped) {
  const size_t shown = std::min(kShownSkips, skipped.size());
  for (size_t i = 0; i < shown; ++i) {
    const SkippedFile& skip = skipped[i];
    PrintNote("skipped " + skip.file + (skip.file.empty() ? "" : ": ") + skip.reason);
  }
  if (skipped.size() > shown) {
    PrintNote("skipped " + std::to_string(skipped.size() - shown) +
              " more (eval --json FILE lists them all)");
  }
}

}  // namespace

std::string LabelledArguments::DataText() const {
  std::string text;
  for (const std::string& path : data) text += (text.empty() ? "" : ", ") + path;
  return split.empty() ? text : text + " (" + part + " of " + split + ")";
}

void AddLabelledOptions(CommandLine* line, const std::vector<std::string>& parts,
                        LabelledArguments* arguments) {
  AddEngineOptions(line, &arguments->engine);
  line->Add("--data", &arguments->data,
            "Folder with UTKFace's names, or a manifest (.csv: file, gender, age or age_lo and "
            "age_hi where they are known, group); may be given several times")
      .Required();
  AddFolderOptions(line, &arguments->folders);
  const Option split =
      line->Add("--split", &arguments->split, "A split that the trainer wrote: only one part");
  line->Add("--part", &arguments->part, "Which part of the split")
      .ShowDefault()
      .OneOf(parts)
      .Needs(split);
  line->Add("--crop", &arguments->crop,
            "detect: find and align the face; as-is: the pictures are crops already")
      .ShowDefault()
      .OneOf({"detect", "as-is"});
}

StatusOr<LabelledPictures> ListLabelledPictures(const LabelledArguments& arguments) {
  AG_ASSIGN_OR_RETURN(Dataset dataset, ListDatasets(arguments.data, nullptr,
                                                    {.folders = arguments.folders.options,
                                                     .stop = NamedByUser().stop}));
  PrintSkipped(dataset.skipped);
  LabelledPictures pictures;
  pictures.left_out = dataset.left_out;
  pictures.skipped = std::move(dataset.skipped);
  if (arguments.split.empty()) {
    for (Sample& sample : dataset.samples) pictures.samples.push_back({std::move(sample), ""});
    NoteAgesNotGiven(pictures.samples);
    return pictures;
  }
  AG_ASSIGN_OR_RETURN(Selection selection,
                      SelectPart(std::move(dataset.samples), arguments.split, arguments.part,
                                 arguments.engine.limits.max_bytes));
  pictures.samples = std::move(selection.samples);
  NoteAgesNotGiven(pictures.samples);
  pictures.missing = selection.missing;
  if (pictures.missing > 0) {
    PrintNote(std::to_string(pictures.missing) + " pictures of the split's part " + arguments.part +
              " are not in the data");
  }
  return pictures;
}

RunFiles FilesRead(const LabelledArguments& arguments,
                   const std::vector<std::pair<std::string, std::string>>& models) {
  RunFiles files;
  for (const auto& [option, path] : models) files.Read(option, path);
  for (const std::string& path : arguments.data) files.Read("--data", path);
  files.Read("--split", arguments.split);
  return files;
}

Status CheckPictures(const RunFiles& files, const std::vector<SelectedSample>& samples) {
  for (const SelectedSample& selected : samples) {
    AG_RETURN_IF_ERROR(files.CheckInput(selected.sample.path));
  }
  return OkStatus();
}

void PredictLabelled(const std::vector<SelectedSample>& samples, const LabelledArguments& arguments,
                     std::vector<Predictor>* predictors,
                     const std::function<bool(size_t, const LabelledOutcome&)>& consume) {
  RunOrdered<LabelledOutcome>(
      samples.size(), predictors->size(),
      [&](size_t worker, size_t index) {
        return PredictOne(samples[index], arguments, &(*predictors)[worker]);
      },
      consume);
}

}  // namespace ag
