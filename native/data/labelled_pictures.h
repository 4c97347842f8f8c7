// Runs labelled pictures through the shipping engine: what `eval` and `calibrate` share.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "native/base/command_line.h"
#include "native/base/run_files.h"
#include "native/data/dataset.h"
#include "native/data/split_part.h"
#include "native/pictures/engine_options.h"
#include "shared/base/status.h"
#include "shared/predict/predictor.h"

namespace ag {

struct LabelledArguments {
  EngineArguments engine;
  std::vector<std::string> data;
  FolderArguments folders;
  std::string split, part = "val", crop = "detect";
  bool hash_pictures = false;  // LabelledOutcome::facts has the content's hash in any case

  // "a, b (val of split.csv)"
  std::string DataText() const;
};

// --data (repeatable), --split, --part with one of `parts`, --crop, and the engine's options.
void AddLabelledOptions(CommandLine* line, const std::vector<std::string>& parts,
                        LabelledArguments* arguments);

struct LabelledPictures {
  std::vector<SelectedSample> samples;
  std::vector<SkippedFile> skipped;
  size_t missing = 0;  // of the split's part, not in the data
  LeftOut left_out;    // of folders; for ReportLeftOut at the end of the run
};

// Lists the sets and selects the part. Prints notes on what is skipped and missing.
StatusOr<LabelledPictures> ListLabelledPictures(const LabelledArguments& arguments);

// Facts about the picture itself, besides its label and the result.
struct PictureFacts {
  int width = 0, height = 0;
  double eye_distance = 0;  // pixels; 0: no face found
  std::string sha256;       // of the file's bytes; empty where nobody needed it
};

struct LabelledOutcome {
  Status status;  // without the file's name
  AgeGender result;
  bool face_found = true;
  PictureFacts facts;
};

// Everything such a run reads besides its pictures: models, data, split. `models`: the files in
// use, by option.
RunFiles FilesRead(const LabelledArguments& arguments,
                   const std::vector<std::pair<std::string, std::string>>& models);
// Call once all outputs are named: kInvalidArgument if a picture is one of them.
Status CheckPictures(const RunFiles& files, const std::vector<SelectedSample>& samples);

// Runs every picture through `predictors`, one thread each; calls consume(index, outcome) on the
// calling thread in the order of the pictures, until it returns false.
void PredictLabelled(const std::vector<SelectedSample>& samples, const LabelledArguments& arguments,
                     std::vector<Predictor>* predictors,
                     const std::function<bool(size_t, const LabelledOutcome&)>& consume);

}  // namespace ag
