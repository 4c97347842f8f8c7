// ag_native bench net MODEL...: milliseconds a crop, of several nets side by side.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/exit_codes.h"
#include "native/base/utf8.h"
#include "native/pictures/model_files.h"
#include "shared/infer/engine.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/reader.h"

namespace ag {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUp = 5;

struct Arguments {
  std::vector<std::string> models;
  int rounds = 40, threads = 1;
};

struct Net {
  std::string path;
  uintmax_t bytes = 0;
  uint64_t macs = 0;
  Engine engine;
  Image crop;
  std::vector<double> ms;
};

StatusOr<Net> OpenNet(const std::string& path, int threads) {
  AG_ASSIGN_OR_RETURN(LoadedModel file, LoadModelFile(path));
  Model& model = file.model;
  std::error_code error;
  const uintmax_t bytes = std::filesystem::file_size(path, error);
  std::vector<uint64_t> of_ops;
  AG_RETURN_IF_ERROR(
      InferShapes(model, AllOpRules(), model.input.height, model.input.width, &of_ops).status());
  const uint64_t macs = std::accumulate(of_ops.begin(), of_ops.end(), uint64_t{0});
  AG_ASSIGN_OR_RETURN(std::shared_ptr<Weights> weights, Weights::Create(std::move(model)));
  AG_ASSIGN_OR_RETURN(Engine engine, Engine::Create(std::move(weights), {.threads = threads}));
  const Shape& shape = engine.input_shape();
  // Any pixels will do: the time does not depend on them.
  Image crop(static_cast<int>(shape[1]), static_cast<int>(shape[0]));
  return Net{path, error ? 0 : bytes, macs, std::move(engine), std::move(crop), {}};
}

// Every round runs every net: a busy machine then slows all of them alike.
Status Measure(int rounds, std::vector<Net>* nets) {
  for (int round = 0; round < rounds + kWarmUp; ++round) {
    for (Net& net : *nets) {
      const Clock::time_point from = Clock::now();
      AG_RETURN_IF_ERROR(net.engine.Run(net.crop).WithContext(net.path));
      const std::chrono::duration<double, std::milli> took = Clock::now() - from;
      if (round >= kWarmUp) net.ms.push_back(took.count());
    }
  }
  return OkStatus();
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void Print(const std::vector<Net>& nets) {
  std::printf("%8s %10s %9s %9s %8s\n", "MMAC", "bytes", "median ms", "least ms", "ratio");
  const double first = Median(nets.front().ms);
  for (const Net& net : nets) {
    const double median = Median(net.ms);
    std::printf("%8.1f %10ju %9.2f %9.2f %8.3f  %s\n", static_cast<double>(net.macs) / 1e6,
                net.bytes, median, *std::min_element(net.ms.begin(), net.ms.end()), median / first,
                CleanText(net.path).c_str());
  }
}

StatusOr<int> Run(const Arguments& arguments) {
  std::vector<Net> nets;
  for (const std::string& path : arguments.models) {
    AG_ASSIGN_OR_RETURN(Net net, OpenNet(path, arguments.threads));
    nets.push_back(std::move(net));
  }
  AG_RETURN_IF_ERROR(Measure(arguments.rounds, &nets));
  Print(nets);
  return kExitDone;
}

int RunBenchNet(int argc, char** argv) {
  Arguments arguments;
  CommandLine line("Milliseconds per crop of each net, side by side.");
  line.Add("models", &arguments.models, "models (.agm)").Required();
  line.Add("--rounds", &arguments.rounds, "of each net").InRange(1, 100000);
  line.Add("--threads", &arguments.threads, "of each net").InRange(1, 64);
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  return ExitCodeOf(Run(arguments));
}

const Command kNet({.name = "net",
                    .summary = "milliseconds per crop of several nets, side by side",
                    .place = 3,
                    .run = RunBenchNet});

}  // namespace
}  // namespace ag
