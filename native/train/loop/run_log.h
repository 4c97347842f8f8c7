// RUN/log.jsonl: what happens in a run, one JSON object per line, appended as it happens.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "shared/base/status.h"

namespace ag::train {

class RunLog {
 public:
  // `path` empty: nothing is written.
  explicit RunLog(std::string path) : path_(std::move(path)) {}

  // Adds "time" (UTC, ISO 8601) to `entry` ({"event": ..., ...}) and appends it as one line. kIo
  // names the file.
  Status Write(const char* event, nlohmann::ordered_json entry) const;

 private:
  std::string path_;
};

}  // namespace ag::train
