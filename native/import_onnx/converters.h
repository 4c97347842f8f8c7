// One function per supported ONNX op: each reads the node, appends its meaning to the graph, and
// refuses with kModelOp what it cannot express (the caller adds the node's type and name). To add
// an op: a function and its line in the table at the end of one of the files.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/import_onnx/graph_importer.h"
#include "native/import_onnx/onnx_model.h"
#include "shared/base/status.h"

namespace ag::onnx_import {

struct Converter {
  std::string_view op_type;  // ONNX's name
  Status (*convert)(GraphImporter& graph, const OnnxNode& node);
};

// Each from the file of its name.
std::span<const Converter> WindowConverters();     // convert_window.cc
std::span<const Converter> DenseConverters();      // convert_dense.cc
std::span<const Converter> PointwiseConverters();  // convert_pointwise.cc
std::span<const Converter> LayoutConverters();     // convert_layout.cc

// attributes.cc: each returns kModelOp if the attribute exists with another type. CheckAttributes
// refuses every attribute that is not in `known`: an unknown one may change the result.
Status CheckAttributes(const OnnxNode& node, std::initializer_list<std::string_view> known);
StatusOr<int64_t> IntAttribute(const OnnxNode& node, std::string_view name, int64_t absent);
StatusOr<float> FloatAttribute(const OnnxNode& node, std::string_view name, float absent);
StatusOr<std::string> StringAttribute(const OnnxNode& node, std::string_view name,
                                      std::string absent);
// Empty if it is missing.
StatusOr<std::vector<int64_t>> IntsAttribute(const OnnxNode& node, std::string_view name);
// kModelOp if the attribute exists and is not `expected`.
Status ExpectInt(const OnnxNode& node, std::string_view name, int64_t expected);

}  // namespace ag::onnx_import
