#include "native/train/loop/distillation.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "native/train/data/augment.h"
#include "native/train/loop/precision.h"
#include "native/train/nets/checkpoint.h"
#include "native/train/nets/initial_weights.h"
#include "native/train/nets/net.h"
#include "native/train/nets/net_input.h"
#include "native/train/recipe/recipe.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"
#include "shared/infer/load_model.h"
#include "shared/model/reader.h"

namespace ag::train {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBatch = 128;
// Of what is kept: bump when the same teacher says something else of the same picture.
constexpr char kVersion[] = "lessons 2";
constexpr char kRowsTensor[] = "rows";
std::string Sha256Hex(std::span<const uint8_t> bytes) { return HexString(HashSha256(bytes)); }

constexpr size_t kRow = kAgeBins + 1;  // age distribution, probability of female

struct Teacher {
  std::string path;  // of its model file
  std::string hash;  // of the bytes that `model` was read from
  Model model;
  Settings settings;              // of its net and crop
  double duplicate_features = 0;  // as it was trained
};

std::string ModelFileOf(const std::string& path) {
  std::error_code ignored;
  const fs::path in_run = fs::path(path) / "model.agm";
  return fs::exists(in_run, ignored) ? in_run.string() : path;
}

// What the file's provenance says of the net; settings that are newer than the file get defaults,
// and so do those that go with the data or the start of its run.
StatusOr<Settings> SettingsOf(const std::string& recipe, double* duplicate_features) {
  const nlohmann::json begun = WithPresentNames(nlohmann::json::parse(recipe, nullptr, false));
  if (!begun.is_object() || !begun.contains("arch")) {
    return Status(Code::kInvalidArgument, "holds no recipe of this trainer");
  }
  const nlohmann::json defaults = SettingsToJson(Settings{});
  nlohmann::json json = defaults;
  json.update(begun);
  const nlohmann::json& features = json.at("duplicate_features");
  *duplicate_features = features.is_number() ? features.get<double>() : 0;
  for (const char* name : {"dataset_weights", "duplicate_features"}) json[name] = defaults.at(name);
  return SettingsFromJson(json);
}

StatusOr<Teacher> ReadTeacher(const std::string& path) {
  Teacher teacher;
  teacher.path = ModelFileOf(path);
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(teacher.path, kMaxModelBytes));
  StatusOr<Model> model = LoadModel(bytes);
  if (!model.ok()) return model.status().WithContext("--teacher " + teacher.path);
  if (!model->age_gender || model->age_gender->age_kind != AgeKind::kDistribution ||
      model->age_gender->age_bins.size() != kAgeBins) {
    return Status(Code::kInvalidArgument,
                  "--teacher " + teacher.path + ": expected a distribution over " +
                      std::to_string(kAgeBins) + " ages, which this model does not give");
  }
  StatusOr<Settings> settings = SettingsOf(model->provenance.recipe, &teacher.duplicate_features);
  if (!settings.ok()) return settings.status().WithContext("--teacher " + teacher.path);
  if (settings->age_head != "distribution") {
    return Status(Code::kInvalidArgument, "--teacher " + teacher.path +
                                              ": its recipe says --age-head " + settings->age_head +
                                              ", which is not what the file holds");
  }
  teacher.settings = *std::move(settings);
  teacher.hash = Sha256Hex(bytes);
  teacher.model = *std::move(model);
  return teacher;
}

// Indices into data.train of the pictures that a teacher speaks of.
std::vector<int64_t> PicturesOf(const Teacher& teacher, const TrainingData& data) {
  const std::vector<int> folds = FoldsOf(data, teacher.settings.folds);
  std::vector<int64_t> pictures;
  for (size_t i = 0; i < data.train.size(); ++i) {
    if (teacher.settings.folds == 0 || folds[data.train[i].crop] == teacher.settings.fold) {
      pictures.push_back(static_cast<int64_t>(i));
    }
  }
  return pictures;
}

