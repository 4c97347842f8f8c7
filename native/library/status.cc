#include "native/library/status.h"

#include <algorithm>
#include <cstring>

#include "shared/base/utf8.h"
#include "shared/base/version.h"

namespace ag::library {
namespace {

// What of `text` fits into `bytes`, and ends between two characters.
std::string_view Fitting(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  size_t end = bytes;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

// As UTF-8 without NULs (a file's name may hold any bytes): what is not becomes a question mark.
void CopyText(std::string_view text, char* out) {
  while (!text.empty()) {
    const CodePoint character = DecodeUtf8(text);
    const bool whole = character.length > 0 && character.value != 0;
    const size_t length = whole ? character.length : 1;
    if (whole) {
      std::memcpy(out, text.data(), length);
    } else {
      *out = '?';
    }
    out += length;
    text.remove_prefix(length);
  }
  *out = '\0';
}

}  // namespace

ag_code CodeOf(Code code) {
  switch (code) {
    case Code::kOk:
      return AG_OK;
    case Code::kInvalidArgument:
      return AG_INVALID_ARGUMENT;
    case Code::kNotFound:
      return AG_NOT_FOUND;
    case Code::kIo:
      return AG_IO;
    case Code::kOutOfMemory:
      return AG_OUT_OF_MEMORY;
    case Code::kUnavailable:
    case Code::kInterrupted:
    case Code::kInternal:
      return AG_INTERNAL;
    case Code::kEmpty:
      return AG_EMPTY;
    case Code::kTooLarge:
      return AG_TOO_LARGE;
    case Code::kUnknownFormat:
      return AG_UNKNOWN_FORMAT;
    case Code::kCorruptImage:
      return AG_CORRUPT_IMAGE;
    case Code::kUnsupportedImage:
      return AG_UNSUPPORTED_IMAGE;
    case Code::kModelMagic:
      return AG_MODEL_MAGIC;
    case Code::kModelVersion:
      return AG_MODEL_VERSION;
    case Code::kModelTruncated:
      return AG_MODEL_TRUNCATED;
    case Code::kModelChecksum:
      return AG_MODEL_CHECKSUM;
    case Code::kModelFlatBuffer:
      return AG_MODEL_FLATBUFFER;
    case Code::kModelMissing:
      return AG_MODEL_MISSING;
    case Code::kModelLimit:
      return AG_MODEL_LIMIT;
    case Code::kModelEnum:
      return AG_MODEL_ENUM;
    case Code::kModelTensor:
      return AG_MODEL_TENSOR;
    case Code::kModelNonFinite:
      return AG_MODEL_NON_FINITE;
    case Code::kModelOp:
      return AG_MODEL_OP;
    case Code::kModelGraph:
      return AG_MODEL_GRAPH;
    case Code::kModelShape:
      return AG_MODEL_SHAPE;
    case Code::kModelText:
      return AG_MODEL_TEXT;
    case Code::kModelContract:
      return AG_MODEL_CONTRACT;
    case Code::kBackend:
      return AG_BACKEND;
  }
  return AG_INTERNAL;
}

std::optional<Code> CodeFrom(ag_code code) {
  // From the last on: of the codes that are AG_INTERNAL here, kInternal comes first then.
  for (int i = static_cast<int>(Code::kBackend); i >= 0; --i) {
    const auto candidate = static_cast<Code>(i);
    if (CodeOf(candidate) == code) return candidate;
  }
  return std::nullopt;
}

ag_code Report(ag_code code, std::string_view message, ag_error* error) noexcept {
  if (error != nullptr) {
    error->code = code;
    CopyText(Fitting(message, sizeof(error->message) - 1), error->message);
  }
  return code;
}

}  // namespace ag::library

const char* ag_code_name(ag_code code) {
  const std::optional<ag::Code> engines = ag::library::CodeFrom(code);
  // CodeName's views end with a NUL: they are literals.
  return engines ? ag::CodeName(*engines).data() : "unknown";
}

const char* ag_version(void) { return ag::Version().data(); }
