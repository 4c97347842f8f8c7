// Hostile model files: every rule of the reader has a file that breaks it and nothing else.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/sha256.h"
#include "shared/infer/engine.h"
#include "shared/infer/load_model.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/container.h"
#include "shared/model/reader.h"
#include "tests/hostile/hostile_writer.h"
#include "tests/support/model_builder.h"
#include "tests/support/random.h"

namespace ag::test {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr uint32_t kBins = 5;

// SmallAgeGenderModel's ops and tensors, by number:
//   op0 Conv2D (0, 1)  op1 MaxPool2D  op2 DepthwiseConv2D (2, 3)  op3 Conv2D (4, 5)  op4 Add
//   op5 MaxPool2D  op6 Flatten  op7 FullyConnected (6, 7)  op8 Relu  op9 age (8, 9)
//   op10 gender (10, 11)
constexpr uint32_t kAgeValue = 10, kGenderValue = 11;
Model AgeModel(Storage storage = Storage::kFloat32) {
  return SmallAgeGenderModel(1, kBins, storage);
}

void SetFloat(Tensor& tensor, size_t index, float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  for (size_t b = 0; b < 4; ++b) {
    tensor.data[4 * index + b] = static_cast<uint8_t>(bits >> (8 * b));
  }
}

// A tensor of one weight.
Tensor OneWeight() {
  Tensor tensor;
  tensor.name = "one";
  tensor.shape = {1};
  tensor.data.assign(4, 0);
  return tensor;
}

struct Rule {
  const char* name;
  Code code;
  const char* says;  // must stand in the message
  std::function<void(Model& model, Faults& faults)> break_it;
};
void PrintTo(const Rule& rule, std::ostream* out) { *out << rule.name; }
std::string RuleName(const ::testing::TestParamInfo<Rule>& info) { return info.param.name; }

void ExpectRefusedFile(const Model& valid, const Rule& rule) {
  // The file that only differs in what the rule is about is read.
  const auto before = LoadModel(MakeContainer(HostilePayload(valid)));
  ASSERT_TRUE(before.ok()) << before.status().message();
  Model model = valid;
  Faults faults;
  rule.break_it(model, faults);
  const auto after = LoadModel(MakeContainer(HostilePayload(model, faults)));
  ASSERT_FALSE(after.ok()) << "was read";
  EXPECT_EQ(CodeName(after.status().code()), CodeName(rule.code)) << after.status().message();
  EXPECT_NE(after.status().message().find(rule.says), std::string::npos)
      << "does not say '" << rule.says << "': " << after.status().message();
}

// ---------------------------------------------------------------- age and gender, graph, tensors

class HostileAgeModel : public ::testing::TestWithParam<Rule> {};
TEST_P(HostileAgeModel, IsRefused) { ExpectRefusedFile(AgeModel(), GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Required, HostileAgeModel,
    ::testing::Values(
        Rule{"NoOps", Code::kModelMissing, "ops", [](Model&, Faults& f) { f.no_ops = true; }},
        Rule{"NoTensors", Code::kModelMissing, "tensors",
             [](Model&, Faults& f) { f.no_tensors = true; }},
        Rule{"NoOutputs", Code::kModelMissing, "outputs",
             [](Model&, Faults& f) { f.no_outputs = true; }},
        Rule{"NoInput", Code::kModelMissing, "input", [](Model&, Faults& f) { f.no_input = true; }},
        Rule{"NoTensorData", Code::kModelMissing, "op0.filter",
             [](Model&, Faults& f) { f.no_tensor_data = true; }},
        Rule{"NoTensorShape", Code::kModelMissing, "op0.filter",
             [](Model&, Faults& f) { f.no_tensor_shape = true; }},
        Rule{"NoOpInputs", Code::kModelMissing, "op0",
             [](Model&, Faults& f) { f.no_op_inputs = true; }},
        Rule{"EmptyGraph", Code::kModelMissing, "no ops",
             [](Model& m, Faults&) {
               m.ops.clear();
               m.value_count = 1;
             }},
        Rule{"EmptyOutputs", Code::kModelMissing, "no outputs",
             [](Model& m, Faults&) { m.outputs.clear(); }},
        Rule{"NoMean", Code::kModelContract, "0 means",
             [](Model&, Faults& f) { f.no_mean = true; }},
        Rule{"NoScale", Code::kModelContract, "0 scales",
             [](Model&, Faults& f) { f.no_scale = true; }},
        Rule{"NoIdentifier", Code::kModelFlatBuffer, "FlatBuffer",
             [](Model&, Faults& f) { f.no_identifier = true; }}),
    RuleName);

INSTANTIATE_TEST_SUITE_P(Limits, HostileAgeModel,
                         ::testing::Values(
                             Rule{"Ops", Code::kModelLimit, "ops",
                                  [](Model& m, Faults&) { m.ops.resize(kMaxOps + 1, m.ops[8]); }},
                             Rule{"Tensors", Code::kModelLimit, "tensors",
                                  [](Model& m, Faults&) {
                                    m.tensors.resize(kMaxTensors + 1, OneWeight());
                                  }},
                             Rule{"Outputs", Code::kModelLimit, "outputs",
                                  [](Model& m, Faults&) {
                                    m.outputs.resize(kMaxOps + 1, kAgeValue);
                                  }},
                             Rule{"InputsOfOneOp", Code::kModelLimit, "op4",
                                  [](Model& m, Faults&) {
                                    m.ops[4].inputs.resize(kMaxOpInputs + 1);
                                  }},
                             Rule{"TensorsOfOneOp", Code::kModelLimit, "op3",
                                  [](Model& m, Faults&) {
                                    m.ops[3].tensors.resize(kMaxOpInputs + 1);
                                  }},
                             Rule{"Rank", Code::kModelLimit, "op0.filter",
                                  [](Model& m, Faults&) {
                                    m.tensors[0].shape.resize(kMaxTensorRank + 1, 1);
                                  }},
                             Rule{"WeightsOfOneTensor", Code::kModelLimit, "op2.filter",
                                  [](Model& m, Faults&) {
                                    m.tensors[2].shape = {65537, 1024};
                                  }},
                             Rule{"WeightsOfOneTensorWrapped", Code::kModelLimit, "op2.filter",
                                  // 2^64 elements: 0 where the product wraps.
                                  [](Model& m, Faults&) {
                                    m.tensors[2].shape = {65536, 65536, 65536, 65536};
                                  }},
                             Rule{"WeightsOfOneTensorWrappedToTheRightNumber", Code::kModelLimit,
                                  "op2.filter",
                                  // 54 elements modulo 2^64, as many as there are.
                                  [](Model& m, Faults&) {
                                    m.tensors[2].shape = {901u, 2039755462u, 29u, 222551129u};
                                  }},
                             Rule{"WeightsOfAllTensors", Code::kModelLimit, "op2.bias",
                                  [](Model& m, Faults&) {
                                    m.tensors[2].shape = {40u << 20};
                                    m.tensors[3].shape = {40u << 20};
                                  }},
                             Rule{"TensorName", Code::kModelLimit, "name of a tensor",
                                  [](Model& m, Faults&) {
                                    m.tensors[1].name.assign(kMaxNameBytes + 1, 'x');
                                  }},
                             Rule{"OpName", Code::kModelLimit, "name of an op",
                                  [](Model& m, Faults&) {
                                    m.ops[1].name.assign(kMaxNameBytes + 1, 'x');
                                  }},
                             Rule{"MetricName", Code::kModelLimit, "metric",
                                  [](Model& m, Faults&) {
                                    m.provenance.metrics[0].name.assign(kMaxNameBytes + 1, 'x');
                                  }},
                             Rule{"Metrics", Code::kModelLimit, "metrics",
                                  [](Model& m, Faults&) {
                                    m.provenance.metrics.resize(kMaxMetrics + 1);
                                  }},
                             Rule{"Licence", Code::kModelLimit, "licence",
                                  [](Model& m, Faults&) {
                                    m.provenance.licence.assign(kMaxTextBytes + 1, 'x');
                                  }},
                             Rule{"Recipe", Code::kModelLimit, "recipe",
                                  [](Model& m, Faults&) {
                                    m.provenance.recipe.assign(kMaxTextBytes + 1, 'x');
                                  }},
                             Rule{"Bins", Code::kModelLimit, "bins",
                                  [](Model& m, Faults&) {
                                    m.age_gender->age_bins.resize(kMaxAgeBins + 1);
                                  }},
                             Rule{"IntervalKnots", Code::kModelLimit, "interval knots",
                                  [](Model& m, Faults&) {
                                    for (uint32_t i = 0; i <= kMaxAgeIntervalKnots; ++i) {
                                      m.age_gender->age_interval.push_back(
                                          {static_cast<float>(i), 0, 0});
                                    }
                                  }},
                             Rule{"Means", Code::kModelLimit, "means",
                                  [](Model& m, Faults&) { m.input.mean.resize(kMaxChannels + 1); }},
                             Rule{
                                 "Scales", Code::kModelLimit, "scales",
                                 [](Model& m, Faults&) { m.input.scale.resize(kMaxChannels + 1); }},
                             // A 1x1 picture is doubled until one value is above the cap.
                             Rule{"ValueElements", Code::kModelLimit, "growing",
                                  [](Model& m, Faults&) {
                                    m.ops.clear();
                                    for (uint32_t i = 0; i < 20; ++i) {
                                      Op op;
                                      op.type = OpType::kUpsampleNearest2x;
                                      op.name = "growing";
                                      op.inputs = {i};
                                      op.output = i + 1;
                                      m.ops.push_back(op);
                                    }
                                    m.value_count = 21;
                                    m.outputs = {20};
                                  }}),
                         RuleName);

INSTANTIATE_TEST_SUITE_P(
    Enums, HostileAgeModel,
    ::testing::Values(
        Rule{"Storage", Code::kModelEnum, "op0.filter",
             [](Model& m, Faults&) { m.tensors[0].storage = static_cast<Storage>(3); }},
        Rule{"StorageFar", Code::kModelEnum, "op0.filter",
             [](Model& m, Faults&) { m.tensors[0].storage = static_cast<Storage>(255); }},
        Rule{"OpType", Code::kModelEnum, "op8",
             [](Model& m, Faults&) { m.ops[8].type = static_cast<OpType>(kOpTypeCount); }},
        Rule{"OpTypeFar", Code::kModelEnum, "op8",
             [](Model& m, Faults&) { m.ops[8].type = static_cast<OpType>(255); }},
        Rule{"Activation", Code::kModelEnum, "op0",
             [](Model& m, Faults&) { m.ops[0].activation = static_cast<Activation>(2); }},
        Rule{"Colour", Code::kModelEnum, "colour",
             [](Model& m, Faults&) { m.input.colour = static_cast<Colour>(3); }},
        Rule{"AgeKind", Code::kModelEnum, "age",
             [](Model& m, Faults&) { m.age_gender->age_kind = static_cast<AgeKind>(2); }}),
    RuleName);

INSTANTIATE_TEST_SUITE_P(
    Tensors, HostileAgeModel,
    ::testing::Values(Rule{"NoExtents", Code::kModelTensor, "op0.filter",
                           [](Model& m, Faults&) { m.tensors[0].shape.clear(); }},
                      Rule{"ZeroExtent", Code::kModelTensor, "op0.filter",
                           [](Model& m, Faults&) {
                             m.tensors[0].shape[2] = 0;
                             m.tensors[0].data.clear();
                           }},
                      Rule{"ZeroAndHugeExtents", Code::kModelTensor, "op0.filter",
                           [](Model& m, Faults&) {
                             m.tensors[0].shape = {0xFFFFFFFF, 0, 0xFFFFFFFF, 0xFFFFFFFF};
                             m.tensors[0].data.clear();
                           }},
                      Rule{"AByteShort", Code::kModelTensor, "op2.filter",
                           [](Model& m, Faults&) { m.tensors[2].data.pop_back(); }},
                      Rule{"AByteLong", Code::kModelTensor, "op2.filter",
                           [](Model& m, Faults&) { m.tensors[2].data.push_back(0); }},
                      Rule{"NoBytes", Code::kModelTensor, "op2.filter",
                           [](Model& m, Faults&) { m.tensors[2].data.clear(); }},
                      Rule{"StorageOfOtherSize", Code::kModelTensor, "op2.filter",
                           [](Model& m, Faults&) { m.tensors[2].storage = Storage::kFloat16; }},
                      Rule{"ScalesWithoutInt8", Code::kModelTensor, "op0.filter",
                           [](Model& m, Faults&) { m.tensors[0].scales = {1.0f}; }},
                      // Each tensor would be as long as the file; FlatBuffers itself allows it.
                      Rule{"SharedBytes", Code::kModelTensor, "share",
                           [](Model& m, Faults& f) {
                             f.share_data = true;
                             m.tensors[0].shape = {1024};
                             m.tensors[0].data.assign(4096, 0);
                             m.tensors.resize(100, OneWeight());
                             for (Tensor& tensor : m.tensors) tensor.shape = {1024};
                           }},
                      Rule{"SharedScales", Code::kModelTensor, "share",
                           [](Model& m, Faults& f) {
                             f.share_scales = true;
                             Tensor int8 = OneWeight();
                             int8.storage = Storage::kInt8PerChannel;
                             int8.shape = {1000};
                             int8.data.assign(1000, 0);
                             int8.scales.assign(10000, 1.0f);
                             m.tensors.assign(100, int8);
                           }}),
    RuleName);

INSTANTIATE_TEST_SUITE_P(
    NonFinite, HostileAgeModel,
    ::testing::Values(
        Rule{"Float32Nan", Code::kModelNonFinite, "op3.filter",
             [](Model& m, Faults&) { SetFloat(m.tensors[4], 7, kNan); }},
        Rule{"Float32Infinity", Code::kModelNonFinite, "op10.bias",
             [](Model& m, Faults&) { SetFloat(m.tensors[11], 0, -kInfinity); }},
        Rule{"Mean", Code::kModelNonFinite, "mean",
             [](Model& m, Faults&) { m.input.mean[2] = kNan; }},
        Rule{"Scale", Code::kModelNonFinite, "scale",
             [](Model& m, Faults&) { m.input.scale[0] = kInfinity; }},
        Rule{"CropPoint", Code::kModelNonFinite, "crop point",
             [](Model& m, Faults&) { (*m.input.crop_points)[9] = kNan; }},
        Rule{"AgeBin", Code::kModelNonFinite, "age",
             [](Model& m, Faults&) { m.age_gender->age_bins[kBins - 1] = kInfinity; }},
        Rule{"AgeTemperature", Code::kModelNonFinite, "age",
             [](Model& m, Faults&) { m.age_gender->age_temperature = kNan; }},
        Rule{"AgeErrorLow", Code::kModelNonFinite, "age",
             [](Model& m, Faults&) { m.age_gender->age_error_low = -kInfinity; }},
        Rule{"AgeErrorHigh", Code::kModelNonFinite, "age",
             [](Model& m, Faults&) { m.age_gender->age_error_high = kNan; }},
        Rule{"IntervalAge", Code::kModelNonFinite, "age interval: knot 1",
             [](Model& m, Faults&) {
               m.age_gender->age_interval = {{1, 0, 0}, {kNan, 0, 0}};
             }},
        Rule{"IntervalLower", Code::kModelNonFinite, "age interval: knot 0",
             [](Model& m, Faults&) {
               m.age_gender->age_interval = {{1, -kInfinity, 0}};
             }},
        Rule{"IntervalUpper", Code::kModelNonFinite, "age interval: knot 2",
             [](Model& m, Faults&) {
               m.age_gender->age_interval = {{1, 0, 0}, {2, 0, 0}, {3, 0, kNan}};
             }},
        Rule{"Metric", Code::kModelNonFinite, "gender_accuracy",
             [](Model& m, Faults&) { m.provenance.metrics[1].value = std::nan(""); }}),
    RuleName);

INSTANTIATE_TEST_SUITE_P(
    Ops, HostileAgeModel,
    ::testing::Values(Rule{"InputTooMany", Code::kModelOp, "op8",
                           [](Model& m, Faults&) { m.ops[8].inputs.push_back(0); }},
                      Rule{"InputTooFew", Code::kModelOp, "op4",
                           [](Model& m, Faults&) { m.ops[4].inputs.pop_back(); }},
                      Rule{"TensorTooMany", Code::kModelOp, "op4",
                           [](Model& m, Faults&) { m.ops[4].tensors.push_back(0); }},
                      Rule{"TensorTooFew", Code::kModelOp, "op7",
                           [](Model& m, Faults&) { m.ops[7].tensors.pop_back(); }},
                      Rule{"TensorOutOfRange", Code::kModelOp, "op7",
                           [](Model& m, Faults&) { m.ops[7].tensors[1] = 12; }},
                      Rule{"WindowWhereThereIsNone", Code::kModelOp, "op6",
                           [](Model& m, Faults&) { m.ops[6].pad_left = 1; }},
                      Rule{"ActivationWhereThereIsNone", Code::kModelOp, "op5",
                           [](Model& m, Faults&) { m.ops[5].activation = Activation::kRelu; }},
                      Rule{"ZeroStride", Code::kModelOp, "op0",
                           [](Model& m, Faults&) { m.ops[0].stride_width = 0; }},
                      Rule{"ZeroKernel", Code::kModelOp, "op1",
                           [](Model& m, Faults&) { m.ops[1].kernel_height = 0; }},
                      Rule{"HugeStride", Code::kModelOp, "op0",
                           [](Model& m, Faults&) { m.ops[0].stride_height = 0xFFFFFFFF; }},
                      Rule{"HugePadding", Code::kModelOp, "op0",
                           [](Model& m, Faults&) { m.ops[0].pad_bottom = 0xFFFFFFFF; }},
                      Rule{"FilterOfOtherShape", Code::kModelShape, "op3",
                           [](Model& m, Faults&) { m.ops[3].tensors[0] = 0; }},
                      Rule{"AddOfTwoShapes", Code::kModelShape, "op4",
                           [](Model& m, Faults&) { m.ops[4].inputs[1] = 1; }},
                      Rule{"WindowLargerThanThePicture", Code::kModelShape, "op5",
                           [](Model& m, Faults&) { m.ops[5].kernel_height = 9; }}),
    RuleName);

INSTANTIATE_TEST_SUITE_P(
    Graph, HostileAgeModel,
    ::testing::Values(
        Rule{"UsedBeforeMade", Code::kModelGraph, "op1",
             [](Model& m, Faults&) { m.ops[1].inputs[0] = 3; }},
        Rule{"UsesItself", Code::kModelGraph, "op8",
             [](Model& m, Faults&) { m.ops[8].inputs[0] = m.ops[8].output; }},
        Rule{"InputOutOfRange", Code::kModelGraph, "op1",
             [](Model& m, Faults&) { m.ops[1].inputs[0] = 12; }},
        Rule{"InputFarOutOfRange", Code::kModelGraph, "op1",
             [](Model& m, Faults&) { m.ops[1].inputs[0] = 0xFFFFFFFF; }},
        Rule{"MadeTwice", Code::kModelGraph, "op8", [](Model& m, Faults&) { m.ops[8].output = 8; }},
        Rule{"OverwritesTheInput", Code::kModelGraph, "op8",
             [](Model& m, Faults&) { m.ops[8].output = 0; }},
        Rule{"OutputOutOfRange", Code::kModelGraph, "op8",
             [](Model& m, Faults&) { m.ops[8].output = 12; }},
        Rule{"NeverMade", Code::kModelGraph, "values",
             [](Model& m, Faults&) { m.value_count = 13; }},
        Rule{"FewerValuesThanOps", Code::kModelGraph, "values",
             [](Model& m, Faults&) { m.value_count = 11; }},
        Rule{"NoValues", Code::kModelGraph, "values", [](Model& m, Faults&) { m.value_count = 0; }},
        Rule{"HugeValueCount", Code::kModelGraph, "values",
             [](Model& m, Faults&) { m.value_count = 0xFFFFFFFF; }},
        Rule{"OutputIsTheInput", Code::kModelGraph, "output value 0",
             [](Model& m, Faults&) { m.outputs.push_back(0); }},
        Rule{"OutputListOutOfRange", Code::kModelGraph, "output value 12",
             [](Model& m, Faults&) { m.outputs.push_back(12); }},
        Rule{"OutputTwice", Code::kModelGraph, "output value 10",
             [](Model& m, Faults&) { m.outputs.push_back(kAgeValue); }}),
    RuleName);

INSTANTIATE_TEST_SUITE_P(
    InputContract, HostileAgeModel,
    ::testing::Values(
        Rule{"ZeroHeight", Code::kModelLimit, "input",
             [](Model& m, Faults&) { m.input.height = 0; }},
        Rule{"ZeroWidth", Code::kModelLimit, "input", [](Model& m, Faults&) { m.input.width = 0; }},
        Rule{"HighAboveTheCap", Code::kModelLimit, "input",
             [](Model& m, Faults&) { m.input.height = kMaxInputSide + 1; }},
        Rule{"WideAboveTheCap", Code::kModelLimit, "input",
             [](Model& m, Faults&) { m.input.width = 0xFFFFFFFF; }},
        Rule{"SizeMultipleDoesNotDivide", Code::kModelContract, "input",
             [](Model& m, Faults&) { m.input.size_multiple = 7; }},
        Rule{"SizeMultipleAboveTheSize", Code::kModelContract, "input",
             [](Model& m, Faults&) { m.input.size_multiple = 32; }},
        Rule{"SizeMultipleAboveTheCap", Code::kModelContract, "input",
             [](Model& m, Faults&) { m.input.size_multiple = 0xFFFFFFFF; }},
        Rule{"TooFewMeans", Code::kModelContract, "means",
             [](Model& m, Faults&) { m.input.mean.pop_back(); }},
        Rule{"TooManyScales", Code::kModelContract, "scales",
             [](Model& m, Faults&) { m.input.scale.push_back(1); }},
        Rule{"GrayWithThreeMeans", Code::kModelContract, "means",
             [](Model& m, Faults&) { m.input.colour = Colour::kGray; }},
        Rule{"NineCropCoordinates", Code::kModelContract, "crop",
             [](Model&, Faults& f) { f.crop_points = std::vector<float>(9, 0.5f); }},
        Rule{"TooManyCropCoordinates", Code::kModelContract, "crop",
             [](Model&, Faults& f) { f.crop_points = std::vector<float>(100000, 0.5f); }},
        Rule{"CropPointFarAway", Code::kModelContract, "crop point",
             [](Model& m, Faults&) { (*m.input.crop_points)[0] = 2.5f; }}),
    RuleName);

INSTANTIATE_TEST_SUITE_P(
    AgeGenderContract, HostileAgeModel,
    ::testing::Values(Rule{"NeitherContract", Code::kModelContract, "exactly one",
                           [](Model& m, Faults&) { m.age_gender.reset(); }},
                      Rule{"BothContracts", Code::kModelContract, "exactly one",
                           [](Model& m, Faults&) { m.face_detector.emplace(); }},
                      Rule{"AgeIsNoOutput", Code::kModelContract, "age",
                           [](Model& m, Faults&) { m.age_gender->age_value = 9; }},
                      Rule{"AgeOutOfRange", Code::kModelContract, "age",
                           [](Model& m, Faults&) { m.age_gender->age_value = 0xFFFFFFFF; }},
                      Rule{"GenderIsNoOutput", Code::kModelContract, "gender",
                           [](Model& m, Faults&) { m.outputs.pop_back(); }},
                      Rule{"GenderOutOfRange", Code::kModelContract, "gender",
                           [](Model& m, Faults&) { m.age_gender->gender_value = 12; }},
                      Rule{"GenderHasManyElements", Code::kModelContract, "gender",
                           [](Model& m, Faults&) { m.age_gender->gender_value = kAgeValue; }},
                      Rule{"AgeHasFewerElementsThanBins", Code::kModelContract, "age",
                           [](Model& m, Faults&) { m.age_gender->age_value = kGenderValue; }},
                      Rule{"BinTooMany", Code::kModelContract, "age",
                           [](Model& m, Faults&) { m.age_gender->age_bins.push_back(99); }},
                      Rule{"NoBins", Code::kModelLimit, "bins",
                           [](Model& m, Faults&) { m.age_gender->age_bins.clear(); }},
                      Rule{"OneBin", Code::kModelLimit, "bins",
                           [](Model& m, Faults&) { m.age_gender->age_bins.resize(1); }},
                      Rule{"BinsDescend", Code::kModelContract, "bins",
                           [](Model& m, Faults&) {
                             std::swap(m.age_gender->age_bins[1], m.age_gender->age_bins[2]);
                           }},
                      Rule{"BinsRepeat", Code::kModelContract, "bins",
                           [](Model& m, Faults&) {
                             m.age_gender->age_bins[1] = m.age_gender->age_bins[0];
                           }},
                      Rule{"TemperatureZero", Code::kModelContract, "temperature",
                           [](Model& m, Faults&) { m.age_gender->age_temperature = 0; }},
                      Rule{"TemperatureNegative", Code::kModelContract, "temperature",
                           [](Model& m, Faults&) { m.age_gender->age_temperature = -1; }},
                      Rule{"GenderTemperatureZero", Code::kModelContract, "gender: temperature",
                           [](Model& m, Faults&) { m.age_gender->gender_temperature = 0; }},
                      Rule{"GenderTemperatureNegative", Code::kModelContract, "gender: temperature",
                           [](Model& m, Faults&) { m.age_gender->gender_temperature = -1; }},
                      Rule{"GenderTemperatureNan", Code::kModelContract, "gender: temperature",
                           [](Model& m, Faults&) { m.age_gender->gender_temperature = kNan; }},
                      Rule{"GenderTemperatureInfinite", Code::kModelContract, "gender: temperature",
                           [](Model& m, Faults&) { m.age_gender->gender_temperature = kInfinity; }},
                      Rule{"IntervalDescends", Code::kModelContract, "age interval: knot 2",
                           [](Model& m, Faults&) {
                             m.age_gender->age_interval = {{1, 0, 0}, {9, 0, 0}, {4, 0, 0}};
                           }},
                      Rule{"IntervalRepeats", Code::kModelContract, "age interval: knot 1",
                           [](Model& m, Faults&) {
                             m.age_gender->age_interval = {{7, 0, 0}, {7, -1, 1}};
                           }},
                      Rule{"ValueBesideBins", Code::kModelContract, "bins",
                           [](Model& m, Faults&) { m.age_gender->age_kind = AgeKind::kValue; }},
                      Rule{"ValueWithManyElements", Code::kModelContract, "age",
                           [](Model& m, Faults&) {
                             m.age_gender->age_kind = AgeKind::kValue;
                             m.age_gender->age_bins.clear();
                           }},
                      Rule{"ErrorIntervalUpsideDown", Code::kModelContract, "upside down",
                           [](Model& m, Faults&) {
                             m.age_gender->age_kind = AgeKind::kValue;
                             m.age_gender->age_bins.clear();
                             m.age_gender->age_error_low = 1;
                           }}),
    RuleName);

INSTANTIATE_TEST_SUITE_P(
    Texts, HostileAgeModel,
    ::testing::Values(Rule{"LoneContinuation", Code::kModelText, "name of an op",
                           [](Model& m, Faults&) { m.ops[1].name = "a\x80z"; }},
                      Rule{"CutOffSequence", Code::kModelText, "name of a tensor",
                           [](Model& m, Faults&) { m.tensors[1].name = "a\xE2\x82"; }},
                      Rule{"OverlongSlash", Code::kModelText, "name of a tensor",
                           [](Model& m, Faults&) { m.tensors[1].name = "\xC0\xAF"; }},
                      Rule{"OverlongThreeBytes", Code::kModelText, "name of a tensor",
                           [](Model& m, Faults&) { m.tensors[1].name = "\xE0\x80\xAF"; }},
                      Rule{"Surrogate", Code::kModelText, "provenance",
                           [](Model& m, Faults&) { m.provenance.name = "\xED\xA0\x80"; }},
                      Rule{"AboveUnicode", Code::kModelText, "provenance",
                           [](Model& m, Faults&) { m.provenance.source = "\xF4\x90\x80\x80"; }},
                      Rule{"TerminalEscape", Code::kModelText, "provenance",
                           [](Model& m, Faults&) { m.provenance.licence = "\x1b]0;owned\x07"; }},
                      Rule{"EightBitControl", Code::kModelText, "provenance",
                           [](Model& m, Faults&) {
                             m.provenance.recipe =
                                 "\xC2\x9B"
                                 "31m";
                           }},
                      Rule{"Zero", Code::kModelText, "metric",
                           [](Model& m, Faults&) {
                             m.provenance.metrics[0].name = std::string("a\0b", 3);
                           }}),
    RuleName);

// Costs: a small file must not ask for gigabytes.
INSTANTIATE_TEST_SUITE_P(
    Costs, HostileAgeModel,
    ::testing::Values(
        // 1999 ops that name the same million weights: each is packed for itself.
        Rule{"WeightsSharedByManyOps", Code::kModelLimit, "shares': the ops up to here take",
             [](Model& m, Faults&) {
               const auto filter = [](uint32_t in) {
                 Tensor tensor = OneWeight();
                 tensor.storage = Storage::kInt8PerChannel;
                 tensor.shape = {1000, 1, 1, in};
                 tensor.scales.assign(1000, 1.0f);
                 tensor.data.assign(size_t{1000} * in, 0);
                 return tensor;
               };
               m.tensors = {filter(3), filter(1000), OneWeight()};
               m.tensors[2].shape = {1000};
               m.tensors[2].data.assign(4000, 0);
               Op op = m.ops[0];
               op.name = "shares";
               op.kernel_height = op.kernel_width = op.stride_height = op.stride_width = 1;
               op.pad_top = op.pad_bottom = op.pad_left = op.pad_right = 0;
               m.ops = std::vector<Op>(2000, op);
               for (uint32_t i = 0; i < m.ops.size(); ++i) {
                 m.ops[i].inputs = {i};
                 m.ops[i].output = i + 1;
                 m.ops[i].tensors = {i == 0 ? 0u : 1u, 2};
               }
               m.value_count = 2001;
             }},
        // Each value is within its cap, all of them together are not.
        Rule{"ActivationsAtOnce", Code::kModelLimit, "relu': the ops up to here take",
             [](Model& m, Faults&) {
               m.input.height = m.input.width = kMaxInputSide;
               Op relu;
               relu.type = OpType::kRelu;
               relu.name = "relu";
               m.ops.clear();
               m.outputs.clear();
               for (uint32_t i = 0; i < 20; ++i) {
                 relu.inputs = {i};
                 relu.output = i + 1;
                 m.ops.push_back(relu);
                 m.outputs.push_back(i + 1);
               }
               m.value_count = 21;
             }},
        // A pointer for each of 2^20 taps of millions of pixels.
        Rule{"WindowTaps", Code::kModelLimit, "op1': the ops up to here take",
             [](Model& m, Faults&) {
               m.input.height = m.input.width = kMaxInputSide;
               m.ops[1].inputs = {0};
               m.ops[1].kernel_height = m.ops[1].kernel_width = 1024;
               m.ops[1].stride_height = m.ops[1].stride_width = 1;
               m.ops[0].stride_height = m.ops[0].stride_width = 1000;
             }}),
    RuleName);

TEST(Texts, UnicodeLineFeedAndTabAreTaken) {
  Model model = AgeModel();
  model.provenance.source = "Großer\tName,\nzweite Zeile \xE4\xBA\xBA \xF0\x9F\x99\x82 \xC2\xA0";
  EXPECT_TRUE(SaveModel(model).ok());
}

// ------------------------------------------------------------------------------- other storages

class HostileHalfModel : public ::testing::TestWithParam<Rule> {};
TEST_P(HostileHalfModel, IsRefused) { ExpectRefusedFile(AgeModel(Storage::kFloat16), GetParam()); }
INSTANTIATE_TEST_SUITE_P(Float16, HostileHalfModel,
                         ::testing::Values(Rule{"Infinity", Code::kModelNonFinite, "op0.filter",
                                                [](Model& m, Faults&) {
                                                  m.tensors[0].data[6] = 0x00;
                                                  m.tensors[0].data[7] = 0x7C;
                                                }},
                                           Rule{"Nan", Code::kModelNonFinite, "op3.filter",
                                                [](Model& m, Faults&) {
                                                  m.tensors[4].data[0] = 0x01;
                                                  m.tensors[4].data[1] = 0xFC;
                                                }},
                                           Rule{"AByteShort", Code::kModelTensor, "op0.filter",
                                                [](Model& m, Faults&) {
                                                  m.tensors[0].data.pop_back();
                                                }}),
                         RuleName);

class HostileInt8Model : public ::testing::TestWithParam<Rule> {};
TEST_P(HostileInt8Model, IsRefused) {
  ExpectRefusedFile(AgeModel(Storage::kInt8PerChannel), GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    Int8, HostileInt8Model,
    ::testing::Values(Rule{"ScaleNan", Code::kModelNonFinite, "op0.filter",
                           [](Model& m, Faults&) { m.tensors[0].scales[1] = kNan; }},
                      Rule{"ScaleInfinity", Code::kModelNonFinite, "op2.filter",
                           [](Model& m, Faults&) { m.tensors[2].scales[5] = kInfinity; }},
                      // Finite itself, but 127 times it is not.
                      Rule{"ScaleOverflows", Code::kModelNonFinite, "op0.filter",
                           [](Model& m, Faults&) { m.tensors[0].scales[0] = 3e38f; }},
                      Rule{"ScaleTooFew", Code::kModelTensor, "op0.filter",
                           [](Model& m, Faults&) { m.tensors[0].scales.pop_back(); }},
                      Rule{"ScaleTooMany", Code::kModelTensor, "op0.filter",
                           [](Model& m, Faults&) { m.tensors[0].scales.push_back(1); }},
                      Rule{"NoScales", Code::kModelTensor, "op0.filter",
                           [](Model& m, Faults&) { m.tensors[0].scales.clear(); }},
                      Rule{"AxisOutOfRange", Code::kModelTensor, "op0.filter",
                           [](Model& m, Faults&) { m.tensors[0].channel_axis = 4; }},
                      Rule{"AxisFarOutOfRange", Code::kModelTensor, "op0.filter",
                           [](Model& m, Faults&) { m.tensors[0].channel_axis = 255; }},
                      Rule{"AxisOfOtherLength", Code::kModelTensor, "op0.filter",
                           [](Model& m, Faults&) { m.tensors[0].channel_axis = 1; }},
                      Rule{"AByteLong", Code::kModelTensor, "op3.filter",
                           [](Model& m, Faults&) { m.tensors[4].data.push_back(0); }}),
    RuleName);

// -------------------------------------------------------------------------------- face detectors

class HostileDetector : public ::testing::TestWithParam<Rule> {};
TEST_P(HostileDetector, IsRefused) { ExpectRefusedFile(SmallDetectorModel(1), GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    FaceDetectorContract, HostileDetector,
    ::testing::Values(
        Rule{"ScalesMissing", Code::kModelMissing, "detector",
             [](Model&, Faults& f) { f.no_detector_scales = true; }},
        Rule{"ScalesEmpty", Code::kModelLimit, "detector",
             [](Model& m, Faults&) { m.face_detector->scales.clear(); }},
        Rule{"TooManyScales", Code::kModelLimit, "detector",
             [](Model& m, Faults&) {
               m.face_detector->scales.resize(kMaxDetectorScales + 1, m.face_detector->scales[0]);
             }},
        Rule{"ZeroStride", Code::kModelContract, "stride",
             [](Model& m, Faults&) { m.face_detector->scales[0].stride = 0; }},
        Rule{"StrideDoesNotDivide", Code::kModelContract, "stride",
             [](Model& m, Faults&) { m.face_detector->scales[1].stride = 15; }},
        Rule{"HugeStride", Code::kModelContract, "stride",
             [](Model& m, Faults&) { m.face_detector->scales[1].stride = 0x80000000; }},
        Rule{"StrideOfOtherShape", Code::kModelContract, "class",
             [](Model& m, Faults&) { m.face_detector->scales[0].stride = 16; }},
        Rule{"ClassIsNoOutput", Code::kModelContract, "class",
             [](Model& m, Faults&) { m.face_detector->scales[0].class_value = 1; }},
        Rule{"ClassHasFourChannels", Code::kModelContract, "class",
             [](Model& m, Faults&) {
               m.face_detector->scales[0].class_value = m.face_detector->scales[0].box_value;
             }},
        Rule{"ObjectOutOfRange", Code::kModelContract, "object",
             [](Model& m, Faults&) { m.face_detector->scales[2].object_value = 0xFFFFFFFF; }},
        Rule{"BoxHasOneChannel", Code::kModelContract, "box",
             [](Model& m, Faults&) {
               m.face_detector->scales[2].box_value = m.face_detector->scales[2].class_value;
             }},
        Rule{"PointsOfOtherScale", Code::kModelContract, "points",
             [](Model& m, Faults&) {
               m.face_detector->scales[2].points_value = m.face_detector->scales[1].points_value;
             }},
        Rule{"AlsoAgeAndGender", Code::kModelContract, "exactly one",
             [](Model& m, Faults&) { m.age_gender.emplace(); }}),
    RuleName);

// ------------------------------------------------------------------------------ the outer header

std::vector<uint8_t> ValidFile() {
  const auto file = SaveModel(SmallAgeGenderModel(2, 3, Storage::kInt8PerChannel, 8));
  return file.ok() ? *file : std::vector<uint8_t>();
}

// For a payload that was changed on purpose.
void FixChecksum(std::vector<uint8_t>& file) {
  const auto digest = HashSha256(std::span(file).subspan(kModelHeaderBytes));
  std::copy(digest.begin(), digest.end(), file.begin() + 32);
}

Code ReadCode(std::span<const uint8_t> file) {
  const auto model = LoadModel(file);
  if (model.ok()) return Code::kOk;
  EXPECT_FALSE(model.status().message().empty());
  return model.status().code();
}

TEST(HostileHeader, ValidFileIsRead) {
  ASSERT_FALSE(ValidFile().empty());
  EXPECT_EQ(ReadCode(ValidFile()), Code::kOk);
}

TEST(HostileHeader, EveryByteOfTheMagicCounts) {
  for (size_t i = 0; i < 8; ++i) {
    std::vector<uint8_t> file = ValidFile();
    file[i] ^= 0x20;
    EXPECT_EQ(ReadCode(file), Code::kModelMagic) << i;
  }
  const std::string text = "<!DOCTYPE html><html>404</html>";
  EXPECT_EQ(ReadCode({reinterpret_cast<const uint8_t*>(text.data()), text.size()}),
            Code::kModelMagic);
}

// A line-ending conversion turns \r\n into \n.
TEST(HostileHeader, TextModeManglingIsSeen) {
  std::vector<uint8_t> file = ValidFile();
  file.erase(file.begin() + 4);
  EXPECT_EQ(ReadCode(file), Code::kModelMagic);
}

TEST(HostileHeader, OtherMajorVersionIsRefused) {
  for (const uint8_t major : {0, 2, 255}) {
    std::vector<uint8_t> file = ValidFile();
    file[8] = major;
    EXPECT_EQ(ReadCode(file), Code::kModelVersion);
  }
  std::vector<uint8_t> file = ValidFile();
  file[11] = 1;
  EXPECT_EQ(ReadCode(file), Code::kModelVersion);
}

TEST(HostileHeader, NewerMinorVersionIsRead) {
  std::vector<uint8_t> file = ValidFile();
  file[12] = 9;
  EXPECT_EQ(ReadCode(file), Code::kOk);
}

TEST(HostileHeader, LengthThatIsNotThePayloads) {
  std::vector<uint8_t> file = ValidFile();
  file.push_back(0);
  EXPECT_EQ(ReadCode(file), Code::kModelTruncated);
  // erase, not resize: gcc 12 under sanitizers sees an impossible length in the latter.
  file.erase(file.end() - 2, file.end());
  EXPECT_EQ(ReadCode(file), Code::kModelTruncated);
  for (const size_t byte : {16u, 19u, 20u, 23u}) {
    file = ValidFile();
    file[byte] ^= 0x80;
    EXPECT_EQ(ReadCode(file), Code::kModelTruncated) << byte;
  }
}

TEST(HostileHeader, EveryBitOfTheChecksumAndPayloadCounts) {
  const std::vector<uint8_t> valid = ValidFile();
  for (size_t i = 32; i < valid.size(); i += i < 64 ? 1 : 37) {
    std::vector<uint8_t> file = valid;
    file[i] ^= static_cast<uint8_t>(1u << (i % 8));
    EXPECT_EQ(ReadCode(file), Code::kModelChecksum) << i;
  }
}

TEST(HostileHeader, FileAboveTheCap) {
  const std::vector<uint8_t> file = ValidFile();
  // The length alone is enough: nothing behind the vector's end is read.
  EXPECT_EQ(ReadCode({file.data(), kMaxModelBytes + 1}), Code::kModelLimit);
}

TEST(HostileHeader, PayloadThatIsNoFlatBuffer) {
  Random random(3);
  for (const size_t size : {0u, 1u, 3u, 4u, 7u, 8u, 15u, 16u, 100u, 10000u}) {
    EXPECT_EQ(ReadCode(MakeContainer(std::vector<uint8_t>(size, 0))), Code::kModelFlatBuffer);
    EXPECT_EQ(ReadCode(MakeContainer(std::vector<uint8_t>(size, 0xFF))), Code::kModelFlatBuffer);
    std::vector<uint8_t> noise(size);
    for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random.Next());
    EXPECT_EQ(ReadCode(MakeContainer(noise)), Code::kModelFlatBuffer);
    // With the identifier in its place, the verifier itself has to say no.
    if (size < 16) continue;
    const char identifier[] = "AGM1";
    std::copy(identifier, identifier + 4, noise.begin() + 4);
    EXPECT_EQ(ReadCode(MakeContainer(noise)), Code::kModelFlatBuffer);
  }
}

TEST(HostileHeader, RootOutsideOfThePayload) {
  std::vector<uint8_t> file = ValidFile();
  file[kModelHeaderBytes + 3] = 0x7F;
  FixChecksum(file);
  EXPECT_EQ(ReadCode(file), Code::kModelFlatBuffer);
}

// ------------------------------------------------------------------------ damage without a pattern

TEST(HostileTruncation, EveryLengthOfAFileIsRefused) {
  const std::vector<uint8_t> file = ValidFile();
  for (size_t size = 0; size < file.size(); ++size) {
    // An own allocation of that size, so that ASan sees a read behind its end.
    const std::vector<uint8_t> cut(file.begin(), file.begin() + static_cast<ptrdiff_t>(size));
    const Code code = ReadCode(cut);
    ASSERT_EQ(code, Code::kModelTruncated) << size;
  }
}

// With a header that matches what is left, so that the rest of the reader sees the stump.
TEST(HostileTruncation, EveryLengthOfAPayloadIsRefused) {
  const std::vector<uint8_t> file = ValidFile();
  const std::span<const uint8_t> payload = std::span(file).subspan(kModelHeaderBytes);
  for (size_t size = 0; size < payload.size(); ++size) {
    const std::vector<uint8_t> cut(payload.begin(), payload.begin() + static_cast<ptrdiff_t>(size));
    ASSERT_FALSE(ReadModelPayload(cut, AllOpRules()).ok()) << size;
  }
}

// One random change. `at` is anywhere; 32-bit changes hit sizes, offsets and indices.
void Mutate(std::vector<uint8_t>& bytes, Random& random) {
  const auto size = static_cast<uint32_t>(bytes.size());
  const uint32_t at = random.Below(size);
  const uint32_t word_at = random.Below(size - 4) & ~3u;
  const auto store = [&](uint32_t value) {
    for (uint32_t b = 0; b < 4; ++b) bytes[word_at + b] = static_cast<uint8_t>(value >> (8 * b));
  };
  constexpr uint32_t kInteresting[] = {0,          1,          2,          3,          16,
                                       0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC, 0x10000,
                                       1024,       1025,       4096,       0x7F800000, 0x7FC00000};
  switch (random.Below(7)) {
    case 0:
      bytes[at] ^= static_cast<uint8_t>(1u << random.Below(8));
      break;
    case 1:
      bytes[at] = static_cast<uint8_t>(random.Next());
      break;
    case 2:
      store(kInteresting[random.Below(std::size(kInteresting))]);
      break;
    case 3:
      store(random.Below(64));
      break;
    case 4:
      store(size - random.Below(64));
      break;
    case 5: {  // another part of the file
      const uint32_t from = random.Below(size - 4) & ~3u;
      for (uint32_t b = 0; b < 4; ++b) bytes[word_at + b] = bytes[from + b];
      break;
    }
    case 6:
      if (random.Chance(0.1) && size > 64) bytes.resize(size - random.Below(16));
      break;
  }
}

// What a mutant that passed every check is worth: shapes at some sizes, and for small ones a run.
void Exercise(Model model, bool run) {
  std::vector<uint64_t> macs;
  const uint32_t multiple = model.input.size_multiple;
  for (uint32_t times = 1; times <= 3; ++times) {
    const auto shapes = InferShapes(model, AllOpRules(), multiple * times, multiple * times, &macs);
    EXPECT_TRUE(multiple != 0 || !shapes.ok());
  }
  const auto shapes =
      InferShapes(model, AllOpRules(), model.input.height, model.input.width, &macs);
  ASSERT_TRUE(shapes.ok()) << shapes.status().message();
  uint64_t work = 0;
  for (const uint64_t op : macs) work += op;
  for (const Shape& shape : *shapes) work += ElementCount(shape);
  for (const Op& op : model.ops) work += uint64_t{op.kernel_height} * op.kernel_width;
  if (!run || work > 3'000'000) return;
  const auto weights = Weights::Create(std::move(model));
  ASSERT_TRUE(weights.ok()) << weights.status().message();
  auto engine = Engine::Create(*weights, {});
  // What the rules let through, XNNPACK takes: a refusal here is a missing rule.
  ASSERT_TRUE(engine.ok()) << engine.status().message();
  std::vector<float> input(ElementCount(engine->input_shape()), 0.5f);
  // Activations may overflow with mutated weights; a Status is a fair answer to that.
  const bool ran = engine->RunRaw(input).ok();
  // Its first ops in bands of rows, as larger pictures go.
  auto banded = Engine::Create(*weights, {.band_from = 0});
  ASSERT_TRUE(banded.ok()) << banded.status().message();
  EXPECT_EQ(banded->RunRaw(input).ok(), ran);
}

TEST(HostileMutation, TenThousandMutantsDoNoHarm) {
  Random random(20240607);
  std::vector<std::vector<uint8_t>> seeds;
  for (const Model& model :
       {SmallAgeGenderModel(3, 3, Storage::kFloat32, 8),
        SmallAgeGenderModel(4, 3, Storage::kFloat16, 8, Colour::kGray),
        SmallAgeGenderModel(5, 0, Storage::kInt8PerChannel, 8), SmallDetectorModel(6, 32)}) {
    seeds.push_back(HostilePayload(model));
  }
  int read = 0, refused = 0;
  for (int i = 0; i < 10000 && !HasFailure(); ++i) {
    SCOPED_TRACE("mutant " + std::to_string(i));
    std::vector<uint8_t> bytes = seeds[static_cast<size_t>(i) % seeds.size()];
    // Most bytes are weights, where a change does no harm: the front holds what is more delicate.
    const uint32_t changes = random.Between(1, 6);
    for (uint32_t c = 0; c < changes; ++c) Mutate(bytes, random);
    auto model = ReadModelPayload(bytes, AllOpRules());
    if (!model.ok()) {
      ++refused;
      EXPECT_FALSE(model.status().message().empty());
      // Not the engine's business, and no bug of ours.
      EXPECT_NE(model.status().code(), Code::kInternal) << model.status().message();
      continue;
    }
    ++read;
    Exercise(*std::move(model), read % 4 == 0);
  }
  // Both sides have to be exercised, or this test tests nothing.
  EXPECT_GT(read, 500);
  EXPECT_GT(refused, 500);
  RecordProperty("read", read);
  RecordProperty("refused", refused);
}

}  // namespace
}  // namespace ag::test
