// `ag_native explore DATA --out DIR`: what a data set looks like before anything is trained on it.
//
// Writes into DIR, each file through a temporary name and rename:
//   index.html          everything in one page: no script, no request to anywhere
//   ages.svg            pictures by year of age; ages_by_gender.svg the same for each gender
//   gender.svg group.svg  pictures by gender, and by group (race in UTKFace) and gender
//   samples.svg         a grid of pictures with age and gender
//   table.csv           path, age (`lo-hi` where only a range is known), gender, race; one row per
//                       picture
// Progress and warnings go to stderr, nothing to stdout.
//
// `argv[0]` is ignored; the arguments follow it. Returns the exit code: 0; 1 if something could not
// be made (a full disk, no picture readable), while the rest still is; 2 for wrong
// usage or a data set without pictures. Single pictures that cannot be read are replaced by others and
// listed; they do not change the exit code.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/run_files.h"
#include "native/base/text_format.h"
#include "native/data/dataset.h"
#include "native/data/dataset_statistics.h"
#include "native/data/label_text.h"
#include "native/pictures/engine_options.h"
#include "native/report/explore_charts.h"
#include "native/report/explore_page.h"
#include "native/report/explore_samples.h"
#include "native/report/page.h"
#include "shared/base/file.h"
#include "shared/base/file_name.h"
#include "shared/base/temporary_file.h"

namespace ag {
namespace {

constexpr size_t kMostSamples = 400;  // a page with more is too heavy to open

struct ExploreOptions {
  std::string data;
  FolderArguments folders;
  std::string out;
  uint64_t seed = 1;
  size_t samples = 25;
  size_t data_limit = 0;  // 0: all
  bool overwrite = false;
};

// The files of one run, all in one folder, in the order in which they are written.
class Output {
 public:
  explicit Output(std::string folder) : folder_(std::move(folder)) {}

  Status Open() const {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (!error && std::filesystem::is_directory(folder_, error)) return OkStatus();
    const bool other = std::filesystem::exists(folder_);
    return Status(Code::kIo, folder_ + ": " +
                                 (other ? "exists and is not a folder; --out names a folder"
                                        : "cannot make the folder: " + error.message()));
  }

  // Call once it is known what is read.
  Status CheckFiles(bool overwrite, RunFiles* files) const {
    const EarlierResult drawing = [](std::string_view text) {
      return text.find("<svg") < 500 && text.find("svg{--ink:#") != std::string_view::npos;
    };
    const std::pair<const char*, EarlierResult> outputs[] = {
        {"index.html", IsPageTitled(": what is in it")},
        {"table.csv", BeginsLike("path,age,gender,race\n")},
        {"samples.svg", drawing},
        {"ages.svg", drawing},
        {"ages_by_gender.svg", drawing},
        {"gender.svg", drawing},
        {"group.svg", drawing}};
    for (const auto& [name, earlier] : outputs) {
      const std::string path = (std::filesystem::path(folder_) / name).string();
      AG_RETURN_IF_ERROR(files->Write({"--out", path, earlier, overwrite}));
    }
    return OkStatus();
  }

  Status Write(const std::string& name, std::string_view text) {
    AG_RETURN_IF_ERROR(WriteFileAtomically((std::filesystem::path(folder_) / name).string(), text));
    written_ += (written_.empty() ? "" : ", ") + name;
    return OkStatus();
  }

  std::string Summary() const {
    return written_.empty() ? "wrote nothing" : "wrote into " + folder_ + ": " + written_;
  }

