// The folder of a run: claimed before anything is computed, and never taken over by accident.
#pragma once

#include <string>
#include <utility>

#include "native/train/options.h"
#include "native/train/settings.h"
#include "shared/base/status.h"

namespace ag::train {

class RunFolder {
 public:
  // Makes the folder, or takes one. A new run into a folder that holds one is refused
  // (kInvalidArgument) unless request.overwrite; with resume it may hold one. Nothing in it is
  // touched yet.
  static StatusOr<RunFolder> Claim(const Request& request);
  // A folder that Claim made and in which nothing began is removed again, if it is empty.
  ~RunFolder();
  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;

  // The run begins or goes on: with request.overwrite the files of the one before are removed,
  // once; then the settings are written.
  Status Begin(const Settings& settings);
  bool begun() const { return begun_; }

 private:
  RunFolder(std::string path, bool made, bool clear)
      : path_(std::move(path)), made_(made), clear_(clear) {}

  std::string path_;
  bool made_, clear_;
  bool begun_ = false;
};

Status WriteSettings(const Settings& settings);  // RUN/settings.json

bool HasCheckpoint(const Settings& settings);

}  // namespace ag::train
