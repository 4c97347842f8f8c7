#include "shared/base/csv.h"

namespace ag {

CsvReader::CsvReader(std::string_view text) : text_(text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
}

bool CsvReader::AtLineEnd() const {
  return position_ >= text_.size() || text_[position_] == '\n' || text_[position_] == '\r';
}

void CsvReader::SkipLineEnd() {
  if (position_ >= text_.size()) return;
  const bool carriage_return = text_[position_] == '\r';
  ++position_;
  if (carriage_return && position_ < text_.size() && text_[position_] == '\n') ++position_;
  ++line_;
}

void CsvReader::SkipRestOfLine() {
  while (!AtLineEnd()) ++position_;
  SkipLineEnd();
}

bool CsvReader::Next(CsvRow* row) {
  row->fields.clear();
  row->error.clear();
  while (position_ < text_.size() && AtLineEnd()) SkipLineEnd();
  if (position_ >= text_.size()) return false;
  row->line = line_;
  for (;;) {
    std::string field;
    if (!ReadField(&field, &row->error)) {
      SkipRestOfLine();
      return true;
    }
    row->fields.push_back(std::move(field));
    if (AtLineEnd()) {
      SkipLineEnd();
      return true;
    }
    ++position_;  // the comma
  }
}

bool CsvReader::ReadField(std::string* field, std::string* error) {
  if (position_ < text_.size() && text_[position_] == '"') return ReadQuoted(field, error);
  const size_t begin = position_;
  while (!AtLineEnd() && text_[position_] != ',') {
    if (text_[position_] == '"') {
      *error = "a quote inside a field that is not quoted";
      return false;
    }
    ++position_;
  }
  *field = text_.substr(begin, position_ - begin);
  return true;
}

bool CsvReader::ReadQuoted(std::string* field, std::string* error) {
  const size_t begin = position_++;
  const size_t begin_line = line_;
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c != '"') {
      // CR LF is one line end: the LF counts.
      if (c == '\n' || (c == '\r' && text_.substr(position_ + 1, 1) != "\n")) ++line_;
      field->push_back(c);
      ++position_;
    } else if (text_.substr(position_ + 1, 1) == "\"") {
      field->push_back('"');
      position_ += 2;
    } else {
      ++position_;
      if (AtLineEnd() || text_[position_] == ',') return true;
      *error = "a closing quote is followed by something else than a comma";
      return false;
    }
  }
  *error = "a quote is opened and never closed";
  position_ = begin;
  line_ = begin_line;
  return false;
}

std::string_view TrimSpaces(std::string_view text) {
  constexpr std::string_view kSpaces = " \t";
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

std::string CsvField(const std::string& text) {
  const bool plain =
      text.find_first_of(",\"\r\n") == std::string::npos && TrimSpaces(text).size() == text.size();
  if (plain) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace ag
