// What one build of the engine computes on given pictures, as text: native, wasm-simd and
// wasm-relaxed run the same code on the same bytes, and wasm_parity_test compares the texts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "shared/base/status.h"

namespace ag {

struct EngineDump {
  // By the name of what was computed.
  std::map<std::string, std::string> hashes;         // SHA-256 of pixels
  std::map<std::string, std::vector<float>> values;  // raw outputs of the nets
  std::map<std::string, std::vector<float>> faces;   // per face: box, eyes, score, age, p_female
};

// `folder` holds web/model. `pictures`: files; generated ones are always there beside them.
StatusOr<EngineDump> DumpEngine(const std::string& folder,
                                const std::vector<std::string>& pictures);

std::string DumpToText(const EngineDump& dump);
StatusOr<EngineDump> DumpFromText(const std::string& text);

}  // namespace ag
