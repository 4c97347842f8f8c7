// ag_native-serve, started by `ag_native serve`: the files of a folder over HTTP, on this machine
// only.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/file_descriptor.h"
#include "native/base/interrupt.h"
#include "native/base/run_files.h"
#include "native/base/utf8.h"
#include "native/serve/server.h"
#include "native/serve/static_files.h"

namespace ag {
namespace {

struct Arguments {
  std::string root;
  std::string log;
  int port = 8080;
};

// METHOD TARGET STATUS BYTES: a file that begins with such a line may be added to.
bool IsAccessLog(std::string_view text) {
  const std::vector<std::string_view> fields = Split(text.substr(0, text.find('\n')), ' ');
  const auto is_number = [](std::string_view field) {
    return !field.empty() && field.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return fields.size() == 4 && fields[2].size() == 3 && is_number(fields[2]) &&
         is_number(fields[3]);
}

// Empty path: no log.
StatusOr<FileDescriptor> OpenLog(const std::string& path) {
  if (path.empty()) return FileDescriptor();
  RunFiles files;
  RunFiles::Output output = {"--log", path, IsAccessLog};
  output.remedy = "give another name";
  AG_RETURN_IF_ERROR(files.Write(output));
  FileDescriptor log(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log.valid()) return Status(Code::kIo, path + ": cannot open: " + std::strerror(errno));
  return log;
}

std::string LogLine(const HttpRequest& request, std::string_view status, size_t bytes) {
  const auto field = [](std::string_view text) { return text.empty() ? "-" : CleanText(text); };
  return field(request.method) + " " + field(request.target) + " " +
         std::string(status.substr(0, 3)) + " " + std::to_string(bytes) + "\n";
}

StatusOr<int> Serve(const Arguments& arguments) {
  AG_ASSIGN_OR_RETURN(const StaticFiles files, StaticFiles::Open(arguments.root));
  AG_ASSIGN_OR_RETURN(const FileDescriptor log, OpenLog(arguments.log));
  CatchInterrupts();
  int port = arguments.port;
  AG_ASSIGN_OR_RETURN(const FileDescriptor listening, ListenOnLoopback(&port));
  const std::string address = "http://127.0.0.1:" + std::to_string(port) + "/\n";
  if (const int code = PrintToStandardOutput(address); code != kExitDone) return code;
  const auto add_line = [&log](const HttpRequest& request, std::string_view status, size_t bytes) {
    if (!log.valid()) return;
    const std::string line = LogLine(request, status, bytes);
    // The answer is worth more than its line: a full disk must not take the page down.
    [[maybe_unused]] const ssize_t ignored = ::write(log.get(), line.data(), line.size());
  };
  AG_RETURN_IF_ERROR(ServeUntilInterrupt(listening, files, add_line));
  return kExitDone;
}

int RunServe(int argc, char** argv) {
  Arguments arguments;
  CommandLine line(
      "Serves a folder's files to the browser of this machine (127.0.0.1, nowhere else) until "
      "Ctrl-C. Prints its address.");
  line.Add("--root", &arguments.root, "The folder, for example build/site").Required();
  line.Add("--port", &arguments.port, "0: any free port").ShowDefault().InRange(0, 65535);
  line.Add("--log", &arguments.log,
           "Append a line for each request to this file: method, target, status, bytes");
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  return ExitCodeOf(Serve(arguments));
}

}  // namespace
}  // namespace ag

int main(int argc, char** argv) {
  // Both come back as errors of write() instead.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  char name[] = "serve";
  if (argc > 0) argv[0] = name;
  const int code = ag::RunGuarded(name, ag::RunServe, argc, argv);
  // An interrupt is how it is meant to end.
  if (ag::InterruptSignal() == 0) ag::DieOfNotedSignal();
  return code;
}
