// Each op of shared/model/op_list.inc: the engine against the reference, what the op's rule
// refuses, what it costs, and that nothing of it is missing. What is particular to an op stands in
// its oracle (tests/reference/ops).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "shared/infer/ops/registry.h"
#include "shared/model/reader.h"
#include "tests/reference/op_oracle.h"
#include "tests/support/op_check.h"

namespace ag::test {
namespace {

using reference::DrawLimits;
using reference::OpCase;
using reference::OpOracle;
using reference::OpRefusal;
using reference::OpSeries;
using reference::OracleOf;
using reference::WrongTensor;

std::vector<OpType> AllOps() {
  std::vector<OpType> ops;
  for (uint8_t number = 0; number < kOpTypeCount; ++number) {
    ops.push_back(static_cast<OpType>(number));
  }
  return ops;
}

const OpRule& RuleOf(OpType type) { return AllOpRules()[static_cast<size_t>(type)]; }

// One entry of one of an oracle's tables.
template <typename Entry>
struct Of {
  OpType type;
  const Entry* entry;
};
template <typename Entry>
void PrintTo(const Of<Entry>& of, std::ostream* out) {
  *out << OpName(of.type);
}

template <typename Entry>
std::vector<Of<Entry>> AllEntries(std::span<const Entry> OpOracle::*table) {
  std::vector<Of<Entry>> all;
  for (const OpType type : AllOps()) {
    for (const Entry& entry : OracleOf(type).*table) all.push_back({type, &entry});
  }
  return all;
}

const auto kNameOfOp = [](const ::testing::TestParamInfo<OpType>& info) {
  return std::string(OpName(info.param));
};
template <typename Entry>
std::string NameOfEntry(const ::testing::TestParamInfo<Of<Entry>>& info) {
  return std::string(OpName(info.param.type)) + "_" + info.param.entry->name;
}

// ------------------------------------------------------------------------------ engine, reference

class OpSeriesTest : public ::testing::TestWithParam<Of<OpSeries>> {};

TEST_P(OpSeriesTest, EngineAgreesWithReference) {
  const OpSeries& series = *GetParam().entry;
  Random random(series.seed);
  ASSERT_GT(series.count, 0);
  for (int trial = 0; trial < series.count && !HasFailure(); ++trial) {
    SCOPED_TRACE("trial " + std::to_string(trial));
    const OpCase made = series.make(trial, random);
    ASSERT_LT(made.op, made.model.ops.size());
    ASSERT_EQ(OpName(made.model.ops[made.op].type), OpName(GetParam().type));
    CheckOp(made.model, made.op, random, series.tolerance, made.threads, made.limit);
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, OpSeriesTest, ::testing::ValuesIn(AllEntries(&OpOracle::series)),
                         NameOfEntry<OpSeries>);

// ---------------------------------------------------------------------------------------- refusals

class OpRefusalTest : public ::testing::TestWithParam<Of<OpRefusal>> {};

TEST_P(OpRefusalTest, RuleRefuses) {
  const OpRefusal& refusal = *GetParam().entry;
  const OpCase valid = refusal.valid ? refusal.valid() : OracleOf(GetParam().type).valid();
  ASSERT_EQ(OpName(valid.model.ops[valid.op].type), OpName(GetParam().type));
  ExpectOpRefused(valid.model, valid.op, refusal.code, refusal.change);
}

INSTANTIATE_TEST_SUITE_P(Ops, OpRefusalTest, ::testing::ValuesIn(AllEntries(&OpOracle::refusals)),
                         NameOfEntry<OpRefusal>);

class OpTest : public ::testing::TestWithParam<OpType> {
 protected:
  const OpOracle& oracle() const { return OracleOf(GetParam()); }
  const OpRule& rule() const { return RuleOf(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Ops, OpTest, ::testing::ValuesIn(AllOps()), kNameOfOp);

TEST_P(OpTest, RuleRefusesTensorsOfOtherShapes) {
  // A rule that takes tensors has to look at each of them.
  for (size_t tensor = 0; tensor < rule().tensor_count; ++tensor) {
    EXPECT_TRUE(std::ranges::any_of(
        oracle().wrong_tensors, [&](const WrongTensor& wrong) { return wrong.tensor == tensor; }))
        << "no wrong shape of tensor " << tensor;
  }
  const OpCase valid = oracle().valid();
  for (const WrongTensor& wrong : oracle().wrong_tensors) {
    const std::vector<uint32_t> shape(wrong.shape.begin(),
                                      std::find(wrong.shape.begin(), wrong.shape.end(), 0u));
    SCOPED_TRACE("tensor " + std::to_string(wrong.tensor) + " " + ShapeText(shape));
    ExpectOpRefused(valid.model, valid.op, Code::kModelShape, [&](Model& model, Op& op) {
      reference::SetTensor(model, op.tensors[wrong.tensor], shape);
    });
  }
}

TEST_P(OpTest, RuleRefusesBadCounts) {
  const OpCase valid = oracle().valid();
  ExpectBadCountsRefused(valid.model, valid.op);
}

TEST_P(OpTest, RuleRefusesBadWindows) {
  const OpCase valid = oracle().valid();
  if (rule().has_window) {
    ExpectBadWindowsRefused(valid.model, valid.op);
  } else {
    ExpectWindowRefused(valid.model, valid.op);
  }
}

TEST_P(OpTest, RuleRefusesActivations) {
  const OpCase valid = oracle().valid();
  if (!rule().has_activation) {
    ExpectOpRefused(valid.model, valid.op, Code::kModelOp,
                    [](Model&, Op& op) { op.activation = Activation::kRelu; });
  }
  for (const uint8_t unknown : {2, 255}) {
    ExpectOpRefused(valid.model, valid.op, Code::kModelEnum,
                    [&](Model&, Op& op) { op.activation = static_cast<Activation>(unknown); });
  }
}

// -------------------------------------------------------------------------- nothing of it is
// missing

TEST_P(OpTest, IsWhole) {
  EXPECT_NE(rule().infer, nullptr) << "no rule";
  EXPECT_GT(rule().input_count, 0u);
  EXPECT_NE(oracle().shape, nullptr) << "no reference";
  EXPECT_NE(oracle().run, nullptr) << "no reference";
  ASSERT_NE(oracle().draw, nullptr) << "is in no random model";
  EXPECT_GT(oracle().frequency, 0u) << "is in no random model";
  ASSERT_NE(oracle().valid, nullptr) << "no test of its rule";
  int comparisons = 0;
  for (const OpSeries& series : oracle().series) comparisons += series.count;
  EXPECT_GE(comparisons, 50) << "too few comparisons with the reference";
}

// Random ops of the kind, on pictures and on what came of them: the rule takes them, agrees with
// the reference on their shape, and says what they cost.
TEST_P(OpTest, RandomOnesAreTakenAndCostSomething) {
  Random random(1100 + static_cast<uint64_t>(GetParam()));
  int drawn = 0;
  for (int trial = 0; trial < 200; ++trial) {
    SCOPED_TRACE("trial " + std::to_string(trial));
    ModelBuilder builder(random.Between(1, 24), random.Between(1, 24), Colour::kRgb, random.Next());
    const uint32_t from = trial % 4 == 3 ? builder.Flatten(0) : 0;
    const uint32_t value = oracle().draw(builder, random, from, DrawLimits{.most_weights = 4096});
    if (value == from) continue;
    ++drawn;
    const Model model = builder.AgeGender(value);
    const Op& op = model.ops[value - 1];
    ASSERT_EQ(OpName(op.type), OpName(GetParam()));
    const Status status = CheckModel(model, AllOpRules());
    ASSERT_TRUE(status.ok()) << status.message();
    std::vector<Shape> inputs;
    for (const uint32_t input : op.inputs) inputs.push_back(builder.shape(input));
    const StatusOr<OpInfo> info = rule().infer(model, op, inputs);
    ASSERT_TRUE(info.ok()) << info.status().message();
    EXPECT_EQ(info->output, oracle().shape(model, op, inputs));
    EXPECT_GE(info->steps, ElementCount(info->output)) << "no cost in time";
    EXPECT_GE(info->steps, info->macs);
    uint64_t weights = 0;
    for (const uint32_t tensor : op.tensors) weights += ElementCount(model.tensors[tensor].shape);
    EXPECT_GE(info->packed_bytes, sizeof(float) * weights) << "no cost of its weights";
    if (HasFailure()) return;
  }
  EXPECT_GE(drawn, 25) << "hardly ever in a random model";
}

// rule().rows, from which the engine tells what it may compute a band of rows at a time: a row of
// the output does not change with rows of the input that it is said not to be made from.
TEST_P(OpTest, RowsComeFromWhereTheRuleSays) {
  if (rule().rows == Rows::kAll) return;
  Random random(1200);
  int compared = 0;
  for (int trial = 0; trial < 100 && !HasFailure(); ++trial) {
    ModelBuilder builder(random.Between(2, 12), random.Between(1, 6), Colour::kRgb, random.Next());
    const uint32_t value = oracle().draw(builder, random, 0, DrawLimits{.most_weights = 4096});
    if (value == 0) continue;
    const Model& model = builder.model();
    const Op& op = model.ops[value - 1];
    reference::Value input{builder.shape(0), {}};
    for (const float x : random.Uniforms(ElementCount(input.shape), -2, 2)) input.data.push_back(x);
    const std::vector<reference::Value> before(op.inputs.size(), input);
    const reference::Value whole = reference::RunOp(model, op, before).value;
    const uint32_t row = random.Below(input.shape[0]);
    const size_t width = input.data.size() / input.shape[0];
    for (size_t i = 0; i < width; ++i) input.data[row * width + i] += 1;
    const std::vector<reference::Value> after(op.inputs.size(), input);
    const reference::Value changed = reference::RunOp(model, op, after).value;
    const size_t out_width = whole.data.size() / whole.shape[0];
    for (uint32_t out = 0; out < whole.shape[0]; ++out) {
      const bool windowed = rule().rows != Rows::kSame;
      const int64_t first = windowed ? int64_t{out} * op.stride_height - op.pad_top : out;
      const int64_t end = first + (windowed ? op.kernel_height : 1);
      if (row >= first && row < end) continue;
      ++compared;
      EXPECT_TRUE(std::equal(whole.data.begin() + static_cast<int64_t>(out * out_width),
                             whole.data.begin() + static_cast<int64_t>((out + 1) * out_width),
                             changed.data.begin() + static_cast<int64_t>(out * out_width)))
          << "row " << out << " changes with row " << row;
    }
  }
  EXPECT_GT(compared, 50);
}

TEST_P(OpTest, IsDocumented) {
  std::ifstream file(std::string(AG_SOURCE_DIR) + "/docs/model-format.md");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_FALSE(text.empty());
  const std::string name(OpName(GetParam()));
  // "| Relu, Sigmoid |" has two.
  EXPECT_TRUE(text.find("| " + name + " |") != std::string::npos ||
              text.find("| " + name + ", ") != std::string::npos ||
              text.find(", " + name + " |") != std::string::npos)
      << "no row of docs/model-format.md";
}

TEST(OpNames, AnUnknownNumberHasNone) {
  EXPECT_EQ(OpName(static_cast<OpType>(kOpTypeCount)), "unknown");
  EXPECT_EQ(FindOpRule(AllOpRules(), static_cast<OpType>(kOpTypeCount)), nullptr);
}

}  // namespace
}  // namespace ag::test
