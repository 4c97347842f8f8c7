// The shipped model's golden predictions, in every build of the engine.
#include "tests/golden/golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace ag {
namespace {

constexpr char kGoldens[] = AG_SOURCE_DIR "/tests/golden/predictions.json";
constexpr char kModels[] = AG_SOURCE_DIR "/web/model";

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool Exists(const std::string& path) { return std::ifstream(path).good(); }

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// A face with its box, and a picture taken as it is.
GoldenSet TwoReadings() {
  GoldenSet goldens;
  goldens.net_sha256 = "1";
  goldens.detector_sha256 = "2";
  GoldenReading reading;
  reading.name = "drawn face 0";
  reading.box.assign({1.5, 2, 30, 40});
  reading.age = 25.125;
  reading.age_low = 20;
  reading.age_high = 31;
  reading.p_female = 0.4;
  goldens.readings.push_back(reading);
  reading.name = "astronaut as-is";
  reading.box.clear();
  goldens.readings.push_back(reading);
  return goldens;
}

TEST(Golden, TheShippedModelSaysWhatItSaid) {
  const auto expected = GoldensFromJson(ReadText(kGoldens));
  ASSERT_TRUE(expected.ok()) << kGoldens << ": " << expected.status().message();
  const bool with_astronaut = Exists(AG_ASTRONAUT);
  if (!with_astronaut) std::puts("without the astronaut (./ag demo fetches it): drawn faces alone");
  const auto found = ReadGoldens(kModels, with_astronaut ? AG_ASTRONAUT : "");
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(Joined(CompareGoldens(*expected, *found, with_astronaut)), "");
  // The comparison is none of pictures without faces.
  size_t faces = 0;
  for (const GoldenReading& reading : expected->readings) faces += reading.box.empty() ? 0 : 1;
  EXPECT_GE(faces, 2u);
}

// The gate can fail: each kind of change is named.
TEST(Golden, ChangesAreNamed) {
  const GoldenSet a = TwoReadings();
  EXPECT_EQ(Joined(CompareGoldens(a, a, true)), "");
  const auto changed = [&](auto change) {
    GoldenSet b = a;
    change(&b);
    return Joined(CompareGoldens(a, b, true));
  };
  EXPECT_EQ(changed([](GoldenSet* b) { b->readings[0].age += 0.04; }), "");
  EXPECT_NE(changed([](GoldenSet* b) { b->readings[0].age += 0.06; }).find("age"),
            std::string::npos);
  EXPECT_NE(changed([](GoldenSet* b) { b->readings[1].age = NAN; }), "");
  EXPECT_NE(changed([](GoldenSet* b) { b->readings[0].box[2] += 1; }).find("box"),
            std::string::npos);
  EXPECT_NE(changed([](GoldenSet* b) { b->readings[1].p_female += 0.002; }), "");
  EXPECT_NE(changed([](GoldenSet* b) { b->readings[1].age_high += 0.2; }), "");
  EXPECT_NE(changed([](GoldenSet* b) { b->readings.pop_back(); }).find("missing"),
            std::string::npos);
  EXPECT_NE(changed([](GoldenSet* b) { b->net_sha256 = "3"; }).find("./ag goldens"),
            std::string::npos);
  GoldenSet without = a;
  without.readings.pop_back();
  EXPECT_EQ(Joined(CompareGoldens(a, without, false)), "");
  EXPECT_NE(Joined(CompareGoldens(without, a, true)), "");
}

TEST(Golden, JsonKeepsEverything) {
  const GoldenSet a = TwoReadings();
  const auto b = GoldensFromJson(GoldensToJson(a));
  ASSERT_TRUE(b.ok());
  EXPECT_EQ(GoldensToJson(*b), GoldensToJson(a));
  EXPECT_EQ(Joined(CompareGoldens(a, *b, true)), "");
  EXPECT_FALSE(GoldensFromJson("{}").ok());
  EXPECT_FALSE(GoldensFromJson("no json").ok());
}

}  // namespace
}  // namespace ag
