// ag_native predict: pictures -> one record each.
#include <array>
#include <charconv>
#include <cmath>
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
#include "native/pictures/engine_options.h"
#include "native/pictures/model_files.h"
#include "native/pictures/predictors.h"
#include "native/run/frames.h"
#include "native/run/picture_run.h"

namespace ag {
namespace {

constexpr double kMaxCoordinate = 1e7;  // pixels; no picture is larger (Image::kMaxSide)

struct Arguments {
  RunArguments run;
  FramesArguments frames;
  std::string box;
};

void AddOptions(CommandLine* line, Arguments* arguments) {
  AddRunOptions(line, &arguments->run);
  line->Add("--crops", &arguments->run.crops,
            "Write the aligned crop of each face, as the net sees it, into this folder");
  line->Add("--box", &arguments->box, "x,y,width,height in pixels: the one face to look at");
  AddFramesOptions(line, &arguments->frames);
}

StatusOr<Box> ParseBox(const std::string& text) {
  std::array<double, 4> values{};
  const char* position = text.data();
  const char* end = position + text.size();
  for (size_t i = 0; i < values.size(); ++i) {
    const auto [next, error] = std::from_chars(position, end, values[i]);
    const bool last = i + 1 == values.size();
    const bool separated = last ? next == end : next != end && *next == ',';
    if (error != std::errc() || !separated || !(std::abs(values[i]) <= kMaxCoordinate)) {
      return Status(Code::kInvalidArgument,
                    "--box " + text + ": expected four numbers x,y,width,height");
    }
    position = next + 1;
  }
  if (values[2] <= 0 || values[3] <= 0) {
    return Status(Code::kInvalidArgument, "--box " + text + ": width and height must be above 0");
  }
  return Box{values[0], values[1], values[2], values[3]};
}

// "34 (26-43) F 97 %", and shorter forms of it.
std::vector<std::string> Labels(const FaceResult& face) {
  const AgeGender& result = face.result;
  const bool female = result.p_female >= 0.5;
  const double percent = 100 * (female ? result.p_female : 1 - result.p_female);
  const std::string short_age = Format("%.0f", result.age);
  const std::string gender = Format(" %c %.0f %%", female ? 'F' : 'M', percent);
  std::vector<std::string> labels;
  if (result.has_interval) {
    labels.push_back(short_age + Format(" (%.0f-%.0f)", result.age_low, result.age_high) + gender);
  }
  labels.push_back(short_age + gender);
  labels.push_back(short_age + (female ? " F" : " M"));
  labels.push_back(short_age);
  return labels;
}

nlohmann::ordered_json MadeBy(const Arguments& arguments, const ModelPair& models) {
  return {{"--model", models.net_origin.sha256},
          {"--detector", models.detector_origin.sha256},
          {"--box", arguments.box}};
}

StatusOr<int> Run(const Arguments& arguments) {
  if (arguments.frames.enabled) return RunFrames(arguments.run, arguments.frames);
  PredictOptions options;
  options.find = arguments.run.engine.find;
  if (!arguments.box.empty()) {
    AG_ASSIGN_OR_RETURN(options.box, ParseBox(arguments.box));
  }
  AG_ASSIGN_OR_RETURN(InputSource inputs, OpenInputs(arguments.run));
  const EngineArguments& engine = arguments.run.engine;
  AG_ASSIGN_OR_RETURN(const ModelPair models, LoadModels(engine.model, engine.detector));
  const int threads = engine.ThreadCount();
  const size_t pictures = inputs.CountUpTo(static_cast<size_t>(threads) + 1);
  AG_ASSIGN_OR_RETURN(std::vector<Predictor> predictors, MakePredictors(models, threads, pictures));

  PictureWork work;
  work.command = "predict";
  work.workers = predictors.size();
  work.answer = [&](size_t worker, const Image& picture) {
    return predictors[worker].Predict(picture, options);
  };
  work.crop = [&](size_t worker, const Image& picture, const Face& face) {
    const InputContract& input = predictors[worker].net().input;
    return predictors[worker].CropFace(picture, face, static_cast<int>(input.width),
                                       static_cast<int>(input.height));
  };
  work.labels = Labels;
  work.made_by = MadeBy(arguments, models);
  work.reads = {{"--model", models.net_path}, {"--detector", models.detector_path}};
  return RunPictures(arguments.run, &inputs, work);
}

int RunPredict(int argc, char** argv) {
  Arguments arguments;
  CommandLine line(
      "Finds the faces in pictures and predicts the age and perceived gender of each.");
  AddOptions(&line, &arguments);
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  CatchInterrupts();
  return ExitCodeOf(Run(arguments));
}

const Command kPredict({.name = "predict",
                        .summary = "faces in pictures: age, interval, perceived gender",
                        .group = CommandGroup::kPictures,
                        .place = 1,
                        .run = RunPredict});

}  // namespace
}  // namespace ag
