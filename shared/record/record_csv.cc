#include "shared/record/record_csv.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "shared/base/csv.h"
#include "shared/base/number_text.h"
#include "shared/base/utf8.h"
#include "shared/record/record_fields.h"

namespace ag {
namespace {

// One line of the table: the names of the fields, or what they hold.
class CsvFields final : public FieldWriter {
 public:
  enum class Kind { kNames, kValues };
  explicit CsvFields(Kind kind) : kind_(kind) {}

  // What follows is not in this row, until another call says that it is.
  void SetThere(bool there) { there_ = there; }

  std::string Row() const { return row_.substr(0, row_.size() - 1) + "\n"; }

  void Begin(const char* name, bool there) override {
    group_ = std::string(name) + "_";
    group_there_ = there;
  }
  void End() override {
    group_.clear();
    group_there_ = true;
  }
  void Text(const char* name, std::string_view text, bool there) override {
    Field(name, there ? CsvField(WellFormedUtf8(text)) : "");
  }
  void Integer(const char* name, int64_t value, bool there) override {
    Field(name, there ? std::to_string(value) : "");
  }
  void Number(const char* name, double value, int decimals) override {
    Field(name, FixedText(value, decimals));
  }
  void Points(const char* name, std::span<const Point> points, int decimals) override {
    for (size_t i = 0; i < points.size(); ++i) {
      const std::string point = std::string(name) + "_" + std::to_string(i);
      Field(point + "_x", FixedText(points[i].x, decimals));
      Field(point + "_y", FixedText(points[i].y, decimals));
    }
  }
  void Words(const char* name, std::span<const std::string_view> words,
             const char* column) override {
    std::string text;
    for (const std::string_view word : words) text += (text.empty() ? "" : " ") + std::string(word);
    Field(column == nullptr ? name : column, text);
  }

 private:
  void Field(const std::string& name, const std::string& value) {
    if (kind_ == Kind::kNames) row_ += group_ + name;
    if (kind_ == Kind::kValues && there_ && group_there_) row_ += value;
    row_ += ',';
  }

  Kind kind_;
  std::string row_, group_;
  bool there_ = true, group_there_ = true;
};

// `face`: nullopt where the record has none.
std::string Row(const PictureRecord& record, std::optional<size_t> face, RecordContent content,
                TextUse use, CsvFields::Kind kind) {
  CsvFields out(kind);
  WriteHead(record, EncodeFileName(record.file, use), content, &out);
  out.SetThere(record.status.ok());
  WritePicture(record.result, &out);
  out.SetThere(face.has_value());
  WriteFace(face ? record.result.faces[*face] : FaceResult(),
            face ? TrackOf(record, *face) : nullptr, content, &out);
  out.SetThere(!record.status.ok());
  const std::string& message = record.status.message();
  WriteError(record.status.code(),
             use == TextUse::kSpreadsheet ? SpreadsheetText(message) : message, &out);
  return out.Row();
}

}  // namespace

std::string RecordCsvHeader(RecordContent content) {
  return Row({}, std::nullopt, content, TextUse::kAnywhere, CsvFields::Kind::kNames);
}

std::string RecordCsvRows(const PictureRecord& record, RecordContent content, TextUse use) {
  const size_t faces = record.status.ok() ? record.result.faces.size() : 0;
  if (faces == 0) return Row(record, std::nullopt, content, use, CsvFields::Kind::kValues);
  std::string rows;
  for (size_t i = 0; i < faces; ++i) {
    rows += Row(record, i, content, use, CsvFields::Kind::kValues);
  }
  return rows;
}

}  // namespace ag
