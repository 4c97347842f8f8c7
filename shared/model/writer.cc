#include "shared/model/writer.h"

#include <flatbuffers/flatbuffers.h>

#include "shared/model/container.h"
#include "shared/model/model_generated.h"
#include "shared/model/reader.h"

namespace ag {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

Offset<fb::Tensor> WriteTensor(FlatBufferBuilder& builder, const Tensor& tensor) {
  const auto name = builder.CreateString(tensor.name);
  const auto shape = builder.CreateVector(tensor.shape);
  const auto data = builder.CreateVector(tensor.data);
  const auto scales = tensor.scales.empty() ? 0 : builder.CreateVector(tensor.scales);
  return fb::CreateTensor(builder, name, shape, static_cast<uint8_t>(tensor.storage), data, scales,
                          tensor.channel_axis);
}

Offset<fb::Op> WriteOp(FlatBufferBuilder& builder, const Op& op) {
  const auto name = builder.CreateString(op.name);
  const auto inputs = builder.CreateVector(op.inputs);
  const auto tensors = op.tensors.empty() ? 0 : builder.CreateVector(op.tensors);
  return fb::CreateOp(builder, static_cast<uint8_t>(op.type), name, inputs, op.output, tensors,
                      op.kernel_height, op.kernel_width, op.stride_height, op.stride_width,
                      op.pad_top, op.pad_bottom, op.pad_left, op.pad_right,
                      static_cast<uint8_t>(op.activation));
}

Offset<fb::Input> WriteInput(FlatBufferBuilder& builder, const InputContract& input) {
  const auto mean = builder.CreateVector(input.mean);
  const auto scale = builder.CreateVector(input.scale);
  const auto points =
      input.crop_points ? builder.CreateVector(input.crop_points->data(), input.crop_points->size())
                        : 0;
  return fb::CreateInput(builder, input.height, input.width, input.size_multiple,
                         static_cast<uint8_t>(input.colour), mean, scale, points);
}

Offset<fb::AgeGender> WriteAgeGender(FlatBufferBuilder& builder,
                                     const AgeGenderContract& contract) {
  const auto bins = contract.age_bins.empty() ? 0 : builder.CreateVector(contract.age_bins);
  std::vector<fb::AgeIntervalKnot> knots;
  for (const AgeIntervalKnot& knot : contract.age_interval) {
    knots.emplace_back(knot.age, knot.lower, knot.upper);
  }
  const auto interval = knots.empty() ? 0 : builder.CreateVectorOfStructs(knots);
  return fb::CreateAgeGender(builder, contract.age_value, static_cast<uint8_t>(contract.age_kind),
                             bins, contract.age_temperature, contract.age_error_low,
                             contract.age_error_high, contract.gender_value,
                             contract.gender_temperature, interval);
}

Offset<fb::FaceDetector> WriteFaceDetector(FlatBufferBuilder& builder,
                                           const FaceDetectorContract& contract) {
  std::vector<Offset<fb::DetectorScale>> scales;
  for (const DetectorScale& scale : contract.scales) {
    scales.push_back(fb::CreateDetectorScale(builder, scale.stride, scale.class_value,
                                             scale.object_value, scale.box_value,
                                             scale.points_value));
  }
  return fb::CreateFaceDetector(builder, builder.CreateVector(scales));
}

Offset<fb::Provenance> WriteProvenance(FlatBufferBuilder& builder, const Provenance& from) {
  std::vector<Offset<fb::Metric>> metrics;
  for (const Metric& metric : from.metrics) {
    metrics.push_back(fb::CreateMetric(builder, builder.CreateString(metric.name), metric.value));
  }
  // One statement each: the evaluation order of a call's arguments is unspecified, and the same
  // model must give the same bytes.
  const auto name = builder.CreateString(from.name);
  const auto licence = builder.CreateString(from.licence);
  const auto source = builder.CreateString(from.source);
  const auto recipe = builder.CreateString(from.recipe);
  const auto data_hash = builder.CreateString(from.data_hash);
  const auto code_commit = builder.CreateString(from.code_commit);
  return fb::CreateProvenance(builder, name, licence, source, recipe, data_hash, code_commit,
                              builder.CreateVector(metrics));
}

}  // namespace

StatusOr<std::vector<uint8_t>> WriteModel(const Model& model, std::span<const OpRule> rules) {
  AG_RETURN_IF_ERROR(CheckModel(model, rules).WithContext("cannot write the model"));
  FlatBufferBuilder builder;
  std::vector<Offset<fb::Op>> ops;
  for (const Op& op : model.ops) ops.push_back(WriteOp(builder, op));
  std::vector<Offset<fb::Tensor>> tensors;
  for (const Tensor& tensor : model.tensors) tensors.push_back(WriteTensor(builder, tensor));
  const auto op_vector = builder.CreateVector(ops);
  const auto tensor_vector = builder.CreateVector(tensors);
  const auto input = WriteInput(builder, model.input);
  const auto outputs = builder.CreateVector(model.outputs);
  const Offset<fb::AgeGender> age_gender =
      model.age_gender ? WriteAgeGender(builder, *model.age_gender) : Offset<fb::AgeGender>();
  const Offset<fb::FaceDetector> face_detector =
      model.face_detector ? WriteFaceDetector(builder, *model.face_detector)
                          : Offset<fb::FaceDetector>();
  const auto provenance = WriteProvenance(builder, model.provenance);
  fb::FinishModelBuffer(
      builder, fb::CreateModel(builder, model.value_count, op_vector, tensor_vector, input, outputs,
                               age_gender, face_detector, provenance));
  return MakeContainer({builder.GetBufferPointer(), builder.GetSize()});
}

}  // namespace ag
