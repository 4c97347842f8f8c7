#include "shared/model/reader.h"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <string>

#include "shared/model/container.h"
#include "shared/model/model_generated.h"

namespace ag {
namespace {

Status Missing(const std::string& what) {
  return Status(Code::kModelMissing, "required field is absent: " + what);
}

// Every vector and text is capped before it is copied: FlatBuffers lets thousands of tables point
// at the same long vector, so that a small file could ask for any amount of memory.
template <typename T>
Status Copy(const flatbuffers::Vector<T>* from, uint64_t limit, const std::string& what,
            std::vector<T>* to) {
  if (from == nullptr) return OkStatus();
  if (from->size() > limit) {
    return Status(Code::kModelLimit, what + ": " + std::to_string(from->size()) +
                                         " entries, the limit is " + std::to_string(limit));
  }
  to->assign(from->begin(), from->end());
  return OkStatus();
}

Status Copy(const flatbuffers::String* from, uint64_t limit, const std::string& what,
            std::string* to) {
  if (from == nullptr) return OkStatus();
  if (from->size() > limit) {
    return Status(Code::kModelLimit, what + ": a text of " + std::to_string(from->size()) +
                                         " bytes, the limit is " + std::to_string(limit));
  }
  *to = from->str();
  return OkStatus();
}

template <typename Vector>
Status CheckCount(const Vector* vector, uint64_t limit, const char* what) {
  if (vector == nullptr) return Missing(what);
  if (vector->size() > limit) {
    return Status(Code::kModelLimit, std::string("number of ") + what + ": " +
                                         std::to_string(vector->size()) + ", the limit is " +
                                         std::to_string(limit));
  }
  return OkStatus();
}

std::string TensorText(const fb::Tensor& tensor) {
  const std::string name = tensor.name() ? tensor.name()->str().substr(0, kMaxNameBytes) : "";
  return "tensor '" + name + "'";
}

// The weights in a file cannot be longer than the file, so their sum is checked before the first
// one is copied.
Status CheckWeightBytes(const fb::Model& source, size_t payload_bytes) {
  uint64_t total = 0;
  for (const fb::Tensor* tensor : *source.tensors()) {
    if (tensor->data() == nullptr) return Missing("data of " + TensorText(*tensor));
    total += tensor->data()->size();
    if (tensor->scales() != nullptr) total += uint64_t{4} * tensor->scales()->size();
    if (total > payload_bytes) {
      return Status(Code::kModelTensor,
                    TensorText(*tensor) +
                        ": the tensors together have more bytes than the file (some share data)");
    }
  }
  return OkStatus();
}

StatusOr<Tensor> ReadTensor(const fb::Tensor& source) {
  Tensor tensor;
  AG_RETURN_IF_ERROR(Copy(source.name(), kMaxNameBytes, "name of a tensor", &tensor.name));
  const std::string text = TensorText(source);
  if (source.shape() == nullptr) return Missing("shape of " + text);
  AG_RETURN_IF_ERROR(Copy(source.shape(), kMaxTensorRank, "shape of " + text, &tensor.shape));
  tensor.storage = static_cast<Storage>(source.storage());
  tensor.data.assign(source.data()->begin(), source.data()->end());
  AG_RETURN_IF_ERROR(Copy(source.scales(), kMaxWeights, "scales of " + text, &tensor.scales));
  tensor.channel_axis = source.channel_axis();
  return tensor;
}

StatusOr<Op> ReadOp(const fb::Op& source) {
  Op op;
  AG_RETURN_IF_ERROR(Copy(source.name(), kMaxNameBytes, "name of an op", &op.name));
  const std::string text = "op '" + op.name + "'";
  if (source.inputs() == nullptr) return Missing("inputs of " + text);
  op.type = static_cast<OpType>(source.type());
  AG_RETURN_IF_ERROR(Copy(source.inputs(), kMaxOpInputs, "inputs of " + text, &op.inputs));
  op.output = source.output();
  AG_RETURN_IF_ERROR(Copy(source.tensors(), kMaxOpInputs, "tensors of " + text, &op.tensors));
  op.kernel_height = source.kernel_height();
  op.kernel_width = source.kernel_width();
  op.stride_height = source.stride_height();
  op.stride_width = source.stride_width();
  op.pad_top = source.pad_top();
  op.pad_bottom = source.pad_bottom();
  op.pad_left = source.pad_left();
  op.pad_right = source.pad_right();
  op.activation = static_cast<Activation>(source.activation());
  return op;
}

StatusOr<InputContract> ReadInput(const fb::Input& source) {
  InputContract input;
  input.height = source.height();
  input.width = source.width();
  input.size_multiple = source.size_multiple();
  input.colour = static_cast<Colour>(source.colour());
  AG_RETURN_IF_ERROR(Copy(source.mean(), kMaxChannels, "means of the input", &input.mean));
  AG_RETURN_IF_ERROR(Copy(source.scale(), kMaxChannels, "scales of the input", &input.scale));
  if (source.crop_points() != nullptr && source.crop_points()->size() > 0) {
    std::array<float, 2 * kFacePointCount> points;
    if (source.crop_points()->size() != points.size()) {
      return Status(Code::kModelContract, "input: " + std::to_string(source.crop_points()->size()) +
                                              " crop coordinates, expected " +
                                              std::to_string(points.size()));
    }
    std::copy(source.crop_points()->begin(), source.crop_points()->end(), points.begin());
    input.crop_points = points;
  }
  return input;
}

StatusOr<AgeGenderContract> ReadAgeGender(const fb::AgeGender& source) {
  AgeGenderContract contract;
  contract.age_value = source.age_value();
  contract.age_kind = static_cast<AgeKind>(source.age_kind());
  AG_RETURN_IF_ERROR(Copy(source.age_bins(), kMaxAgeBins, "age bins", &contract.age_bins));
  contract.age_temperature = source.age_temperature();
  contract.age_error_low = source.age_error_low();
  contract.age_error_high = source.age_error_high();
  contract.gender_value = source.gender_value();
  contract.gender_temperature = source.gender_temperature();
  if (source.age_interval() == nullptr) return contract;
  AG_RETURN_IF_ERROR(CheckCount(source.age_interval(), kMaxAgeIntervalKnots, "interval knots"));
  for (const fb::AgeIntervalKnot* knot : *source.age_interval()) {
    contract.age_interval.push_back({knot->age(), knot->lower(), knot->upper()});
  }
  return contract;
}

StatusOr<FaceDetectorContract> ReadFaceDetector(const fb::FaceDetector& source) {
  FaceDetectorContract contract;
  AG_RETURN_IF_ERROR(CheckCount(source.scales(), kMaxDetectorScales, "detector scales"));
  for (const fb::DetectorScale* scale : *source.scales()) {
    contract.scales.push_back({scale->stride(), scale->class_value(), scale->object_value(),
                               scale->box_value(), scale->points_value()});
  }
  return contract;
}

StatusOr<Provenance> ReadProvenance(const fb::Provenance& source) {
  Provenance from;
  AG_RETURN_IF_ERROR(Copy(source.name(), kMaxTextBytes, "provenance: name", &from.name));
  AG_RETURN_IF_ERROR(Copy(source.licence(), kMaxTextBytes, "provenance: licence", &from.licence));
  AG_RETURN_IF_ERROR(Copy(source.source(), kMaxTextBytes, "provenance: source", &from.source));
  AG_RETURN_IF_ERROR(Copy(source.recipe(), kMaxTextBytes, "provenance: recipe", &from.recipe));
  AG_RETURN_IF_ERROR(Copy(source.data_hash(), kMaxTextBytes, "provenance: data", &from.data_hash));
  AG_RETURN_IF_ERROR(
      Copy(source.code_commit(), kMaxTextBytes, "provenance: code", &from.code_commit));
  if (source.metrics() == nullptr) return from;
  AG_RETURN_IF_ERROR(CheckCount(source.metrics(), kMaxMetrics, "metrics"));
  for (const fb::Metric* metric : *source.metrics()) {
    Metric read{{}, metric->value()};
    AG_RETURN_IF_ERROR(Copy(metric->name(), kMaxNameBytes, "name of a metric", &read.name));
    from.metrics.push_back(std::move(read));
  }
  return from;
}

}  // namespace

StatusOr<Model> ReadModel(std::span<const uint8_t> file, std::span<const OpRule> rules) {
  if (file.size() > kMaxModelBytes) {
    return Status(Code::kModelLimit, "a file of " + std::to_string(file.size()) +
                                         " bytes, the limit is " + std::to_string(kMaxModelBytes));
  }
  AG_ASSIGN_OR_RETURN(const std::span<const uint8_t> payload, OpenContainer(file));
  return ReadModelPayload(payload, rules);
}

StatusOr<Model> ReadModelPayload(std::span<const uint8_t> payload, std::span<const OpRule> rules) {
  // Offsets are 32 bits, and the verifier asserts on more than 2 GiB.
  if (payload.size() > kMaxModelBytes) {
    return Status(Code::kModelLimit, "a payload of " + std::to_string(payload.size()) + " bytes");
  }
  // A FlatBuffer's offsets are relative to an aligned start; `payload` may be anywhere.
  std::vector<uint64_t> aligned((payload.size() + 7) / 8);
  std::copy(payload.begin(), payload.end(), reinterpret_cast<uint8_t*>(aligned.data()));
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(aligned.data());
  // The verifier's cap on tables is lower than ours on ops and tensors together.
  flatbuffers::Verifier verifier(bytes, payload.size(), /*max_depth=*/16,
                                 /*max_tables=*/2 * (kMaxOps + kMaxTensors));
  if (payload.size() < 16 || !fb::ModelBufferHasIdentifier(bytes) ||
      !fb::VerifyModelBuffer(verifier)) {
    return Status(Code::kModelFlatBuffer, "the FlatBuffer inside is damaged");
  }
  const fb::Model& source = *fb::GetModel(bytes);
  AG_RETURN_IF_ERROR(CheckCount(source.ops(), kMaxOps, "ops"));
  AG_RETURN_IF_ERROR(CheckCount(source.tensors(), kMaxTensors, "tensors"));
  AG_RETURN_IF_ERROR(CheckCount(source.outputs(), kMaxOps, "outputs"));
  if (source.input() == nullptr) return Missing("input");
  AG_RETURN_IF_ERROR(CheckWeightBytes(source, payload.size()));

  Model model;
  model.value_count = source.value_count();
  for (const fb::Op* op : *source.ops()) {
    AG_ASSIGN_OR_RETURN(Op read, ReadOp(*op));
    model.ops.push_back(std::move(read));
  }
  for (const fb::Tensor* tensor : *source.tensors()) {
    AG_ASSIGN_OR_RETURN(Tensor read, ReadTensor(*tensor));
    model.tensors.push_back(std::move(read));
  }
  AG_ASSIGN_OR_RETURN(model.input, ReadInput(*source.input()));
  AG_RETURN_IF_ERROR(Copy(source.outputs(), kMaxOps, "outputs", &model.outputs));
  if (source.age_gender() != nullptr) {
    AG_ASSIGN_OR_RETURN(model.age_gender, ReadAgeGender(*source.age_gender()));
  }
  if (source.face_detector() != nullptr) {
    AG_ASSIGN_OR_RETURN(model.face_detector, ReadFaceDetector(*source.face_detector()));
  }
  if (source.provenance() != nullptr) {
    AG_ASSIGN_OR_RETURN(model.provenance, ReadProvenance(*source.provenance()));
  }
  AG_RETURN_IF_ERROR(CheckModel(model, rules));
  return model;
}

}  // namespace ag