 private:
  std::string folder_;
  std::string written_;
};

// A random part of the samples, in their original order.
void LimitSamples(size_t limit, uint64_t seed, std::vector<Sample>* samples) {
  if (limit == 0 || limit >= samples->size()) return;
  std::vector<size_t> chosen = ShuffledOrder(samples->size(), seed);
  chosen.resize(limit);
  std::sort(chosen.begin(), chosen.end());
  std::vector<Sample> part;
  part.reserve(limit);
  for (const size_t index : chosen) part.push_back(std::move((*samples)[index]));
  *samples = std::move(part);
}

std::string MakeTable(const std::vector<Sample>& samples) {
  FileColumn path("path");
  for (const Sample& sample : samples) path.Expect(sample.path);
  std::string text = path.Header() + ",age,gender,race\n";
  for (const Sample& sample : samples) {
    text += path.Fields(sample.path) + "," + (sample.has_age() ? AgeField(sample) : "") + ",";
    text += GenderField(sample.gender);
    text += "," + CsvField(sample.group) + "\n";
  }
  return text;
}

Status WriteReport(const ExploreReport& report, Output* output) {
  for (const ExploreChart& chart : report.charts) {
    AG_RETURN_IF_ERROR(output->Write(chart.name + ".svg", chart.file));
  }
  if (!report.pictures.empty()) {
    AG_RETURN_IF_ERROR(output->Write("samples.svg", DrawSampleGrid(report.pictures.grid)));
  }
  return output->Write("index.html", MakeExplorePage(report));
}

// Says what is missing; the exit code is 1 if anything is.
int ReportProblems(const ExploreReport& report) {
  constexpr size_t kPrinted = 10;
  const ShownPictures& pictures = report.pictures;
  for (size_t i = 0; i < pictures.unread.size() && i < kPrinted; ++i) {
    PrintError(pictures.unread[i].file + ": " + pictures.unread[i].reason);
  }
  if (pictures.unread.size() > kPrinted) {
    PrintError(FormatCount(pictures.unread.size() - kPrinted) + " more could not be read");
  }
  if (pictures.empty()) {
    PrintError("not one of " + FormatCount(pictures.tried) +
               " pictures could be read, so none is shown");
  }
  return pictures.empty() ? kExitSomeFailed : kExitDone;
}

int Fail(const Status& status) {
  PrintError("explore: " + status.message());
  return kExitUsage;
}

int Explore(const ExploreOptions& options) {
  PrintNote("listing " + options.data);
  StatusOr<Dataset> dataset = ListDataset(options.data, {.folders = options.folders.options});
  if (!dataset.ok()) return Fail(dataset.status());
  Output output(options.out);
  RunFiles files;
  files.Read("DATA", options.data);
  Status ready = output.CheckFiles(options.overwrite, &files);
  for (const Sample& sample : dataset->samples) {
    if (ready.ok()) ready = files.CheckInput(sample.path);
  }
  if (ready.ok()) ready = output.Open();
  if (!ready.ok()) return Fail(ready);
  RemoveLeftovers(options.out);

  ExploreReport report;
  report.data = options.data;
  report.seed = options.seed;
  report.listed = dataset->samples.size();
  report.skipped = std::move(dataset->skipped);
  PrintNote(FormatCount(report.listed) + " pictures, " + FormatCount(report.skipped.size()) +
            " files skipped");
  std::vector<Sample> samples = std::move(dataset->samples);
  LimitSamples(options.data_limit, options.seed, &samples);
  report.stats = CountDataset(samples);
  // First, so that a full disk is noticed before the work.
  if (const Status status = output.Write("table.csv", MakeTable(samples)); !status.ok()) {
    return Fail(status);
  }
  PrintNote("reading " + FormatCount(std::min(options.samples, samples.size())) + " pictures");
  report.pictures = ReadShownPictures(samples, options.samples, options.seed);
  report.charts = MakeExploreCharts(report.stats);
  if (const Status status = WriteReport(report, &output); !status.ok()) {
    PrintNote(output.Summary());
    return Fail(status);
  }
  const int exit_code = ReportProblems(report);
  PrintNote(output.Summary());
  return ReportLeftOut(dataset->left_out, options.folders.strict) ? kExitSomeFailed : exit_code;
}

int RunExplore(int argc, char** argv) {
  ExploreOptions options;
  CommandLine line(
      "Draws and tabulates a data set: ages, gender, groups, sample pictures, in one page.\n"
      "Exit code 1: none of the pictures could be read; the rest is written.");
  line.Add("DATA", &options.data, "Folder of pictures with UTKFace's names, or a manifest (.csv)")
      .Required();
  line.Add("--out", &options.out, "Folder for index.html, table.csv, samples.svg and the plots")
      .Required();
  AddFolderOptions(&line, &options.folders);
  AddOverwriteOption(&line, &options.overwrite);
  line.Add("--seed", &options.seed, "Seed that chooses the pictures to show").ShowDefault();
  line.Add("--samples", &options.samples, "Pictures in the grid")
      .InRange(size_t{1}, kMostSamples)
      .ShowDefault();
  line.Add("--data-limit", &options.data_limit,
           "Take at most this many pictures, chosen at random by the seed (0: all)")
      .ShowDefault();
  if (const auto exit_code = ParseCommandLine(&line, argc, argv)) return *exit_code;
  return Explore(options);
}

const Command kExplore({.name = "explore",
                        .summary = "charts and a table of a labelled data set",
                        .group = CommandGroup::kFiles,
                        .place = 2,
                        .run = RunExplore});

}  // namespace
}  // namespace ag
