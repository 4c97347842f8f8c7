#include "native/train/recipe/run_folder.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

#include "native/base/run_files.h"
#include "native/train/recipe/recipe.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"
#include "shared/base/temporary_file.h"

namespace ag::train {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLockFile = "run.lock";
constexpr char kDigestKey[] = "sha256";
constexpr size_t kMaxSettingsBytes = size_t{1} << 20;

// What a run writes, and nothing else: --overwrite removes these. The files of version 0.1 too.
constexpr std::string_view kRunFiles[] = {
    "settings.json",       "checkpoint.agc", "history.csv", "history.svg",  "history.png",
    "split.csv",           "data.csv",       "skipped.csv", "clusters.csv", "model.agm",
    "val_predictions.csv", "best.agc",       "log.jsonl",   "config.toml",  "review.csv",
    "checkpoint.pt",       "best.pt"};
constexpr std::string_view kRunFolders[] = {"samples", "toy"};
// Archives of LibTorch's, which can carry code.
constexpr std::string_view kOldFiles[] = {"checkpoint.pt", "best.pt"};

bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

// Settings and digest apart; the digest is of the others, in the order of their names.
std::string DigestOf(nlohmann::json settings) {
  settings.erase(kDigestKey);
  const std::string text = settings.dump();
  return HexString(
      HashSha256(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size())));
}

StatusOr<FileLock> Hold(const fs::path& run) {
  const std::string path = (run / kLockFile).string();
  AG_ASSIGN_OR_RETURN(std::optional<FileLock> lock, FileLock::TryTake(path));
  if (lock) return *std::move(lock);
  return Status(Code::kInvalidArgument,
                run.string() + ": another training is writing into this folder (" +
                    FileLock::HolderOf(path) +
                    "): wait for its end or stop it, or name another one with --run");
}

Status CheckVersion(const fs::path& run) {
  for (const std::string_view old : kOldFiles) {
    if (!Exists(run / old)) continue;
    return Status(Code::kInvalidArgument,
                  (run / old).string() +
                      ": a checkpoint of version 0.1, which could carry code and is not opened any "
                      "more: begin anew (--overwrite, or another --run), or finish this run with "
                      "version 0.1");
  }
  return OkStatus();
}

// What is resumed is the run that the options were checked against.
Status CheckResumed(const fs::path& run, const Request& request) {
  AG_RETURN_IF_ERROR(CheckVersion(run));
  if (!request.begun) return OkStatus();
  AG_ASSIGN_OR_RETURN(const Settings now, ReadSettings(run.string()));
  if (SettingsToJson(now) == SettingsToJson(*request.begun)) return OkStatus();
  return Status(Code::kInvalidArgument,
                run.string() + ": another training has just changed this run; start again");
}

// --out is none of the files that the run reads, and no file that nobody said to replace.
Status CheckOut(const Request& request) {
  const Settings& settings = request.settings;
  if (settings.out.empty()) return OkStatus();
  RunFiles files;
  for (const std::string& path : settings.data) files.Read("--data", path);
  for (const std::string& path : settings.teachers) files.Read("--teacher", path);
  files.Read("--detector", settings.detector);
  files.Read("--split", settings.split);
  files.Read("--init", settings.init);
  RunFiles::Output out = {"--out", settings.out};
  if (request.resume) out.earlier = IsModelFile;  // written by the run that goes on, or meant to be
  out.overwrite = request.overwrite;
  out.is_model = true;
  return files.Write(out);
}

}  // namespace

StatusOr<RunFolder> RunFolder::Claim(const Request& request) {
  AG_RETURN_IF_ERROR(CheckOut(request));
  const fs::path run = request.settings.run;
  std::error_code error;
  const bool made = fs::create_directories(run, error);
  if (error) return Status(Code::kIo, run.string() + ": cannot create: " + error.message());
  AG_ASSIGN_OR_RETURN(FileLock lock, Hold(run));
  RunFolder claimed(run.string(), std::move(lock), made, request.overwrite && !request.resume);
  const bool taken =
      Exists(run / "settings.json") || Exists(CheckpointPath(run)) || Exists(run / kOldFiles[0]);
  if (taken && !request.resume && !request.overwrite) {
    return Status(Code::kInvalidArgument,
                  run.string() +
                      ": holds a run already; --resume goes on with it, --overwrite "
                      "throws it away, --run DIR names another folder");
  }
  if (request.resume) AG_RETURN_IF_ERROR(CheckResumed(run, request));
  return claimed;
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::move(other.lock_)),
      made_(std::exchange(other.made_, false)),
      clear_(other.clear_),
      begun_(other.begun_) {}

RunFolder::~RunFolder() {
  lock_.reset();
  std::error_code ignored;
  if (made_ && !begun_) fs::remove(path_, ignored);  // not if there is something in it
}

Status RunFolder::Begin(const Settings& settings) {
  RemoveLeftovers(path_);
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
  nlohmann::ordered_json json = SettingsToJson(settings);
  json[kDigestKey] = DigestOf(json);
  return WriteFileAtomically(settings.run + "/settings.json",
                             std::string_view(json.dump(2) + "\n"));
}

StatusOr<Settings> ReadSettings(const std::string& run) {
  AG_RETURN_IF_ERROR(CheckVersion(run));
  const std::string path = run + "/settings.json";
  const StatusOr<std::vector<uint8_t>> bytes = ReadFile(path, kMaxSettingsBytes);
  if (!bytes.ok()) {
    return Status(Code::kInvalidArgument,
                  "--resume: no run begun in " + run + " (" + bytes.status().message() + ")");
  }
  const nlohmann::json json = nlohmann::json::parse(bytes->begin(), bytes->end(), nullptr, false);
  StatusOr<Settings> settings = SettingsFromJson(json);
  if (!settings.ok()) return settings.status().WithContext(path);
  const auto digest = json.find(kDigestKey);
  if (digest == json.end()) {
    return Status(Code::kInvalidArgument,
                  path +
                      ": of a run of version 0.1 (it has no digest): begin anew (--overwrite, or "
                      "another --run), or finish this run with version 0.1");
  }
  if (*digest != DigestOf(json)) {
    return Status(Code::kInvalidArgument,
                  path +
                      ": is not as the run wrote it (its digest is another): settings are "
                      "changed by options, and those of the recipe by a new run");
  }
  return settings;
}

std::string CheckpointPath(const std::string& run) { return run + "/checkpoint.agc"; }
std::string BestPath(const std::string& run) { return run + "/best.agc"; }

bool HasCheckpoint(const Settings& settings) { return Exists(CheckpointPath(settings.run)); }

}  // namespace ag::train
