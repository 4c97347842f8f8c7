#include "native/run/earlier_records.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

std::string_view FirstLine(std::string_view text) { return text.substr(0, text.find('\n')); }

// What one line tells: records of failures and of pictures without faces look the same for both.
enum class Says { kNothing, kSame, kOther };

Says WhatLineSays(std::string_view line, RecordContent content) {
  const Json record = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object()) return Says::kOther;
  const auto faces = record.find("faces");
  if (faces == record.end() || !faces->is_array() || faces->empty()) return Says::kNothing;
  const Json& face = faces->front();
  const bool predictions = face.is_object() && face.contains("age");
  return predictions == (content == RecordContent::kPredictions) ? Says::kSame : Says::kOther;
}

bool AreLines(std::string_view text, RecordContent content) {
  if (!BeginsLike("{\"schema\":#,\"file\":\"")(text)) return false;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const Says says = WhatLineSays(text.substr(0, end), content);
    if (says != Says::kNothing) return says == Says::kSame;
    text.remove_prefix(end + 1);
  }
  return true;
}

bool AreRows(std::string_view text, RecordContent content) {
  static const EarlierResult kRecords =
      HasColumns({"schema", "file", "box_x", "quality_sharpness", "error_code", "error_message"});
  const bool predictions = HasColumns({"p_female"})(text);
  return text.starts_with("schema,file,") && kRecords(text) &&
         predictions == (content == RecordContent::kPredictions);
}

// The number of columns that the names take depends on the names.
std::string WithoutPadding(std::string_view line) {
  std::string words;
  for (const char c : line) {
    if (c != ' ' || (!words.empty() && words.back() != ' ')) words += c;
  }
  return words;
}

}  // namespace

EarlierResult EarlierRecords(RecordFormat format, RecordContent content, std::string header) {
  return [format, content, header = std::move(header)](std::string_view text) {
    switch (format) {
      case RecordFormat::kJsonl:
        return AreLines(text, content);
      case RecordFormat::kCsv:
        return AreRows(text, content);
      case RecordFormat::kTable:
        break;
    }
    return WithoutPadding(FirstLine(text)) == WithoutPadding(FirstLine(header));
  };
}

}  // namespace ag
