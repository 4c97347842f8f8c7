// Text that people and programs wrote: lists of names, tables, JSON.
//
// A byte order mark says how: UTF-8 with one (spreadsheets write it) loses it, UTF-16 of either
// order (PowerShell's `>`, "Unicode text" of a spreadsheet) becomes UTF-8. Anything else is kept
// byte for byte: names of files need not be UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "shared/base/file.h"
#include "shared/base/status.h"

namespace ag {

// Bytes as they come -> text. What has no meaning in UTF-16 (half a surrogate pair) becomes U+FFFD.
class TextDecoder {
 public:
  // Appends to `text` what is complete; up to three bytes wait for those behind them.
  void Append(std::string_view bytes, std::string* text);
  // At the end: what still waits.
  void Finish(std::string* text);

 private:
  enum class Encoding { kUnknown, kAsItIs, kUtf16LittleEndian, kUtf16BigEndian };
  bool Recognise();
  void Convert(std::string* text);

  Encoding encoding_ = Encoding::kUnknown;
  std::string pending_;
};

// The whole file. Errors as ReadFile's.
StatusOr<std::string> ReadTextFile(const std::string& path, size_t max_bytes,
                                   const ReadOptions& options = {});

}  // namespace ag
