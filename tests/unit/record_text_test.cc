// The texts of records, byte for byte: written down from what the command line printed before the
// page had the same writer. Run as WebAssembly too.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "shared/base/number_text.h"
#include "shared/base/utf8.h"
#include "shared/record/json_fields.h"
#include "shared/record/record.h"
#include "shared/record/record_csv.h"
#include "tests/unit/record_samples.h"

namespace ag::test {
namespace {

TEST(RecordText, JsonOfAFrame) {
  EXPECT_EQ(RecordJson(Frame()),
            R"({"schema":3,"file":"a, b.jpg","frame":17,"width":640,"height":480,"rotation":90,)"
            R"("flags":[],"faces":[{"box":{"x":1.0,"y":2.0,"width":30.0,"height":40.0},)"
            R"("eyes":[[1.0,10.5],[2.0,10.5]],"score":0.8765,"age":31.42,"age_low":26.29,)"
            R"("age_high":36.54,"p_female":0.1235,"quality":{"eye_distance":12.35,)"
            R"("sharpness":0.4444,"yaw":-7.13,"pitch":3.5,"roll":0.0,"brightness":0.5,)"
            R"("outside":0.0625},"flags":["too_small","too_dark"]},{"box":{"x":100.0,"y":2.0,)"
            R"("width":30.0,"height":40.0},"eyes":[[100.0,10.5],[101.0,10.5]],"score":0.8765,)"
            R"("age":31.42,"age_low":26.29,"age_high":36.54,"p_female":0.1235,)"
            R"("quality":{"eye_distance":12.35,"sharpness":0.4444,"yaw":-7.13,"pitch":3.5,)"
            R"("roll":0.0,"brightness":0.5,"outside":0.0625},"flags":["too_small","too_dark"],)"
            R"("track":{"id":3,"sightings":8,"age":40.0,"age_low":34.87,"age_high":45.13,)"
            R"("p_female":0.75}}]})");
}

TEST(RecordText, JsonOfDetections) {
  EXPECT_EQ(RecordJson(Picture(), RecordContent::kDetections),
            R"({"schema":3,"file":"a, b.jpg","width":640,"height":480,"rotation":90,"flags":[],)"
            R"("faces":[{"box":{"x":1.0,"y":2.0,"width":30.0,"height":40.0},"points":[[1.0,10.5],)"
            R"([2.0,10.5],[3.0,10.5],[4.0,10.5],[5.0,10.5]],"eyes":[[1.0,10.5],[2.0,10.5]],)"
            R"("score":0.8765,"quality":{"eye_distance":12.35,"sharpness":0.4444,"yaw":-7.13,)"
            R"("pitch":3.5,"roll":0.0,"brightness":0.5,"outside":0.0625},"flags":["too_small",)"
            R"("too_dark"]},{"box":{"x":100.0,"y":2.0,"width":30.0,"height":40.0},)"
            R"("points":[[100.0,10.5],[101.0,10.5],[102.0,10.5],[103.0,10.5],[104.0,10.5]],)"
            R"("eyes":[[100.0,10.5],[101.0,10.5]],"score":0.8765,"quality":{"eye_distance":12.35,)"
            R"("sharpness":0.4444,"yaw":-7.13,"pitch":3.5,"roll":0.0,"brightness":0.5,)"
            R"("outside":0.0625},"flags":["too_small","too_dark"]}]})");
}

TEST(RecordText, JsonOfNumbersAtTheEdges) {
  EXPECT_EQ(RecordJson(Edges()),
            R"({"schema":3,"file":"50%.jpg","width":640,"height":480,"rotation":0,)"
            R"("flags":["colour_profile","truncated"],"faces":[{"box":{"x":-0.01,"y":0.0,)"
            R"("width":1000000.13,"height":100.0},"eyes":[[1.0,10.5],[2.0,10.5]],"score":1.0,)"
            R"("age":31.42,"age_low":null,"age_high":null,"p_female":0.0001,)"
            R"("quality":{"eye_distance":null,"sharpness":null,"yaw":-180.0,"pitch":0.0,)"
            R"("roll":2.68,"brightness":1.0,"outside":0.0},"flags":[]}]})");
}

TEST(RecordText, JsonOfBytesThatAreNoText) {
  EXPECT_EQ(RecordJson(Hostile()),
            "{\"schema\":3,\"file\":\"=50%25%FC \\\"\\\\\\n\\u0001.jpg\",\"file_encoding\":\"perc"
            "ent\",\"error\":{\"code\":\"io\",\"message\":\"-a\357\277\275z \357\277\275\357\277"
            "\275\357\277\275 \357\277\275 \357\277\275\357\277\275 \357\277\275, \\\"\\\\\\b\\f"
            "\\n\\r\\t\\u001f\177\342\202\254\360\237\230\200\"}}");
}

TEST(RecordText, CsvOfAFrame) {
  EXPECT_EQ(RecordCsvRows(Frame(), RecordContent::kPredictions),
            "3,\"a, b.jpg\",,17,640,480,90,,1.0,2.0,30.0,40.0,1.0,10.5,2.0,10.5,0.8765,31.42,26.2"
            "9,36.54,0.1235,12.35,0.4444,-7.13,3.5,0.0,0.5,0.0625,too_small too_dark,,,,,,,,\n"
            "3,\"a, b.jpg\",,17,640,480,90,,100.0,2.0,30.0,40.0,100.0,10.5,101.0,10.5,0.8765,31.4"
            "2,26.29,36.54,0.1235,12.35,0.4444,-7.13,3.5,0.0,0.5,0.0625,too_small too_dark,3,8,40"
            ".0,34.87,45.13,0.75,,\n");
}

TEST(RecordText, CsvOfDetections) {
  EXPECT_EQ(RecordCsvRows(Edges(), RecordContent::kDetections),
            "3,50%.jpg,,640,480,0,colour_profile truncated,-0.01,0.0,1000000.13,100.0,1.0,10.5,2."
            "0,10.5,3.0,10.5,4.0,10.5,5.0,10.5,1.0,10.5,2.0,10.5,1.0,,,-180.0,0.0,2.68,1.0,0.0,,,"
            "\n");
}

TEST(RecordText, CsvOfNumbersAtTheEdges) {
  EXPECT_EQ(RecordCsvRows(Edges(), RecordContent::kPredictions),
            "3,50%.jpg,,,640,480,0,colour_profile truncated,-0.01,0.0,1000000.13,100.0,1.0,10.5,2"
            ".0,10.5,1.0,31.42,,,0.0001,,,-180.0,0.0,2.68,1.0,0.0,,,,,,,,,\n");
}

TEST(RecordText, CsvOfBytesThatAreNoText) {
  EXPECT_EQ(RecordCsvRows(Hostile(), RecordContent::kPredictions),
            "3,\"=50%25%FC \"\"\\\n"
            "\001.jpg\",percent,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,io,\"-a\357\277\275z \357\277\275"
            "\357\277\275\357\277\275 \357\277\275 \357\277\275\357\277\275 \357\277\275, \"\"\\"
            "\b\f\n"
            "\r\t\037\177\342\202\254\360\237\230\200\"\n");
}

TEST(RecordText, CsvForASpreadsheet) {
  EXPECT_EQ(RecordCsvRows(Hostile(), RecordContent::kPredictions, TextUse::kSpreadsheet),
            "3,\"%3D50%25%FC \"\"\\%0A\001.jpg\",percent,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,io,\"%2D"
            "a%E2%82z %ED%A0%80 %F0%9F%98 %C0%AF %FF, \"\"\\\b\f%0A%0D%09\037\177\342\202\254\360"
            "\237\230\200\"\n");
}

TEST(RecordText, AVideosFrameBecomesARecord) {
  FrameResult frame;
  frame.width = 640;
  frame.height = 480;
  frame.rotation = 90;
  frame.faces = {{SomeFace(1), 0, 1, Guess(20, 0.5)}, {SomeFace(100), 3, 8, Guess(40, 0.75)}};
  PictureRecord record;
  record.file = "a, b.jpg";
  record.frame = 17;
  SetFrameResult(frame, &record);
  EXPECT_EQ(RecordJson(record), RecordJson(Frame()));
  EXPECT_EQ(TrackOf(record, 0), nullptr) << "not confirmed";
  SetFrameResult(FrameResult(), &record);
  EXPECT_TRUE(record.result.faces.empty());
  EXPECT_EQ(TrackOf(record, 1), nullptr);
}

TEST(FixedText, RoundsHalfAwayFromZeroAndLeavesOneDecimal) {
  EXPECT_EQ(FixedText(0, 2), "0.0");
  EXPECT_EQ(FixedText(-0.0, 2), "0.0");
  EXPECT_EQ(FixedText(-0.004, 2), "0.0");
  EXPECT_EQ(FixedText(-0.005, 2), "-0.01");
  EXPECT_EQ(FixedText(0.125, 2), "0.13");
  EXPECT_EQ(FixedText(2.675, 2), "2.68") << "267.5 as a product";
  EXPECT_EQ(FixedText(7, 4), "7.0");
  EXPECT_EQ(FixedText(10.10, 2), "10.1");
  EXPECT_EQ(FixedText(0.05, 1), "0.1");
  EXPECT_EQ(FixedText(99.999, 2), "100.0");
  EXPECT_EQ(FixedText(0.0001, 4), "0.0001");
  EXPECT_EQ(FixedText(-123456.789, 6), "-123456.789");
}

TEST(FixedText, OfWhatIsLargeOrNoNumber) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(FixedText(infinity, 2), "");
  EXPECT_EQ(FixedText(-infinity, 2), "");
  EXPECT_EQ(FixedText(std::nan(""), 2), "");
  EXPECT_EQ(FixedText(999'999'999'999.99, 2), "999999999999.99");
  for (const int decimals : {1, 2, 4, 6}) {
    EXPECT_EQ(FixedText(1e300, decimals), "1000000000000.0");
    EXPECT_EQ(FixedText(-1e300, decimals), "-1000000000000.0");
  }
}

TEST(JsonString, EscapesWhatItMust) {
  EXPECT_EQ(JsonString(""), R"("")");
  EXPECT_EQ(JsonString("a/b'c"), R"("a/b'c")");
  EXPECT_EQ(JsonString(std::string("\0\x1F\x7F", 3)), "\"\\u0000\\u001f\x7F\"");
  EXPECT_EQ(JsonString("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
}

// Unicode's own example (15.0, table 3-8): one U+FFFD for each longest beginning of a character.
TEST(WellFormedUtf8, ReplacesEachPartOnce) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(WellFormedUtf8("é€😀"), "é€😀");
  EXPECT_EQ(WellFormedUtf8("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            "a" + bad + bad + bad + "b" + bad + "c" + bad + bad + "d");
  EXPECT_EQ(WellFormedUtf8("\xED\xA0\x80"), bad + bad + bad) << "a surrogate begins no character";
  EXPECT_EQ(WellFormedUtf8("\xC0\xAF"), bad + bad) << "overlong";
  EXPECT_EQ(WellFormedUtf8("\xF4\x90\x80\x80"), bad + bad + bad + bad) << "above U+10FFFF";
  EXPECT_EQ(WellFormedUtf8("a\xF0\x9F\x98"), "a" + bad) << "cut off";
}

}  // namespace
}  // namespace ag::test
