// From a folder or manifest to what the loop needs: labels, the aligned crops, the two parts.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "native/data/dataset.h"
#include "native/train/crops_cache.h"
#include "native/train/settings.h"
#include "shared/base/status.h"

namespace ag::train {

// One labelled crop.
struct Example {
  uint32_t crop = 0;  // index into TrainingData::crops and ::samples
  float age_lo = 0, age_hi = 0;
  int8_t gender = -1;  // ag::Gender
  float weight = 1;
};

struct TrainingData {
  CropsCache crops;
  std::vector<Sample> samples;      // readable or not: crops.state says
  std::vector<std::string> hashes;  // of the samples' files
  std::vector<Example> train, val;
  std::vector<SkippedFile> skipped;  // malformed names and unreadable pictures
  std::string data_hash;             // SHA-256 over contents and labels of all examples, in order
  size_t centred = 0;                // examples without a face: their centre is used
  bool looks_like_utkface = false;   // at least half of the names have UTKFace's form
};

// Lists, hashes, splits and crops. kEmpty if nothing is left to train on; kInterrupted by `stop`.
StatusOr<TrainingData> PrepareData(const Settings& settings,
                                   const std::function<void(size_t, size_t, const char*)>& progress,
                                   const std::atomic<bool>* stop);

// Writes split.csv, data.csv and skipped.csv into the folder of the run.
Status WriteDataTables(const TrainingData& data, const std::string& run);

}  // namespace ag::train
