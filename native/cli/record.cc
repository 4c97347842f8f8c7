#include "native/cli/record.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "native/data/csv.h"
#include "native/plot/utf8.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kPixelDecimals = 2;
constexpr int kYearDecimals = 2;
constexpr int kProbabilityDecimals = 4;
constexpr size_t kMaxFileWidth = 60;  // longer names push their line out of the columns

constexpr std::array<std::string_view, 21> kCsvColumns = {
    "schema",    "file",       "width",    "height",   "rotation", "box_x",      "box_y",
    "box_width", "box_height", "eyes_0_x", "eyes_0_y", "eyes_1_x", "eyes_1_y",   "score",
    "age",       "age_low",    "age_high", "p_female", "flags",    "error_code", "error_message"};

// A JSON number; what is not finite becomes null, as JSON has no word for it.
Json Rounded(double value, int decimals) {
  if (!std::isfinite(value)) return nullptr;
  const double factor = std::pow(10.0, decimals);
  return std::round(value * factor) / factor + 0.0;  // + 0.0: no "-0.0"
}

Json EyePoint(const Point& point) {
  return {Rounded(point.x, kPixelDecimals), Rounded(point.y, kPixelDecimals)};
}

Json FaceJson(const FaceResult& face) {
  const Box& box = face.face.box;
  const AgeGender& result = face.result;
  Json json;
  json["box"] = {{"x", Rounded(box.x, kPixelDecimals)},
                 {"y", Rounded(box.y, kPixelDecimals)},
                 {"width", Rounded(box.width, kPixelDecimals)},
                 {"height", Rounded(box.height, kPixelDecimals)}};
  json["eyes"] = {EyePoint(face.face.points[0]), EyePoint(face.face.points[1])};
  json["score"] = Rounded(face.face.score, kProbabilityDecimals);
  json["age"] = Rounded(result.age, kYearDecimals);
  json["age_low"] = result.has_interval ? Rounded(result.age_low, kYearDecimals) : Json(nullptr);
  json["age_high"] = result.has_interval ? Rounded(result.age_high, kYearDecimals) : Json(nullptr);
  json["p_female"] = Rounded(result.p_female, kProbabilityDecimals);
  json["flags"] = Json::array();
  for (const std::string_view flag : FlagNames(face.flags)) json["flags"].push_back(flag);
  return json;
}

