#include "native/run/record.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "native/base/file_json.h"
#include "native/base/utf8.h"
#include "shared/base/csv.h"
#include "shared/base/file_name.h"
#include "shared/image/decode.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kPixelDecimals = 2;
constexpr int kYearDecimals = 2;
constexpr int kDegreeDecimals = 2;
constexpr int kShareDecimals = 4;     // probabilities and all else in 0..1
constexpr size_t kMaxFileWidth = 60;  // longer names push their line out of the columns

// A JSON number; what is not finite becomes null, as JSON has no word for it.
Json Rounded(double value, int decimals) {
  if (!std::isfinite(value)) return nullptr;
  const double factor = std::pow(10.0, decimals);
  return std::round(value * factor) / factor + 0.0;  // + 0.0: no "-0.0"
}

Json PointJson(const Point& point) {
  return {Rounded(point.x, kPixelDecimals), Rounded(point.y, kPixelDecimals)};
}

void AddAgeGender(const AgeGender& result, Json* json) {
  (*json)["age"] = Rounded(result.age, kYearDecimals);
  (*json)["age_low"] = result.has_interval ? Rounded(result.age_low, kYearDecimals) : Json(nullptr);
  (*json)["age_high"] =
      result.has_interval ? Rounded(result.age_high, kYearDecimals) : Json(nullptr);
  (*json)["p_female"] = Rounded(result.p_female, kShareDecimals);
}

Json QualityJson(const FaceQuality& quality) {
  return {{"eye_distance", Rounded(quality.eye_distance, kPixelDecimals)},
          {"sharpness", Rounded(quality.sharpness, kShareDecimals)},
          {"yaw", Rounded(quality.yaw, kDegreeDecimals)},
          {"pitch", Rounded(quality.pitch, kDegreeDecimals)},
          {"roll", Rounded(quality.roll, kDegreeDecimals)},
          {"brightness", Rounded(quality.brightness, kShareDecimals)},
          {"outside", Rounded(quality.outside, kShareDecimals)}};
}

Json TrackJson(const FaceTrack& track) {
  Json json = {{"id", track.id}, {"sightings", track.sightings}};
  AddAgeGender(track.running, &json);
  return json;
}

template <typename Names>
Json WordsJson(const Names& names) {
  Json words = Json::array();
  for (const std::string_view name : names) words.push_back(name);
  return words;
}

Json FaceJson(const FaceResult& face, RecordContent content) {
  const Box& box = face.face.box;
  Json json;
  json["box"] = {{"x", Rounded(box.x, kPixelDecimals)},
                 {"y", Rounded(box.y, kPixelDecimals)},
                 {"width", Rounded(box.width, kPixelDecimals)},
                 {"height", Rounded(box.height, kPixelDecimals)}};
  if (content == RecordContent::kDetections) {
    json["points"] = Json::array();
    for (const Point& point : face.face.points) json["points"].push_back(PointJson(point));
  }
  json["eyes"] = {PointJson(face.face.points[0]), PointJson(face.face.points[1])};
  json["score"] = Rounded(face.face.score, kShareDecimals);
  if (content == RecordContent::kPredictions) AddAgeGender(face.result, &json);
  json["quality"] = QualityJson(face.quality);
  json["flags"] = WordsJson(FlagNames(face.flags));
  return json;
}

