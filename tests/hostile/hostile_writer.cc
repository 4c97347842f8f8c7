#include "tests/hostile/hostile_writer.h"

#include <flatbuffers/flatbuffers.h>

#include "shared/model/model_generated.h"

namespace ag::test {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
template <typename T>
using VectorOffset = Offset<flatbuffers::Vector<T>>;

std::vector<Offset<fb::Tensor>> WriteTensors(FlatBufferBuilder& builder, const Model& model,
                                             const Faults& faults) {
  std::vector<Offset<fb::Tensor>> offsets;
  VectorOffset<uint8_t> shared_data;
  VectorOffset<float> shared_scales;
  for (const Tensor& tensor : model.tensors) {
    const auto name = builder.CreateString(tensor.name);
    const auto shape =
        faults.no_tensor_shape ? VectorOffset<uint32_t>() : builder.CreateVector(tensor.shape);
    VectorOffset<uint8_t> data = shared_data;
    if (data.IsNull() && !faults.no_tensor_data) data = builder.CreateVector(tensor.data);
    if (faults.share_data) shared_data = data;
    VectorOffset<float> scales = shared_scales;
    if (scales.IsNull() && !tensor.scales.empty()) scales = builder.CreateVector(tensor.scales);
    if (faults.share_scales) shared_scales = scales;
    offsets.push_back(fb::CreateTensor(builder, name, shape, static_cast<uint8_t>(tensor.storage),
                                       data, scales, tensor.channel_axis));
  }
  return offsets;
}

std::vector<Offset<fb::Op>> WriteOps(FlatBufferBuilder& builder, const Model& model,
                                     const Faults& faults) {
  std::vector<Offset<fb::Op>> offsets;
  for (const Op& op : model.ops) {
    const auto name = builder.CreateString(op.name);
    const auto inputs =
        faults.no_op_inputs ? VectorOffset<uint32_t>() : builder.CreateVector(op.inputs);
    const auto tensors = builder.CreateVector(op.tensors);
    offsets.push_back(fb::CreateOp(builder, static_cast<uint8_t>(op.type), name, inputs, op.output,
                                   tensors, op.kernel_height, op.kernel_width, op.stride_height,
                                   op.stride_width, op.pad_top, op.pad_bottom, op.pad_left,
                                   op.pad_right, static_cast<uint8_t>(op.activation)));
  }
  return offsets;
}

Offset<fb::Input> WriteInput(FlatBufferBuilder& builder, const InputContract& input,
                             const Faults& faults) {
  const auto mean = faults.no_mean ? VectorOffset<float>() : builder.CreateVector(input.mean);
  const auto scale = faults.no_scale ? VectorOffset<float>() : builder.CreateVector(input.scale);
  VectorOffset<float> points;
  if (faults.crop_points) {
    points = builder.CreateVector(*faults.crop_points);
  } else if (input.crop_points) {
    points = builder.CreateVector(input.crop_points->data(), input.crop_points->size());
  }
  return fb::CreateInput(builder, input.height, input.width, input.size_multiple,
                         static_cast<uint8_t>(input.colour), mean, scale, points);
}

Offset<fb::AgeGender> WriteAgeGender(FlatBufferBuilder& builder, const AgeGenderContract& from) {
  const auto bins = builder.CreateVector(from.age_bins);
  std::vector<fb::AgeIntervalKnot> knots;
  for (const AgeIntervalKnot& knot : from.age_interval) {
    knots.emplace_back(knot.age, knot.lower, knot.upper);
  }
  const auto interval = knots.empty() ? 0 : builder.CreateVectorOfStructs(knots);
  return fb::CreateAgeGender(builder, from.age_value, static_cast<uint8_t>(from.age_kind), bins,
                             from.age_temperature, from.age_error_low, from.age_error_high,
                             from.gender_value, from.gender_temperature, interval);
}

Offset<fb::FaceDetector> WriteFaceDetector(FlatBufferBuilder& builder,
                                           const FaceDetectorContract& from, const Faults& faults) {
  std::vector<Offset<fb::DetectorScale>> scales;
  for (const DetectorScale& scale : from.scales) {
    scales.push_back(fb::CreateDetectorScale(builder, scale.stride, scale.class_value,
                                             scale.object_value, scale.box_value,
                                             scale.points_value));
  }
  VectorOffset<Offset<fb::DetectorScale>> vector;
  if (!faults.no_detector_scales) vector = builder.CreateVector(scales);
  return fb::CreateFaceDetector(builder, vector);
}

Offset<fb::Provenance> WriteProvenance(FlatBufferBuilder& builder, const Provenance& from) {
  std::vector<Offset<fb::Metric>> metrics;
  for (const Metric& metric : from.metrics) {
    metrics.push_back(fb::CreateMetric(builder, builder.CreateString(metric.name), metric.value));
  }
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

std::vector<uint8_t> HostilePayload(const Model& model, const Faults& faults) {
  FlatBufferBuilder builder;
  VectorOffset<Offset<fb::Op>> ops;
  if (!faults.no_ops) ops = builder.CreateVector(WriteOps(builder, model, faults));
  VectorOffset<Offset<fb::Tensor>> tensors;
  if (!faults.no_tensors) tensors = builder.CreateVector(WriteTensors(builder, model, faults));
  Offset<fb::Input> input;
  if (!faults.no_input) input = WriteInput(builder, model.input, faults);
  VectorOffset<uint32_t> outputs;
  if (!faults.no_outputs) outputs = builder.CreateVector(model.outputs);
  Offset<fb::AgeGender> age_gender;
  if (model.age_gender) age_gender = WriteAgeGender(builder, *model.age_gender);
  Offset<fb::FaceDetector> face_detector;
  if (model.face_detector) {
    face_detector = WriteFaceDetector(builder, *model.face_detector, faults);
  }
  Offset<fb::Provenance> provenance;
  if (!faults.no_provenance) provenance = WriteProvenance(builder, model.provenance);
  const auto root = fb::CreateModel(builder, model.value_count, ops, tensors, input, outputs,
                                    age_gender, face_detector, provenance);
  builder.Finish(root, faults.no_identifier ? nullptr : fb::ModelIdentifier());
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

}  // namespace ag::test
