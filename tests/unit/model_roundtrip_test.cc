// What is written is what is read; the same model gives the same bytes; old files stay readable.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "shared/infer/load_model.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/container.h"
#include "shared/model/reader.h"
#include "tests/support/model_builder.h"

namespace ag::test {
namespace {

void ExpectSameTensor(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.storage, b.storage);
  EXPECT_EQ(a.data, b.data);
  EXPECT_EQ(a.scales, b.scales);
  EXPECT_EQ(a.channel_axis, b.channel_axis);
}

void ExpectSameOp(const Op& a, const Op& b) {
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.inputs, b.inputs);
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(a.tensors, b.tensors);
  EXPECT_EQ(a.kernel_height, b.kernel_height);
  EXPECT_EQ(a.kernel_width, b.kernel_width);
  EXPECT_EQ(a.stride_height, b.stride_height);
  EXPECT_EQ(a.stride_width, b.stride_width);
  EXPECT_EQ(a.pad_top, b.pad_top);
  EXPECT_EQ(a.pad_bottom, b.pad_bottom);
  EXPECT_EQ(a.pad_left, b.pad_left);
  EXPECT_EQ(a.pad_right, b.pad_right);
  EXPECT_EQ(a.activation, b.activation);
}

void ExpectSameContracts(const Model& a, const Model& b) {
  EXPECT_EQ(a.input.height, b.input.height);
  EXPECT_EQ(a.input.width, b.input.width);
  EXPECT_EQ(a.input.size_multiple, b.input.size_multiple);
  EXPECT_EQ(a.input.colour, b.input.colour);
  EXPECT_EQ(a.input.mean, b.input.mean);
  EXPECT_EQ(a.input.scale, b.input.scale);
  EXPECT_EQ(a.input.crop_points, b.input.crop_points);
  EXPECT_EQ(a.outputs, b.outputs);
  ASSERT_EQ(a.age_gender.has_value(), b.age_gender.has_value());
  if (a.age_gender) {
    EXPECT_EQ(a.age_gender->age_value, b.age_gender->age_value);
    EXPECT_EQ(a.age_gender->age_kind, b.age_gender->age_kind);
    EXPECT_EQ(a.age_gender->age_bins, b.age_gender->age_bins);
    EXPECT_EQ(a.age_gender->age_temperature, b.age_gender->age_temperature);
    EXPECT_EQ(a.age_gender->age_error_low, b.age_gender->age_error_low);
    EXPECT_EQ(a.age_gender->age_error_high, b.age_gender->age_error_high);
    EXPECT_EQ(a.age_gender->gender_value, b.age_gender->gender_value);
    EXPECT_EQ(a.age_gender->gender_temperature, b.age_gender->gender_temperature);
    ASSERT_EQ(a.age_gender->age_interval.size(), b.age_gender->age_interval.size());
    for (size_t i = 0; i < a.age_gender->age_interval.size(); ++i) {
      const AgeIntervalKnot &x = a.age_gender->age_interval[i], &y = b.age_gender->age_interval[i];
      EXPECT_EQ(x.age, y.age);
      EXPECT_EQ(x.lower, y.lower);
      EXPECT_EQ(x.upper, y.upper);
    }
  }
  ASSERT_EQ(a.face_detector.has_value(), b.face_detector.has_value());
  if (!a.face_detector) return;
  ASSERT_EQ(a.face_detector->scales.size(), b.face_detector->scales.size());
  for (size_t i = 0; i < a.face_detector->scales.size(); ++i) {
    const DetectorScale &x = a.face_detector->scales[i], &y = b.face_detector->scales[i];
    EXPECT_EQ(x.stride, y.stride);
    EXPECT_EQ(x.class_value, y.class_value);
    EXPECT_EQ(x.object_value, y.object_value);
    EXPECT_EQ(x.box_value, y.box_value);
    EXPECT_EQ(x.points_value, y.points_value);
  }
}

void ExpectSameModel(const Model& a, const Model& b) {
  EXPECT_EQ(a.value_count, b.value_count);
  ASSERT_EQ(a.ops.size(), b.ops.size());
  for (size_t i = 0; i < a.ops.size(); ++i) ExpectSameOp(a.ops[i], b.ops[i]);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (size_t i = 0; i < a.tensors.size(); ++i) ExpectSameTensor(a.tensors[i], b.tensors[i]);
  ExpectSameContracts(a, b);
  EXPECT_EQ(a.provenance.name, b.provenance.name);
  EXPECT_EQ(a.provenance.licence, b.provenance.licence);
  EXPECT_EQ(a.provenance.source, b.provenance.source);
  EXPECT_EQ(a.provenance.recipe, b.provenance.recipe);
  EXPECT_EQ(a.provenance.data_hash, b.provenance.data_hash);
  EXPECT_EQ(a.provenance.code_commit, b.provenance.code_commit);
  ASSERT_EQ(a.provenance.metrics.size(), b.provenance.metrics.size());
  for (size_t i = 0; i < a.provenance.metrics.size(); ++i) {
    EXPECT_EQ(a.provenance.metrics[i].name, b.provenance.metrics[i].name);
    EXPECT_EQ(a.provenance.metrics[i].value, b.provenance.metrics[i].value);
  }
}

// The committed files' models. Never change these: a change of SmallAgeGenderModel needs a copy
// here.
Model GoldenModel() {
  Model model = SmallAgeGenderModel(2024, 4, Storage::kFloat16, 8);
  model.age_gender->age_temperature = 1.25f;
  model.provenance.name = "golden v1";
  return model;
}

