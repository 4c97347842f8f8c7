// The ONNX importer on small graphs built here, against a scalar evaluation in ONNX's own layout
// (NCHW) written from ONNX's operator documentation; and on what it has to refuse.
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "native/import_onnx/import.h"
#include "shared/base/file.h"
#include "shared/infer/load_model.h"
#include "shared/model/storage.h"
#include "tests/reference/interpreter.h"

namespace ag::onnx_import {
namespace {

using Floats = std::vector<float>;
using Dims = std::vector<int64_t>;

// Small numbers of both signs, different at every index.
Floats Numbers(size_t count, int seed) {
  Floats values(count);
  for (size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(static_cast<int>((i * 37 + seed * 101 + 13) % 61) - 30) / 20.0f;
  }
  return values;
}

// An ONNX file in the making. The input is "x" [1, 3, 6, 4] unless told otherwise.
class OnnxBuilder {
 public:
  explicit OnnxBuilder(const Dims& input = {1, 3, 6, 4}, int64_t opset = 13) {
    model_.set_ir_version(7);
    model_.add_opset_import()->set_version(opset);
    graph()->set_name("test");
    Declare(graph()->add_input(), "x", input);
  }

  onnx::GraphProto* graph() { return model_.mutable_graph(); }

  onnx::TensorProto* Weights(const std::string& name, const Dims& dims, const Floats& values) {
    onnx::TensorProto* tensor = graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    for (const int64_t dim : dims) tensor->add_dims(dim);
    for (const float value : values) tensor->add_float_data(value);
    return tensor;
  }
  void Shape(const std::string& name, const Dims& values) {
    onnx::TensorProto* tensor = graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::INT64);
    tensor->add_dims(static_cast<int64_t>(values.size()));
    for (const int64_t value : values) tensor->add_int64_data(value);
  }
  onnx::NodeProto* Node(const std::string& type, const std::vector<std::string>& inputs,
                        const std::string& output) {
    onnx::NodeProto* node = graph()->add_node();
    node->set_op_type(type);
    node->set_name(type + "_" + output);
    for (const std::string& input : inputs) node->add_input(input);
    node->add_output(output);
    return node;
  }
  void Output(const std::string& name) { graph()->add_output()->set_name(name); }

  static void Ints(onnx::NodeProto* node, const std::string& name, const Dims& values) {
    onnx::AttributeProto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INTS);
    for (const int64_t value : values) attribute->add_ints(value);
  }
  static void Int(onnx::NodeProto* node, const std::string& name, int64_t value) {
    onnx::AttributeProto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INT);
    attribute->set_i(value);
  }
  static void Float(onnx::NodeProto* node, const std::string& name, float value) {
    onnx::AttributeProto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::FLOAT);
    attribute->set_f(value);
  }
  static void Text(onnx::NodeProto* node, const std::string& name, const std::string& value) {
    onnx::AttributeProto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::STRING);
    attribute->set_s(value);
  }
  static void Declare(onnx::ValueInfoProto* value, const std::string& name, const Dims& dims) {
    value->set_name(name);
    auto* tensor = value->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(onnx::TensorProto::FLOAT);
    for (const int64_t dim : dims) {
      auto* added = tensor->mutable_shape()->add_dim();
      if (dim >= 0) added->set_dim_value(dim);
      if (dim < 0) added->set_dim_param("open");
    }
  }

  std::vector<uint8_t> Bytes() const {
    const std::string text = model_.SerializeAsString();
    return {text.begin(), text.end()};
  }

 private:
  onnx::ModelProto model_;
};

ImportOptions Float32Options() {
  ImportOptions options;
  options.storage = Storage::kFloat32;
  return options;
}

// An activation in ONNX's layout.
struct Map {
  int channels = 0, height = 0, width = 0;
  Floats values;
  float at(int c, int y, int x) const { return values[(c * height + y) * width + x]; }
  bool inside(int y, int x) const { return y >= 0 && y < height && x >= 0 && x < width; }
};

Map TestInput(int channels = 3, int height = 6, int width = 4) {
  return {channels, height, width, Numbers(size_t(channels) * height * width, 7)};
}

// One cell of a convolution: `filter` is [out, channels of its group, kernel, kernel].
double ConvCell(const Map& x, const Floats& filter, int kernel, int group_channels, int out,
                int first_channel, int top, int left) {
  double sum = 0;
  for (int c = 0; c < group_channels; ++c) {
    for (int ky = 0; ky < kernel; ++ky) {
      for (int kx = 0; kx < kernel; ++kx) {
        if (!x.inside(top + ky, left + kx)) continue;
        sum += double{x.at(first_channel + c, top + ky, left + kx)} *
               filter[((out * group_channels + c) * kernel + ky) * kernel + kx];
      }
    }
  }
  return sum;
}

