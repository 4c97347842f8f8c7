#include "shared/base/file_name.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "shared/base/utf8.h"

namespace ag {
namespace {

constexpr size_t kEscapeLength = 3;        // %XX
constexpr uint32_t kReplacement = 0xFFFD;  // what bytes that are no character count as

void AppendEscaped(std::string_view bytes, std::string* text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    *text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
}

std::optional<unsigned> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

// The byte that `text` begins with, written as %XX.
std::optional<char> EscapedByte(std::string_view text) {
  if (text.size() < kEscapeLength || text[0] != '%') return std::nullopt;
  const auto high = HexDigit(text[1]), low = HexDigit(text[2]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(*high << 4 | *low);
}

// = + - @ and the variants that spreadsheets or their input methods treat the same.
bool BeginsFormula(uint32_t code) {
  constexpr std::u32string_view kFullWidth = U"\uFF1D\uFF0B\uFF0D\uFF20";
  constexpr std::u32string_view kSmall = U"\uFE66\uFE62\uFE63\uFE6B";
  const auto is_in = [code](std::u32string_view set) {
    return set.find(static_cast<char32_t>(code)) != std::u32string_view::npos;
  };
  return is_in(U"=+-@") || is_in(kFullWidth) || is_in(kSmall);
}

bool BreaksCell(uint32_t code) { return code == '\t' || code == '\r' || code == '\n'; }

// Control characters, spaces, quotes and invisible characters: at the beginning of a cell they may
// be trimmed.
bool IsPassedOver(uint32_t code) {
  return code <= 0x20 || code == '"' || code == '\'' || (code >= 0x7F && code <= 0xA0) ||
         code == 0xAD || code == 0x1680 || (code >= 0x2000 && code <= 0x200F) ||
         (code >= 0x2018 && code <= 0x201F) || (code >= 0x2028 && code <= 0x202F) ||
         (code >= 0x205F && code <= 0x206F) || code == 0x3000 || code == 0xFEFF || code == 0xFF02 ||
         code == 0xFF07;
}

// Which characters must not stand as they are, one after the other. Bytes that are no character
// must not in any text.
struct AnywhereRule {
  bool Escapes(uint32_t /*code*/) { return false; }
};

struct SpreadsheetRule {
  bool cell_begins = true;
  bool Escapes(uint32_t code) {
    const bool escape = BreaksCell(code) || (cell_begins && BeginsFormula(code));
    cell_begins = code == ';' || (cell_begins && !escape && IsPassedOver(code));
    return escape;
  }
};

// Calls visit(bytes, escape) for each character, or byte that is not part of one.
template <typename Rule, typename Visit>
void VisitCharacters(std::string_view text, Rule rule, const Visit& visit) {
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    const bool broken = point.length == 0;
    const bool escape = rule.Escapes(broken ? kReplacement : point.value);
    const std::string_view bytes = text.substr(0, broken ? 1 : point.length);
    visit(bytes, broken || escape);
    text.remove_prefix(bytes.size());
  }
}

template <typename Rule>
bool MayStand(std::string_view text, Rule rule) {
  bool may = true;
  VisitCharacters(text, rule, [&](std::string_view, bool escape) { may = may && !escape; });
  return may;
}

template <typename Rule>
std::string Escape(std::string_view text, Rule rule) {
  std::string escaped;
  VisitCharacters(text, rule, [&](std::string_view bytes, bool escape) {
    if (escape || bytes == "%") {
      AppendEscaped(bytes, &escaped);
    } else {
      escaped += bytes;
    }
  });
  return escaped;
}

template <typename Rule>
EncodedName Encode(std::string_view name, Rule rule) {
  if (MayStand(name, rule)) return {std::string(name), false};
  return {Escape(name, rule), true};
}

}  // namespace

bool IsUtf8(std::string_view text) { return MayStand(text, AnywhereRule()); }

EncodedName EncodeFileName(std::string_view name) { return Encode(name, AnywhereRule()); }

EncodedName EncodeFileName(std::string_view name, TextUse use) {
  return use == TextUse::kSpreadsheet ? Encode(name, SpreadsheetRule()) : EncodeFileName(name);
}

std::string PercentEncode(std::string_view name) { return Escape(name, AnywhereRule()); }

StatusOr<std::string> DecodeFileName(std::string_view text, std::string_view encoding) {
  if (encoding.empty()) return std::string(text);
  if (encoding != kPercentEncoding) {
    return Status(Code::kInvalidArgument, "file_encoding '" + std::string(encoding.substr(0, 40)) +
                                              "' is not known (percent, or nothing)");
  }
  std::string name;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      name += text[i];
      continue;
    }
    const std::optional<char> byte = EscapedByte(text.substr(i));
    if (!byte) {
      return Status(Code::kInvalidArgument,
                    "file '" + std::string(text.substr(0, 200)) +
                        "' is not percent-encoded: a % without two hexadecimal digits");
    }
    name += *byte;
    i += kEscapeLength - 1;
  }
  return name;
}

std::string SpreadsheetText(std::string_view text) {
  const bool changes = UndoSpreadsheetText(text) != text;
  if (!changes && MayStand(text, SpreadsheetRule())) return std::string(text);
  return Escape(text, SpreadsheetRule());
}

std::string UndoSpreadsheetText(std::string_view text) {
  std::string undone;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::optional<char> byte = EscapedByte(text.substr(i));
    undone += byte.value_or(text[i]);
    if (byte) i += kEscapeLength - 1;
  }
  return undone;
}

FileColumn::FileColumn(std::string header, TextUse use) : header_(std::move(header)), use_(use) {}

void FileColumn::Expect(std::string_view name) {
  any_encoded_ = any_encoded_ || EncodeFileName(name, use_).percent;
}

std::string FileColumn::Header() const {
  return any_encoded_ ? header_ + "," + std::string(kFileEncoding) : header_;
}

std::string FileColumn::Fields(std::string_view name) const {
  const EncodedName encoded = EncodeFileName(name, use_);
  const std::string field = CsvField(encoded.text);
  return any_encoded_ ? field + "," + std::string(encoded.encoding()) : field;
}

std::string FileColumn::Text(std::string_view text) const {
  return use_ == TextUse::kSpreadsheet ? SpreadsheetText(text) : std::string(text);
}

StatusOr<std::string> FileOfRow(const CsvRow& row, size_t file, std::optional<size_t> encoding) {
  const auto field = [&](size_t column) {
    return column < row.fields.size() ? std::string_view(row.fields[column]) : std::string_view();
  };
  return DecodeFileName(field(file), encoding ? TrimSpaces(field(*encoding)) : std::string_view());
}

}  // namespace ag
