#include "shared/record/json_fields.h"

#include <cstddef>

#include "shared/base/number_text.h"
#include "shared/base/utf8.h"

namespace ag {
namespace {

void AppendEscaped(char c, std::string* json) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::string_view kSpecial = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt";
  const auto code = static_cast<unsigned char>(c);
  if (const size_t which = kSpecial.find(c); which != std::string_view::npos) {
    *json += '\\';
    *json += kLetters[which];
  } else if (code < 0x20) {
    *json += "\\u00";
    *json += kDigits[code >> 4];
    *json += kDigits[code & 15];
  } else {
    *json += c;
  }
}

}  // namespace

std::string JsonString(std::string_view text) {
  std::string json = "\"";
  for (const char c : WellFormedUtf8(text)) AppendEscaped(c, &json);
  json += '"';
  return json;
}

// A value never ends with one of these: a string ends with its quote.
void JsonFields::Comma() {
  const char last = json_->empty() ? '{' : json_->back();
  if (last != '{' && last != '[' && last != ':') *json_ += ',';
}

void JsonFields::Quoted(std::string_view word) {
  Comma();
  *json_ += '"';
  *json_ += word;
  *json_ += '"';
}

void JsonFields::Name(const char* name) {
  Quoted(name);
  *json_ += ':';
}

void JsonFields::Value(double value, int decimals) {
  Comma();
  const std::string text = FixedText(value, decimals);
  *json_ += text.empty() ? "null" : text;
}

void JsonFields::BeginObject() {
  Comma();
  *json_ += '{';
}

void JsonFields::EndObject() { *json_ += '}'; }

void JsonFields::BeginList(const char* name) {
  Name(name);
  *json_ += '[';
}

void JsonFields::EndList() { *json_ += ']'; }

void JsonFields::Begin(const char* name, bool there) {
  absent_ = !there;
  if (absent_) return;
  Name(name);
  BeginObject();
}

void JsonFields::End() {
  if (!absent_) EndObject();
  absent_ = false;
}

void JsonFields::Text(const char* name, std::string_view text, bool there) {
  if (absent_ || !there) return;
  Name(name);
  *json_ += JsonString(text);
}

void JsonFields::Integer(const char* name, int64_t value, bool there) {
  if (absent_ || !there) return;
  Name(name);
  *json_ += std::to_string(value);
}

void JsonFields::Number(const char* name, double value, int decimals) {
  if (absent_) return;
  Name(name);
  Value(value, decimals);
}

void JsonFields::Points(const char* name, std::span<const Point> points, int decimals) {
  if (absent_) return;
  BeginList(name);
  for (const Point& point : points) {
    Comma();
    *json_ += '[';
    Value(point.x, decimals);
    Value(point.y, decimals);
    *json_ += ']';
  }
  EndList();
}

void JsonFields::Words(const char* name, std::span<const std::string_view> words,
                       const char* /*column*/) {
  if (absent_) return;
  BeginList(name);
  for (const std::string_view word : words) Quoted(word);
  EndList();
}

}  // namespace ag