struct ConvPlan {
  int out = 0, kernel = 3, stride = 1, top = 0, left = 0, bottom = 0, right = 0, groups = 1;
};

Map EvaluateConv(const Map& x, const Floats& filter, const Floats& bias, const ConvPlan& plan) {
  const int group_channels = x.channels / plan.groups, group_outs = plan.out / plan.groups;
  Map y{plan.out,
        (x.height + plan.top + plan.bottom - plan.kernel) / plan.stride + 1,
        (x.width + plan.left + plan.right - plan.kernel) / plan.stride + 1,
        {}};
  for (int o = 0; o < y.channels; ++o) {
    for (int row = 0; row < y.height; ++row) {
      for (int column = 0; column < y.width; ++column) {
        y.values.push_back(static_cast<float>(
            bias[o] + ConvCell(x, filter, plan.kernel, group_channels, o,
                               o / group_outs * group_channels, row * plan.stride - plan.top,
                               column * plan.stride - plan.left)));
      }
    }
  }
  return y;
}

Map Apply(Map map, const std::function<float(float)>& function) {
  for (float& value : map.values) value = function(value);
  return map;
}

float ReluOf(float value) { return std::max(value, 0.0f); }

// [out, in] times the flattened map.
Floats EvaluateDense(const Floats& x, const Floats& matrix, const Floats& bias) {
  Floats y;
  for (size_t o = 0; o < bias.size(); ++o) {
    double sum = bias[o];
    for (size_t i = 0; i < x.size(); ++i) sum += double{x[i]} * matrix[o * x.size() + i];
    y.push_back(static_cast<float>(sum));
  }
  return y;
}

StatusOr<ImportedGraph> Import(const OnnxBuilder& onnx) {
  return ImportGraph(onnx.Bytes(), Float32Options());
}

// The first output of the imported graph for `x`, as a map in ONNX's layout (a vector: 1x1).
Map RunImported(const OnnxBuilder& onnx, const Map& x) {
  const auto graph = Import(onnx);
  if (!graph.ok()) {
    ADD_FAILURE() << graph.status().message();
    return {};
  }
  reference::Value input{{uint32_t(x.height), uint32_t(x.width), uint32_t(x.channels)}, {}};
  for (int row = 0; row < x.height; ++row) {
    for (int column = 0; column < x.width; ++column) {
      for (int c = 0; c < x.channels; ++c) input.data.push_back(x.at(c, row, column));
    }
  }
  const reference::Value output = reference::Run(graph->model, input)[graph->model.outputs.at(0)];
  if (output.shape.size() == 1) {
    return {int(output.shape[0]), 1, 1, Floats(output.data.begin(), output.data.end())};
  }
  Map y{int(output.shape[2]), int(output.shape[0]), int(output.shape[1]),
        Floats(output.data.size())};
  for (size_t i = 0; i < output.data.size(); ++i) {
    const size_t channel = i % y.channels, cell = i / y.channels;
    y.values[channel * y.height * y.width + cell] = static_cast<float>(output.data[i]);
  }
  return y;
}

void ExpectSame(const Map& found, const Map& expected) {
  EXPECT_EQ(found.channels, expected.channels);
  EXPECT_EQ(found.height, expected.height);
  EXPECT_EQ(found.width, expected.width);
  ASSERT_EQ(found.values.size(), expected.values.size());
  for (size_t i = 0; i < found.values.size(); ++i) {
    ASSERT_NEAR(found.values[i], expected.values[i], 1e-4) << "element " << i;
  }
}

void ExpectRefused(const OnnxBuilder& onnx, Code code, const std::string& words) {
  const auto graph = Import(onnx);
  ASSERT_FALSE(graph.ok()) << words;
  EXPECT_EQ(CodeName(graph.status().code()), CodeName(code)) << graph.status().message();
  EXPECT_NE(graph.status().message().find(words), std::string::npos) << graph.status().message();
}

// A 3x3 convolution of "x" to `channels`, called "conv".
onnx::NodeProto* AddConv(OnnxBuilder* onnx, int channels = 5) {
  onnx->Weights("w", {channels, 3, 3, 3}, Numbers(size_t(channels) * 27, 1));
  onnx->Weights("b", {channels}, Numbers(channels, 2));
  return onnx->Node("Conv", {"x", "w", "b"}, "conv");
}

Map ConvResult(int channels = 5) {
  return EvaluateConv(TestInput(), Numbers(size_t(channels) * 27, 1), Numbers(channels, 2),
                      {.out = channels});
}

