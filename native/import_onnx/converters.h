// One function per supported ONNX op: each reads the node, appends its meaning to the graph, and
// refuses with kModelOp what it cannot express (the caller adds the node's type and name). To add
// an op: a function here and its line in the table of import.cc.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native/import_onnx/graph_importer.h"
#include "native/import_onnx/onnx_model.h"
#include "shared/base/status.h"

namespace ag::onnx_import {

// convert_window.cc
Status ConvertConv(GraphImporter& graph, const OnnxNode& node);
Status ConvertMaxPool(GraphImporter& graph, const OnnxNode& node);
Status ConvertGlobalAveragePool(GraphImporter& graph, const OnnxNode& node);
// convert_dense.cc
Status ConvertGemm(GraphImporter& graph, const OnnxNode& node);
Status ConvertMatMul(GraphImporter& graph, const OnnxNode& node);
// convert_pointwise.cc
Status ConvertAdd(GraphImporter& graph, const OnnxNode& node);
Status ConvertRelu(GraphImporter& graph, const OnnxNode& node);
Status ConvertSigmoid(GraphImporter& graph, const OnnxNode& node);
Status ConvertIdentity(GraphImporter& graph, const OnnxNode& node);
Status ConvertDropout(GraphImporter& graph, const OnnxNode& node);
Status ConvertBatchNormalization(GraphImporter& graph, const OnnxNode& node);
Status ConvertConstant(GraphImporter& graph, const OnnxNode& node);
// convert_layout.cc
Status ConvertFlatten(GraphImporter& graph, const OnnxNode& node);
Status ConvertReshape(GraphImporter& graph, const OnnxNode& node);
Status ConvertTranspose(GraphImporter& graph, const OnnxNode& node);
Status ConvertResize(GraphImporter& graph, const OnnxNode& node);
Status ConvertUpsample(GraphImporter& graph, const OnnxNode& node);

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
