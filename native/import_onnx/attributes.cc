#include <algorithm>
#include <utility>

#include "native/import_onnx/converters.h"

namespace ag::onnx_import {
namespace {

template <typename T>
StatusOr<T> ReadAttribute(const OnnxNode& node, std::string_view name, T absent) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return absent;
  if (const T* value = std::get_if<T>(&found->second)) return *value;
  return Status(Code::kModelOp, "attribute " + QuoteName(name) + " has an unexpected type");
}

}  // namespace

Status CheckAttributes(const OnnxNode& node, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : node.attributes) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return Status(Code::kModelOp, "attribute " + QuoteName(name) + " is not known here");
    }
  }
  return OkStatus();
}

StatusOr<int64_t> IntAttribute(const OnnxNode& node, std::string_view name, int64_t absent) {
  return ReadAttribute<int64_t>(node, name, absent);
}

StatusOr<float> FloatAttribute(const OnnxNode& node, std::string_view name, float absent) {
  return ReadAttribute<float>(node, name, absent);
}

StatusOr<std::string> StringAttribute(const OnnxNode& node, std::string_view name,
                                      std::string absent) {
  return ReadAttribute<std::string>(node, name, std::move(absent));
}

StatusOr<std::vector<int64_t>> IntsAttribute(const OnnxNode& node, std::string_view name) {
  return ReadAttribute<std::vector<int64_t>>(node, name, {});
}

Status ExpectInt(const OnnxNode& node, std::string_view name, int64_t expected) {
  AG_ASSIGN_OR_RETURN(const int64_t found, IntAttribute(node, name, expected));
  if (found == expected) return OkStatus();
  return Status(Code::kModelOp, "attribute " + QuoteName(name) + " is " + std::to_string(found) +
                                    "; only " + std::to_string(expected) + " is taken");
}

}  // namespace ag::onnx_import