TEST(ImportOnnx, ConvWithUnevenPaddingAndStride) {
  OnnxBuilder onnx;
  onnx::NodeProto* conv = AddConv(&onnx);
  OnnxBuilder::Ints(conv, "pads", {1, 0, 2, 1});
  OnnxBuilder::Ints(conv, "strides", {2, 2});
  onnx.Output("conv");
  ExpectSame(RunImported(onnx, TestInput()),
             EvaluateConv(TestInput(), Numbers(5 * 27, 1), Numbers(5, 2),
                          {.out = 5, .stride = 2, .top = 1, .left = 0, .bottom = 2, .right = 1}));
}

TEST(ImportOnnx, ConvSameUpperWithoutBias) {
  OnnxBuilder onnx;
  onnx.Weights("w", {5, 3, 3, 3}, Numbers(5 * 27, 1));
  onnx::NodeProto* conv = onnx.Node("Conv", {"x", "w"}, "conv");
  OnnxBuilder::Text(conv, "auto_pad", "SAME_UPPER");
  OnnxBuilder::Ints(conv, "strides", {2, 2});
  onnx.Output("conv");
  ExpectSame(RunImported(onnx, TestInput()),
             EvaluateConv(TestInput(), Numbers(5 * 27, 1), Floats(5, 0.0f),
                          {.out = 5, .stride = 2, .bottom = 1, .right = 1}));
}

TEST(ImportOnnx, DepthwiseConvWithFusedRelu) {
  OnnxBuilder onnx;
  onnx.Weights("w", {3, 1, 3, 3}, Numbers(27, 1));
  onnx.Weights("b", {3}, Numbers(3, 2));
  onnx::NodeProto* conv = onnx.Node("Conv", {"x", "w", "b"}, "conv");
  OnnxBuilder::Int(conv, "group", 3);
  OnnxBuilder::Ints(conv, "pads", {1, 1, 1, 1});
  onnx.Node("Relu", {"conv"}, "y");
  onnx.Output("y");
  const ConvPlan plan{.out = 3, .top = 1, .left = 1, .bottom = 1, .right = 1, .groups = 3};
  ExpectSame(RunImported(onnx, TestInput()),
             Apply(EvaluateConv(TestInput(), Numbers(27, 1), Numbers(3, 2), plan), ReluOf));
  EXPECT_EQ(Import(onnx)->model.ops.size(), 1u);
}

// Shared by two layers, so that folding into one must leave the other alone.
TEST(ImportOnnx, BatchNormalizationIsFoldedIntoOneOfTwoSharers) {
  for (const bool depthwise : {false, true}) {
    OnnxBuilder onnx;
    const Floats filter = Numbers(depthwise ? 27 : 81, 1);
    onnx.Weights("w", {3, depthwise ? 1 : 3, 3, 3}, filter);
    onnx.Weights("b", {3}, Numbers(3, 2));
    for (const std::string name : {"conv", "plain"}) {
      onnx::NodeProto* conv = onnx.Node("Conv", {"x", "w", "b"}, name);
      OnnxBuilder::Int(conv, "group", depthwise ? 3 : 1);
    }
    const Floats gamma = {0.5f, -1.5f, 2.0f}, beta = {0.1f, 0.2f, -0.3f};
    const Floats mean = {0.3f, -0.7f, 1.1f}, variance = {0.5f, 1.5f, 0.01f};
    onnx.Weights("gamma", {3}, gamma);
    onnx.Weights("beta", {3}, beta);
    onnx.Weights("mean", {3}, mean);
    onnx.Weights("variance", {3}, variance);
    onnx::NodeProto* norm =
        onnx.Node("BatchNormalization", {"conv", "gamma", "beta", "mean", "variance"}, "norm");
    OnnxBuilder::Float(norm, "epsilon", 1e-3f);
    onnx.Node("Add", {"norm", "plain"}, "y");
    onnx.Output("y");

    const Map plain =
        EvaluateConv(TestInput(), filter, Numbers(3, 2), {.out = 3, .groups = depthwise ? 3 : 1});
    Map expected = plain;
    for (size_t i = 0; i < expected.values.size(); ++i) {
      const size_t c = i / (plain.height * plain.width);
      expected.values[i] +=
          gamma[c] * (plain.values[i] - mean[c]) / std::sqrt(variance[c] + 1e-3f) + beta[c];
    }
    ExpectSame(RunImported(onnx, TestInput()), expected);
  }
}

TEST(ImportOnnx, ReluStaysApartWhereItsInputIsReadElsewhere) {
  OnnxBuilder onnx;
  AddConv(&onnx);
  onnx.Node("Relu", {"conv"}, "relu");
  onnx.Node("Add", {"conv", "relu"}, "y");
  onnx.Output("y");
  ExpectSame(RunImported(onnx, TestInput()),
             Apply(ConvResult(), [](float v) { return v + ReluOf(v); }));
  EXPECT_EQ(Import(onnx)->model.ops.size(), 3u);
}

