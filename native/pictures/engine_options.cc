#include "native/pictures/engine_options.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <vector>

#include "native/base/console.h"
#include "native/base/cpu_count.h"

namespace ag {
namespace {

// The detector refuses 0: every cell of every picture would be a face.
constexpr double kMinScoreFloor = 1e-6;
// More than fit into any picture that can be decoded; suppression compares every pair.
constexpr int kMaxFaces = 100000;

// CLI::Range lets NaN through.
CLI::Validator RangeOfNumbers(double lowest, double highest) {
  CLI::Validator validator = CLI::Range(lowest, highest);
  validator.operation([lowest, highest](std::string& text) -> std::string {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (*end == 0 && value >= lowest && value <= highest) return {};
    std::ostringstream message;
    message << "Value " << text << " not in range " << lowest << " to " << highest;
    return message.str();
  });
  return validator;
}

void AddFindOptions(CLI::App* app, FindOptions* find) {
  CLI::Option* min_face =
      app->add_option("--min-face", find->min_face,
                      "Height in pixels of the smallest face to look for, 8 to 4096 "
                      "(default: chosen after a first look)")
          ->check(RangeOfNumbers(8, 4096));
  app->add_option("--detect-size", find->detect_size,
                  "Look once, with the picture's longest side shrunk to this many pixels, 32 to "
                  "4096: no second look for small faces")
      ->check(CLI::Range(32, 4096))
      ->excludes(min_face);
  app->add_option("--min-score", find->min_score, "Leave out faces with a lower score")
      ->capture_default_str()
      ->check(RangeOfNumbers(kMinScoreFloor, 1));
  app->add_option("--max-faces", find->max_faces, "At most this many faces per picture")
      ->capture_default_str()
      ->check(CLI::Range(1, kMaxFaces));
  app->add_flag_callback(
      "--no-rotate", [find] { find->rotate = false; },
      "Do not try the picture turned by quarters if no face is found, nor faces "
      "turned upright");
}

}  // namespace

int EngineArguments::ThreadCount() const { return threads > 0 ? threads : PhysicalCores(); }

void AddEngineOptions(CLI::App* app, EngineArguments* arguments) {
  app->add_option("--model", arguments->model, "Age/gender model (.agm)");
  app->add_option("--detector", arguments->detector, "Face detector model (.agm)");
  app->add_option("--threads", arguments->threads, "Threads (default: one per physical core)")
      ->check(CLI::Range(1, kMaxThreads));
  AddFindOptions(app, &arguments->find);
  app->add_flag("--allow-truncated", arguments->limits.allow_truncated,
                "Read the existing rows of a truncated picture; it gets the flag "
                "`truncated`");
  app->add_option("--max-pixels", arguments->limits.max_pixels, "Refuse pictures with more pixels")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, std::numeric_limits<int64_t>::max()));
  app->add_option("--max-bytes", arguments->limits.max_bytes, "Refuse files with more bytes")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, std::numeric_limits<size_t>::max() / 2));
}

void AddFolderOptions(CLI::App* app, FolderArguments* arguments) {
  const auto add = [app](const char* name, std::vector<std::string>* patterns, const char* help) {
    // One pattern per use: a word after it is a picture.
    app->add_option(name, *patterns, help)->allow_extra_args(false);
  };
  add("--include", &arguments->options.include,
      "From folders, only files that match this pattern by name or by path below the folder "
      "(quoted: '*.jpg', '2023/*'); repeatable");
  add("--exclude", &arguments->options.exclude,
      "No files or folders that match this pattern, in the same way; repeatable");
  app->add_flag("--follow-links", arguments->options.follow_links,
                "Enter folders through symbolic links");
  app->add_flag(
      "--strict", arguments->strict,
      "Exit code 1 if folders hold pictures in unsupported formats (HEIC, WebP, ...), which "
      "are left out and counted on standard error");
}

bool ReportLeftOut(const LeftOut& left_out, bool strict) {
  if (left_out.empty()) return false;
  PrintNote(left_out.Summary());
  return strict && left_out.pictures() > 0;
}

}  // namespace ag
