#include "native/train/loop/run_log.h"

#include <cstdio>
#include <ctime>

namespace ag::train {
namespace {

std::string UtcNow() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

Status RunLog::Write(const char* event, nlohmann::ordered_json entry) const {
  if (path_.empty()) return OkStatus();
  nlohmann::ordered_json line = {{"time", UtcNow()}, {"event", event}};
  line.update(entry);
  const std::string text =
      line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  std::FILE* file = std::fopen(path_.c_str(), "ab");
  if (file == nullptr) return Status(Code::kIo, path_ + ": cannot be opened for writing");
  // One write of a whole line: a reader that follows the file never sees half of one.
  std::setvbuf(file, nullptr, _IONBF, 0);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (written && closed) return OkStatus();
  return Status(Code::kIo, path_ + ": cannot be written");
}

}  // namespace ag::train
