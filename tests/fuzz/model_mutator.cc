// Half of the mutations change a model, not bytes: an attribute, a shape, an edge of the graph, a
// weight, or ops that cost much more than the bytes that say so. What comes out is a FlatBuffer
// again, whatever rules it breaks; bytes alone rarely get past FlatBuffers' verifier.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "shared/base/bytes.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/reader.h"
#include "tests/hostile/hostile_writer.h"
#include "tests/reference/op_oracle.h"
#include "tests/support/random.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace ag::fuzz {
namespace {

using test::Random;

// A number that is near, small, or at an edge.
uint32_t OtherNumber(uint32_t old_number, Random& random) {
  constexpr uint32_t kEdges[] = {0,    1,    16,   17,      1024,       1025,       4096,
                                 4097, 8192, 8193, 1 << 20, 0x7fffffff, 0x80000000, 0xffffffff};
  switch (random.Below(4)) {
    case 0:
      return old_number + 1;
    case 1:
      return old_number - 1;
    case 2:
      return random.Below(12);
    default:
      return kEdges[random.Below(std::size(kEdges))];
  }
}

float OtherFloat(Random& random) {
  constexpr float kEdges[] = {0.0f,
                              -0.0f,
                              1.0f,
                              -1.0f,
                              1e-45f,
                              1e-30f,
                              1e30f,
                              -3.4e38f,
                              std::numeric_limits<float>::infinity(),
                              std::numeric_limits<float>::quiet_NaN()};
  return random.Chance(0.5) ? random.Uniform(-200, 200) : kEdges[random.Below(std::size(kEdges))];
}

template <typename T>
T* Any(std::vector<T>& of, Random& random) {
  return of.empty() ? nullptr : &of[random.Below(static_cast<uint32_t>(of.size()))];
}

// Changes, removes or adds one entry.
void MutateList(std::vector<uint32_t>& list, Random& random) {
  uint32_t* entry = Any(list, random);
  const uint32_t choice = random.Below(6);
  if (entry == nullptr || choice == 0) {
    if (list.size() < 32) list.push_back(random.Below(12));
  } else if (choice == 1) {
    list.erase(list.begin() + (entry - list.data()));
  } else {
    *entry = OtherNumber(*entry, random);
  }
}

void MutateFloats(std::vector<float>& list, Random& random) {
  float* entry = Any(list, random);
  if (entry == nullptr || random.Chance(0.1)) {
    if (list.size() < 32) list.push_back(OtherFloat(random));
  } else if (random.Chance(0.1)) {
    list.pop_back();
  } else {
    *entry = OtherFloat(random);
  }
}

void MutateOp(Model& model, Random& random) {
  Op* op = Any(model.ops, random);
  if (op == nullptr) return;
  uint32_t* const numbers[] = {&op->kernel_height, &op->kernel_width, &op->stride_height,
                               &op->stride_width,  &op->pad_top,      &op->pad_bottom,
                               &op->pad_left,      &op->pad_right,    &op->output};
  switch (random.Below(6)) {
    case 0:
      op->type = static_cast<OpType>(random.Below(kOpTypeCount + 1));
      break;
    case 1:
      MutateList(op->inputs, random);
      break;
    case 2:
      MutateList(op->tensors, random);
      break;
    case 3:
      op->activation = static_cast<Activation>(random.Below(3));
      break;
    default: {
      uint32_t* number = numbers[random.Below(std::size(numbers))];
      *number = OtherNumber(*number, random);
      break;
    }
  }
}

// A new shape with as many bytes as it needs, or the same shape with other weights.
void MutateTensor(Model& model, Random& random) {
  Tensor* tensor = Any(model.tensors, random);
  if (tensor == nullptr) return;
  constexpr uint64_t kMostBytes = 16384;
  switch (random.Below(5)) {
    case 0:
      MutateList(tensor->shape, random);
      break;
    case 1:
      tensor->storage = static_cast<Storage>(random.Below(4));
      break;
    case 2:
      MutateFloats(tensor->scales, random);
      return;
    case 3:
      tensor->channel_axis = static_cast<uint8_t>(random.Below(6));
      break;
    default:
      if (tensor->data.size() >= 4) {
        const auto words = static_cast<uint32_t>(tensor->data.size() / 4);
        StoreFloat(&tensor->data[4 * size_t{random.Below(words)}], OtherFloat(random));
      }
      return;
  }
  if (random.Chance(0.1)) return;  // shape and bytes that do not agree
  const uint64_t bytes = ElementCount(tensor->shape) * ElementBytes(tensor->storage);
  if (bytes <= kMostBytes) tensor->data.resize(bytes);
  const bool scaled = tensor->storage == Storage::kInt8PerChannel;
  const size_t channels = tensor->channel_axis < tensor->shape.size()
                              ? std::min<size_t>(tensor->shape[tensor->channel_axis], 1024)
                              : 0;
  tensor->scales.resize(scaled ? channels : 0, 0.01f);
}

void MutateInput(Model& model, Random& random) {
  InputContract& input = model.input;
  switch (random.Below(6)) {
    case 0:
      input.height = OtherNumber(input.height, random);
      break;
    case 1:
      input.width = OtherNumber(input.width, random);
      break;
    case 2:
      input.size_multiple = OtherNumber(input.size_multiple, random);
      break;
    case 3:
      input.colour = static_cast<Colour>(random.Below(4));
      break;
    case 4:
      MutateFloats(input.mean, random);
      break;
    default:
      MutateFloats(input.scale, random);
      break;
  }
}

void MutateKnots(std::vector<AgeIntervalKnot>& knots, Random& random) {
  AgeIntervalKnot* knot = Any(knots, random);
  if (knot == nullptr || random.Chance(0.2)) {
    if (knots.size() < 32) {
      knots.push_back({OtherFloat(random), OtherFloat(random), OtherFloat(random)});
    }
  } else if (random.Chance(0.1)) {
    knots.pop_back();
  } else {
    float* const floats[] = {&knot->age, &knot->lower, &knot->upper};
    *floats[random.Below(3)] = OtherFloat(random);
  }
}

void MutateContract(Model& model, Random& random) {
  if (random.Chance(0.2)) return MutateList(model.outputs, random);
  if (model.age_gender) {
    AgeGenderContract& contract = *model.age_gender;
    uint32_t* value = random.Chance(0.5) ? &contract.age_value : &contract.gender_value;
    float* const floats[] = {&contract.age_temperature, &contract.age_error_low,
                             &contract.age_error_high, &contract.gender_temperature};
    switch (random.Below(5)) {
      case 0:
        *value = OtherNumber(*value, random);
        break;
      case 1:
        contract.age_kind = static_cast<AgeKind>(random.Below(3));
        break;
      case 2:
        MutateFloats(contract.age_bins, random);
        break;
      case 3:
        MutateKnots(contract.age_interval, random);
        break;
      default:
        *floats[random.Below(4)] = OtherFloat(random);
        break;
    }
  } else if (model.face_detector) {
    std::vector<DetectorScale>& scales = model.face_detector->scales;
    DetectorScale* scale = Any(scales, random);
    if (scale == nullptr || random.Chance(0.1)) {
      if (scales.size() < 20) scales.push_back(scale == nullptr ? DetectorScale() : *scale);
      return;
    }
    uint32_t* const numbers[] = {&scale->stride, &scale->class_value, &scale->object_value,
                                 &scale->box_value, &scale->points_value};
    uint32_t* number = numbers[random.Below(std::size(numbers))];
    *number = OtherNumber(*number, random);
  }
}

// Ops more or less. A new one reads what an old one reads and makes the next value.
void MutateGraph(Model& model, Random& random) {
  if (model.ops.empty()) return;
  switch (random.Below(4)) {
    case 0:
      std::swap(*Any(model.ops, random), *Any(model.ops, random));
      break;
    case 1:
      model.ops.pop_back();
      break;
    case 2:
      model.value_count = OtherNumber(model.value_count, random);
      break;
    default: {
      Op op = *Any(model.ops, random);
      op.output = model.value_count++;
      if (random.Chance(0.5)) model.outputs.push_back(op.output);
      model.ops.push_back(std::move(op));
      break;
    }
  }
}

// Appends ops that the engine can run, and that are wanted in the end. `model` must be one that
// CheckModel accepts.
void Grow(Model& model, Random& random) {
  StatusOr<std::vector<Shape>> shapes =
      InferShapes(model, AllOpRules(), model.input.height, model.input.width);
  if (!shapes.ok()) return;
  test::ModelBuilder builder(std::move(model), *std::move(shapes), random.Next());
  const uint32_t from = random.Below(builder.model().value_count);
  uint32_t value = from;
  // A chain of the same, up to many. An input of the fuzzer should stay small.
  const reference::DrawLimits limits = {.most_weights = 16384, .storage = Storage::kInt8PerChannel};
  const reference::OpOracle& kind = reference::AnyOracle(random);
  for (uint32_t count = 1 + random.Below(random.Chance(0.5) ? 4 : 60); count > 0; --count) {
    const uint32_t values = builder.model().value_count;
    const uint32_t made = kind.draw(builder, random, value, limits);
    if (made == value || ElementCount(builder.shape(made)) > kMaxValueElements) {
      builder.Truncate(values);
      break;
    }
    value = made;
  }
  if (value != from) builder.model().outputs.push_back(value);
  model = std::move(builder.model());
}

void MutateModel(Model& model, Random& random) {
  if (random.Chance(0.15)) {
    // On a larger picture, where the net takes one.
    if (model.input.size_multiple > 0 && random.Chance(0.5)) {
      model.input.height = model.input.size_multiple * random.Between(1, 32);
      model.input.width = model.input.size_multiple * random.Between(1, 32);
    }
    return Grow(model, random);
  }
  constexpr void (*kKinds[])(Model&, Random&) = {MutateOp,    MutateOp,       MutateTensor,
                                                 MutateInput, MutateContract, MutateGraph};
  for (uint32_t changes = random.Between(1, 4); changes > 0; --changes) {
    kKinds[random.Below(std::size(kKinds))](model, random);
  }
}

}  // namespace
}  // namespace ag::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  ag::test::Random random(seed);
  if (random.Chance(0.5)) {
    ag::StatusOr<ag::Model> model =
        ag::ReadModelPayload(std::span<const uint8_t>(data, size), ag::AllOpRules());
    if (model.ok()) {
      ag::fuzz::MutateModel(*model, random);
      const std::vector<uint8_t> payload = ag::test::HostilePayload(*model);
      if (payload.size() <= max_size) {
        std::copy(payload.begin(), payload.end(), data);
        return payload.size();
      }
    }
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
