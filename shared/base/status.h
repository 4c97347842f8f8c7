// Errors as values: Status and StatusOr<T>.
//
// Nothing in shared/ throws, aborts or prints: a function that can fail returns a Status (or a
// StatusOr<T>), and the caller decides what a user sees. The shape follows absl::Status; it is our
// own because the WebAssembly engine has to stay small.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ag {

// Stable codes: CodeName() is written into JSON records, so a name is never reused or renamed.
enum class Code : uint8_t {
  kOk = 0,
  // The caller.
  kInvalidArgument,  // an option or argument is out of range
  kNotFound,         // a file or folder does not exist
  kIo,               // reading or writing failed (permissions, full disk)
  kOutOfMemory,
  kUnavailable,  // an optional part is not built or not installed
  kInterrupted,  // stopped by the user
  kInternal,     // a bug here
  // Pictures.
  kEmpty,             // no bytes, or a picture without pixels
  kTooLarge,          // above the cap for bytes or pixels
  kUnknownFormat,     // not a known kind of picture
  kCorruptImage,      // known format, broken content
  kUnsupportedImage,  // known format, unsupported variant
  // Model files. Each rule of the reader has a code of its own.
  kModelMagic,       // not an .agm file
  kModelVersion,     // a newer or older major version
  kModelTruncated,   // fewer or more bytes than the header says
  kModelChecksum,    // SHA-256 differs
  kModelFlatBuffer,  // FlatBuffers' verifier refused
  kModelMissing,     // a required field is absent
  kModelLimit,       // a count or a size is above its cap
  kModelEnum,        // an enum holds a value unknown to this version
  kModelTensor,      // a tensor's shape, storage and bytes do not agree
  kModelNonFinite,   // a NaN or an infinity among weights or contracts
  kModelOp,          // an op is unknown or its attributes are out of range
  kModelGraph,       // a value is used before it is made, made twice, or never made
  kModelShape,       // shapes do not agree
  kModelText,        // a name or a text is not UTF-8 or holds control characters
  kModelContract,    // the input or output contract is inconsistent with the graph
  // Inference.
  kBackend,  // XNNPACK refused or failed
};

// "kModelShape" -> "model_shape": the name that records, logs and tests use.
std::string_view CodeName(Code code);

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error with "context: " before its message; ok stays ok.
  Status WithContext(std::string_view context) const {
    if (ok()) return *this;
    return Status(code_, std::string(context) + ": " + message_);
  }

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

inline Status OkStatus() { return Status(); }

// Either a value or an error, made implicitly of either. value(), * and -> require ok().
template <typename T>
class [[nodiscard]] StatusOr {
 public:
  StatusOr(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    if (status_.ok()) status_ = Status(Code::kInternal, "StatusOr made from an ok Status");
  }
  StatusOr(T value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return *std::move(value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

#define AG_STATUS_CONCAT_INNER(a, b) a##b
#define AG_STATUS_CONCAT(a, b) AG_STATUS_CONCAT_INNER(a, b)

// Returns from the enclosing function if `expression` (a Status) is an error.
#define AG_RETURN_IF_ERROR(expression)                                            \
  do {                                                                            \
    if (::ag::Status ag_status = (expression); !ag_status.ok()) return ag_status; \
  } while (false)

// AG_ASSIGN_OR_RETURN(auto x, F()): x = *F(), or returns F()'s error.
#define AG_ASSIGN_OR_RETURN(lhs, expression) \
  AG_ASSIGN_OR_RETURN_IMPL(AG_STATUS_CONCAT(ag_status_or_, __LINE__), lhs, expression)
#define AG_ASSIGN_OR_RETURN_IMPL(temporary, lhs, expression) \
  auto temporary = (expression);                             \
  if (!temporary.ok()) return temporary.status();            \
  lhs = *std::move(temporary)

}  // namespace ag
