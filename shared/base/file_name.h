// A file's name as text. To the system a name is bytes, and to us it is a key: two names never
// become one text, and what was written is read back as the same bytes.
//
// In JSON and CSV a UTF-8 name is written as it is. Any other name has the encoding "percent": each
// byte that is not part of well-formed UTF-8, and each '%', becomes %XX (two upper-case hexadecimal
// digits, as in URLs); everything else stays. The encoding is written beside the name
// ("file_encoding"), so that "50%25.jpg" without it means just that.
//
// For spreadsheets (--csv-safe) a text is never a formula: at the beginning of a cell (that of the
// text, or after a semicolon, which many spreadsheets take for a separator; spaces, quotes and
// invisible characters are skipped), = + - @ and their full-width and small forms become %XX too,
// and so do tab, carriage return and line feed anywhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/csv.h"
#include "shared/base/status.h"

namespace ag {

inline constexpr std::string_view kPercentEncoding = "percent";
inline constexpr std::string_view kFileEncoding = "file_encoding";  // the column, the JSON name

struct EncodedName {
  std::string text;      // well-formed UTF-8
  bool percent = false;  // false: the name itself
  std::string_view encoding() const { return percent ? kPercentEncoding : std::string_view(); }
};

bool IsUtf8(std::string_view text);

enum class TextUse { kAnywhere, kSpreadsheet };
EncodedName EncodeFileName(std::string_view name);  // kAnywhere: all that the page's engine needs
EncodedName EncodeFileName(std::string_view name, TextUse use);

// Encoded in any case, for a list of names with one encoding.
std::string PercentEncode(std::string_view name);

// The name's bytes. `encoding`: "" or "percent". kInvalidArgument: another encoding, or a '%'
// without two hexadecimal digits (in either case).
StatusOr<std::string> DecodeFileName(std::string_view text, std::string_view encoding);

// Any other text for a spreadsheet. It is changed only if necessary, or if it contains what looks
// like %XX, so that decoding each %XX restores the text: `UndoSpreadsheetText`.
std::string SpreadsheetText(std::string_view text);
std::string UndoSpreadsheetText(std::string_view text);

// The names in a CSV table being written: a column and, if any name needs it, `file_encoding` after
// it.
class FileColumn {
 public:
  explicit FileColumn(std::string header = "file", TextUse use = TextUse::kAnywhere);

  // Call once for each name that will be written, before the first line.
  void Expect(std::string_view name);

  std::string Header() const;                       // "file" or "file,file_encoding"
  std::string Fields(std::string_view name) const;  // as many fields, quoted where they have to be
  // Another text of the table, for the same use; not quoted.
  std::string Text(std::string_view text) const;

 private:
  std::string header_;
  TextUse use_;
  bool any_encoded_ = false;
};

// The name in a row of such a table. `encoding`: its column; nullopt: the table has none. Errors as
// from DecodeFileName; a missing field counts as empty.
StatusOr<std::string> FileOfRow(const CsvRow& row, size_t file, std::optional<size_t> encoding);

}  // namespace ag
