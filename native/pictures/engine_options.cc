#include "native/pictures/engine_options.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "native/base/console.h"
#include "native/base/cpu_count.h"

namespace ag {
namespace {

// The detector refuses 0: every cell of every picture would be a face.
constexpr double kMinScoreFloor = 1e-6;
// More than fit into any picture that can be decoded; suppression compares every pair.
constexpr int kMaxFaces = 100000;

void AddFindOptions(CommandLine* line, FindOptions* find) {
  const Option min_face = line->Add("--min-face", &find->min_face,
                                    "Height in pixels of the smallest face to look for, 8 to 4096 "
                                    "(default: chosen after a first look)")
                              .InRange(8.0, 4096.0);
  line->Add("--detect-size", &find->detect_size,
            "Look once, with the picture's longest side shrunk to this many pixels, 32 to "
            "4096: no second look for small faces")
      .InRange(32, 4096)
      .Excludes(min_face);
  line->Add("--min-score", &find->min_score, "Leave out faces with a lower score")
      .ShowDefault()
      .InRange(kMinScoreFloor, 1.0);
  line->Add("--max-faces", &find->max_faces, "At most this many faces per picture")
      .ShowDefault()
      .InRange(1, kMaxFaces);
  line->AddOffFlag("--no-rotate", &find->rotate,
                   "Do not try the picture turned by quarters if no face is found, nor faces "
                   "turned upright");
}

}  // namespace

int EngineArguments::ThreadCount() const { return threads > 0 ? threads : PhysicalCores(); }

void AddEngineOptions(CommandLine* line, EngineArguments* arguments) {
  line->Add("--model", &arguments->model, "Age/gender model (.agm)");
  line->Add("--detector", &arguments->detector, "Face detector model (.agm)");
  line->Add("--threads", &arguments->threads, "Threads (default: one per physical core)")
      .InRange(1, kMaxThreads);
  AddFindOptions(line, &arguments->find);
  line->AddFlag("--allow-truncated", &arguments->limits.allow_truncated,
                "Read the existing rows of a truncated picture; it gets the flag "
                "`truncated`");
  line->Add("--max-pixels", &arguments->limits.max_pixels, "Refuse pictures with more pixels")
      .ShowDefault()
      .InRange(int64_t{1}, std::numeric_limits<int64_t>::max());
  line->Add("--max-bytes", &arguments->limits.max_bytes, "Refuse files with more bytes")
      .ShowDefault()
      .InRange(size_t{1}, std::numeric_limits<size_t>::max() / 2);
}

void AddFolderOptions(CommandLine* line, FolderArguments* arguments) {
  const auto add = [line](const char* name, std::vector<std::string>* patterns, const char* help) {
    // One pattern per use: a word after it is a picture.
    line->Add(name, patterns, help).OneValueEach();
  };
  add("--include", &arguments->options.include,
      "From folders, only files that match this pattern by name or by path below the folder "
      "(quoted: '*.jpg', '2023/*'); repeatable");
  add("--exclude", &arguments->options.exclude,
      "No files or folders that match this pattern, in the same way; repeatable");
  line->AddFlag("--follow-links", &arguments->options.follow_links,
                "Enter folders through symbolic links");
  line->AddFlag(
      "--strict", &arguments->strict,
      "Exit code 1 if folders hold pictures in unsupported formats (HEIC, WebP, ...), which "
      "are left out and counted on standard error");
}

bool ReportLeftOut(const LeftOut& left_out, bool strict) {
  if (left_out.empty()) return false;
  PrintNote(left_out.Summary());
  return strict && left_out.pictures() > 0;
}

}  // namespace ag