Json RecordJson(const PictureRecord& record, RecordContent content, TextUse use) {
  Json json;
  json["schema"] = kResultSchema;
  AddFileName(record.file, &json, use);
  if (record.frame) json["frame"] = *record.frame;
  if (!record.status.ok()) {
    const std::string& message = record.status.message();
    json["error"] = {
        {"code", CodeName(record.status.code())},
        {"message", use == TextUse::kSpreadsheet ? SpreadsheetText(message) : message}};
    return json;
  }
  json["width"] = record.result.width;
  json["height"] = record.result.height;
  json["rotation"] = record.result.rotation;
  json["flags"] = WordsJson(PictureFlagNames(record.result.picture_flags));
  json["faces"] = Json::array();
  for (size_t i = 0; i < record.result.faces.size(); ++i) {
    json["faces"].push_back(FaceJson(record.result.faces[i], content));
    if (i < record.tracks.size() && record.tracks[i]) {
      json["faces"].back()["track"] = TrackJson(*record.tracks[i]);
    }
  }
  return json;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// ------------------------------------------------------------------------------------------- CSV

// A column and where its value stands in a record, as a JSON pointer; in a face's row pointers that
// begin with "/faces/0" mean that row's face.
struct Column {
  std::string name;
  Json::json_pointer place;
};

void AddColumns(const std::string& prefix, const std::string& place,
                std::initializer_list<const char*> names, std::vector<Column>* columns) {
  for (const char* name : names) {
    columns->push_back({prefix + name, Json::json_pointer(place + "/" + name)});
  }
}

void AddPoints(const std::string& name, int count, std::vector<Column>* columns) {
  for (int i = 0; i < count; ++i) {
    const std::string index = std::to_string(i), place = "/faces/0/" + name + "/" + index;
    columns->push_back({name + "_" + index + "_x", Json::json_pointer(place + "/0")});
    columns->push_back({name + "_" + index + "_y", Json::json_pointer(place + "/1")});
  }
}

std::vector<Column> CsvColumns(RecordContent content) {
  const bool predictions = content == RecordContent::kPredictions;
  const std::string face = "/faces/0";
  std::vector<Column> columns;
  AddColumns("", "", {"schema", "file", "file_encoding"}, &columns);
  if (predictions) AddColumns("", "", {"frame"}, &columns);
  AddColumns("", "", {"width", "height", "rotation"}, &columns);
  AddColumns("picture_", "", {"flags"}, &columns);
  AddColumns("box_", face + "/box", {"x", "y", "width", "height"}, &columns);
  if (!predictions) AddPoints("points", kFacePointCount, &columns);
  AddPoints("eyes", 2, &columns);
  AddColumns("", face, {"score"}, &columns);
  if (predictions) AddColumns("", face, {"age", "age_low", "age_high", "p_female"}, &columns);
  AddColumns("quality_", face + "/quality",
             {"eye_distance", "sharpness", "yaw", "pitch", "roll", "brightness", "outside"},
             &columns);
  AddColumns("", face, {"flags"}, &columns);
  if (predictions) {
    AddColumns("track_", face + "/track",
               {"id", "sightings", "age", "age_low", "age_high", "p_female"}, &columns);
  }
  AddColumns("error_", "/error", {"code", "message"}, &columns);
  return columns;
}

// A JSON value as a CSV field: the same digits; null is empty, text as in the JSON record, words of
// a list separated by spaces.
std::string CsvValue(const Json& json) {
  if (json.is_null()) return {};
  if (json.is_array()) {
    std::string words;
    for (const Json& word : json) words += (words.empty() ? "" : " ") + word.get<std::string>();
    return words;
  }
  if (!json.is_string()) return Dump(json);
  return CsvField(Json::parse(Dump(json)).get<std::string>());
}

std::string CsvRow(const std::vector<Column>& columns, const Json& record) {
  std::string row;
  for (const Column& column : columns) {
    if (record.contains(column.place)) row += CsvValue(record[column.place]);
    row += ',';
  }
  row.back() = '\n';
  return row;
}

std::string CsvHeader(RecordContent content) {
  std::string row;
  for (const Column& column : CsvColumns(content)) row += column.name + ",";
  row.back() = '\n';
  return row;
}

std::string CsvRows(const PictureRecord& record, RecordContent content, TextUse use) {
  const std::vector<Column> columns = CsvColumns(content);
  Json json = RecordJson(record, content, use);
  const Json faces = json.value("faces", Json::array());
  if (faces.empty()) return CsvRow(columns, json);
  std::string rows;
  for (const Json& face : faces) {
    json["faces"] = Json::array({face});
    rows += CsvRow(columns, json);
  }
  return rows;
}

// ----------------------------------------------------------------------------------------- Table

template <typename... Arguments>
std::string Printf(const char* format, Arguments... arguments) {
  std::array<char, 256> buffer;
  std::snprintf(buffer.data(), buffer.size(), format, arguments...);
  return buffer.data();
}

// The parts of a line of the table after the file's name, and how wide each column is.
struct TableCell {
  std::string text;
  int width;  // negative: left-aligned, as printf has it
};

std::string TableLine(const std::string& name, size_t width, const std::string& rest) {
  const std::string clean = CleanText(name);
  // Bytes that continue a UTF-8 character take no column of their own.
  const size_t shown = static_cast<size_t>(
      std::count_if(clean.begin(), clean.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  return clean + std::string(width > shown ? width - shown : 0, ' ') + "  " + rest + "\n";
}

std::string JoinCells(const std::vector<TableCell>& cells) {
  std::string line;
  for (const TableCell& cell : cells) {
    if (!line.empty()) line += "  ";
    line += Printf("%*s", cell.width, cell.text.c_str());
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::vector<TableCell> AgeGenderCells(const AgeGender& result) {
  const bool female = result.p_female >= 0.5;
  return {{Printf("%.1f", result.age), 5},
          {result.has_interval ? Printf("%.0f to %.0f", result.age_low, result.age_high)
                               : std::string("unknown"),
           -13},
          {Printf("%s %.0f %%", female ? "female" : "male",
                  100 * (female ? result.p_female : 1 - result.p_female)),
           -14}};
}

std::string TableHeader(RecordContent content) {
  std::vector<TableCell> cells = {{"box (x,y width x height)", -24}, {"score", 5}};
  if (content == RecordContent::kPredictions) {
    cells.insert(cells.end(), {{"age", 5}, {"90 % interval", -13}, {"gender", -14}});
  }
  cells.push_back({"flags", 0});
  return JoinCells(cells);
}

// Of a tracked face the running values are shown: those that a reader watches over time.
std::string TableFace(const FaceResult& face, const FaceTrack* track, RecordContent content) {
  const Box& box = face.face.box;
  std::vector<TableCell> cells = {
      {Printf("%.0f,%.0f %.0fx%.0f", box.x, box.y, box.width, box.height), -24},
      {Printf("%.2f", face.face.score), 5}};
  if (content == RecordContent::kPredictions) {
    for (TableCell& cell : AgeGenderCells(track != nullptr ? track->running : face.result)) {
      cells.push_back(std::move(cell));
    }
  }
  std::string notes = track != nullptr ? "#" + std::to_string(track->id) : "";
  for (const std::string_view flag : FlagNames(face.flags)) {
    notes += (notes.empty() ? "" : " ") + std::string(flag);
  }
  cells.push_back({notes, 0});
  return JoinCells(cells);
}

// "  (turned by 90 degrees, truncated)", or nothing.
std::string PictureNotes(const PictureResult& result) {
  std::string notes;
  if (result.rotation != 0) notes = "turned by " + std::to_string(result.rotation) + " degrees";
  for (const std::string_view flag : PictureFlagNames(result.picture_flags)) {
    notes += (notes.empty() ? "" : ", ") + std::string(flag);
  }
  return notes.empty() ? notes : "  (" + notes + ")";
}

std::string TableLines(const PictureRecord& record, size_t width, RecordContent content) {
  const std::string name =
      record.frame ? record.file + " " + std::to_string(*record.frame) : record.file;
  const auto line = [&](const std::string& rest) { return TableLine(name, width, rest); };
  if (!record.status.ok()) return line("failed: " + CleanText(record.status.message()));
  const PictureResult& result = record.result;
  const std::string notes = PictureNotes(result);
  if (result.faces.empty()) return line("no face found" + notes);
  std::string lines;
  for (size_t i = 0; i < result.faces.size(); ++i) {
    const bool tracked = i < record.tracks.size() && record.tracks[i];
    lines +=
        line(TableFace(result.faces[i], tracked ? &*record.tracks[i] : nullptr, content) + notes);
  }
  return lines;
}

}  // namespace

RecordFormatter::RecordFormatter(RecordFormat format, size_t file_width, RecordContent content,
                                 TextUse use)
    : format_(format),
      file_width_(std::clamp(file_width, size_t{4}, kMaxFileWidth)),
      content_(content),
      use_(use) {}

std::string RecordFormatter::Header() const {
  switch (format_) {
    case RecordFormat::kTable:
      return TableLine("file", file_width_, TableHeader(content_));
    case RecordFormat::kCsv:
      return CsvHeader(content_);
    case RecordFormat::kJsonl:
      break;
  }
  return {};
}

std::string RecordFormatter::Format(const PictureRecord& record) const {
  switch (format_) {
    case RecordFormat::kTable:
      return TableLines(record, file_width_, content_);
    case RecordFormat::kCsv:
      return CsvRows(record, content_, use_);
    case RecordFormat::kJsonl:
      break;
  }
  return Dump(RecordJson(record, content_, TextUse::kAnywhere)) + "\n";
}

std::string RecordFormatter::Footer() const {
  if (format_ != RecordFormat::kTable || content_ != RecordContent::kPredictions) return {};
  return "\nGender is the data set's binary label as its annotators perceived it, with the "
         "probability that\nthey would say so; age is an estimate with a 90 % interval.\n";
}

}  // namespace ag
