// ag_native COMMAND ...: finds the command and runs it. Each has a file of its own.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/interrupt.h"
#include "native/base/suggest.h"
#include "native/cli/calibrate.h"
#include "native/cli/card.h"
#include "native/cli/compare.h"
#include "native/cli/detect.h"
#include "native/cli/eval.h"
#include "native/cli/explore.h"
#include "native/cli/info.h"
#include "native/cli/launch.h"
#include "native/cli/predict.h"
#include "native/cli/self_test.h"
#include "shared/base/version.h"

namespace ag {
namespace {

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(int argc, char** argv);  // argv[0] is the command's name
};

int RunHelp(int argc, char** argv);
int RunVersion(int argc, char** argv);

constexpr std::array<Command, 15> kCommands = {{
    {"predict", "faces in pictures: age, interval, perceived gender", RunPredict},
    {"detect", "faces in pictures: boxes and points only", RunDetect},
    {"eval", "accuracy of a model on labelled pictures", RunEval},
    {"calibrate", "fit intervals and probabilities on labelled pictures", RunCalibrate},
    {"compare", "is one model better than another? a paired bootstrap of eval's predictions",
     RunCompare},
    {"card", "the model card from reports of eval", RunCard},
    {"info", "what a model file holds", RunInfo},
    {"explore", "charts and a table of a labelled data set", RunExplore},
    {"serve", "serve a folder to the browser on this machine", RunServe},
    {"self-test", "reference values for the start-up check of the page", RunSelfTest},
    {"bench", "measurements: detect, folder, net, temporal-stability", RunBench},
    {"train", "train a model (needs LibTorch)", RunTrain},
    {"import-onnx", "convert an ONNX file into a model file", RunImportOnnx},
    {"version", "print the version", RunVersion},
    {"help", "print this list", RunHelp},
}};

std::string HelpText() {
  std::string text =
      "ag_native: age and perceived gender from faces.\n\n"
      "Usage: ag_native COMMAND [OPTIONS]\n\nCommands:\n";
  for (const Command& command : kCommands) {
    text += "  " + std::string(command.name) + std::string(14 - command.name.size(), ' ') +
            std::string(command.summary) + "\n";
  }
  return text +
         "\nag_native COMMAND --help lists a command's options.\n"
         "Exit codes: 0 all done, 1 some inputs failed (each named), 2 wrong usage or a broken "
         "model.\n";
}

const Command* FindCommand(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

std::string NoCommand(std::string_view name) {
  std::vector<std::string> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  return "there is no command '" + std::string(name) + "'" + DidYouMean(name, names) +
         " (see ag_native help)";
}

// `help COMMAND` means `COMMAND --help`.
int RunHelp(int argc, char** argv) {
  if (argc < 2) return PrintToStandardOutput(HelpText());
  const Command* command = FindCommand(argv[1]);
  if (command == nullptr) {
    PrintError("help: " + NoCommand(argv[1]));
    return kExitUsage;
  }
  if (command->run == RunHelp || command->run == RunVersion)
    return PrintToStandardOutput(HelpText());
  char help[] = "--help";
  std::array<char*, 3> arguments = {argv[1], help, nullptr};
  return command->run(2, arguments.data());
}

int RunVersion(int, char**) {
  return PrintToStandardOutput("ag_native " + std::string(Version()) + "\n");
}

// If standard output or error are closed, a file opened later must not take their place. What
// stands in for them refuses to be written, so that lost results are still an error.
void FillClosedDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF && ::open("/dev/null", O_RDONLY) != fd) return;
  }
}

int RunInProcess(const Command& command, int argc, char** argv) {
  // Both come back as errors from write() instead, and temporary files are then removed.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  return RunGuarded(command.name.data(), command.run, argc, argv);
}

int Dispatch(int argc, char** argv) {
  if (argc < 2) {
    std::fputs(HelpText().c_str(), stderr);
    return kExitUsage;
  }
  const std::string_view name = argv[1];
  if (name == "--help" || name == "-h") return PrintToStandardOutput(HelpText());
  if (name == "--version") return RunVersion(0, nullptr);
  const Command* command = FindCommand(name);
  if (command == nullptr) {
    PrintError(NoCommand(name));
    return kExitUsage;
  }
  // A separate program decides for itself about signals.
  const bool own_program = command->run == RunTrain || command->run == RunImportOnnx ||
                           command->run == RunServe || command->run == RunBench;
  if (own_program) return command->run(argc - 1, argv + 1);
  return RunInProcess(*command, argc - 1, argv + 1);
}

int Main(int argc, char** argv) {
  FillClosedDescriptors();
  const int code = Dispatch(argc, argv);
  DieOfNotedSignal();
  return code;
}

}  // namespace
}  // namespace ag

int main(int argc, char** argv) { return ag::RunGuarded("start", ag::Main, argc, argv); }
