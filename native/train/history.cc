#include "native/train/history.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <limits>
#include <string_view>

#include "shared/base/file.h"

namespace ag::train {
namespace {

// A quoted gnuplot string: the script's own quoting, since a run's folder may be called anything.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string PlotScript(const std::string& run, const std::string& title) {
  std::string script =
      "set datafile separator ','\n"
      "set datafile missing 'nan'\n"
      "set key top right\nset grid\nset xlabel 'epoch'\n";
  const struct {
    const char* terminal;
    const char* file;
  } outputs[] = {{"svg size 1200,400 dynamic background '#ffffff'", "/history.svg"},
                 {"png size 1200,400", "/history.png"}};
  const struct {
    const char* label;
    int train, val;
  } panels[] = {{"loss", 4, 7}, {"gender accuracy", 5, 8}, {"age MAE (years)", 6, 9}};
  const std::string csv = Quoted(run + "/history.csv");
  for (const auto& output : outputs) {
    script += "set terminal " + std::string(output.terminal) + "\nset output " +
              Quoted(run + output.file) + "\nset multiplot layout 1,3 title " + Quoted(title) +
              " noenhanced\n";
    for (const auto& panel : panels) {
      script += "set ylabel '" + std::string(panel.label) + "'\nplot " + csv + " using 1:" +
                std::to_string(panel.train) + " every ::1 with lines lw 2 title 'training', " + csv +
                " using 1:" + std::to_string(panel.val) +
                " every ::1 with lines lw 2 title 'validation'\n";
    }
    script += "unset multiplot\nunset output\n";
  }
  return script;
}

// Exit status of `gnuplot script`, its messages thrown away; -1 if it cannot be started.
int RunGnuplot(const std::string& script) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::string program = "gnuplot", argument = script;
  char* argv[] = {program.data(), argument.data(), nullptr};
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, "gnuplot", &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return -1;
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::string HistoryCsv(const std::vector<EpochRow>& rows) {
  std::string csv =
      "epoch,seconds,images_per_second,loss,gender_accuracy,age_mae,val_loss,val_gender_accuracy,"
      "val_age_mae\n";
  for (const EpochRow& row : rows) {
    char line[256];
    std::snprintf(line, sizeof(line), "%d,%.2f,%.1f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f\n", row.epoch,
                  row.seconds, row.images_per_second, row.loss, row.gender_accuracy, row.age_mae,
                  row.val_loss, row.val_gender_accuracy, row.val_age_mae);
    csv += line;
  }
  return csv;
}

nlohmann::json HistoryToJson(const std::vector<EpochRow>& rows) {
  nlohmann::json json = nlohmann::json::array();
  for (const EpochRow& r : rows) {
    // NaN becomes null.
    json.push_back({r.epoch, r.seconds, r.images_per_second, r.loss, r.gender_accuracy, r.age_mae,
                    r.val_loss, r.val_gender_accuracy, r.val_age_mae});
  }
  return json;
}

std::vector<EpochRow> HistoryFromJson(const nlohmann::json& json) {
  std::vector<EpochRow> rows;
  for (const nlohmann::json& values : json) {
    const auto number = [&](size_t i) {
      return values.at(i).is_null() ? std::numeric_limits<double>::quiet_NaN()
                                    : values.at(i).get<double>();
    };
    rows.push_back({values.at(0).get<int>(), number(1), number(2), number(3), number(4), number(5),
                    number(6), number(7), number(8)});
  }
  return rows;
}

Status PlotHistory(const std::string& run, const std::string& title) {
  const std::string script = run + "/history.gnuplot";
  AG_RETURN_IF_ERROR(WriteFileAtomically(script, std::string_view(PlotScript(run, title))));
  const int exit_status = RunGnuplot(script);
  if (exit_status == 0) return OkStatus();
  if (exit_status < 0 || exit_status == 127) {
    return Status(Code::kUnavailable, "gnuplot is not installed (Debian package gnuplot-nox): no plot "
                                      "of the history; its numbers are in " + run + "/history.csv");
  }
  return Status(Code::kInternal, "gnuplot failed on " + script);
}

}  // namespace ag::train
