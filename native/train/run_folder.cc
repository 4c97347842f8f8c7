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

Status ClaimRunFolder(const Request& request) {
  const fs::path run = request.settings.run;
  std::error_code error;
  fs::create_directories(run, error);
  if (error) return Status(Code::kIo, run.string() + ": cannot create: " + error.message());
  const bool taken = fs::exists(run / "settings.json") || fs::exists(run / "checkpoint.pt");
  if (request.resume || !taken) return OkStatus();
  if (!request.overwrite) {
    return Status(Code::kInvalidArgument,
                  run.string() +
                      ": holds a run already; --resume goes on with it, --overwrite "
                      "throws it away, --run DIR names another folder");
  }
  for (const std::string_view file : kRunFiles) fs::remove(run / file, error);
  for (const std::string_view folder : kRunFolders) fs::remove_all(run / folder, error);
  return OkStatus();
}

void ReleaseRunFolder(const Request& request) {
  if (request.resume) return;
  std::error_code ignored;
  fs::remove(fs::path(request.settings.run) / "settings.json", ignored);
  fs::remove(request.settings.run, ignored);  // not if there is something in it
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
