// Structs of the C API that begin with `size_t size` and may grow at their end (ag.h).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "native/library/status.h"
#include "shared/base/status.h"
#include "shared/base/version.h"

namespace ag::library {

// No struct will ever be larger: a size above is memory that nobody has set.
inline constexpr size_t kLargestStruct = 4096;

// `first_size`: of the struct in its first version.
inline Status CheckSize(size_t size, size_t first_size, std::string_view name) {
  if (size >= first_size && size <= kLargestStruct) return OkStatus();
  return Status(Code::kInvalidArgument, std::string(name) + ".size is " + std::to_string(size) +
                                            ", expected sizeof(" + std::string(name) + "), " +
                                            std::to_string(first_size) + " or more");
}

// What the caller's struct says, on top of what *known holds. Of a caller with a newer ag.h: fields
// that are not known here must be zero.
template <typename Struct>
Status ReadStruct(const Struct* given, size_t first_size, std::string_view name, Struct* known) {
  AG_RETURN_IF_ERROR(CheckGiven(given, name));
  const size_t size = given->size;
  AG_RETURN_IF_ERROR(CheckSize(size, first_size, name));
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (size_t i = sizeof(Struct); i < size; ++i) {
    if (bytes[i] == 0) continue;
    return Status(Code::kInvalidArgument, std::string(name) +
                                              " has a field that is set and that version " +
                                              std::string(Version()) + " does not know");
  }
  std::memcpy(known, given, std::min(size, sizeof(Struct)));
  known->size = sizeof(Struct);
  return OkStatus();
}

// As much of `known` as the caller's struct has room for; what it has beyond is zero.
template <typename Struct>
Status WriteStruct(const Struct& known, size_t first_size, std::string_view name, Struct* out) {
  AG_RETURN_IF_ERROR(CheckGiven(out, name));
  const size_t size = out->size;
  AG_RETURN_IF_ERROR(CheckSize(size, first_size, name));
  auto* bytes = reinterpret_cast<unsigned char*>(out);
  const size_t common = std::min(size, sizeof(Struct));
  std::memcpy(bytes, &known, common);
  std::memset(bytes + common, 0, size - common);
  out->size = size;
  return OkStatus();
}

}  // namespace ag::library
