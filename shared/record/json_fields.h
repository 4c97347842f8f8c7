// Fields as JSON (RFC 8259), in UTF-8 and without spaces.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "shared/image/warp.h"
#include "shared/record/record_fields.h"

namespace ag {

// A JSON string: quoted, with quotes, backslashes and control characters escaped; bytes that are
// not UTF-8 become U+FFFD (WellFormedUtf8).
std::string JsonString(std::string_view text);

class JsonFields final : public FieldWriter {
 public:
  // Appends to `json`, which must outlive the writer.
  explicit JsonFields(std::string* json) : json_(json) {}

  void BeginObject();  // the whole, or one of a list
  void EndObject();
  void BeginList(const char* name);
  void EndList();

  void Begin(const char* name, bool there = true) override;
  void End() override;
  void Text(const char* name, std::string_view text, bool there = true) override;
  void Integer(const char* name, int64_t value, bool there = true) override;
  void Number(const char* name, double value, int decimals) override;
  void Points(const char* name, std::span<const Point> points, int decimals) override;
  void Words(const char* name, std::span<const std::string_view> words,
             const char* column = nullptr) override;

 private:
  void Comma();  // unless an object or a list has just begun
  void Name(const char* name);
  void Quoted(std::string_view word);
  void Value(double value, int decimals);

  std::string* json_;
  bool absent_ = false;  // in a group that the record does not have; such groups hold no others
};

}  // namespace ag
