#include <map>
#include <string>

#include "gtest/gtest.h"
#include "native/data/known_set.h"

namespace ag {
namespace {

struct NameCase {
  const char* name;
  double age;
  Gender gender;
  const char* group;
};

TEST(UtkFace, WellFormedNamesAndPublishedFaults) {
  const NameCase cases[] = {
      {"26_1_2_20170116184615488.jpg.chip.jpg", 26, Gender::kFemale, "Asian"},
      {"0_0_0_20170110212500903.jpg", 0, Gender::kMale, "White"},
      {"116_1_1_20170110183726390.jpg.chip.jpg", 116, Gender::kFemale, "Black"},
      {"120_0_3_x.png", 120, Gender::kMale, "Indian"},
      {"39_1_20170116174525125.jpg.chip.jpg", 39, Gender::kFemale, ""},
      {"61_1_20170109142408075.jpg.chip.jpg", 61, Gender::kFemale, ""},
      {"61_1_20170109150557335.jpg.chip.jpg", 61, Gender::kFemale, ""},
      {"61_1_20170109150557335.jpg", 61, Gender::kFemale, ""},
      {"24_0_1_20170116220224657 .jpg.chip.jpg", 24, Gender::kMale, "Black"},
      {"55_0_0_20170116232725357jpg.chip.jpg", 55, Gender::kMale, "White"},
      {"30_1_4_20170117_2.jpg", 30, Gender::kFemale, "Others"},
  };
  for (const NameCase& c : cases) {
    const StatusOr<Sample> sample = kUtkfaceSet.label_of_name(c.name);
    ASSERT_TRUE(sample.ok()) << c.name << ": " << sample.status().message();
    EXPECT_EQ(sample->age_lo, c.age) << c.name;
    EXPECT_TRUE(sample->has_exact_age()) << c.name;
    EXPECT_EQ(sample->gender, c.gender) << c.name;
    EXPECT_EQ(sample->group, c.group) << c.name;
    EXPECT_EQ(sample->weight, 1) << c.name;
  }
}

TEST(UtkFace, MalformedNamesSayWhatIsWrong) {
  const std::map<std::string, std::string> cases = {
      {"", "age"},
      {".jpg", "age"},
      {"portrait.jpg", "age 'portrait.jpg'"},
      {"-3_1_2_2017.jpg", "age '-3'"},
      {"2 6_1_2_2017.jpg", "age '2 6'"},
      {"121_1_2_20170116184615488.jpg", "outside 0..120"},
      {"99999999999999999999_1_2_2017.jpg", "outside 0..120"},
      {"26.jpg", "age"},
      {"26_2_1_20170116184615488.jpg", "gender '2'"},
      {"26__1_20170116184615488.jpg", "gender ''"},
      {"26_1_5_20170116184615488.jpg", "race '5'"},
      {"26_1_.jpg", "race"},
      {"26_1_2", "race"},
      {"26_1_12345.jpg", "race"},
      // Dates, times, serial numbers: no labels.
      {"01_0_20200116.jpg", "race '20200116.jpg'"},
      {"12_1_20200116_2.jpg", "race '20200116'"},
      {"10_0_202001161530.jpg", "race"},
      {"10_0_20200116153059.jpg", "race"},
      {"10_1_00000000000000001.jpg", "race"},
      {"10_1_20201316174525125.jpg", "race"},  // a thirteenth month
      {"10_1_20201132174525125.jpg", "race"},
      {"10_1_20201116244525125.jpg", "race"},
      {"10_1_20201116176025125.jpg", "race"},
      {"10_1_201711161745251250.jpg", "race"},
      {"39_1_20170116174525125 copy.jpg", "race"},
      {"39_1_20170116174525125(1).jpg", "race"},
      {"39_1_20170116174525125jpg", "race"},
  };
  for (const auto& [name, reason] : cases) {
    const StatusOr<Sample> sample = kUtkfaceSet.label_of_name(name);
    ASSERT_FALSE(sample.ok()) << name;
    EXPECT_EQ(sample.status().code(), Code::kInvalidArgument) << name;
    EXPECT_NE(sample.status().message().find(reason), std::string::npos)
        << name << ": " << sample.status().message();
  }
}

TEST(UtkFace, IsRecognisedByHalfOfTheNames) {
  const auto sample = [](const char* file) {
    Sample sample;
    sample.file = file;
    return sample;
  };
  const Sample named = sample("part1/26_1_2_20170116184615488.jpg.chip.jpg");
  const Sample other = sample("holiday.jpg");
  EXPECT_EQ(RecogniseSet({named, other}), &kUtkfaceSet);
  EXPECT_EQ(RecogniseSet({named, other, other}), nullptr);
  EXPECT_EQ(LicenceOf({&kUtkfaceSet}),
            "Weights trained on UTKFace: non-commercial research use only");
}

}  // namespace
}  // namespace ag
