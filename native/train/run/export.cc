#include "native/train/run/export.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

#include "native/train/data/augment.h"
#include "native/train/data/batches.h"
#include "native/train/nets/graph_writer.h"
#include "shared/infer/engine.h"
#include "shared/predict/outputs.h"
#include "shared/predict/predictor.h"

namespace ag::train {
StatusOr<Storage> StorageFromName(const std::string& name) {
  if (name == "float32") return Storage::kFloat32;
  if (name == "float16") return Storage::kFloat16;
  if (name == "int8") return Storage::kInt8PerChannel;
  return Status(Code::kInvalidArgument, "unknown storage '" + name + "'");
}

StatusOr<Model> ExportNet(const AgeGenderNet& net, Storage storage) {
  const torch::NoGradGuard no_grad;
  Model model;
  GraphWriter graph(&model, storage, net.weight_bits() == 0 ? 8 : net.weight_bits());
  model.age_gender = net.Write(&graph);
  AG_RETURN_IF_ERROR(graph.status());
  model.input = net.input_contract();
  model.outputs = {model.age_gender->age_value, model.age_gender->gender_value};
  return model;
}

void SetAgeErrors(const std::vector<Example>& examples, const Predictions& predictions,
                  Model* model) {
  if (model->age_gender->age_kind != AgeKind::kValue) return;
  std::vector<float> errors;
  for (size_t i = 0; i < examples.size() && i < predictions.age.size(); ++i) {
    if (examples[i].age_lo != examples[i].age_hi) continue;
    errors.push_back(examples[i].age_lo - predictions.age[i]);
  }
  if (errors.size() < 20) return;
  std::sort(errors.begin(), errors.end());
  const auto quantile = [&errors](double q) {
    return errors[static_cast<size_t>(q * static_cast<double>(errors.size() - 1) + 0.5)];
  };
  // An interval contains the prediction itself, whatever the bias.
  model->age_gender->age_error_low = std::min(0.0f, quantile(0.05));
  model->age_gender->age_error_high = std::max(0.0f, quantile(0.95));
}

StatusOr<Parity> CompareWithEngine(const Settings& settings, const TrainingData& data,
                                   const std::vector<Example>& examples, size_t limit,
                                   AgeGenderNet& net, const Model& model) {
  const torch::NoGradGuard no_grad;
  Parity parity;
  parity.pictures = std::min(limit, examples.size());
  if (parity.pictures == 0) return parity;
  AG_ASSIGN_OR_RETURN(std::shared_ptr<Weights> weights, Weights::Create(model));
  AG_ASSIGN_OR_RETURN(Engine engine, Engine::Create(weights, EngineOptions{}));
  const int64_t side = settings.input_side;
  const InputContract contract = net.input_contract();
  const int64_t channels = ChannelCount(contract.colour);
  Image view(settings.input_side, settings.input_side);
  std::vector<float> scaled(static_cast<size_t>(side * side * channels));
  for (size_t i = 0; i < parity.pictures; ++i) {
    // Spread over the part, not its beginning alone.
    const Example& example = examples[i * examples.size() / parity.pictures];
    CentreView(data.crops.pixels(example.crop), {settings.input_side, settings.cache_side}, false,
               view.pixels);
    AG_RETURN_IF_ERROR(engine.Run(view));
    const AgeGender ours = ReadOutputs(*model.age_gender, engine.output(0), engine.output(1));
    AG_RETURN_IF_ERROR(NormalizePixels(contract, view, scaled));
    const NetOutput theirs = net.forward(
        torch::from_blob(scaled.data(), {1, side, side, channels}).permute({0, 3, 1, 2}));
    const double age = SaidYears(net, theirs.age).item<double>();
    const double p_female = torch::sigmoid(theirs.gender).item<double>();
    if (!std::isfinite(age - ours.age) || !std::isfinite(p_female - ours.p_female)) {
      return Status(Code::kInternal, "the net or the exported model says what is no number");
    }
    parity.age_years = std::max(parity.age_years, std::abs(age - ours.age));
    parity.p_female = std::max(parity.p_female, std::abs(p_female - ours.p_female));
  }
  AG_RETURN_IF_ERROR(data.crops.Check());
  return parity;
}

}  // namespace ag::train
