// Finding the records of an earlier run by the bytes of a file's name.
#include "native/run/record_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "native/run/record_formatter.h"

namespace ag::test {
namespace {

PictureRecord RecordOf(const std::string& file, int width, bool failed = false) {
  PictureRecord record;
  record.file = file;
  if (failed) {
    record.status = Status(Code::kIo, "gone");
    return record;
  }
  record.result.width = width;
  record.result.height = 1;
  return record;
}

RecordFormat FormatOf(RecordText kind) {
  return kind == RecordText::kCsv ? RecordFormat::kCsv : RecordFormat::kJsonl;
}

// Names that one text could be taken to mean.
const std::vector<std::string> kNames = {
    "M\xFCller.jpg",         "M\xF6ller.jpg", "M%FCller.jpg",   "M\xC3\xBCller.jpg",
    "M\xEF\xBF\xBDller.jpg", "=1\n\xE9",      "M%25FCller.jpg", "M\xFC%ller.jpg"};

TEST(RecordIndex, FindsEachNameByItsBytes) {
  for (const RecordText kind : {RecordText::kJsonl, RecordText::kCsv}) {
    for (const TextUse use : {TextUse::kAnywhere, TextUse::kSpreadsheet}) {
      const RecordFormatter formatter(FormatOf(kind), 10, RecordContent::kPredictions, use);
      std::string text = formatter.Header();
      std::vector<std::string> records;
      for (size_t i = 0; i < kNames.size(); ++i) {
        records.push_back(formatter.Format(RecordOf(kNames[i], static_cast<int>(i) + 1)));
        text += records.back();
      }
      // Of CSV the last record may always be torn.
      text += formatter.Format(RecordOf("last", 9));
      StatusOr<RecordIndex> index = RecordIndex::Read(text, kind, formatter.Header());
      ASSERT_TRUE(index.ok()) << index.status().message();
      EXPECT_FALSE(index->Take("M\xE4ller.jpg", false).has_value()) << "never seen";
      for (size_t i = kNames.size(); i-- > 0;) {
        const auto stored = index->Take(kNames[i], false);
        ASSERT_TRUE(stored.has_value()) << kNames[i];
        EXPECT_EQ(text.substr(stored->offset, stored->length), records[i]);
        EXPECT_FALSE(index->Take(kNames[i], false).has_value()) << "taken once";
      }
    }
  }
}

TEST(RecordIndex, FailuresOfSuchNamesAreFoundToo) {
  for (const RecordText kind : {RecordText::kJsonl, RecordText::kCsv}) {
    const RecordFormatter formatter(FormatOf(kind), 10);
    const std::string text = formatter.Header() + formatter.Format(RecordOf("\xFC", 0, true)) +
                             formatter.Format(RecordOf("\xF6", 3)) +
                             formatter.Format(RecordOf("last", 9));
    StatusOr<RecordIndex> index = RecordIndex::Read(text, kind, formatter.Header());
    ASSERT_TRUE(index.ok());
    EXPECT_TRUE(index->Take("\xFC", false)->failed);
    EXPECT_FALSE(index->Take("\xF6", false)->failed);
  }
}

void ExpectRefused(const std::string& text, RecordText kind, const std::string& word) {
  const RecordFormatter formatter(FormatOf(kind), 10);
  const StatusOr<RecordIndex> index = RecordIndex::Read(text, kind, formatter.Header());
  ASSERT_FALSE(index.ok()) << text;
  EXPECT_EQ(index.status().code(), Code::kInvalidArgument);
  EXPECT_NE(index.status().message().find(word), std::string::npos) << index.status().message();
}

TEST(RecordIndex, AnotherSchemaIsRefused) {
  const std::string good = RecordFormatter(RecordFormat::kJsonl, 10).Format(RecordOf("a.jpg", 1));
  const std::string old = R"({"schema":2,"file":"a.jpg","width":1,"height":1,"rotation":0,)"
                          R"("faces":[]})"
                          "\n";
  ExpectRefused(old, RecordText::kJsonl, "schema 2");
  ExpectRefused(good + old, RecordText::kJsonl, "schema 2");
  ExpectRefused("schema,file,frame,width\n2,a.jpg,,1\n", RecordText::kCsv, "schema 2");
  ExpectRefused("schema,file,frame,width\n", RecordText::kCsv, "columns");
  ExpectRefused("a,b\n1,2\n", RecordText::kCsv, "columns");
  const std::string header = RecordFormatter(RecordFormat::kCsv, 10).Header();
  std::string row = RecordFormatter(RecordFormat::kCsv, 10).Format(RecordOf("a.jpg", 1));
  row[0] = '4';
  ExpectRefused(header + row, RecordText::kCsv, "schema 4");
}

TEST(RecordIndex, NamesThatNobodyWroteAreRefused) {
  ExpectRefused(R"({"schema":3,"file":"100%","file_encoding":"percent","error":{}})"
                "\n",
                RecordText::kJsonl, "percent-encoded");
  ExpectRefused(R"({"schema":3,"file":"a","file_encoding":"rot13","error":{}})"
                "\n",
                RecordText::kJsonl, "rot13");
}

}  // namespace
}  // namespace ag::test
