// Text written by people and programs: lists of names, tables, JSON.
//
// A byte order mark decides the encoding: UTF-8 loses its mark (spreadsheets write one), UTF-16 of
// either order (PowerShell's `>`, a spreadsheet's "Unicode text") becomes UTF-8. Anything else is
// kept byte for byte: names of files need not be UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "shared/base/file.h"
#include "shared/base/status.h"

namespace ag {

// Bytes as they arrive -> text. Meaningless UTF-16 (half a surrogate pair) becomes U+FFFD.
class TextDecoder {
 public:
  // Appends what is complete to `text`; up to three bytes are held back until the next ones arrive.
  void Append(std::string_view bytes, std::string* text);
  // Call at the end: appends what was held back.
  void Finish(std::string* text);

 private:
  enum class Encoding { kUnknown, kAsItIs, kUtf16LittleEndian, kUtf16BigEndian };
  bool Recognise();
  void Convert(std::string* text);

  Encoding encoding_ = Encoding::kUnknown;
  std::string pending_;
};

// The whole file. Errors as from ReadFile.
StatusOr<std::string> ReadTextFile(const std::string& path, size_t max_bytes,
                                   const ReadOptions& options = {});

}  // namespace ag