TEST(ImportOnnx, ReluStaysApartWhereItsInputIsAnOutput) {
  OnnxBuilder onnx;
  AddConv(&onnx);
  onnx.Node("Relu", {"conv"}, "relu");
  onnx.Output("conv");
  onnx.Output("relu");
  ExpectSame(RunImported(onnx, TestInput()), ConvResult());
}

TEST(ImportOnnx, SigmoidIdentityAndDropout) {
  OnnxBuilder onnx;
  AddConv(&onnx);
  onnx.Node("Identity", {"conv"}, "same");
  onnx.Node("Dropout", {"same"}, "kept");
  onnx.Node("Sigmoid", {"kept"}, "y");
  onnx.Output("y");
  ExpectSame(RunImported(onnx, TestInput()),
             Apply(ConvResult(), [](float v) { return 1 / (1 + std::exp(-v)); }));
}

TEST(ImportOnnx, MaxPool) {
  OnnxBuilder onnx;
  onnx::NodeProto* pool = onnx.Node("MaxPool", {"x"}, "y");
  OnnxBuilder::Ints(pool, "kernel_shape", {2, 2});
  OnnxBuilder::Ints(pool, "strides", {2, 2});
  onnx.Output("y");
  const Map x = TestInput();
  Map expected{3, 3, 2, {}};
  for (int c = 0; c < 3; ++c) {
    for (int row = 0; row < 6; row += 2) {
      for (int column = 0; column < 4; column += 2) {
        expected.values.push_back(
            std::max({x.at(c, row, column), x.at(c, row, column + 1), x.at(c, row + 1, column),
                      x.at(c, row + 1, column + 1)}));
      }
    }
  }
  ExpectSame(RunImported(onnx, x), expected);
}

Map Doubled(const Map& x) {
  Map y{x.channels, 2 * x.height, 2 * x.width, {}};
  for (int c = 0; c < y.channels; ++c) {
    for (int row = 0; row < y.height; ++row) {
      for (int column = 0; column < y.width; ++column) {
        y.values.push_back(x.at(c, row / 2, column / 2));
      }
    }
  }
  return y;
}

TEST(ImportOnnx, ResizeByScalesAndBySizes) {
  for (const bool by_sizes : {false, true}) {
    OnnxBuilder onnx;
    onnx.Weights("scales", {4}, {1, 1, 2, 2});
    onnx.Shape("sizes", {1, 3, 12, 8});
    onnx::NodeProto* resize = by_sizes ? onnx.Node("Resize", {"x", "", "", "sizes"}, "y")
                                       : onnx.Node("Resize", {"x", "", "scales"}, "y");
    OnnxBuilder::Text(resize, "coordinate_transformation_mode", "asymmetric");
    OnnxBuilder::Text(resize, "nearest_mode", "floor");
    onnx.Output("y");
    ExpectSame(RunImported(onnx, TestInput()), Doubled(TestInput()));
  }
}

TEST(ImportOnnx, UpsampleOfOpset9) {
  OnnxBuilder onnx({1, 3, 6, 4}, 9);
  onnx.Weights("scales", {4}, {1, 1, 2, 2});
  onnx.Node("Upsample", {"x", "scales"}, "y");
  onnx.Output("y");
  ExpectSame(RunImported(onnx, TestInput()), Doubled(TestInput()));
}

TEST(ImportOnnx, ResizeThatShiftsPixelsIsRefused) {
  OnnxBuilder onnx;
  onnx.Weights("scales", {4}, {1, 1, 2, 2});
  onnx::NodeProto* resize = onnx.Node("Resize", {"x", "", "scales"}, "y");
  OnnxBuilder::Text(resize, "coordinate_transformation_mode", "align_corners");
  onnx.Output("y");
  ExpectRefused(onnx, Code::kModelOp, "Resize 'Resize_y'");
}

// The order in which a flattened map meets the dense weights is where importers go wrong.
TEST(ImportOnnx, GemmAfterFlattenPermutesTheWeights) {
  for (const bool transposed : {false, true}) {
    OnnxBuilder onnx;
    AddConv(&onnx);  // [5, 4, 2]
    onnx.Node("Relu", {"conv"}, "relu");
    onnx.Node("Flatten", {"relu"}, "flat");
    const Floats matrix = Numbers(7 * 40, 3);  // [7, 40]
    Floats stored = matrix;
    if (!transposed) {
      for (int o = 0; o < 7; ++o) {
        for (int i = 0; i < 40; ++i) stored[i * 7 + o] = matrix[o * 40 + i];
      }
    }
    onnx.Weights("m", transposed ? Dims{7, 40} : Dims{40, 7}, stored);
    onnx.Weights("c", {7}, Numbers(7, 4));
    onnx::NodeProto* gemm = onnx.Node("Gemm", {"flat", "m", "c"}, "y");
    OnnxBuilder::Int(gemm, "transB", transposed);
    OnnxBuilder::Float(gemm, "alpha", 0.5f);
    OnnxBuilder::Float(gemm, "beta", 2.0f);
    onnx.Output("y");
    Floats half = matrix, twice = Numbers(7, 4);
    for (float& value : half) value *= 0.5f;
    for (float& value : twice) value *= 2;
    const Floats expected = EvaluateDense(Apply(ConvResult(), ReluOf).values, half, twice);
    ExpectSame(RunImported(onnx, TestInput()), {7, 1, 1, expected});
  }
}