Json RecordJson(const PictureRecord& record) {
  Json json;
  json["schema"] = kResultSchema;
  json["file"] = record.file;
  if (!record.status.ok()) {
    json["error"] = {{"code", CodeName(record.status.code())},
                     {"message", record.status.message()}};
    return json;
  }
  json["width"] = record.result.width;
  json["height"] = record.result.height;
  json["rotation"] = record.result.rotation;
  json["faces"] = Json::array();
  for (const FaceResult& face : record.result.faces) json["faces"].push_back(FaceJson(face));
  return json;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A JSON value as a CSV field: the same digits; null is empty, text as in the JSON record.
std::string CsvValue(const Json& json) {
  if (json.is_null()) return {};
  if (!json.is_string()) return Dump(json);
  return CsvField(Json::parse(Dump(json)).get<std::string>());
}

std::string JoinCsv(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += field + ",";
  line.back() = '\n';
  return line;
}

void AppendFace(const Json& face, std::vector<std::string>* fields) {
  for (const auto& side : face["box"]) fields->push_back(CsvValue(side));
  for (size_t eye = 0; eye < 2; ++eye) {
    for (size_t axis = 0; axis < 2; ++axis) {
      fields->push_back(CsvValue(face["eyes"][eye][axis]));
    }
  }
  for (const char* name : {"score", "age", "age_low", "age_high", "p_female"}) {
    fields->push_back(CsvValue(face[name]));
  }
  std::string flags;
  for (const auto& flag : face["flags"]) {
    flags += (flags.empty() ? "" : " ") + flag.get<std::string>();
  }
  fields->push_back(flags);
}

std::string CsvRows(const PictureRecord& record) {
  const Json json = RecordJson(record);
  std::vector<std::string> fields = {CsvValue(json["schema"]), CsvValue(json["file"])};
  if (json.contains("error")) {
    fields.resize(kCsvColumns.size() - 2);
    fields.push_back(CsvValue(json["error"]["code"]));
    fields.push_back(CsvValue(json["error"]["message"]));
    return JoinCsv(fields);
  }
  for (const char* name : {"width", "height", "rotation"}) fields.push_back(CsvValue(json[name]));
  std::string rows;
  for (const auto& face : json["faces"]) {
    std::vector<std::string> row = fields;
    AppendFace(face, &row);
    row.resize(kCsvColumns.size());
    rows += JoinCsv(row);
  }
  if (!rows.empty()) return rows;
  fields.resize(kCsvColumns.size());
  return JoinCsv(fields);
}

template <typename... Arguments>
std::string Printf(const char* format, Arguments... arguments) {
  std::array<char, 256> buffer;
  std::snprintf(buffer.data(), buffer.size(), format, arguments...);
  return buffer.data();
}

// Columns of the table after the file's name.
constexpr const char* kTableRow = "%-24s  %5s  %5s  %-13s  %-14s  %s\n";

std::string TableLine(const std::string& name, size_t width, const std::string& rest) {
  const std::string clean = CleanText(name);
  // Bytes that continue a UTF-8 character take no column of their own.
  const size_t shown = static_cast<size_t>(
      std::count_if(clean.begin(), clean.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  return clean + std::string(width > shown ? width - shown : 0, ' ') + "  " + rest;
}

std::string TableFace(const FaceResult& face) {
  const Box& box = face.face.box;
  const AgeGender& result = face.result;
  const bool female = result.p_female >= 0.5;
  std::string flags;
  for (const std::string_view flag : FlagNames(face.flags)) {
    flags += (flags.empty() ? "" : " ") + std::string(flag);
  }
  const std::string interval =
      result.has_interval ? Printf("%.0f to %.0f", result.age_low, result.age_high) : "unknown";
  std::string line = Printf(
      kTableRow, Printf("%.0f,%.0f %.0fx%.0f", box.x, box.y, box.width, box.height).c_str(),
      Printf("%.2f", face.face.score).c_str(), Printf("%.1f", result.age).c_str(), interval.c_str(),
      Printf("%s %.0f %%", female ? "female" : "male",
             100 * (female ? result.p_female : 1 - result.p_female))
          .c_str(),
      flags.c_str());
  line.erase(line.find_last_not_of(" \n") + 1);
  return line + "\n";
}

std::string TableLines(const PictureRecord& record, size_t width) {
  if (!record.status.ok()) {
    return TableLine(record.file, width, "failed: " + CleanText(record.status.message()) + "\n");
  }
  if (record.result.faces.empty()) return TableLine(record.file, width, "no face found\n");
  std::string lines;
  for (const FaceResult& face : record.result.faces) {
    lines += TableLine(record.file, width, TableFace(face));
  }
  return lines;
}

}  // namespace

RecordFormatter::RecordFormatter(RecordFormat format, size_t file_width)
    : format_(format), file_width_(std::clamp(file_width, size_t{4}, kMaxFileWidth)) {}

std::string RecordFormatter::Header() const {
  switch (format_) {
    case RecordFormat::kTable:
      return TableLine("file", file_width_,
                       Printf(kTableRow, "box (x,y width x height)", "score", "age",
                              "90 % interval", "gender", "flags"));
    case RecordFormat::kCsv:
      return JoinCsv({kCsvColumns.begin(), kCsvColumns.end()});
    case RecordFormat::kJsonl:
      break;
  }
  return {};
}

std::string RecordFormatter::Format(const PictureRecord& record) const {
  switch (format_) {
    case RecordFormat::kTable:
      return TableLines(record, file_width_);
    case RecordFormat::kCsv:
      return CsvRows(record);
    case RecordFormat::kJsonl:
      break;
  }
  return Dump(RecordJson(record)) + "\n";
}

std::string RecordFormatter::Footer() const {
  if (format_ != RecordFormat::kTable) return {};
  return "\nGender is the data set's binary label as its annotators perceived it, with the "
         "probability that\nthey would say so; age is an estimate with a 90 % interval.\n";
}

}  // namespace ag
