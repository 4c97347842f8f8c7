// ONNX -> the engine's model.
//
// Accepts nets of the ops that the engine has (shared/model/model.h): Conv (one group, or
// depthwise), BatchNormalization right after a layer (folded), Relu (fused where possible),
// Sigmoid, MaxPool, GlobalAveragePool, Add of two activations, Gemm, MatMul with or without Add of
// a bias, Flatten, Resize and Upsample (nearest, by 2), Identity, Dropout, Constant, and Transpose
// and Reshape that only view the same elements differently. Anything else is refused with kModelOp
// and the node's type and name. ONNX's NCHW becomes NHWC: outputs that are maps come out as [h, w,
// c].
//
//   errors   those of ParseOnnx (onnx_model.h), kModelOp, kModelGraph, kModelShape,
//            kModelNonFinite, kModelLimit, kModelContract
//   memory   about four times the file
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/status.h"
#include "shared/model/model.h"

namespace ag::onnx_import {

enum class Kind : uint8_t {
  // Outputs cls_S, obj_S, bbox_S, kps_S for each stride S, as YuNet has them; input BGR, 0..255.
  kFaceDetector,
  // Two outputs: age (one number, or logits over the years 0, 1, 2, ...) and one gender logit.
  kAgeGender,
};

struct ImportOptions {
  Kind kind = Kind::kFaceDetector;
  Storage storage = Storage::kFloat16;  // of the weights; biases are always float32
  // float16 only, 1..15 or 0 (off): rounds the weights of each output channel to multiples of 2^(e
  // - grid_bits), where 2^e is the power of two at or above the channel's largest weight. The
  // number of bytes stays the same, but gzip packs them better, and at the same size the error is a
  // fraction of int8's.
  int grid_bits = 0;
  uint32_t open_side = 0;  // height and width if the file leaves them open; 0: refuse
  std::string name, licence, source, recipe;  // Provenance
  // kAgeGender only. Names of outputs; colour and scaling of the input.
  std::string age_output = "age", gender_output = "gender";
  Colour colour = Colour::kRgb;
  float mean = 0, scale = 1;
};

// A complete model that passes CheckModel.
StatusOr<Model> ImportOnnx(std::span<const uint8_t> file, const ImportOptions& options);

// The graph alone: no contract except the input's size, outputs in the order of the file.
struct ImportedGraph {
  Model model;
  std::vector<std::string> output_names;
};
StatusOr<ImportedGraph> ImportGraph(std::span<const uint8_t> file, const ImportOptions& options);

}  // namespace ag::onnx_import
