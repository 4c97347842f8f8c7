// Names of files in JSON, as in docs/output-schema.md: `file`, followed by `file_encoding` where
// the name is not UTF-8.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "shared/base/file_name.h"

namespace ag {

inline void AddFileName(const std::string& name, nlohmann::ordered_json* json,
                        TextUse use = TextUse::kAnywhere) {
  const EncodedName encoded = EncodeFileName(name, use);
  (*json)["file"] = encoded.text;
  if (encoded.percent) (*json)[std::string(kFileEncoding)] = encoded.encoding();
}

// As one value: text, or an object with both fields where the name is not UTF-8.
inline nlohmann::ordered_json FileNameJson(const std::string& name) {
  if (IsUtf8(name)) return name;
  nlohmann::ordered_json json;
  AddFileName(name, &json);
  return json;
}

// A list of names: `files`, and `file_encoding` if any of them is not UTF-8. It then applies to all
// of them.
inline void AddFileNames(const std::vector<std::string>& names, nlohmann::ordered_json* json) {
  bool encode = false;
  for (const std::string& name : names) encode = encode || !IsUtf8(name);
  (*json)["files"] = nlohmann::ordered_json::array();
  for (const std::string& name : names) {
    (*json)["files"].push_back(encode ? PercentEncode(name) : name);
  }
  if (encode) (*json)[std::string(kFileEncoding)] = kPercentEncoding;
}

}  // namespace ag
