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
  // Keyed by the name of what was computed.
  std::map<std::string, std::string> hashes;         // SHA-256 of pixels
  std::map<std::string, std::vector<float>> values;  // raw outputs of the nets
  // Per face, "PICTURE face INDEX": kDumpFaceNumbers numbers.
  std::map<std::string, std::vector<float>> faces;
};

// Of a face in a dump: box, eyes (8 numbers), then these; those of a track are 0
// outside of videos.
enum DumpFace : size_t {
  kDumpScore = 8,
  kDumpAge,
  kDumpAgeLow,
  kDumpAgeHigh,
  kDumpFemale,
  kDumpTrack,
  kDumpRunningAge,
  kDumpRunningLow,
  kDumpRunningHigh,
  kDumpRunningFemale,
  kDumpFaceNumbers
};

// `folder` holds web/model. `pictures`: files; generated ones are always added, as are group
// pictures, turned pictures and a short video composed of both.
StatusOr<EngineDump> DumpEngine(const std::string& folder,
                                const std::vector<std::string>& pictures);

std::string DumpToText(const EngineDump& dump);
StatusOr<EngineDump> DumpFromText(const std::string& text);

}  // namespace ag
