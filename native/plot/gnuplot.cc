#include "native/plot/gnuplot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "native/base/utf8.h"
#include "shared/base/file.h"

extern char** environ;

namespace ag {
namespace {

constexpr std::string_view kSvgTag = "<svg";

// gnuplot's SVG names its colours in attributes, which any CSS rule overrides.
constexpr std::string_view kSvgStyle = R"(<style>
svg{--ink:#2b2f36;--grid:#dcdfe4;--paper:#ffffff;background:var(--paper)}
@media (prefers-color-scheme:dark){svg{--ink:#d9dce2;--grid:#3b4048;--paper:#1b1e23}}
[color="black"]{color:var(--ink)}
[stroke="black"]{stroke:var(--ink)}
[fill="black"]{fill:var(--ink)}
[color="gray"]{color:var(--grid)}
[stroke="gray"],.gridline{stroke:var(--grid)}
text{font-family:system-ui,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
</style>
)";

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

// Files instead of pipes for all three streams: nothing can block, whatever gnuplot writes first.
StatusOr<TemporaryFile> OpenTemporary() {
  TemporaryFile file(std::tmpfile());
  if (!file || ::fcntl(::fileno(file.get()), F_SETFD, FD_CLOEXEC) != 0) {
    return Status(Code::kIo, std::string("cannot make a temporary file: ") + std::strerror(errno));
  }
  return file;
}

// As execvp would, but without empty and relative entries of PATH: a `gnuplot` that lies in a
// folder of pictures must not run because somebody works there.
std::string FindGnuplot() {
  const char* variable = std::getenv("PATH");
  std::string_view path = variable == nullptr ? "/usr/bin:/bin" : variable;
  while (!path.empty()) {
    const std::string_view folder = path.substr(0, path.find(':'));
    path.remove_prefix(folder.size() < path.size() ? folder.size() + 1 : path.size());
    if (!folder.starts_with('/')) continue;
    std::string program = std::string(folder) + "/gnuplot";
    struct stat info {};
    if (::stat(program.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
        ::access(program.c_str(), X_OK) == 0) {
      return program;
    }
  }
  return {};
}

Status WriteScript(std::FILE* file, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fflush(file) != 0 ||
      std::fseek(file, 0, SEEK_SET) != 0) {
    return Status(Code::kIo,
                  std::string("cannot write the script for gnuplot: ") + std::strerror(errno));
  }
  return OkStatus();
}

StatusOr<std::string> ReadAll(std::FILE* file) {
  std::string text;
  std::array<char, 65536> chunk;
  std::rewind(file);
  for (size_t got; (got = std::fread(chunk.data(), 1, chunk.size(), file)) > 0;) {
    text.append(chunk.data(), got);
  }
  if (std::ferror(file) != 0) return Status(Code::kIo, "cannot read what gnuplot wrote");
  return text;
}

struct ChildResult {
  int exit_code = 0;  // 128 + signal if it was killed
  std::string output;
  std::string messages;
};

// One file as all of the child's stdin, and one each for stdout and stderr.
StatusOr<pid_t> Spawn(const std::string& program, std::FILE* in, std::FILE* out, std::FILE* err) {
  posix_spawn_file_actions_t actions;
  if (::posix_spawn_file_actions_init(&actions) != 0) {
    return Status(Code::kOutOfMemory, "cannot start gnuplot");
  }
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(in), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(out), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(err), STDERR_FILENO);
  // -d: the user's own settings (~/.gnuplot, GNUPLOT) would change the picture.
  std::array<std::string, 3> words = {"gnuplot", "-d", "-"};
  std::array<char*, 4> argv = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t child = -1;
  const int error = ::posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return Status(Code::kIo, "cannot start " + program + ": " + std::strerror(error));
  }
  return child;
}

StatusOr<ChildResult> RunChild(const std::string& program, std::string_view script) {
  AG_ASSIGN_OR_RETURN(const TemporaryFile in, OpenTemporary());
  AG_ASSIGN_OR_RETURN(const TemporaryFile out, OpenTemporary());
  AG_ASSIGN_OR_RETURN(const TemporaryFile err, OpenTemporary());
  AG_RETURN_IF_ERROR(WriteScript(in.get(), script));
  AG_ASSIGN_OR_RETURN(const pid_t child, Spawn(program, in.get(), out.get(), err.get()));
  int state = 0;
  while (::waitpid(child, &state, 0) < 0) {
    if (errno != EINTR) return Status(Code::kIo, "lost sight of gnuplot");
  }
  ChildResult result;
  result.exit_code = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
  AG_ASSIGN_OR_RETURN(result.output, ReadAll(out.get()));
  AG_ASSIGN_OR_RETURN(result.messages, ReadAll(err.get()));
  return result;
}

std::string Preamble(const PlotOptions& options) {
  const std::string size = std::to_string(options.width) + "," + std::to_string(options.height);
  std::string text = "set encoding utf8\nplot_width = " + std::to_string(options.width) + "\n";
  if (options.format == PlotFormat::kSvg) {
    // `dynamic`: no fixed width and height, so that the picture fits where it is put.
    text += "set terminal svg noenhanced dynamic size " + size + " font 'sans-serif,14'\n";
  } else {
    text += "set terminal pngcairo noenhanced size " + size + " font 'sans-serif,11'\n";
  }
  return text;
}

// The end of gnuplot's complaint says what is wrong; before it stands the quoted line.
std::string Shorten(std::string_view messages) {
  constexpr size_t kMaxBytes = 400;
  if (messages.size() > kMaxBytes) messages.remove_prefix(messages.size() - kMaxBytes);
  std::string words;
  for (const char c : messages) {
    const bool space = c == '\n' || c == '\t' || c == ' ' || c == '\r';
    if (!space) words += c;
    if (space && !words.empty() && words.back() != ' ') words += ' ';
  }
  while (words.ends_with(' ')) words.pop_back();
  return CleanText(words);
}

std::string AddStyle(std::string svg) {
  const size_t tag = svg.find(kSvgTag);
  const size_t end = tag == std::string::npos ? tag : svg.find('>', tag);
  if (end != std::string::npos) svg.insert(end + 1, std::string("\n") + std::string(kSvgStyle));
  return svg;
}

}  // namespace

bool HaveGnuplot() { return !FindGnuplot().empty(); }

StatusOr<std::string> RenderGnuplot(const std::string& script, const PlotOptions& options) {
  const std::string program = FindGnuplot();
  if (program.empty()) {
    return Status(Code::kUnavailable,
                  "gnuplot is not installed or not in PATH, so no plot is drawn "
                  "(Debian package gnuplot-nox)");
  }
  AG_ASSIGN_OR_RETURN(ChildResult result, RunChild(program, Preamble(options) + script));
  if (result.exit_code != 0) {
    return Status(Code::kInvalidArgument, "gnuplot ended with code " +
                                              std::to_string(result.exit_code) + ": " +
                                              Shorten(result.messages));
  }
  // A terminal that is not compiled in, or a script that plots nothing, need not give an exit code.
  const bool is_svg = options.format == PlotFormat::kSvg;
  const bool whole = is_svg ? result.output.find("</svg>") != std::string::npos
                            : result.output.find("IEND") != std::string::npos;
  if (!whole) {
    return Status(Code::kInvalidArgument,
                  "gnuplot gave no complete picture: " + Shorten(result.messages));
  }
  return is_svg ? AddStyle(std::move(result.output)) : std::move(result.output);
}

Status RunGnuplot(const std::string& script, const std::string& output_path,
                  const PlotOptions& options) {
  PlotOptions with_format = options;
  if (output_path.ends_with(".png")) {
    with_format.format = PlotFormat::kPng;
  } else if (output_path.ends_with(".svg")) {
    with_format.format = PlotFormat::kSvg;
  } else {
    return Status(Code::kInvalidArgument, output_path + ": expected a name ending in .svg or .png");
  }
  StatusOr<std::string> picture = RenderGnuplot(script, with_format);
  if (!picture.ok()) return picture.status().WithContext(output_path);
  return WriteFileAtomically(output_path, std::string_view(*picture));
}

std::string GnuplotQuote(std::string_view text) {
  // Not gnuplot's own way ('' for '): gnuplot 5.4 misreads a string that begins with a doubled one.
  constexpr std::string_view kApostrophe = "’";
  std::string quoted = "'";
  for (const char c : CleanText(text)) {
    if (c == '\'') {
      quoted += kApostrophe;
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string GnuplotNumber(double value) {
  if (!std::isfinite(value)) return "NaN";
  std::array<char, 32> buffer;
  const std::to_chars_result end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), end.ptr);
}

}  // namespace ag
