#include "native/train/training_data.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <thread>
#include <utility>

#include "shared/base/file.h"
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
                    std::vector<std::string>* hashes, std::vector<SkippedFile>* skipped) {
  size_t kept = 0;
  for (size_t i = 0; i < samples->size(); ++i) {
    if ((*hashes)[i].empty()) {
      skipped->push_back({(*samples)[i].file, reasons[i]});
      continue;
    }
    if (kept != i) {
      (*samples)[kept] = std::move((*samples)[i]);
      (*hashes)[kept] = std::move((*hashes)[i]);
    }
    ++kept;
  }
  samples->resize(kept);
  hashes->resize(kept);
}

void SplitExamples(const Settings& settings, TrainingData* data) {
  Sha256 hash;
  for (size_t i = 0; i < data->samples.size(); ++i) {
    const Sample& sample = data->samples[i];
    if (data->crops.state(i) == CropState::kUnreadable) {
      data->skipped.push_back({sample.file, data->crops.reason(i)});
      continue;
    }
    if (data->crops.state(i) == CropState::kCentre) ++data->centred;
    const Example example{static_cast<uint32_t>(i), static_cast<float>(sample.age_lo),
                          static_cast<float>(sample.age_hi), static_cast<int8_t>(sample.gender),
                          static_cast<float>(sample.weight)};
    const bool is_val = IsValidation(data->hashes[i], settings.validation_split);
    (is_val ? data->val : data->train).push_back(example);
    const std::string line = data->hashes[i] + "," + LabelText(sample);
    hash.Update({reinterpret_cast<const uint8_t*>(line.data()), line.size()});
    hash.Update({&kSeparator, 1});
  }
  data->data_hash = HexString(hash.Finish());
}

bool LooksLikeUtkFace(const std::vector<Sample>& samples) {
  size_t matching = 0;
  for (const Sample& sample : samples) {
    matching += ParseUtkFaceName(std::filesystem::path(sample.file).filename().string()).ok();
  }
  return matching * 2 >= samples.size();
}

const char* GenderWord(Gender gender) {
  if (gender == Gender::kUnknown) return "";
  return gender == Gender::kFemale ? "female" : "male";
}

std::string AgeText(const Sample& sample) {
  std::ostringstream text;
  text << sample.age_lo;
  if (!sample.has_exact_age()) text << '-' << sample.age_hi;
  return text.str();
}

}  // namespace

StatusOr<TrainingData> PrepareData(const Settings& settings,
                                   const std::function<void(size_t, size_t, const char*)>& progress,
                                   const std::atomic<bool>* stop) {
  AG_ASSIGN_OR_RETURN(Dataset dataset, ListDataset(settings.data));
  CropsCacheOptions options;
  options.folder = settings.cache;
  options.geometry = {settings.input_side, settings.cache_side};
  options.detect = settings.crop == "detect";
  options.detector_path = settings.detector;
  options.threads = std::max(1, settings.threads);
  options.progress = progress;
  options.stop = stop;

  std::vector<std::string> hashes, reasons;
  AG_RETURN_IF_ERROR(HashFiles(dataset.samples, options, &hashes, &reasons));
  DropUnreadable(reasons, &dataset.samples, &hashes, &dataset.skipped);
  if (dataset.samples.empty()) {
    return Status(Code::kEmpty, settings.data + ": none of its pictures can be read");
  }
  AG_ASSIGN_OR_RETURN(CropsCache crops, BuildCropsCache(dataset.samples, hashes, options));

  TrainingData data{std::move(crops),
                    std::move(dataset.samples),
                    std::move(hashes),
                    {},
                    {},
                    std::move(dataset.skipped),
                    "",
                    0,
                    false};
  data.looks_like_utkface = !settings.toy && LooksLikeUtkFace(data.samples);
  SplitExamples(settings, &data);
  if (data.train.size() < 2) {
    return Status(Code::kEmpty, settings.data + ": only " + std::to_string(data.train.size()) +
                                    " readable pictures to train on (" +
                                    std::to_string(data.skipped.size()) + " skipped)");
  }
  return data;
}

Status WriteDataTables(const TrainingData& data, const std::string& run) {
  std::vector<SplitEntry> split;
  std::string table = "path,age,gender,group,sha256,part,face_found\n";
  auto add = [&](const std::vector<Example>& part, const char* name) {
    for (const Example& example : part) {
      const Sample& sample = data.samples[example.crop];
      const std::string& hash = data.hashes[example.crop];
      split.push_back({sample.file, hash, name});
      table += CsvField(sample.path) + ',' + AgeText(sample) + ',' + GenderWord(sample.gender) +
               ',' + CsvField(sample.group) + ',' + hash + ',' + name + ',' +
               (data.crops.state(example.crop) == CropState::kAligned ? "1" : "0") + '\n';
    }
  };
  add(data.train, "train");
  add(data.val, "val");
  std::string skipped = "file,reason\n";
  for (const SkippedFile& file : data.skipped) {
    skipped += CsvField(file.file) + ',' + CsvField(file.reason) + '\n';
  }
  AG_RETURN_IF_ERROR(WriteSplit(run + "/split.csv", split));
  AG_RETURN_IF_ERROR(WriteFileAtomically(run + "/data.csv", std::string_view(table)));
  return WriteFileAtomically(run + "/skipped.csv", std::string_view(skipped));
}

}  // namespace ag::train
