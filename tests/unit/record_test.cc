// The three texts of a record, for pictures, frames and detections.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/run/record_formatter.h"
#include "shared/base/csv.h"
#include "shared/base/number_text.h"
#include "tests/support/long_run.h"
#include "tests/support/random.h"
#include "tests/unit/record_samples.h"

namespace ag::test {
namespace {

using Json = nlohmann::ordered_json;

std::string Text(RecordFormat format, const PictureRecord& record,
                 RecordContent content = RecordContent::kPredictions) {
  return RecordFormatter(format, 10, content).Format(record);
}

// A row of `csv` by its column's name.
using Row = std::map<std::string, std::string>;
std::vector<Row> Rows(const PictureRecord& record,
                      RecordContent content = RecordContent::kPredictions) {
  const RecordFormatter formatter(RecordFormat::kCsv, 10, content);
  const std::string text = formatter.Header() + formatter.Format(record);
  CsvReader reader(text);
  CsvRow header, line;
  EXPECT_TRUE(reader.Next(&header));
  std::vector<Row> rows;
  while (reader.Next(&line)) {
    EXPECT_EQ(line.fields.size(), header.fields.size()) << line.error;
    Row row;
    for (size_t i = 0; i < std::min(line.fields.size(), header.fields.size()); ++i) {
      row[header.fields[i]] = line.fields[i];
    }
    rows.push_back(row);
  }
  return rows;
}

TEST(RecordJson, OfAPicture) {
  const Json json = Json::parse(Text(RecordFormat::kJsonl, Picture()));
  EXPECT_EQ(json["schema"], kResultSchema);
  EXPECT_FALSE(json.contains("frame"));
  EXPECT_EQ(json["rotation"], 90);
  const Json& face = json["faces"][1];
  EXPECT_EQ(face.dump(),
            R"({"box":{"x":100.0,"y":2.0,"width":30.0,"height":40.0},)"
            R"("eyes":[[100.0,10.5],[101.0,10.5]],"score":0.8765,"age":31.42,"age_low":26.29,)"
            R"("age_high":36.54,"p_female":0.1235,"quality":{"eye_distance":12.35,)"
            R"("sharpness":0.4444,"yaw":-7.13,"pitch":3.5,"roll":0.0,"brightness":0.5,)"
            R"("outside":0.0625},"flags":["too_small","too_dark"]})");
}

TEST(RecordJson, OfAFrame) {
  const Json json = Json::parse(Text(RecordFormat::kJsonl, Frame()));
  EXPECT_EQ(json["frame"], 17);
  EXPECT_FALSE(json["faces"][0].contains("track"));
  EXPECT_EQ(json["faces"][1]["track"].dump(),
            R"({"id":3,"sightings":8,"age":40.0,"age_low":34.87,"age_high":45.13,)"
            R"("p_female":0.75})");
  EXPECT_EQ(json["faces"][1]["age"], 31.42) << "the face's own, of this frame";
}

TEST(RecordJson, OfDetections) {
  const Json json = Json::parse(Text(RecordFormat::kJsonl, Picture(), RecordContent::kDetections));
  const Json& face = json["faces"][0];
  EXPECT_EQ(face["points"].size(), 5u);
  EXPECT_EQ(face["points"][4].dump(), "[5.0,10.5]");
  for (const char* name : {"age", "age_low", "age_high", "p_female", "track"}) {
    EXPECT_FALSE(face.contains(name)) << name;
  }
  EXPECT_TRUE(face.contains("quality"));
}

TEST(RecordJson, OfAFailedFrame) {
  PictureRecord record = Failed();
  record.frame = 0;
  EXPECT_EQ(Text(RecordFormat::kJsonl, record),
            R"({"schema":3,"file":"c.jpg","frame":0,)"
            R"("error":{"code":"corrupt_image","message":"broken, \"really\""}})"
            "\n");
}

TEST(RecordJson, FlagsOfThePicture) {
  PictureRecord record = Picture();
  EXPECT_EQ(Json::parse(Text(RecordFormat::kJsonl, record))["flags"], Json::array());
  EXPECT_EQ(Rows(record)[0]["picture_flags"], "");
  record.result.picture_flags = kFlagColourProfile | kFlagTruncated;
  EXPECT_EQ(Json::parse(Text(RecordFormat::kJsonl, record))["flags"].dump(),
            R"(["colour_profile","truncated"])");
  EXPECT_EQ(Rows(record)[1]["picture_flags"], "colour_profile truncated");
  EXPECT_NE(Text(RecordFormat::kTable, record).find("(turned by 90 degrees, colour_profile, "),
            std::string::npos);
}