TEST(ImportOnnx, MatMulAndAddAfterReshape) {
  OnnxBuilder onnx;
  onnx.Shape("shape", {0, -1});
  onnx.Node("Reshape", {"x", "shape"}, "flat");
  const Floats matrix = Numbers(72 * 2, 3);  // [72, 2]
  onnx.Weights("m", {72, 2}, matrix);
  onnx.Weights("c", {2}, {0.25f, -4});
  onnx.Node("MatMul", {"flat", "m"}, "product");
  onnx.Node("Add", {"c", "product"}, "y");
  onnx.Output("y");
  Floats transposed(matrix.size());
  for (int i = 0; i < 72; ++i) {
    for (int o = 0; o < 2; ++o) transposed[o * 72 + i] = matrix[i * 2 + o];
  }
  ExpectSame(RunImported(onnx, TestInput()),
             {2, 1, 1, EvaluateDense(TestInput().values, transposed, {0.25f, -4})});
  EXPECT_EQ(Import(onnx)->model.ops.size(), 2u);
}

TEST(ImportOnnx, FlattenAfterTransposeKeepsTheWeights) {
  OnnxBuilder onnx;
  OnnxBuilder::Ints(onnx.Node("Transpose", {"x"}, "nhwc"), "perm", {0, 2, 3, 1});
  onnx.Node("Flatten", {"nhwc"}, "y");
  onnx.Output("y");
  const Map x = TestInput();
  Floats expected;
  for (int cell = 0; cell < 24; ++cell) {
    for (int c = 0; c < 3; ++c) expected.push_back(x.at(c, cell / 4, cell % 4));
  }
  ExpectSame(RunImported(onnx, x), {72, 1, 1, expected});
}

TEST(ImportOnnx, GlobalAveragePoolAndDense) {
  OnnxBuilder onnx;
  onnx.Node("GlobalAveragePool", {"x"}, "pooled");
  onnx.Node("Flatten", {"pooled"}, "flat");
  onnx.Weights("m", {2, 3}, Numbers(6, 3));
  OnnxBuilder::Int(onnx.Node("Gemm", {"flat", "m"}, "y"), "transB", 1);
  onnx.Output("y");
  const Map x = TestInput();
  Floats means(3, 0.0f);
  for (size_t i = 0; i < x.values.size(); ++i) means[i / 24] += x.values[i] / 24;
  ExpectSame(RunImported(onnx, x), {2, 1, 1, EvaluateDense(means, Numbers(6, 3), {0, 0})});
}

TEST(ImportOnnx, TensorFlowOrderOfTheInput) {
  OnnxBuilder onnx({1, 6, 4, 3});
  OnnxBuilder::Ints(onnx.Node("Transpose", {"x"}, "nchw"), "perm", {0, 3, 1, 2});
  onnx.Weights("w", {5, 3, 3, 3}, Numbers(5 * 27, 1));
  onnx.Weights("b", {5}, Numbers(5, 2));
  onnx.Node("Conv", {"nchw", "w", "b"}, "y");
  onnx.Output("y");
  ExpectSame(RunImported(onnx, TestInput()), ConvResult());
}

TEST(ImportOnnx, InitializersAmongTheInputsConstantsAndHalves) {
  OnnxBuilder onnx;
  OnnxBuilder::Declare(onnx.graph()->add_input(), "w", {5, 3, 3, 3});
  onnx::TensorProto* filter = onnx.Weights("w", {5, 3, 3, 3}, {});
  filter->set_data_type(onnx::TensorProto::FLOAT16);
  const Floats exact(5 * 27, 0.75f);
  for (size_t i = 0; i < exact.size(); ++i) filter->add_int32_data(HalfFromFloat(exact[i]));
  onnx::AttributeProto* value = onnx.Node("Constant", {}, "bias")->add_attribute();
  value->set_name("value");
  value->set_type(onnx::AttributeProto::TENSOR);
  value->mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
  value->mutable_t()->add_dims(5);
  const Floats bias = Numbers(5, 2);
  value->mutable_t()->set_raw_data(bias.data(), bias.size() * sizeof(float));
  onnx.Node("Conv", {"x", "w", "bias"}, "y");
  onnx.Output("y");
  ExpectSame(RunImported(onnx, TestInput()), EvaluateConv(TestInput(), exact, bias, {.out = 5}));
}

