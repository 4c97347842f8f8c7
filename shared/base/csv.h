// CSV (RFC 4180), one row at a time, from text in memory.
//
// Also accepted, because such files are common: a UTF-8 byte order mark, LF or CR alone as a line
// end, a last line without one, empty lines (ignored). A field is kept byte for byte.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ag {

struct CsvRow {
  size_t line = 0;  // where the row begins; the first line is 1
  std::vector<std::string> fields;
  std::string error;  // not empty: what is malformed; `fields` is then incomplete
};

class CsvReader {
 public:
  // `text` must outlive the reader.
  explicit CsvReader(std::string_view text);

  // False at the end. A malformed row is returned with `error`, and reading continues after its
  // line (after a quote that is never closed: on the line after the one that opened it).
  bool Next(CsvRow* row);

 private:
  bool ReadField(std::string* field, std::string* error);
  bool ReadQuoted(std::string* field, std::string* error);
  void SkipLineEnd();
  void SkipRestOfLine();
  bool AtLineEnd() const;

  std::string_view text_;
  size_t position_ = 0;
  size_t line_ = 1;
};

// Without spaces and tabs at either end.
std::string_view TrimSpaces(std::string_view text);

// One field, quoted if necessary: it holds a comma, a quote or a line end, or would be trimmed.
std::string CsvField(const std::string& text);

}  // namespace ag
