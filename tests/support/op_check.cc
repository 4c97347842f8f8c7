#include "tests/support/op_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <sstream>
#include <tuple>
#include <utility>

#include "shared/infer/engine.h"
#include "shared/infer/load_model.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/reader.h"
#include "tests/support/threads.h"

namespace ag::test {
namespace {

std::string Describe(const Model& model, const Op& op) {
  std::ostringstream text;
  text << op.name << " " << OpName(op.type) << " kernel " << op.kernel_height << "x"
       << op.kernel_width << " stride " << op.stride_height << "x" << op.stride_width << " pad "
       << op.pad_top << "," << op.pad_bottom << "," << op.pad_left << "," << op.pad_right;
  for (const uint32_t index : op.tensors) {
    const Tensor& tensor = model.tensors[index];
    text << " " << ShapeText(tensor.shape) << " storage " << static_cast<int>(tensor.storage);
  }
  return text.str();
}

}  // namespace

void CheckOp(const Model& model, size_t op_index, Random& random, reference::Tolerance tolerance,
             int threads, float limit) {
  const StatusOr<std::vector<uint8_t>> file = SaveModel(model);
  ASSERT_TRUE(file.ok()) << file.status().message();
  StatusOr<Model> loaded = LoadModel(*file);
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  const auto weights = Weights::Create(*std::move(loaded));
  ASSERT_TRUE(weights.ok()) << weights.status().message();
  EngineOptions options;
  options.threads = std::min(threads, kManyThreads);
  StatusOr<Engine> engine = Engine::Create(*weights, options);
  const Op& op = model.ops[op_index];
  SCOPED_TRACE(Describe(model, op));
  ASSERT_TRUE(engine.ok()) << engine.status().message();

  const Shape input_shape = engine->input_shape();
  const std::vector<float> input =
      random.Uniforms(static_cast<size_t>(ElementCount(input_shape)), -limit, limit);
  const Status run = engine->RunRaw(input);
  ASSERT_TRUE(run.ok()) << run.message();

  std::vector<reference::Value> op_inputs;
  for (const uint32_t value : op.inputs) {
    reference::Value from_engine;
    if (value == 0) {
      from_engine = {input_shape, {input.begin(), input.end()}};
    } else {
      for (size_t i = 0; i < model.outputs.size(); ++i) {
        if (model.outputs[i] != value) continue;
        const auto data = engine->output(i);
        from_engine = {engine->output_shape(i), {data.begin(), data.end()}};
      }
    }
    ASSERT_FALSE(from_engine.data.empty()) << "value " << value << " is not among the outputs";
    op_inputs.push_back(std::move(from_engine));
  }
  const reference::OpResult exact = reference::RunOp(model, op, op_inputs);

  const std::span<const float> actual = engine->value(op.output);
  ASSERT_EQ(actual.size(), exact.value.data.size());
  size_t wrong = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double difference = std::abs(static_cast<double>(actual[i]) - exact.value.data[i]);
    // Written so that a NaN is wrong.
    if (difference <= tolerance(exact, i)) continue;
    if (++wrong > 3) continue;
    ADD_FAILURE() << "element " << i << " of " << actual.size() << ": engine " << actual[i]
                  << ", reference " << exact.value.data[i] << ", difference " << difference
                  << " above " << tolerance(exact, i);
  }
  EXPECT_EQ(wrong, 0u);
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    if (model.outputs[i] == op.output) {
      EXPECT_EQ(engine->output_shape(i), exact.value.shape);
    }
  }
}

void ExpectRefused(const Model& model, Code code, const std::string& name) {
  const Status status = CheckModel(model, AllOpRules());
  EXPECT_EQ(CodeName(status.code()), CodeName(code)) << status.message();
  EXPECT_NE(status.message().find(name), std::string::npos)
      << "does not name " << name << ": " << status.message();
  EXPECT_FALSE(SaveModel(model).ok());
}

void ExpectOpRefused(Model model, size_t op_index, Code code,
                     const std::function<void(Model& model, Op& op)>& change) {
  const Status before = CheckModel(model, AllOpRules());
  ASSERT_TRUE(before.ok()) << before.message();
  change(model, model.ops[op_index]);
  ExpectRefused(model, code, model.ops[op_index].name);
}

void ExpectBadWindowsRefused(const Model& model, size_t op_index) {
  const std::pair<const char*, uint32_t Op::*> extents[] = {{"kernel_height", &Op::kernel_height},
                                                            {"kernel_width", &Op::kernel_width},
                                                            {"stride_height", &Op::stride_height},
                                                            {"stride_width", &Op::stride_width}};
  for (const auto& [what, field] : extents) {
    for (const uint32_t value : {0u, 1025u, 0x80000000u, 0xFFFFFFFFu}) {
      SCOPED_TRACE(std::string(what) + " = " + std::to_string(value));
      ExpectOpRefused(model, op_index, Code::kModelOp,
                      [&, f = field](Model&, Op& op) { op.*f = value; });
    }
  }
  // Padding as large as the window would make outputs that see no pixel.
  const Op& valid = model.ops[op_index];
  const std::tuple<const char*, uint32_t Op::*, uint32_t> paddings[] = {
      {"pad_top", &Op::pad_top, valid.kernel_height},
      {"pad_bottom", &Op::pad_bottom, valid.kernel_height},
      {"pad_left", &Op::pad_left, valid.kernel_width},
      {"pad_right", &Op::pad_right, valid.kernel_width}};
  for (const auto& [what, field, kernel] : paddings) {
    for (const uint32_t value : {kernel, 1025u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
      SCOPED_TRACE(std::string(what) + " = " + std::to_string(value));
      ExpectOpRefused(model, op_index, Code::kModelOp,
                      [&, f = field](Model&, Op& op) { op.*f = value; });
    }
  }
}

void ExpectWindowRefused(const Model& model, size_t op_index) {
  for (uint32_t Op::*field :
       {&Op::kernel_height, &Op::kernel_width, &Op::stride_height, &Op::stride_width, &Op::pad_top,
        &Op::pad_bottom, &Op::pad_left, &Op::pad_right}) {
    ExpectOpRefused(model, op_index, Code::kModelOp, [&](Model&, Op& op) { op.*field = 1; });
  }
}

void ExpectBadCountsRefused(const Model& model, size_t op_index) {
  const auto refuse = [&](const char* what, const std::function<void(Model&, Op&)>& change) {
    SCOPED_TRACE(what);
    ExpectOpRefused(model, op_index, Code::kModelOp, change);
  };
  refuse("no inputs", [](Model&, Op& op) { op.inputs.clear(); });
  refuse("an input too many", [](Model&, Op& op) { op.inputs.push_back(0); });
  refuse("a tensor too many", [](Model&, Op& op) { op.tensors.push_back(0); });
  if (model.ops[op_index].inputs.size() > 1) {
    refuse("an input too few", [](Model&, Op& op) { op.inputs.pop_back(); });
  }
  if (model.ops[op_index].tensors.empty()) return;
  refuse("a tensor too few", [](Model&, Op& op) { op.tensors.pop_back(); });
  refuse("no tensors", [](Model&, Op& op) { op.tensors.clear(); });
  refuse("a tensor out of range", [](Model& changed, Op& op) {
    op.tensors[0] = static_cast<uint32_t>(changed.tensors.size());
  });
  refuse("a tensor far out of range", [](Model&, Op& op) { op.tensors[0] = 0xFFFFFFFFu; });
}

}  // namespace ag::test
