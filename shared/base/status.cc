#include "shared/base/status.h"

namespace ag {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kOk:
      return "ok";
    case Code::kInvalidArgument:
      return "invalid_argument";
    case Code::kNotFound:
      return "not_found";
    case Code::kIo:
      return "io";
    case Code::kOutOfMemory:
      return "out_of_memory";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kInterrupted:
      return "interrupted";
    case Code::kInternal:
      return "internal";
    case Code::kEmpty:
      return "empty";
    case Code::kTooLarge:
      return "too_large";
    case Code::kUnknownFormat:
      return "unknown_format";
    case Code::kCorruptImage:
      return "corrupt_image";
    case Code::kUnsupportedImage:
      return "unsupported_image";
    case Code::kModelMagic:
      return "model_magic";
    case Code::kModelVersion:
      return "model_version";
    case Code::kModelTruncated:
      return "model_truncated";
    case Code::kModelChecksum:
      return "model_checksum";
    case Code::kModelFlatBuffer:
      return "model_flatbuffer";
    case Code::kModelMissing:
      return "model_missing";
    case Code::kModelLimit:
      return "model_limit";
    case Code::kModelEnum:
      return "model_enum";
    case Code::kModelTensor:
      return "model_tensor";
    case Code::kModelNonFinite:
      return "model_non_finite";
    case Code::kModelOp:
      return "model_op";
    case Code::kModelGraph:
      return "model_graph";
    case Code::kModelShape:
      return "model_shape";
    case Code::kModelText:
      return "model_text";
    case Code::kModelContract:
      return "model_contract";
    case Code::kBackend:
      return "backend";
  }
  return "unknown";
}

}  // namespace ag
