// Between the C API's codes and Status, and the wall that no exception crosses.
#pragma once

#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ag/ag.h"
#include "shared/base/status.h"

namespace ag::library {

// The code's number in the C API. Codes that nothing here returns are AG_INTERNAL.
ag_code CodeOf(Code code);

// The other way round; nothing for what is no code.
std::optional<Code> CodeFrom(ag_code code);

// Fills *error (may be null) and returns `code`. Never fails.
ag_code Report(ag_code code, std::string_view message, ag_error* error) noexcept;

// Runs `body`, which returns a Status, and reports it. shared/ throws nothing of its own; the
// standard library does where memory is short.
template <typename Body>
ag_code Guarded(ag_error* error, Body&& body) noexcept {
  try {
    const Status status = std::forward<Body>(body)();
    return Report(CodeOf(status.code()), status.message(), error);
  } catch (const std::bad_alloc&) {
    return Report(AG_OUT_OF_MEMORY, "not enough memory", error);
  } catch (...) {
    return Report(AG_INTERNAL, "an exception that nobody expected", error);
  }
}

// kInvalidArgument if `pointer` is null.
inline Status CheckGiven(const void* pointer, std::string_view name) {
  if (pointer != nullptr) return OkStatus();
  return Status(Code::kInvalidArgument, std::string(name) + " is a null pointer");
}

}  // namespace ag::library