TEST(RecordJson, NamesThatAreNotUtf8ArePercentEncoded) {
  for (PictureRecord record : {Picture(), Failed()}) {
    record.file = "50%\xFC.jpg";
    const Json json = Json::parse(Text(RecordFormat::kJsonl, record));
    EXPECT_EQ(json["file"], "50%25%FC.jpg");
    EXPECT_EQ(json["file_encoding"], "percent");
    EXPECT_EQ(std::next(json.begin(), 2).key(), "file_encoding");
    Row row = Rows(record)[0];
    EXPECT_EQ(row["file"], "50%25%FC.jpg");
    EXPECT_EQ(row["file_encoding"], "percent");
    record.file = "50%25.jpg";
    EXPECT_FALSE(Json::parse(Text(RecordFormat::kJsonl, record)).contains("file_encoding"));
    EXPECT_EQ(Rows(record)[0]["file"], "50%25.jpg");
    EXPECT_EQ(Rows(record)[0]["file_encoding"], "");
  }
}

// The digits are those of nlohmann's shortest text of the rounded number, which the records had before.
TEST(RecordJson, NumbersAreTheShortestThatReadBackTheSame) {
  const auto expect_same = [](double value, int decimals) {
    const double factor = std::pow(10.0, decimals);
    const double rounded = std::round(value * factor) / factor + 0.0;
    ASSERT_EQ(FixedText(value, decimals), Json(rounded).dump()) << decimals << ": " << value;
  };
  for (int i = -10'000; i <= 10'000; ++i) {
    const double share = i / 10'000.0;
    for (const double value : {share, share + 0.00005, std::nextafter(share + 0.00005, 0.0)}) {
      expect_same(value, 4);
    }
  }
  Random random(7);
  for (int i = 0; i < Count(100'000, 10'000'000); ++i) {
    const double pixels = random.Uniform(-1, 1) * std::pow(10.0, random.Uniform(-3, 12));
    const double half = std::round(pixels) / 200;
    for (const double value : {pixels, half, std::nextafter(half, 0.0)}) expect_same(value, 2);
  }
}

TEST(RecordCsv, IsNoFormulaForASpreadsheet) {
  PictureRecord record = Picture();
  record.file = "=HYPERLINK(1).jpg";
  record.result.faces[0].face.box.x = -3.5;
  PictureRecord failed = Failed();
  failed.file = "-";
  failed.status = Status(Code::kIo, "@nothing");
  const RecordFormatter safe(RecordFormat::kCsv, 10, RecordContent::kPredictions,
                             TextUse::kSpreadsheet);
  const std::string text = safe.Header() + safe.Format(record) + safe.Format(failed);
  EXPECT_NE(text.find("\n3,%3DHYPERLINK(1).jpg,percent,"), std::string::npos) << text;
  EXPECT_NE(text.find(",-3.5,"), std::string::npos) << "numbers stay";
  EXPECT_NE(text.find("\n3,%2D,percent,"), std::string::npos) << text;
  EXPECT_NE(text.find(",io,%40nothing\n"), std::string::npos) << text;
  EXPECT_NE(Text(RecordFormat::kCsv, record).find("\n3,=HYPERLINK(1).jpg,,"), std::string::npos);
  const RecordFormatter lines(RecordFormat::kJsonl, 10, RecordContent::kPredictions,
                              TextUse::kSpreadsheet);
  EXPECT_EQ(Json::parse(lines.Format(record))["file"], record.file) << "JSON is no spreadsheet";
}

TEST(RecordCsv, SaysTheSameAsJson) {
  const std::vector<Row> rows = Rows(Frame());
  ASSERT_EQ(rows.size(), 2u);
  Row row = rows[1];
  const std::vector<std::pair<const char*, const char*>> expected = {
      {"schema", "3"},
      {"file", "a, b.jpg"},
      {"frame", "17"},
      {"rotation", "90"},
      {"box_x", "100.0"},
      {"box_height", "40.0"},
      {"eyes_1_x", "101.0"},
      {"score", "0.8765"},
      {"age", "31.42"},
      {"age_low", "26.29"},
      {"p_female", "0.1235"},
      {"quality_eye_distance", "12.35"},
      {"quality_yaw", "-7.13"},
      {"quality_outside", "0.0625"},
      {"track_id", "3"},
      {"track_sightings", "8"},
      {"track_age", "40.0"},
      {"track_p_female", "0.75"},
      {"flags", "too_small too_dark"},
      {"error_code", ""}};
  for (const auto& [name, value] : expected) {
    ASSERT_TRUE(row.contains(name)) << name;
    EXPECT_EQ(row[name], value) << name;
  }
  EXPECT_EQ(Row(rows[0])["track_id"], "") << "not confirmed yet";
}

TEST(RecordCsv, ColumnsAreThoseOfTheDocumentation) {
  const auto header = [](RecordContent content) {
    return RecordFormatter(RecordFormat::kCsv, 10, content).Header();
  };
  EXPECT_EQ(header(RecordContent::kPredictions),
            "schema,file,file_encoding,frame,width,height,rotation,picture_flags,box_x,box_y,box_"
            "width,box_height,eyes_0_x,"
            "eyes_0_y,eyes_1_x,eyes_1_y,score,age,age_low,age_high,p_female,quality_eye_distance,"
            "quality_sharpness,quality_yaw,quality_pitch,quality_roll,quality_brightness,"
            "quality_outside,flags,track_id,track_sightings,track_age,track_age_low,"
            "track_age_high,track_p_female,error_code,error_message\n");
  EXPECT_EQ(header(RecordContent::kDetections),
            "schema,file,file_encoding,width,height,rotation,picture_flags,box_x,box_y,box_width,"
            "box_height,points_0_x,"
            "points_0_y,points_1_x,points_1_y,points_2_x,points_2_y,points_3_x,points_3_y,"
            "points_4_x,points_4_y,eyes_0_x,eyes_0_y,eyes_1_x,eyes_1_y,score,"
            "quality_eye_distance,quality_sharpness,quality_yaw,quality_pitch,quality_roll,"
            "quality_brightness,quality_outside,flags,error_code,error_message\n");
}

TEST(RecordCsv, PicturesWithoutFacesAndFailuresHaveARowEach) {
  PictureRecord nobody = Picture();
  nobody.result.faces.clear();
  for (const RecordContent content : {RecordContent::kPredictions, RecordContent::kDetections}) {
    std::vector<Row> rows = Rows(nobody, content);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0]["width"], "640");
    EXPECT_EQ(rows[0]["box_x"], "");
    rows = Rows(Failed(), content);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0]["width"], "");
    EXPECT_EQ(rows[0]["error_code"], "corrupt_image");
    EXPECT_EQ(rows[0]["error_message"], "broken, \"really\"");
  }
}

