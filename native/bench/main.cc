// ag_native-bench NAME ...: measurements of the engine on pictures. `ag_native bench` runs it.
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/suggest.h"
#include "native/bench/benches.h"

namespace {

struct Bench {
  std::string_view name;
  std::string_view summary;
  int (*run)(int argc, char** argv);
};

constexpr Bench kBenches[] = {
    {"detect", "recall and precision of the face finder, its cost, accuracy off the crop",
     ag::RunBenchDetect},
    {"folder", "pictures/s by picture size, and where the time goes", ag::RunBenchFolder},
    {"net", "milliseconds per crop of several nets, side by side", ag::RunBenchNet},
    {"temporal-stability", "how much the age of a still face varies on screen, raw and tracked",
     ag::RunBenchTemporalStability},
};

// What temporal-stability was called up to version 0.1.
constexpr std::string_view kFormerName = "wobble";

}  // namespace

int main(int argc, char** argv) {
  // The reader of the tables may go away: then end, even if the parent ignores the signal.
  std::signal(SIGPIPE, SIG_DFL);
  std::string_view name = argc < 2 ? "" : argv[1];
  if (name == kFormerName) name = "temporal-stability";
  for (const Bench& bench : kBenches) {
    if (name == bench.name) return bench.run(argc - 1, argv + 1);
  }
  const bool help = name == "--help" || name == "help" || name.empty();
  if (!help) {
    std::vector<std::string> names;
    for (const Bench& bench : kBenches) names.emplace_back(bench.name);
    ag::PrintError("bench: no benchmark is called '" + std::string(name) + "'" +
                   ag::DidYouMean(name, names));
  }
  std::fprintf(stderr, "Usage: ag_native bench NAME [OPTIONS]\n\n");
  for (const Bench& bench : kBenches) {
    std::fprintf(stderr, "  %-18.*s  %.*s\n", static_cast<int>(bench.name.size()),
                 bench.name.data(), static_cast<int>(bench.summary.size()), bench.summary.data());
  }
  return name == "--help" || name == "help" ? ag::kExitDone : ag::kExitUsage;
}
