// What predict and detect have in common: many pictures in, one record each out, in order, with
// pictures of the faces beside them if wanted; stopped and gone on with at any moment.
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "native/base/command_line.h"
#include "native/base/run_files.h"
#include "native/pictures/engine_options.h"
#include "native/pictures/inputs.h"
#include "native/run/record_formatter.h"
#include "shared/base/status.h"
#include "shared/image/image.h"
#include "shared/predict/predictor.h"

namespace ag {

struct RunArguments {
  EngineArguments engine;
  InputArguments inputs;
  FolderArguments folders;
  std::string shard;
  std::string format;
  bool json = false;
  std::string out;
  bool resume = false;
  bool retry_failed = false;
  bool overwrite = false;
  bool fail_fast = false;
  bool fast_decode = false;
  bool csv_safe = false;
  std::string annotate;
  std::string crops;  // not every command offers it
};

// All but --crops.
void AddRunOptions(CommandLine* line, RunArguments* arguments);

// Which text the output is, by --format, --json, the ending of --out, and whether standard output
// is a terminal.
RecordFormat ChooseFormat(const RunArguments& arguments);

// Where that text will be read.
TextUse UseOfText(const RunArguments& arguments);

// Opens what is to be read.
StatusOr<InputSource> OpenInputs(const RunArguments& arguments);

// What one command does with a picture. The functions are called by several threads, `worker` in
// [0, workers) by one at a time; they may throw std::bad_alloc only.
struct PictureWork {
  std::string command;
  RecordContent content = RecordContent::kPredictions;
  size_t workers = 1;
  std::function<StatusOr<PictureResult>(size_t worker, const Image& picture)> answer;
  // Only needed where --crops is offered.
  std::function<StatusOr<Image>(size_t worker, const Image& picture, const Face& face)> crop;
  // What stands beside the face's box with --annotate: the longest of these that fits.
  std::function<std::vector<std::string>(const FaceResult& face)> labels;
  // What the records depend on, for --resume: models and options of the command.
  nlohmann::ordered_json made_by;
  // The files that it reads beside the pictures, by the options that name them.
  std::vector<std::pair<std::string, std::string>> reads;
};

// Runs to the end, to the user's interrupt (what is under way is finished), or to what stops it.
// Returns the exit code; what is wrong with single inputs is printed as it comes.
StatusOr<int> RunPictures(const RunArguments& arguments, InputSource* inputs,
                          const PictureWork& work);

// What such a run reads and writes, checked against each other (run_files.h): the inputs that are
// named, `reads`, --out and what grows beside it. Those on a list are looked through if it can be
// read twice.
StatusOr<RunFiles> CheckFiles(const RunArguments& arguments, RecordContent content,
                              const std::vector<std::pair<std::string, std::string>>& reads);

}  // namespace ag
