// The folder of a run: claimed before anything is read or computed, held by one training at a time,
// and never taken over by accident.
#pragma once

#include <string>
#include <utility>

#include "native/train/recipe/options.h"
#include "native/train/settings/settings.h"
#include "shared/base/file_lock.h"
#include "shared/base/status.h"

namespace ag::train {

class RunFolder {
 public:
  // Creates the folder or takes an existing one, and holds it (RUN/run.lock) against every other
  // training, under whatever path. A new run in a folder that already has one is refused
  // (kInvalidArgument) unless request.overwrite; with resume it may have one, whose settings must
  // still be request.begun (if given), and none of version 0.1. Nothing in it is touched yet.
  static StatusOr<RunFolder> Claim(const Request& request);
  // A folder that Claim created and in which nothing began is removed again, if it is empty.
  ~RunFolder();
  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;

  // The run begins or continues: with request.overwrite the previous run's files are removed, once;
  // then the settings are written.
  Status Begin(const Settings& settings);
  bool begun() const { return begun_; }

 private:
  RunFolder(std::string path, FileLock lock, bool made, bool clear)
      : path_(std::move(path)), lock_(std::move(lock)), made_(made), clear_(clear) {}

  std::string path_;
  std::optional<FileLock> lock_;
  bool made_, clear_;
  bool begun_ = false;
};

// RUN/settings.json, with a digest of all settings in it: they are changed by options, not by hand.
Status WriteSettings(const Settings& settings);

// The settings of the run in `run`. kInvalidArgument: no run there, or the file was changed.
StatusOr<Settings> ReadSettings(const std::string& run);

// Where the run stands, and the weights of its best epoch.
std::string CheckpointPath(const std::string& run);  // RUN/checkpoint.agc
std::string BestPath(const std::string& run);        // RUN/best.agc

bool HasCheckpoint(const Settings& settings);

}  // namespace ag::train
