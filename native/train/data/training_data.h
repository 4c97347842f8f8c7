// From a folder or manifest to what the loop needs: labels, aligned crops, the parts of the split.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "native/data/dataset.h"
#include "native/train/data/crops_cache.h"
#include "native/train/settings/settings.h"
#include "shared/base/status.h"

namespace ag::train {

// One labelled crop.
struct Example {
  uint32_t crop = 0;  // index into TrainingData::crops and ::samples
  float age_lo = 0, age_hi = 0;
  int8_t gender = -1;  // ag::Gender
  float weight = 1;
  uint32_t set = 0;  // of Settings::data
};

struct TrainingData {
  explicit TrainingData(CropsCache made) : crops(std::move(made)) {}

  CropsCache crops;
  std::vector<Sample> samples;      // readable or not: crops.state says
  std::vector<std::string> hashes;  // of the samples' files
  std::vector<Example> train, val, test;
  std::vector<Example> left_out;  // of training, for Settings::fold
  std::vector<Example> aside;     // in no part: Settings::split has a near-duplicate in another one
  std::vector<uint32_t> cluster;  // of each sample: near_duplicates.h; empty where not looked for
  std::vector<SkippedFile> skipped;  // malformed names and unreadable pictures
  // SHA-256 over contents and labels of all examples, in order; with Settings::split their parts
  // too
  std::string data_hash;
  std::string folders_left_out;        // of the folders, in words; empty: nothing
  size_t centred = 0;                  // examples without a face: their centre is used
  std::vector<const KnownSet*> known;  // what each of Settings::data looks like (known_set.h)
  size_t clusters = 0;                 // of two pictures or more
  size_t in_clusters = 0;              // pictures in them
  std::vector<std::string> notes;      // what was damaged in the cache and made anew, and the like
};

// "a, b"
std::string JoinNames(const std::vector<std::string>& names);

// Lists, hashes, splits and crops. A picture's part depends on the content of its cluster alone
// (the least SHA-256 in it): validation as IsValidation says, test at the other end of the digests.
// Settings::split overrides that for the pictures it names: what an earlier run did not train on
// stays untouched where the crops, and with them the clusters, have changed. Where the split has
// the pictures of a cluster in several parts, train goes before val before test, and those of the
// later parts stand aside: they neither train nor choose nor test.
// A file name that several sets have gets its set's name before it. kEmpty if nothing is left to
// train on, or no age; kInterrupted by `stop`.
StatusOr<TrainingData> PrepareData(const Settings& settings,
                                   const std::function<void(size_t, size_t, const char*)>& progress,
                                   const std::atomic<bool>* stop);

// Of each sample, 1 to `folds` (-1 where `folds` is 0): by the content of its cluster alone,
// independent of the part it is in. The clusters are those of this run's crops: those of another
// geometry may differ in a few pictures.
std::vector<int> FoldsOf(const TrainingData& data, int folds);

// Writes split.csv, data.csv, skipped.csv and, if near-duplicates were looked for, clusters.csv
// into the run's folder.
Status WriteDataTables(const TrainingData& data, const std::string& run);

}  // namespace ag::train
