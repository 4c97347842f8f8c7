// What the importer needs from an ONNX file, as plain structs: the only place that sees protobuf.
//
// The file is hostile: size and counts are capped, the bytes of every tensor are checked against
// its shape, tensors in other files are refused, and names are made printable before they reach a
// message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/base/status.h"

namespace ag::onnx_import {

inline constexpr size_t kMaxOnnxBytes = size_t{256} << 20;
inline constexpr int kMaxOnnxNodes = 16384;
inline constexpr int kMaxOnnxTensors = 32768;
inline constexpr int kMaxOnnxDims = 8;

// A constant: float32 (float16 is widened) or int64. The other vector is empty.
struct OnnxTensor {
  std::vector<int64_t> dims;
  std::vector<float> floats;
  std::vector<int64_t> ints;
};

// An attribute of a kind that no op here uses (a subgraph, a list of strings, ...).
struct OnnxOtherAttribute {};

using OnnxAttribute = std::variant<OnnxOtherAttribute, int64_t, float, std::string,
                                   std::vector<int64_t>, std::vector<float>, OnnxTensor>;

struct OnnxNode {
  std::string op_type;
  std::string domain;  // empty: ONNX's own ops
  std::string name;
  std::vector<std::string> inputs;  // an empty name: this optional input is missing
  std::vector<std::string> outputs;
  std::map<std::string, OnnxAttribute, std::less<>> attributes;
};

struct OnnxInput {
  std::string name;
  std::vector<int64_t> dims;  // -1: open or symbolic
};

struct OnnxModel {
  int64_t opset = 0;
  std::vector<OnnxNode> nodes;
  std::map<std::string, OnnxTensor, std::less<>> initializers;
  std::vector<OnnxInput> inputs;  // those that are not initializers
  std::vector<std::string> outputs;
};

// kEmpty, kTooLarge, kModelMagic (protobuf refuses the bytes), kModelMissing, kModelLimit,
// kModelTensor, kModelGraph (a name defined twice).
StatusOr<OnnxModel> ParseOnnx(std::span<const uint8_t> file);

// A name from the file, reduced to printable ASCII and at most 80 characters: it is written into
// the model file and shown in terminals.
std::string PlainName(std::string_view name);
// The same in quotes, for messages.
std::string QuoteName(std::string_view name);

// "Conv 'Conv_12'": how messages name a node.
std::string NodeText(const OnnxNode& node);

}  // namespace ag::onnx_import