TEST(ImportOnnx, DeadNodesAreSkipped) {
  OnnxBuilder onnx;
  onnx.Node("Relu", {"x"}, "y");
  onnx.Node("NonMaxSuppression", {"x"}, "unused");
  onnx.Output("y");
  ExpectSame(RunImported(onnx, TestInput()), Apply(TestInput(), ReluOf));
}

TEST(ImportOnnx, UnknownOpIsNamed) {
  OnnxBuilder onnx;
  onnx.Node("Softmax", {"x"}, "y");
  onnx.Output("y");
  ExpectRefused(onnx, Code::kModelOp, "Softmax 'Softmax_y'");
}

TEST(ImportOnnx, OpsOfOtherDomainsAreNotTakenForOnes) {
  OnnxBuilder onnx;
  onnx.Node("Relu", {"x"}, "y")->set_domain("com.example");
  onnx.Output("y");
  ExpectRefused(onnx, Code::kModelOp, "Relu 'Relu_y'");
}

TEST(ImportOnnx, ControlCharactersOfNamesStayOutOfMessages) {
  OnnxBuilder onnx;
  onnx.Node("Softmax", {"x"}, "y")->set_name("a\x1b[31m\nb");
  onnx.Output("y");
  ExpectRefused(onnx, Code::kModelOp, "'a?[31m?b'");
}

// Each changes a good convolution into one that has to be refused.
TEST(ImportOnnx, BadConvolutions) {
  const struct {
    Code code;
    std::string words;
    std::function<void(OnnxBuilder*, onnx::NodeProto*)> change;
  } cases[] = {
      {Code::kModelOp, "group",
       [](OnnxBuilder*, onnx::NodeProto* conv) { OnnxBuilder::Int(conv, "group", 2); }},
      {Code::kModelOp, "dilation",
       [](OnnxBuilder*, onnx::NodeProto* conv) {
         OnnxBuilder::Ints(conv, "dilations", {2, 2});
       }},
      {Code::kModelOp, "strides",
       [](OnnxBuilder*, onnx::NodeProto* conv) {
         OnnxBuilder::Ints(conv, "strides", {0, 1});
       }},
      {Code::kModelOp, "strides",
       [](OnnxBuilder*, onnx::NodeProto* conv) { OnnxBuilder::Ints(conv, "strides", {1}); }},
      {Code::kModelOp, "pads",
       [](OnnxBuilder*, onnx::NodeProto* conv) {
         OnnxBuilder::Ints(conv, "pads", {0, -1, 0, 0});
       }},
      {Code::kModelOp, "padding",
       [](OnnxBuilder*, onnx::NodeProto* conv) {
         OnnxBuilder::Ints(conv, "pads", {3, 0, 0, 0});
       }},
      {Code::kModelOp, "'surprise'",
       [](OnnxBuilder*, onnx::NodeProto* conv) { OnnxBuilder::Int(conv, "surprise", 1); }},
      {Code::kModelOp, "'group'",
       [](OnnxBuilder*, onnx::NodeProto* conv) { OnnxBuilder::Text(conv, "group", "1"); }},
      {Code::kModelShape, "kernel_shape",
       [](OnnxBuilder*, onnx::NodeProto* conv) {
         OnnxBuilder::Ints(conv, "kernel_shape", {1, 1});
       }},
      {Code::kModelGraph, "'nowhere'",
       [](OnnxBuilder*, onnx::NodeProto* conv) { conv->set_input(0, "nowhere"); }},
      {Code::kModelOp, "constant",
       [](OnnxBuilder*, onnx::NodeProto* conv) { conv->set_input(1, "x"); }},
      {Code::kModelOp, "constant",
       [](OnnxBuilder*, onnx::NodeProto* conv) { conv->set_input(0, "w"); }},
      {Code::kModelShape, "bias",
       [](OnnxBuilder*, onnx::NodeProto* conv) { conv->set_input(2, "w"); }},
      {Code::kModelGraph, "twice",
       [](OnnxBuilder* onnx, onnx::NodeProto*) { onnx->Node("Relu", {"x"}, "conv"); }},
      {Code::kModelNonFinite, "'w'",
       [](OnnxBuilder* onnx, onnx::NodeProto*) {
         onnx->graph()->mutable_initializer(0)->set_float_data(
             3, std::numeric_limits<float>::quiet_NaN());
       }},
      {Code::kModelTensor, "'w'",
       [](OnnxBuilder* onnx, onnx::NodeProto*) {
         onnx->graph()->mutable_initializer(0)->set_dims(0, 6);
       }},
      {Code::kModelTensor, "negative",
       [](OnnxBuilder* onnx, onnx::NodeProto*) {
         onnx->graph()->mutable_initializer(0)->set_dims(0, -5);
       }},
      {Code::kModelLimit, "elements",
       [](OnnxBuilder* onnx, onnx::NodeProto*) {
         onnx->graph()->mutable_initializer(0)->set_dims(0, int64_t{1} << 62);
       }},
      {Code::kModelTensor, "another file",
       [](OnnxBuilder* onnx, onnx::NodeProto*) {
         onnx->graph()->mutable_initializer(0)->set_data_location(onnx::TensorProto::EXTERNAL);
       }},
      {Code::kModelTensor, "data type",
       [](OnnxBuilder* onnx, onnx::NodeProto*) {
         onnx->graph()->mutable_initializer(0)->set_data_type(onnx::TensorProto::DOUBLE);
       }},
  };
  for (const auto& broken : cases) {
    OnnxBuilder onnx;
    onnx::NodeProto* conv = AddConv(&onnx);
    onnx.Output("conv");
    ASSERT_TRUE(Import(onnx).ok());
    broken.change(&onnx, conv);
    ExpectRefused(onnx, broken.code, broken.words);
  }
}

