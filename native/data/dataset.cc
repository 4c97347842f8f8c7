#include "native/data/dataset.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "native/data/manifest.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kRaces = {"White", "Black", "Asian", "Indian", "Others"};
constexpr size_t kShownSkips = 3;  // in the message of an empty data set

std::string LowerExtension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return extension;
}

bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The text up to the next '_' (or all of it), removed from `rest`.
std::string_view TakeField(std::string_view* rest) {
  const size_t end = rest->find('_');
  const std::string_view field = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return field;
}

Status Malformed(std::string reason) {
  return Status(Code::kInvalidArgument,
                std::move(reason) + " (expected AGE_GENDER_RACE_DATETIME.jpg)");
}

// UTKFace's DATETIME, 20170116174525125: year, month, day, hour, minute, second, milliseconds.
// Without the race, nothing else tells a label from the many names that begin with two numbers.
bool IsDateTime(std::string_view digits) {
  constexpr size_t kDigits = 17;
  if (digits.size() != kDigits || !IsDigits(digits)) return false;
  const auto is_between = [&](size_t begin, int low, int high) {
    const int value = (digits[begin] - '0') * 10 + (digits[begin + 1] - '0');
    return low <= value && value <= high;
  };
  return is_between(0, 19, 20) && is_between(4, 1, 12) && is_between(6, 1, 31) &&
         is_between(8, 0, 23) && is_between(10, 0, 59) && is_between(12, 0, 60);
}

// Race and date in the name. `rest` is what follows the gender.
StatusOr<std::string> ParseRace(std::string_view rest) {
  const std::string_view third = TakeField(&rest);
  const bool has_fourth = !rest.empty();
  if (has_fourth && third.size() == 1 && third[0] >= '0' && third[0] <= '4') {
    return std::string(kRaces[static_cast<size_t>(third[0] - '0')]);
  }
  // "39_1_20170116174525125.jpg.chip.jpg": the race is missing, the date follows at once.
  if (!has_fourth && IsDateTime(third.substr(0, third.find('.')))) return std::string();
  return Malformed("the race '" + std::string(third.substr(0, 40)) + "' is not one of 0 to 4");
}

Dataset ListFolder(const std::string& path, const FolderOptions& options) {
  Dataset dataset;
  dataset.root = path;
  PictureWalk walk(path, options, &dataset.left_out);
  while (std::optional<PictureWalk::Item> item = walk.Next()) {
    if (!item->status.ok()) {
      dataset.skipped.push_back({item->relative, "folder: " + item->status.message()});
      continue;
    }
    if (!item->regular) {
      dataset.skipped.push_back({item->relative, "not a file that can be read"});
      continue;
    }
    StatusOr<Sample> sample = ParseUtkFaceName(fs::path(item->relative).filename().string());
    if (!sample.ok()) {
      dataset.skipped.push_back({item->relative, sample.status().message()});
      continue;
    }
    sample->file = std::move(item->relative);
    sample->path = std::move(item->path);
    dataset.samples.push_back(*std::move(sample));
  }
  return dataset;
}

Status EmptyDataset(const std::string& path, const Dataset& dataset, bool manifest) {
  std::string message = path + ": no labelled picture found: looked for ";
  message +=
      manifest ? "rows with file, age (or age_lo and age_hi) and gender"
               : "pictures (JPEG, PNG, BMP, GIF, PPM, PGM, PBM; .jpg .png ..., at any depth) named "
                 "AGE_GENDER_RACE_DATETIME.jpg as in UTKFace";
  message += "; skipped " + std::to_string(dataset.skipped.size());
  for (size_t i = 0; i < std::min(kShownSkips, dataset.skipped.size()); ++i) {
    const SkippedFile& skip = dataset.skipped[i];
    message += (i == 0 ? ": " : "; ") + skip.file + (skip.file.empty() ? "" : ": ") + skip.reason;
  }
  if (!dataset.left_out.empty()) message += "; " + dataset.left_out.Summary();
  return Status(Code::kEmpty, message);
}

}  // namespace

StatusOr<Sample> ParseUtkFaceName(const std::string& name) {
  std::string_view rest = name;
  const std::string_view age = TakeField(&rest);
  const std::string_view gender = TakeField(&rest);
  if (!IsDigits(age)) {
    return Malformed("the age '" + std::string(age.substr(0, 40)) + "' is not a whole number");
  }
  int years = 0;
  const auto parsed = std::from_chars(age.data(), age.data() + age.size(), years);
  if (parsed.ec != std::errc() || years > kMaxAgeYears) {
    return Status(Code::kInvalidArgument,
                  "the age " + std::string(age.substr(0, 40)) + " is outside 0..120");
  }
  if (gender != "0" && gender != "1") {
    return Malformed("the gender '" + std::string(gender.substr(0, 40)) + "' is neither 0 nor 1");
  }
  Sample sample;
  AG_ASSIGN_OR_RETURN(sample.group, ParseRace(rest));
  sample.file = name;
  sample.path = name;
  sample.age_lo = sample.age_hi = years;
  sample.gender = gender == "1" ? Gender::kFemale : Gender::kMale;
  return sample;
}

StatusOr<Dataset> ListDataset(const std::string& path, const ListOptions& options) {
  std::error_code error;
  const bool descriptor = NamesDescriptor(path);
  const fs::file_status status = descriptor ? fs::file_status() : fs::status(path, error);
  if (!descriptor && !fs::exists(status)) {
    return Status(Code::kNotFound,
                  path + ": " + (error ? error.message() : "no such file or folder"));
  }
  // Data from a pipe have no folder, and a pipe's name says nothing.
  const bool piped = descriptor || fs::is_fifo(status);
  const bool manifest = !fs::is_directory(status);
  if (manifest && !piped && LowerExtension(path) != ".csv") {
    return Status(Code::kInvalidArgument,
                  path + ": neither a folder of pictures nor a manifest (.csv)");
  }
  Dataset dataset;
  if (manifest) {
    const std::string folder = piped ? "" : fs::path(path).parent_path().string();
    AG_ASSIGN_OR_RETURN(dataset, ReadManifest(path, folder, {.named = true, .stop = options.stop}));
  } else {
    dataset = ListFolder(path, options.folders);
  }
  if (dataset.samples.empty()) return EmptyDataset(path, dataset, manifest);
  return dataset;
}

StatusOr<Dataset> ListDatasets(const std::vector<std::string>& paths, std::vector<uint32_t>* sets,
                               const ListOptions& options) {
  std::vector<Dataset> each;
  std::map<std::string, size_t> owners;  // of each name: how many sets contain it
  for (const std::string& path : paths) {
    AG_ASSIGN_OR_RETURN(Dataset one, ListDataset(path, options));
    std::set<std::string> names;
    for (const Sample& sample : one.samples) names.insert(sample.file);
    for (const std::string& name : names) ++owners[name];
    each.push_back(std::move(one));
  }
  Dataset all;
  if (!each.empty()) all.root = each.front().root;
  for (size_t s = 0; s < each.size(); ++s) {
    for (Sample& sample : each[s].samples) {
      if (owners[sample.file] > 1) sample.file = each[s].root + "/" + sample.file;
      all.samples.push_back(std::move(sample));
      if (sets != nullptr) sets->push_back(static_cast<uint32_t>(s));
    }
    for (SkippedFile& file : each[s].skipped) all.skipped.push_back(std::move(file));
    all.left_out.Add(each[s].left_out);
  }
  return all;
}

}  // namespace ag