// Of all that what a teacher says depends on: its file, its crops, the arithmetic, the pictures.
std::string KeyOf(const Teacher& teacher, const std::string& crops, const std::string& precision,
                  const TrainingData& data, const std::vector<int64_t>& pictures) {
  std::string text = std::string(kVersion) + "\n" + teacher.hash + "\n" + crops + "\n" + precision;
  for (const int64_t i : pictures) {
    text += "\n" + data.hashes[data.train[static_cast<size_t>(i)].crop];
  }
  return Sha256Hex({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// [N, kRow]; undefined if the file is not there, or is damaged: that is noted.
torch::Tensor ReadKept(const std::string& path, int64_t pictures, std::vector<std::string>* notes) {
  torch::Tensor rows = torch::empty({pictures, static_cast<int64_t>(kRow)});
  Status read = ReadCheckpoint(path, {{kRowsTensor, rows}}).status();
  if (read.code() == Code::kNotFound) return {};
  if (read.ok() && (rows < 0).logical_or(rows > 1.001).any().item<bool>()) {
    read = Status(Code::kInvalidArgument, path + ": holds what is no probability");
  }
  if (read.ok()) return rows;
  notes->push_back(read.message() + "; the teacher is asked again");
  return {};
}

class Teaching {
 public:
  Teaching(const Settings& settings, const TrainingData& data, torch::Device device,
           const std::function<void(size_t, size_t, const char*)>& progress,
           const std::atomic<bool>* stop)
      : settings_(settings), data_(data), device_(device), progress_(progress), stop_(stop) {}

  // Names what Ask() would say.
  StatusOr<std::string> Key(const Teacher& teacher, const std::vector<int64_t>& pictures) const {
    AG_ASSIGN_OR_RETURN(const std::string crops, CropsKey(data_.hashes, CropsOf(teacher)));
    return KeyOf(teacher, crops, settings_.precision, data_, pictures);
  }

  // [pictures, kRow] of one teacher.
  StatusOr<torch::Tensor> Ask(const Teacher& teacher, const std::vector<int64_t>& pictures) {
    AG_ASSIGN_OR_RETURN(const CropsCache crops,
                        BuildCropsCache(data_.samples, data_.hashes, CropsOf(teacher)));
    const std::shared_ptr<AgeGenderNet> net = MakeNet(teacher.settings);
    const StatusOr<std::string> read = UseModel(teacher.path, teacher.model, net.get());
    if (!read.ok()) return read.status().WithContext("--teacher");
    net->to(device_);
    net->eval();
    const torch::NoGradGuard no_grad;
    const auto total = static_cast<int64_t>(pictures.size());
    torch::Tensor rows = torch::empty({total, static_cast<int64_t>(kRow)});
    for (int64_t first = 0; first < total; first += kBatch) {
      if (stop_ != nullptr && stop_->load()) return Status(Code::kInterrupted, "interrupted");
      if (progress_) progress_(static_cast<size_t>(first), pictures.size(), "asking the teacher");
      const int64_t count = std::min(kBatch, total - first);
      const auto batch =
          std::span(pictures).subspan(static_cast<size_t>(first), static_cast<size_t>(count));
      rows.narrow(0, first, count).copy_(AskBatch(teacher, crops, net.get(), batch));
    }
    AG_RETURN_IF_ERROR(crops.Check());
    return rows;
  }

 private:
  // The same pictures as the teacher's own training saw them.
  CropsCacheOptions CropsOf(const Teacher& teacher) const {
    CropsCacheOptions options;
    options.folder = settings_.cache;
    options.geometry = {teacher.settings.input_side, teacher.settings.cache_side};
    options.detect = settings_.crop == "detect";
    options.detector_path = settings_.detector;
    options.threads = std::max(1, settings_.threads);
    options.progress = progress_;
    options.stop = stop_;
    return options;
  }

  torch::Tensor AskBatch(const Teacher& teacher, const CropsCache& crops, AgeGenderNet* net,
                         std::span<const int64_t> pictures) const {
    const Settings& s = teacher.settings;
    const auto count = static_cast<int64_t>(pictures.size());
    const int channels = s.gray ? 1 : 3;
    const size_t bytes = static_cast<size_t>(s.input_side) * s.input_side * channels;
    std::vector<uint8_t> pixels(bytes * static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
      const size_t picture = static_cast<size_t>(pictures[static_cast<size_t>(i)]);
      const Example& example = data_.train[picture];
      CentreView(crops.pixels(example.crop), {s.input_side, s.cache_side}, s.gray,
                 std::span(pixels).subspan(static_cast<size_t>(i) * bytes, bytes));
    }
    const torch::Tensor input = NetInput(pixels.data(), count, s.input_side, channels,
                                         InputScaling(net->input_contract(), device_));
    return (Answer(net, input) + Answer(net, input.flip({3}))) / 2;
  }

  // [count, kRow]
  torch::Tensor Answer(AgeGenderNet* net, const torch::Tensor& input) const {
    const AutocastScope autocast(settings_.precision == "bfloat16", device_);
    const NetOutput output = net->forward(input.contiguous(at::MemoryFormat::ChannelsLast));
    return torch::cat({torch::softmax(output.age.to(torch::kFloat32), 1),
                       torch::sigmoid(output.gender.to(torch::kFloat32)).unsqueeze(1)},
                      1)
        .cpu();
  }

  const Settings& settings_;
  const TrainingData& data_;
  const torch::Device device_;
  const std::function<void(size_t, size_t, const char*)>& progress_;
  const std::atomic<bool>* stop_;
};

// Of the folds that `folds` make, the first without a teacher; 0: each has one.
int FoldWithoutTeacher(const std::vector<Teacher>& teachers, int folds) {
  for (int fold = 1; fold <= folds; ++fold) {
    const bool has_one = std::any_of(teachers.begin(), teachers.end(), [&](const Teacher& teacher) {
      return teacher.settings.folds == folds && teacher.settings.fold == fold;
    });
    if (!has_one) return fold;
  }
  return 0;
}

// Every picture needs one who speaks of it: a teacher of all pictures, or those of all folds.
Status CheckFolds(const std::vector<Teacher>& teachers) {
  std::string missing;
  for (const Teacher& teacher : teachers) {
    const int folds = teacher.settings.folds;
    const int fold = FoldWithoutTeacher(teachers, folds);
    if (fold == 0) return OkStatus();
    missing = "fold " + std::to_string(fold) + " of " + std::to_string(folds);
  }
  if (missing.empty()) return OkStatus();
  return Status(Code::kInvalidArgument,
                "--teacher: nobody may speak of the pictures of " + missing +
                    ": a net that was trained without a fold speaks of that fold alone. Give those "
                    "of all folds, or one that was trained on all pictures");
}

// A fold follows the clusters of near-duplicates: made in another way, they would give this run
// other folds than its teacher's.
Status CheckClusters(const Settings& settings, const Teacher& teacher) {
  if (teacher.settings.folds == 0 ||
      (teacher.settings.duplicate_correlation == settings.duplicate_correlation &&
       teacher.duplicate_features == settings.duplicate_features)) {
    return OkStatus();
  }
  return Status(Code::kInvalidArgument,
                "--teacher " + teacher.path +
                    ": it was trained without a fold, and with other --duplicate-correlation or "
                    "--duplicate-features than this run's: what it has not seen cannot be told");
}

StatusOr<std::vector<Teacher>> ReadTeachers(const Settings& settings) {
  std::vector<Teacher> teachers;
  for (const std::string& path : settings.teachers) {
    AG_ASSIGN_OR_RETURN(Teacher teacher, ReadTeacher(path));
    AG_RETURN_IF_ERROR(CheckClusters(settings, teacher));
    teachers.push_back(std::move(teacher));
  }
  AG_RETURN_IF_ERROR(CheckFolds(teachers));
  return teachers;
}

}  // namespace

Status CheckFoldsStart(const Settings& settings) {
  if (settings.folds == 0 || settings.init.empty()) return OkStatus();
  const StatusOr<std::vector<uint8_t>> bytes = ReadFile(ModelFileOf(settings.init), kMaxModelBytes);
  if (!bytes.ok()) return OkStatus();  // the folder of a face recognition net
  const StatusOr<Model> model = LoadModel(*bytes);
  if (!model.ok()) return OkStatus();  // --init says why
  double ignored = 0;
  const StatusOr<Settings> start = SettingsOf(model->provenance.recipe, &ignored);
  if (start.ok() && start->folds == settings.folds && start->fold == settings.fold) {
    return OkStatus();
  }
  return Status(Code::kInvalidArgument,
                "--init " + settings.init + ": --fold " + std::to_string(settings.fold) + " of " +
                    std::to_string(settings.folds) +
                    " may not begin with a net that has learnt from that fold; give the face "
                    "recognition net, or a net trained without the same fold");
}

Status CheckTeachers(const Settings& settings) { return ReadTeachers(settings).status(); }

StatusOr<Lessons> PrepareLessons(const Settings& settings, const TrainingData& data,
                                 torch::Device device,
                                 const std::function<void(size_t, size_t, const char*)>& progress,
                                 const std::atomic<bool>* stop) {
  Lessons lessons;
  if (settings.teachers.empty()) return lessons;
  AG_ASSIGN_OR_RETURN(const std::vector<Teacher> teachers, ReadTeachers(settings));
  Teaching teaching(settings, data, device, progress, stop);
  lessons.reused = true;
  const auto size = static_cast<int64_t>(data.train.size());
  torch::Tensor sum = torch::zeros({size, static_cast<int64_t>(kRow)});
  torch::Tensor count = torch::zeros({size, 1});
  // Each teacher's file for itself: in another company it need not be asked again.
  for (const Teacher& teacher : teachers) {
    lessons.teachers += teacher.hash;
    const std::vector<int64_t> pictures = PicturesOf(teacher, data);
    AG_ASSIGN_OR_RETURN(const std::string key, teaching.Key(teacher, pictures));
    const std::string kept = settings.cache + "/lessons-" + key.substr(0, 32) + ".agc";
    const auto spoken_of = static_cast<int64_t>(pictures.size());
    torch::Tensor said = ReadKept(kept, spoken_of, &lessons.notes);
    if (!said.defined()) {
      lessons.reused = false;
      AG_ASSIGN_OR_RETURN(said, teaching.Ask(teacher, pictures));
      AG_RETURN_IF_ERROR(WriteCheckpoint(kept, {{kRowsTensor, said}}, nlohmann::json::object()));
    }
    const torch::Tensor rows = torch::tensor(pictures);
    sum.index_add_(0, rows, said);
    count.index_add_(0, rows, torch::ones({spoken_of, 1}));
  }
  const torch::Tensor rows = (sum / count).contiguous();
  lessons.age = rows.narrow(1, 0, kAgeBins).contiguous().to(device);
  lessons.female = rows.select(1, kAgeBins).contiguous().to(device);
  return lessons;
}

}  // namespace ag::train
