#include "native/run/record_formatter.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "native/base/format.h"
#include "native/base/utf8.h"
#include "shared/face/quality.h"
#include "shared/image/decode.h"
#include "shared/record/record_csv.h"

namespace ag {
namespace {

constexpr size_t kMaxFileWidth = 60;  // longer names push their line out of the columns

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
    line += Format("%*s", cell.width, cell.text.c_str());
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::vector<TableCell> AgeGenderCells(const AgeGender& result) {
  const bool female = result.p_female >= 0.5;
  return {{Format("%.1f", result.age), 5},
          {result.has_interval ? Format("%.0f to %.0f", result.age_low, result.age_high)
                               : std::string("unknown"),
           -13},
          {Format("%s %.0f %%", female ? "female" : "male",
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
      {Format("%.0f,%.0f %.0fx%.0f", box.x, box.y, box.width, box.height), -24},
      {Format("%.2f", face.face.score), 5}};
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
      return RecordCsvHeader(content_);
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
      return RecordCsvRows(record, content_, use_);
    case RecordFormat::kJsonl:
      break;
  }
  return RecordJson(record, content_) + "\n";
}

std::string RecordFormatter::Footer() const {
  if (format_ != RecordFormat::kTable || content_ != RecordContent::kPredictions) return {};
  return "\nGender is the data set's binary label as its annotators perceived it, with the "
         "probability that\nthey would say so; age is an estimate with a 90 % interval.\n";
}

}  // namespace ag
