#include "native/train/run_folder.h"

#include <filesystem>
#include <string_view>
#include <system_error>

#include "shared/base/file.h"

namespace ag::train {
namespace {

namespace fs = std::filesystem;

// What a run writes, and nothing else: --overwrite removes these.
constexpr std::string_view kRunFiles[] = {
    "settings.json",       "checkpoint.pt", "history.csv", "history.svg",  "history.png",
    "split.csv",           "data.csv",      "skipped.csv", "clusters.csv", "model.agm",
    "val_predictions.csv", "best.pt",       "log.jsonl",   "config.toml",  "review.csv"};
constexpr std::string_view kRunFolders[] = {"samples", "toy"};

}  // namespace

StatusOr<RunFolder> RunFolder::Claim(const Request& request) {
  const fs::path run = request.settings.run;
  std::error_code error;
  const bool made = fs::create_directories(run, error);
  if (error) return Status(Code::kIo, run.string() + ": cannot create: " + error.message());
  const bool taken = fs::exists(run / "settings.json") || fs::exists(run / "checkpoint.pt");
  if (taken && !request.resume && !request.overwrite) {
    return Status(Code::kInvalidArgument,
                  run.string() +
                      ": holds a run already; --resume goes on with it, --overwrite "
                      "throws it away, --run DIR names another folder");
  }
  return RunFolder(run.string(), made, request.overwrite && !request.resume);
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)),
      made_(std::exchange(other.made_, false)),
      clear_(other.clear_),
      begun_(other.begun_) {}

RunFolder::~RunFolder() {
  std::error_code ignored;
  if (made_ && !begun_) fs::remove(path_, ignored);  // not if there is something in it
}

Status RunFolder::Begin(const Settings& settings) {
  begun_ = true;
  if (std::exchange(clear_, false)) {
    std::error_code ignored;
    for (const std::string_view file : kRunFiles) fs::remove(fs::path(path_) / file, ignored);
    for (const std::string_view folder : kRunFolders) {
      fs::remove_all(fs::path(path_) / folder, ignored);
    }
  }
  return WriteSettings(settings);
}

Status WriteSettings(const Settings& settings) {
  return WriteFileAtomically(settings.run + "/settings.json",
                             std::string_view(SettingsToJson(settings).dump(2) + "\n"));
}

bool HasCheckpoint(const Settings& settings) {
  std::error_code error;
  return fs::exists(settings.run + "/checkpoint.pt", error);
}

}  // namespace ag::train