Model GoldenModel1Minor1() {
  Model model = GoldenModel();
  model.age_gender->gender_temperature = 1.5f;
  model.age_gender->age_interval = {{2.5f, -0.5f, 1.25f}, {30, -4, 6.5f}, {71.5f, 0.25f, 9}};
  model.provenance.name = "golden v1.1";
  return model;
}

std::vector<Model> Models() {
  std::vector<Model> models = {SmallAgeGenderModel(1, 101),
                               SmallDetectorModel(4),
                               SmallAgeGenderModel(2, 5, Storage::kFloat16, 12, Colour::kGray),
                               SmallAgeGenderModel(3, 0, Storage::kInt8PerChannel, 20),
                               GoldenModel(),
                               GoldenModel1Minor1()};
  models[3].age_gender->age_interval = {{0, -1, 1}};
  models[3].age_gender->age_error_low = -9.5f;
  models[3].age_gender->age_error_high = 11.25f;
  models[3].input.crop_points.reset();
  models[1].provenance = {};
  return models;
}

TEST(ModelRoundTrip, ReadsWhatWasWritten) {
  for (const Model& model : Models()) {
    SCOPED_TRACE(model.provenance.name);
    const auto file = SaveModel(model);
    ASSERT_TRUE(file.ok()) << file.status().message();
    const auto read = LoadModel(*file);
    ASSERT_TRUE(read.ok()) << read.status().message();
    ExpectSameModel(model, *read);
  }
}

TEST(ModelRoundTrip, SameModelGivesTheSameBytes) {
  for (const Model& model : Models()) {
    const auto first = SaveModel(model), second = SaveModel(model);
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(*first, *second);
    // And once more through the reader.
    const auto read = LoadModel(*first);
    ASSERT_TRUE(read.ok());
    const auto third = SaveModel(*read);
    ASSERT_TRUE(third.ok());
    EXPECT_EQ(*first, *third);
  }
}

// FlatBuffers needs alignment; a file in memory may start anywhere.
TEST(ModelRoundTrip, ReadsFromUnalignedMemory) {
  const auto file = SaveModel(GoldenModel());
  ASSERT_TRUE(file.ok());
  for (size_t offset = 1; offset < 8; ++offset) {
    std::vector<uint8_t> shifted(offset);
    shifted.insert(shifted.end(), file->begin(), file->end());
    const auto read = LoadModel(std::span(shifted).subspan(offset));
    ASSERT_TRUE(read.ok()) << read.status().message();
    ExpectSameModel(GoldenModel(), *read);
  }
}

TEST(ModelRoundTrip, WriterRefusesWhatTheReaderWould) {
  Model model = GoldenModel();
  model.ops[0].inputs[0] = 5;
  const auto file = SaveModel(model);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.status().code(), Code::kModelGraph);
}

TEST(ModelRoundTrip, HeaderIsAsDocumented) {
  const auto file = SaveModel(GoldenModel());
  ASSERT_TRUE(file.ok());
  const std::vector<uint8_t> start(file->begin(), file->begin() + 16);
  EXPECT_EQ(start, (std::vector<uint8_t>{0x89, 'A', 'G', 'M', '\r', '\n', 0x1a, '\n', 1, 0, 0, 0, 1,
                                         0, 0, 0}));
  uint64_t length = 0;
  for (size_t i = 8; i-- > 0;) length = length << 8 | (*file)[16 + i];
  EXPECT_EQ(length, file->size() - kModelHeaderBytes);
  const auto payload = OpenContainer(*file);
  ASSERT_TRUE(payload.ok());
  EXPECT_EQ(payload->size(), length);
  EXPECT_EQ(MakeContainer(*payload), *file);
}

// A file of tests/unit/data, which AG_WRITE_GOLDEN=NAME in the environment writes anew.
StatusOr<Model> ReadGolden(const std::string& name, const Model& model) {
  const std::string path = std::string(AG_SOURCE_DIR) + "/tests/unit/data/" + name;
  const char* to_write = std::getenv("AG_WRITE_GOLDEN");
  if (to_write != nullptr && name == to_write) {
    AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> file, SaveModel(model));
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()),
               static_cast<std::streamsize>(file.size()));
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Status(Code::kNotFound, path);
  const std::vector<char> chars{std::istreambuf_iterator<char>(stream), {}};
  return LoadModel({reinterpret_cast<const uint8_t*>(chars.data()), chars.size()});
}

// Written once by version 1.0 of the format, which knew neither a table of intervals nor a
// temperature of the gender; a new version of the format gets a new file, and this one stays.
TEST(ModelRoundTrip, GoldenFileOfVersion1StaysReadable) {
  const auto read = ReadGolden("golden_v1.agm", GoldenModel());
  ASSERT_TRUE(read.ok()) << read.status().message();
  ExpectSameModel(GoldenModel(), *read);
  EXPECT_TRUE(read->age_gender->age_interval.empty());
  EXPECT_EQ(read->age_gender->gender_temperature, 1);
}

TEST(ModelRoundTrip, GoldenFileOfVersion1Minor1StaysReadable) {
  const auto read = ReadGolden("golden_v1_1.agm", GoldenModel1Minor1());
  ASSERT_TRUE(read.ok()) << read.status().message();
  ExpectSameModel(GoldenModel1Minor1(), *read);
}

}  // namespace
}  // namespace ag::test