TEST(RecordTable, IsForPeople) {
  const std::string picture = Text(RecordFormat::kTable, Picture());
  EXPECT_EQ(picture.substr(0, picture.find('\n')),
            "a, b.jpg    1,2 30x40                  0.88   31.4  26 to 37       male 88 %       "
            "too_small too_dark  (turned by 90 degrees)");
  // The person's values, not the frame's.
  const std::string frame = Text(RecordFormat::kTable, Frame());
  EXPECT_NE(frame.find(" 40.0  35 to 45       female 75 %"), std::string::npos) << frame;
  EXPECT_NE(frame.find("#3 too_small"), std::string::npos) << frame;
  EXPECT_EQ(Text(RecordFormat::kTable, Failed()), "c.jpg       failed: broken, \"really\"\n");
  const std::string detected = Text(RecordFormat::kTable, Picture(), RecordContent::kDetections);
  EXPECT_EQ(detected.find("male"), std::string::npos) << detected;
}

TEST(RecordTable, HeaderStandsAboveItsColumns) {
  for (const RecordContent content : {RecordContent::kPredictions, RecordContent::kDetections}) {
    const std::string header = RecordFormatter(RecordFormat::kTable, 10, content).Header();
    const std::string line = Text(RecordFormat::kTable, Picture(), content);
    EXPECT_EQ(header.find("box"), line.find("1,2"));
    EXPECT_EQ(header.find("flags"), line.find("too_small"));
    EXPECT_EQ(header.find("score") + 5, line.find("0.88") + 4);
  }
}

}  // namespace
}  // namespace ag::test