TEST(ImportOnnx, MovingReshapesAndTransposesAreRefused) {
  OnnxBuilder reshape;
  reshape.Shape("shape", {1, 6, 3, 4});
  reshape.Node("Reshape", {"x", "shape"}, "y");
  reshape.Output("y");
  ExpectRefused(reshape, Code::kModelOp, "Reshape 'Reshape_y'");

  OnnxBuilder wrong;
  wrong.Shape("shape", {1, -1, -1});
  wrong.Node("Reshape", {"x", "shape"}, "y");
  wrong.Output("y");
  ExpectRefused(wrong, Code::kModelShape, "Reshape 'Reshape_y'");

  OnnxBuilder transpose;
  OnnxBuilder::Ints(transpose.Node("Transpose", {"x"}, "y"), "perm", {0, 1, 3, 2});
  transpose.Output("y");
  ExpectRefused(transpose, Code::kModelOp, "Transpose 'Transpose_y'");

  OnnxBuilder flat;  // as an output it would come out in another order than ONNX's
  flat.Node("Flatten", {"x"}, "y");
  flat.Output("y");
  ExpectRefused(flat, Code::kModelShape, "'y'");
}

TEST(ImportOnnx, BatchNormalizationWithoutALayerIsRefused) {
  OnnxBuilder onnx;
  onnx.Weights("c", {3}, {1, 1, 1});
  onnx.Node("BatchNormalization", {"x", "c", "c", "c", "c"}, "y");
  onnx.Output("y");
  ExpectRefused(onnx, Code::kModelOp, "BatchNormalization");
}

TEST(ImportOnnx, OpenSidesNeedASize) {
  OnnxBuilder onnx({-1, 3, -1, -1});
  onnx.Node("Relu", {"x"}, "y");
  onnx.Output("y");
  ExpectRefused(onnx, Code::kModelShape, "--size");
  ImportOptions options = Float32Options();
  options.open_side = 32;
  const auto graph = ImportGraph(onnx.Bytes(), options);
  ASSERT_TRUE(graph.ok());
  EXPECT_EQ(graph->model.input.height, 32u);
}

TEST(ImportOnnx, EqualWeightsAreStoredOnce) {
  OnnxBuilder onnx;
  AddConv(&onnx);
  onnx.Node("Conv", {"x", "w", "b"}, "again");
  onnx.Node("Add", {"conv", "again"}, "y");
  onnx.Output("y");
  const auto graph = Import(onnx);
  ASSERT_TRUE(graph.ok());
  EXPECT_EQ(graph->model.tensors.size(), 2u);
}

// A whole age/gender net, through the model file.
OnnxBuilder AgeGenderNet() {
  OnnxBuilder onnx;
  AddConv(&onnx);
  onnx.Node("GlobalAveragePool", {"conv"}, "pooled");
  onnx.Node("Flatten", {"pooled"}, "flat");
  onnx.Weights("a", {5, 4}, Numbers(20, 3));
  onnx.Weights("g", {5, 1}, Numbers(5, 4));
  onnx.Node("MatMul", {"flat", "a"}, "age");
  onnx.Node("MatMul", {"flat", "g"}, "gender");
  onnx.Output("age");
  onnx.Output("gender");
  return onnx;
}

ImportOptions AgeGenderOptions() {
  ImportOptions options;
  options.kind = Kind::kAgeGender;
  options.licence = "test";
  return options;
}

