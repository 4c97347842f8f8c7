#include "native/train/data/training_data.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "native/base/utf8.h"
#include "native/data/label_text.h"
#include "native/train/data/features.h"
#include "native/train/data/near_duplicates.h"
#include "shared/base/csv.h"
#include "shared/base/file.h"
#include "shared/base/file_name.h"
#include "shared/base/sha256.h"

namespace ag::train {
namespace {

constexpr uint8_t kSeparator = '\n';

std::string LabelText(const Sample& sample) {
  std::ostringstream text;
  text << sample.age_lo << ',' << sample.age_hi << ',' << static_cast<int>(sample.gender) << ','
       << sample.weight;
  return text.str();
}

// Drops samples whose file cannot be read at all; the rest keep their order.
void DropUnreadable(const std::vector<std::string>& reasons, std::vector<Sample>* samples,
                    std::vector<std::string>* hashes, std::vector<uint32_t>* sets,
                    std::vector<SkippedFile>* skipped) {
  size_t kept = 0;
  for (size_t i = 0; i < samples->size(); ++i) {
    if ((*hashes)[i].empty()) {
      skipped->push_back({(*samples)[i].file, reasons[i]});
      continue;
    }
    if (kept != i) {
      (*samples)[kept] = std::move((*samples)[i]);
      (*hashes)[kept] = std::move((*hashes)[i]);
      (*sets)[kept] = (*sets)[i];
    }
    ++kept;
  }
  samples->resize(kept);
  hashes->resize(kept);
  sets->resize(kept);
}

// The least digest of each picture's cluster.
std::vector<std::string> ClusterHashes(const TrainingData& data) {
  std::vector<std::string> least = data.hashes;
  for (size_t i = 0; i < data.cluster.size(); ++i) {
    std::string& first = least[data.cluster[i]];
    first = std::min(first, data.hashes[i]);
  }
  for (size_t i = 0; i < data.cluster.size(); ++i) least[i] = least[data.cluster[i]];
  return least;
}

void CountClusters(TrainingData* data) {
  std::vector<uint32_t> sizes(data->cluster.size(), 0);
  for (const uint32_t cluster : data->cluster) ++sizes[cluster];
  for (const uint32_t size : sizes) {
    if (size < 2) continue;
    ++data->clusters;
    data->in_clusters += size;
  }
}

enum class Part { kTrain, kVal, kTest, kAside };

Part PartOfDigest(const Settings& settings, const std::string& digest) {
  if (IsValidation(digest, settings.validation_split)) return Part::kVal;
  if (settings.test_split > 0 && !IsValidation(digest, 1 - settings.test_split)) return Part::kTest;
  return Part::kTrain;
}

Part PartOfName(const std::string& name) {
  if (name == "val") return Part::kVal;
  if (name == "test") return Part::kTest;
  return name == "aside" ? Part::kAside : Part::kTrain;
}

using PartByDigest = std::unordered_map<std::string, Part>;

StatusOr<PartByDigest> ReadParts(const std::string& path) {
  AG_ASSIGN_OR_RETURN(const std::vector<SplitEntry> entries, ReadSplit(path));
  PartByDigest parts;
  for (const SplitEntry& entry : entries) {
    const auto [known, is_new] = parts.emplace(entry.sha256, PartOfName(entry.part));
    if (is_new || known->second == PartOfName(entry.part)) continue;
    return Status(Code::kInvalidArgument, path + ": has " + entry.file + " (" + entry.sha256 +
                                              ") in two parts: no run wrote it so");
  }
  return parts;
}

// A digest that was damaged names no picture: that must not pass unseen, for the picture would go
// where its own digest sends it.
std::string NoteOfUnknown(const std::string& path, const PartByDigest& named,
                          const std::vector<std::string>& hashes) {
  const std::unordered_set<std::string_view> here(hashes.begin(), hashes.end());
  size_t unknown = 0;
  for (const auto& [digest, part] : named) unknown += !here.contains(digest);
  if (unknown == 0) return "";
  return path + ": " + std::to_string(unknown) + " of the " + std::to_string(named.size()) +
         " pictures that it names are not among those of --data";
}

// Of each sample: by its cluster's digest or, where settings.split names the picture, as there. A
// cluster that the earlier run had on two sides (it looked for near-duplicates in another way) goes
// with the side that was used most, for what a net has learnt cannot be unlearnt: its pictures of
// the other sides stand aside. A picture that the split does not name goes with its cluster.
StatusOr<std::vector<Part>> ChooseParts(const Settings& settings, TrainingData* of) {
  const TrainingData& data = *of;
  const std::vector<std::string> digests = ClusterHashes(data);
  std::vector<Part> parts;
  parts.reserve(digests.size());
  for (const std::string& digest : digests) parts.push_back(PartOfDigest(settings, digest));
  if (settings.split.empty()) return parts;

  AG_ASSIGN_OR_RETURN(const auto named, ReadParts(settings.split));
  const std::string unknown = NoteOfUnknown(settings.split, named, data.hashes);
  if (!unknown.empty()) of->notes.push_back(unknown);
  const auto cluster_of = [&](size_t i) {
    return data.cluster.empty() ? static_cast<uint32_t>(i) : data.cluster[i];
  };
  std::unordered_map<uint32_t, Part> of_cluster;
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto found = named.find(data.hashes[i]);
    if (found == named.end()) continue;
    const auto [most_used, is_new] = of_cluster.emplace(cluster_of(i), found->second);
    if (!is_new) most_used->second = std::min(most_used->second, found->second);
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto cluster = of_cluster.find(cluster_of(i));
    if (cluster == of_cluster.end()) continue;
    const auto found = named.find(data.hashes[i]);
    const bool conflicts = found != named.end() && found->second != cluster->second;
    parts[i] = conflicts ? Part::kAside : cluster->second;
  }
  return parts;
}

Status SplitExamples(const Settings& settings, const std::vector<uint32_t>& sets,
                     TrainingData* data) {
  AG_ASSIGN_OR_RETURN(const std::vector<Part> parts, ChooseParts(settings, data));
  const std::vector<int> folds = FoldsOf(*data, settings.folds);
  Sha256 hash;
  for (size_t i = 0; i < data->samples.size(); ++i) {
    const Sample& sample = data->samples[i];
    if (data->crops.state(i) == CropState::kUnreadable) {
      data->skipped.push_back({sample.file, data->crops.reason(i)});
      continue;
    }
    if (data->crops.state(i) == CropState::kCentre) ++data->centred;
    const Example example{static_cast<uint32_t>(i),          static_cast<float>(sample.age_lo),
                          static_cast<float>(sample.age_hi), static_cast<int8_t>(sample.gender),
                          static_cast<float>(sample.weight), sets[i]};
    switch (parts[i]) {
      case Part::kTrain:
        (folds[i] == settings.fold ? data->left_out : data->train).push_back(example);
        break;
      case Part::kVal:
        data->val.push_back(example);
        break;
      case Part::kTest:
        data->test.push_back(example);
        break;
      case Part::kAside:
        data->aside.push_back(example);
        break;
    }
    std::string line = data->hashes[i] + "," + LabelText(sample);
    // Parts that do not follow from contents and settings (features come from a net, and how they
    // join pictures has changed): a run must not go on with others.
    if (!settings.split.empty() || settings.duplicate_features > 0)
      line += "," + std::to_string(static_cast<int>(parts[i]));
    hash.Update({reinterpret_cast<const uint8_t*>(line.data()), line.size()});
    hash.Update({&kSeparator, 1});
  }
  data->data_hash = HexString(hash.Finish());
  return OkStatus();
}

// Where the pictures are that nobody can train on.
Status TooFewToTrainOn(const Settings& settings, const TrainingData& data) {
  const size_t read = data.train.size() + data.left_out.size() + data.val.size() +
                      data.test.size() + data.aside.size();
  std::string parts;
  const auto add = [&](size_t count, const char* what) {
    if (count == 0) return;
    parts += (parts.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  add(data.val.size(), "to validate with");
  add(data.test.size(), "to test with");
  add(data.left_out.size(), "of the fold that is left out");
  add(data.aside.size(), "near-duplicates set aside");
  return Status(Code::kEmpty,
                JoinNames(settings.data) + ": " + std::to_string(read) +
                    (read == 1 ? " labelled picture was" : " labelled pictures were") +
                    " read and " + std::to_string(data.skipped.size()) + " skipped, which leaves " +
                    std::to_string(data.train.size()) + " to train on" +
                    (parts.empty() ? "" : " (" + parts + ")") +
                    ": at least 2 are needed (more pictures, or a smaller part to validate with)");
}

// Clusters of two or more, members one below the other.
std::string ClustersCsv(const TrainingData& data) {
  std::map<uint32_t, std::vector<size_t>> members;
  for (size_t i = 0; i < data.cluster.size(); ++i) members[data.cluster[i]].push_back(i);
  FileColumn file;
  for (const Sample& sample : data.samples) file.Expect(sample.file);
  std::string csv = "cluster," + file.Header() + ",age,gender,sha256\n";
  size_t number = 0;
  for (const auto& [first, indices] : members) {
    if (indices.size() < 2) continue;
    ++number;
    for (const size_t i : indices) {
      const Sample& sample = data.samples[i];
      csv += std::to_string(number) + ',' + file.Fields(sample.file) + ',' + AgeField(sample) +
             ',' + GenderField(sample.gender) + ',' + data.hashes[i] + '\n';
    }
  }
  return csv;
}

}  // namespace

std::vector<int> FoldsOf(const TrainingData& data, int folds) {
  std::vector<int> of(data.hashes.size(), -1);
  if (folds < 1) return of;
  const std::vector<std::string> digests = ClusterHashes(data);
  // The last digits: the first ones decide the part.
  constexpr size_t kDigits = 15;
  for (size_t i = 0; i < of.size(); ++i) {
    const std::string tail = digests[i].substr(digests[i].size() - kDigits);
    of[i] = static_cast<int>(std::stoull(tail, nullptr, 16) % static_cast<uint64_t>(folds)) + 1;
  }
  return of;
}

std::string JoinNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

StatusOr<TrainingData> PrepareData(const Settings& settings,
                                   const std::function<void(size_t, size_t, const char*)>& progress,
                                   const std::atomic<bool>* stop) {
  std::vector<uint32_t> sets;
  ListOptions list;
  list.folders = {settings.include, settings.exclude, settings.follow_links};
  list.stop = [stop] { return stop != nullptr && stop->load(); };
  AG_ASSIGN_OR_RETURN(Dataset dataset, ListDatasets(settings.data, &sets, list));
  const std::string left_out = dataset.left_out.Summary();
  if (settings.strict && dataset.left_out.pictures() > 0) {
    return Status(Code::kUnsupportedImage, left_out + " (--strict)");
  }
  CropsCacheOptions options;
  options.folder = settings.cache;
  options.geometry = {settings.input_side, settings.cache_side};
  options.detect = settings.crop == "detect";
  options.detector_path = settings.detector;
  options.threads = std::max(1, settings.threads);
  options.progress = progress;
  options.stop = stop;
  std::vector<std::string> notes;
  options.notes = &notes;

  std::vector<std::string> hashes, reasons;
  AG_RETURN_IF_ERROR(HashFiles(dataset.samples, options, &hashes, &reasons));
  DropUnreadable(reasons, &dataset.samples, &hashes, &sets, &dataset.skipped);
  if (dataset.samples.empty()) {
    return Status(Code::kEmpty, JoinNames(settings.data) + ": none of its pictures can be read");
  }
  AG_ASSIGN_OR_RETURN(CropsCache crops, BuildCropsCache(dataset.samples, hashes, options));

  TrainingData data(std::move(crops));
  data.samples = std::move(dataset.samples);
  data.hashes = std::move(hashes);
  data.folders_left_out = left_out;
  data.skipped = std::move(dataset.skipped);
  data.notes = std::move(notes);
  data.known = std::move(dataset.known);
  if (settings.duplicate_correlation > 0 || settings.duplicate_features > 0) {
    if (progress) progress(0, 1, "looking for near-duplicates");
    DuplicateRules rules;
    rules.correlation = settings.duplicate_correlation;
    rules.features = settings.duplicate_features;
    if (rules.features > 0) {
      AG_ASSIGN_OR_RETURN(rules.features_key, FeaturesKey(settings));
      rules.make_features = [&] {
        return MakeFeatures(settings, rules.features_key, data.crops, progress, stop);
      };
    }
    AG_ASSIGN_OR_RETURN(data.cluster,
                        FindNearDuplicates(data.crops, rules, settings.cache, stop, &data.notes));
    CountClusters(&data);
  }
  AG_RETURN_IF_ERROR(SplitExamples(settings, sets, &data));
  if (data.train.size() < 2) {
    return TooFewToTrainOn(settings, data);
  }
  const bool has_ages = std::any_of(data.train.begin(), data.train.end(), [](const Example& e) {
    return IsKnownAge(e.age_lo, e.age_hi);
  });
  if (!has_ages) {
    return Status(Code::kEmpty, JoinNames(settings.data) +
                                    ": none of its pictures to train on is labelled with an age");
  }
  return data;
}

Status WriteDataTables(const TrainingData& data, const std::string& run) {
  std::vector<SplitEntry> split;
  FileColumn path("path");
  for (const Sample& sample : data.samples) path.Expect(sample.path);
  std::string table = path.Header() + ",age,gender,group,sha256,part,face_found\n";
  auto add = [&](const std::vector<Example>& part, const char* name) {
    for (const Example& example : part) {
      const Sample& sample = data.samples[example.crop];
      const std::string& hash = data.hashes[example.crop];
      split.push_back({sample.file, hash, name});
      table += path.Fields(sample.path) + ',' + AgeField(sample) + ',' +
               GenderField(sample.gender) + ',' + CsvField(sample.group) + ',' + hash + ',' + name +
               ',' + (data.crops.state(example.crop) == CropState::kAligned ? "1" : "0") + '\n';
    }
  };
  add(data.train, "train");
  add(data.left_out, "train");
  add(data.val, "val");
  add(data.test, "test");
  add(data.aside, "aside");
  FileColumn file;
  for (const SkippedFile& skip : data.skipped) file.Expect(skip.file);
  std::string skipped = file.Header() + ",reason\n";
  for (const SkippedFile& skip : data.skipped) {
    skipped += file.Fields(skip.file) + ',' + CsvField(CleanText(skip.reason)) + '\n';
  }
  AG_RETURN_IF_ERROR(WriteSplit(run + "/split.csv", split));
  AG_RETURN_IF_ERROR(WriteFileAtomically(run + "/data.csv", std::string_view(table)));
  if (!data.cluster.empty()) {
    AG_RETURN_IF_ERROR(
        WriteFileAtomically(run + "/clusters.csv", std::string_view(ClustersCsv(data))));
  }
  return WriteFileAtomically(run + "/skipped.csv", std::string_view(skipped));
}

}  // namespace ag::train
