#include "native/data/dataset.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "native/data/known_set.h"
#include "native/data/manifest.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShownSkips = 3;  // in the message of an empty data set

std::string LowerExtension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return extension;
}

// The set by whose rule most of the names are labels; the first one where none is.
const KnownSet& NamingOf(const std::vector<PictureWalk::Item>& pictures) {
  const std::vector<const KnownSet*> sets = NamedSets();
  if (sets.size() == 1) return *sets.front();
  const auto labels_of = [&](const KnownSet* set) {
    return std::count_if(pictures.begin(), pictures.end(), [set](const PictureWalk::Item& item) {
      return set->label_of_name(fs::path(item.relative).filename().string()).ok();
    });
  };
  return **std::max_element(sets.begin(), sets.end(), [&](const KnownSet* a, const KnownSet* b) {
    return labels_of(a) < labels_of(b);
  });
}

Dataset ListFolder(const std::string& path, const FolderOptions& options) {
  Dataset dataset;
  dataset.root = path;
  PictureWalk walk(path, options, &dataset.left_out);
  std::vector<PictureWalk::Item> pictures;
  while (std::optional<PictureWalk::Item> item = walk.Next()) pictures.push_back(*std::move(item));
  const KnownSet& naming = NamingOf(pictures);
  for (PictureWalk::Item& item : pictures) {
    if (!item.status.ok()) {
      dataset.skipped.push_back({item.relative, "folder: " + item.status.message()});
      continue;
    }
    if (!item.regular) {
      dataset.skipped.push_back({item.relative, "not a file that can be read"});
      continue;
    }
    StatusOr<Sample> sample = naming.label_of_name(fs::path(item.relative).filename().string());
    if (!sample.ok()) {
      dataset.skipped.push_back({item.relative, sample.status().message()});
      continue;
    }
    sample->file = std::move(item.relative);
    sample->path = std::move(item.path);
    dataset.samples.push_back(*std::move(sample));
  }
  return dataset;
}

// "AGE_GENDER_RACE_DATETIME.jpg as in UTKFace"
std::string NameForms() {
  std::string text;
  for (const KnownSet* set : NamedSets()) {
    text += (text.empty() ? "" : " or ") + std::string(set->name_form) + " as in " +
            std::string(set->name);
  }
  return text;
}

Status EmptyDataset(const std::string& path, const Dataset& dataset, bool manifest) {
  std::string message = path + ": no labelled picture found: looked for ";
  message += manifest
                 ? "rows with file, age (or age_lo and age_hi) and gender"
                 : "pictures (JPEG, PNG, BMP, GIF, PPM, PGM, PBM; .jpg .png ..., at any depth) "
                   "named " +
                       NameForms();
  message += "; skipped " + std::to_string(dataset.skipped.size());
  for (size_t i = 0; i < std::min(kShownSkips, dataset.skipped.size()); ++i) {
    const SkippedFile& skip = dataset.skipped[i];
    message += (i == 0 ? ": " : "; ") + skip.file + (skip.file.empty() ? "" : ": ") + skip.reason;
  }
  if (!dataset.left_out.empty()) message += "; " + dataset.left_out.Summary();
  return Status(Code::kEmpty, message);
}

}  // namespace

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
  dataset.known = {RecogniseSet(dataset.samples)};
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
    all.known.push_back(each[s].known.front());
  }
  return all;
}

}  // namespace ag