TEST(ImportOnnx, AgeGenderNetGoesThroughTheModelFile) {
  for (const Storage storage : {Storage::kFloat32, Storage::kFloat16, Storage::kInt8PerChannel}) {
    ImportOptions options = AgeGenderOptions();
    options.storage = storage;
    const auto model = ImportOnnx(AgeGenderNet().Bytes(), options);
    ASSERT_TRUE(model.ok()) << model.status().message();
    const auto bytes = SaveModel(*model);
    ASSERT_TRUE(bytes.ok()) << bytes.status().message();
    const auto read = LoadModel(*bytes);
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(read->age_gender->age_bins, (Floats{0, 1, 2, 3}));
    EXPECT_EQ(read->tensors[0].storage, storage);
    EXPECT_EQ(read->tensors[1].storage, Storage::kFloat32);  // a bias
  }
}

// Each weight lands on the nearest multiple of its channel's step, and biases keep two bits more.
TEST(ImportOnnx, GridBitsRoundEachChannelToItsOwnSteps) {
  constexpr int kBits = 4;
  ImportOptions options = AgeGenderOptions();
  options.storage = Storage::kFloat32;
  const auto exact = ImportOnnx(AgeGenderNet().Bytes(), options);
  options.storage = Storage::kFloat16;
  options.grid_bits = kBits;
  const auto rounded = ImportOnnx(AgeGenderNet().Bytes(), options);
  ASSERT_TRUE(exact.ok() && rounded.ok());
  ASSERT_EQ(exact->tensors.size(), rounded->tensors.size());
  int moved = 0;
  for (size_t t = 0; t < exact->tensors.size(); ++t) {
    const std::vector<float> a = ExpandTensor(exact->tensors[t]);
    const std::vector<float> b = ExpandTensor(rounded->tensors[t]);
    ASSERT_EQ(a.size(), b.size());
    // All filters here are stored with the channel first.
    const bool is_bias = exact->tensors[t].shape.size() == 1;
    const size_t channels = exact->tensors[t].shape[0], inner = a.size() / channels;
    for (size_t c = 0; c < channels; ++c) {
      float largest = 0;
      for (size_t i = 0; i < inner; ++i) largest = std::max(largest, std::abs(a[c * inner + i]));
      if (largest == 0) continue;
      int exponent = 0;
      std::frexp(largest, &exponent);
      const float step = std::ldexp(1.0f, exponent - kBits - (is_bias ? 2 : 0));
      for (size_t i = c * inner; i < (c + 1) * inner; ++i) {
        EXPECT_EQ(std::fmod(b[i], step), 0.0f) << t << " " << i;
        EXPECT_LE(std::abs(a[i] - b[i]), step / 2) << t << " " << i;
        moved += a[i] != b[i];
      }
    }
  }
  EXPECT_GT(moved, 0);
}

TEST(ImportOnnx, ContractsThatDoNotFitAreRefused) {
  const auto detector = ImportOnnx(AgeGenderNet().Bytes(), Float32Options());
  ASSERT_FALSE(detector.ok());
  EXPECT_EQ(detector.status().code(), Code::kModelContract);
  ImportOptions options = AgeGenderOptions();
  options.gender_output = "sex";
  const auto unnamed = ImportOnnx(AgeGenderNet().Bytes(), options);
  ASSERT_FALSE(unnamed.ok());
  EXPECT_NE(unnamed.status().message().find("'sex'"), std::string::npos);
}

TEST(ImportOnnxHostile, EveryTruncationIsRefused) {
  const std::vector<uint8_t> bytes = AgeGenderNet().Bytes();
  ASSERT_TRUE(ImportOnnx(bytes, AgeGenderOptions()).ok());
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(ImportOnnx({bytes.data(), length}, AgeGenderOptions()).ok()) << length;
  }
}

// Must neither crash nor write a model that the reader refuses.
TEST(ImportOnnxHostile, EveryByteChanged) {
  const std::vector<uint8_t> bytes = AgeGenderNet().Bytes();
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const uint8_t change : {0x01, 0x80, 0xff}) {
      std::vector<uint8_t> broken = bytes;
      broken[at] ^= change;
      const auto model = ImportOnnx(broken, AgeGenderOptions());
      if (model.ok()) {
        EXPECT_TRUE(SaveModel(*model).ok()) << at;
      } else {
        EXPECT_FALSE(model.status().message().empty());
      }
    }
  }
}

TEST(ImportOnnxHostile, NotOnnxAtAll) {
  const std::string text = "\x89PNG\r\n\x1a\n this is no protobuf";
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  const auto model = ImportOnnx(bytes, AgeGenderOptions());
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.status().code(), Code::kModelMagic);
  EXPECT_EQ(ImportOnnx({}, AgeGenderOptions()).status().code(), Code::kEmpty);
}

}  // namespace
}  // namespace ag::onnx_import
