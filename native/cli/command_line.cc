#include "native/cli/command_line.h"

#include <cstdio>
#include <limits>

#include "native/cli/console.h"
#include "native/cli/cpu_count.h"
#include "native/cli/exit_codes.h"

namespace ag {
namespace {

// The detector takes no 0: every cell of every picture would be a face.
constexpr double kMinScoreFloor = 1e-6;

}  // namespace

std::optional<int> ParseCommandLine(CLI::App* app, int argc, char** argv) {
  const std::string command = argc > 0 ? argv[0] : "";
  app->name("ag_native " + command);
  try {
    app->parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app->help().c_str(), stdout);
    return std::fflush(stdout) == 0 ? kExitDone : kExitUsage;
  } catch (const CLI::ParseError& error) {
    PrintError(command + ": " + error.what() + " (see ag_native " + command + " --help)");
    return kExitUsage;
  }
  return std::nullopt;
}

int EngineArguments::ThreadCount() const { return threads > 0 ? threads : PhysicalCores(); }

void AddEngineOptions(CLI::App* app, EngineArguments* arguments) {
  app->add_option("--model", arguments->model, "Age/gender model (.agm)");
  app->add_option("--detector", arguments->detector, "Face detector's model (.agm)");
  app->add_option("--threads", arguments->threads, "Threads (default: one per physical core)")
      ->check(CLI::Range(1, kMaxThreads));
  app->add_option("--detect-size", arguments->detect.detect_size,
                  "Longest side in pixels at which faces are looked for")
      ->capture_default_str()
      ->check(CLI::Range(32, 4096));
  app->add_option("--min-score", arguments->detect.min_score,
                  "Faces with a lower score are left out")
      ->capture_default_str()
      ->check(CLI::Range(kMinScoreFloor, 1.0));
  app->add_option("--max-pixels", arguments->limits.max_pixels,
                  "Pictures with more pixels are refused")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, std::numeric_limits<int64_t>::max()));
  app->add_option("--max-bytes", arguments->limits.max_bytes, "Files with more bytes are refused")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, std::numeric_limits<size_t>::max() / 2));
}

}  // namespace ag
