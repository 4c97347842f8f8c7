// native/data: folders, manifests, CSV, splits. What is particular to a data set: known_sets/.
#include "native/data/dataset.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

class DatasetTest : public testing::Test {
 protected:
  void SetUp() override {
    const testing::TestInfo* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              ("ag_dataset_" + std::to_string(::getpid()) + "_" + info->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text = "x") {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  fs::path folder_;
};

std::vector<std::string> Files(const Dataset& dataset) {
  std::vector<std::string> files;
  for (const Sample& sample : dataset.samples) files.push_back(sample.file);
  return files;
}

TEST_F(DatasetTest, FolderIsSearchedAtAnyDepthAndSorted) {
  Write("b/30_0_1_20170101000000000.jpg");
  Write("25_1_2_20170101000000000.JPG");
  Write("b/c/31_0_1_20170101000000000.png");
  Write("a.jpg");
  Write("notes.txt");
  Write("b/130_0_1_20170101000000000.jpg");
  fs::create_directory_symlink(folder_ / "b", folder_ / "linked");
  for (const std::string& root : {folder_.string(), folder_.string() + "/"}) {
    const StatusOr<Dataset> dataset = ListDataset(root);
    ASSERT_TRUE(dataset.ok()) << dataset.status().message();
    EXPECT_EQ(Files(*dataset), (std::vector<std::string>{"25_1_2_20170101000000000.JPG",
                                                         "b/30_0_1_20170101000000000.jpg",
                                                         "b/c/31_0_1_20170101000000000.png"}));
    EXPECT_TRUE(fs::exists(dataset->samples[2].path));
    ASSERT_EQ(dataset->skipped.size(), 2u);
    EXPECT_EQ(dataset->skipped[0].file, "a.jpg");
    EXPECT_EQ(dataset->skipped[1].file, "b/130_0_1_20170101000000000.jpg");
  }
}

TEST_F(DatasetTest, NamesThatSeveralSetsHaveGetTheSetsRoot) {
  Write("a/20_0_1_20170101000000001.jpg");
  Write("a/30_0_1_20170101000000002.jpg");
  Write("b/20_0_1_20170101000000001.jpg");
  Write("b/x/40_0_1_20170101000000003.jpg");
  Write("b/portrait.jpg");
  const std::string a = (folder_ / "a").string(), b = (folder_ / "b").string();
  std::vector<uint32_t> sets;
  const StatusOr<Dataset> dataset = ListDatasets({a, b}, &sets);
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  std::vector<std::string> files;
  for (const Sample& sample : dataset->samples) files.push_back(sample.file);
  EXPECT_EQ(files, (std::vector<std::string>{
                       a + "/20_0_1_20170101000000001.jpg", "30_0_1_20170101000000002.jpg",
                       b + "/20_0_1_20170101000000001.jpg", "x/40_0_1_20170101000000003.jpg"}));
  EXPECT_EQ(sets, (std::vector<uint32_t>{0, 0, 1, 1}));
  EXPECT_EQ(dataset->samples[2].path, b + "/20_0_1_20170101000000001.jpg");
  ASSERT_EQ(dataset->skipped.size(), 1u);
  EXPECT_EQ(ListDatasets({a, (folder_ / "absent").string()}, nullptr).status().code(),
            Code::kNotFound);
}

TEST_F(DatasetTest, EmptyFolderSaysWhatWasLookedFor) {
  Write("holiday.jpg");
  const StatusOr<Dataset> dataset = ListDataset(folder_.string());
  ASSERT_FALSE(dataset.ok());
  EXPECT_EQ(dataset.status().code(), Code::kEmpty);
  for (const char* part : {"AGE_GENDER_RACE_DATETIME.jpg", "holiday.jpg", ".png"}) {
    EXPECT_NE(dataset.status().message().find(part), std::string::npos)
        << dataset.status().message();
  }
}

TEST_F(DatasetTest, WhatIsNoDataSet) {
  EXPECT_EQ(ListDataset((folder_ / "absent").string()).status().code(), Code::kNotFound);
  EXPECT_EQ(ListDataset(Write("a.txt")).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ListDataset(Write("empty.csv", "")).status().code(), Code::kEmpty);
  EXPECT_EQ(ListDataset(Write("header.csv", "file,age,gender\n")).status().code(), Code::kEmpty);
}

TEST_F(DatasetTest, ManifestInAnyOrderWithMarkAndCarriageReturns) {
  const std::string path = Write("m.csv",
                                 "\xEF\xBB\xBFgender,Group,note,file,age,weight\r\n"
                                 "male,White,\"a, \"\"b\"\"\",\"x, y.jpg\",25.5,2\r\n"
                                 "\r\n"
                                 "F,\"two\nlines\",,/abs/z.jpg,0,\r\n"
                                 ",,,sub/u.jpg,120");
  const StatusOr<Dataset> dataset = ListDataset(path);
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  ASSERT_EQ(dataset->samples.size(), 3u);
  EXPECT_TRUE(dataset->skipped.empty());
  const Sample& first = dataset->samples[0];
  EXPECT_EQ(first.file, "x, y.jpg");
  EXPECT_EQ(first.path, (folder_ / "x, y.jpg").string());
  EXPECT_EQ(first.age_lo, 25.5);
  EXPECT_EQ(first.gender, Gender::kMale);
  EXPECT_EQ(first.group, "White");
  EXPECT_EQ(first.weight, 2);
  EXPECT_EQ(dataset->samples[1].path, "/abs/z.jpg");
  EXPECT_EQ(dataset->samples[1].gender, Gender::kFemale);
  EXPECT_EQ(dataset->samples[1].group, "two\nlines");
  EXPECT_EQ(dataset->samples[2].gender, Gender::kUnknown);
  EXPECT_EQ(dataset->samples[2].age_hi, 120);
}

TEST_F(DatasetTest, ManifestWithAgeRanges) {
  const StatusOr<Dataset> dataset = ListDataset(Write("labels.csv",
                                                      "file,age_lo,age_hi,gender,group\n"
                                                      "1.jpg,50,59,male,East Asian\n"
                                                      "2.jpg,70,120,female,Indian\n"
                                                      "3.jpg,9,3,female,Black\n"));
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  ASSERT_EQ(dataset->samples.size(), 2u);
  EXPECT_FALSE(dataset->samples[0].has_exact_age());
  EXPECT_EQ(dataset->samples[0].age_lo, 50);
  EXPECT_EQ(dataset->samples[0].age_hi, 59);
  ASSERT_EQ(dataset->skipped.size(), 1u);
  EXPECT_EQ(dataset->skipped[0].file, "3.jpg");
  EXPECT_NE(dataset->skipped[0].reason.find("line 4"), std::string::npos);
}

TEST_F(DatasetTest, RangesInTheColumnAge) {
  const StatusOr<Dataset> dataset = ListDataset(Write("m.csv",
                                                      "file,age,gender,group,race\n"
                                                      "1.jpg,70+,male,Group,Race\n"
                                                      "2.jpg,7 - 7,male,,\n"
                                                      "3.jpg,29-20,male,,\n"
                                                      "4.jpg,-5,male,,\n"
                                                      "5.jpg,20-,male,,\n"
                                                      "6.jpg,20-200,male,,\n"
                                                      "7.jpg,+,male,,\n"
                                                      "8.jpg,more than ,male,,\n"
                                                      "9.jpg,more than x,male,,\n"
                                                      "10.jpg,1-2-3,male,,\n"
                                                      "11.jpg,-,male,,\n"));
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  EXPECT_EQ(Files(*dataset), (std::vector<std::string>{"1.jpg", "2.jpg"}));
  EXPECT_EQ(dataset->samples[0].age_lo, 70);
  EXPECT_EQ(dataset->samples[0].age_hi, 120);
  EXPECT_EQ(dataset->samples[0].group, "Group");
  EXPECT_TRUE(dataset->samples[1].has_exact_age());
  EXPECT_EQ(dataset->samples[1].group, "");
  EXPECT_EQ(dataset->skipped.size(), 9u);
}

TEST_F(DatasetTest, BadRowsAreSkippedWithTheirLine) {
  const StatusOr<Dataset> dataset = ListDataset(Write("m.csv",
                                                      "file,age,gender,weight\n"
                                                      "1.jpg,abc,male,1\n"
                                                      "2.jpg,121,male,1\n"
                                                      "3.jpg,20,robot,1\n"
                                                      "4.jpg,nan,male,1\n"
                                                      "5.jpg,20,male,-1\n"
                                                      "6.jpg,,,1\n"
                                                      ",20,male,1\n"
                                                      "8.jpg\n"
                                                      "9\"x.jpg,20,male,1\n"
                                                      "\"never closed,20,male,1\n"
                                                      "good.jpg,20,male,1\n"));
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  EXPECT_EQ(Files(*dataset), (std::vector<std::string>{"good.jpg"}));
  ASSERT_EQ(dataset->skipped.size(), 10u);
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_TRUE(dataset->skipped[i].reason.starts_with("line " + std::to_string(i + 2) + ":"))
        << dataset->skipped[i].reason;
  }
}

TEST_F(DatasetTest, ManifestHeaderThatLacksAColumn) {
  for (const char* header : {"file,age\n", "age,gender\n", "file,age_lo,gender\n",
                             "file;age;gender\n", "file,age,gender,age\n", "\"file,age,gender\n"}) {
    const StatusOr<Dataset> dataset =
        ListDataset(Write("m.csv", std::string(header) + "1.jpg,20,male\n"));
    ASSERT_FALSE(dataset.ok()) << header;
    EXPECT_EQ(dataset.status().code(), Code::kInvalidArgument) << header;
    EXPECT_NE(dataset.status().message().find("m.csv"), std::string::npos);
  }
}

TEST_F(DatasetTest, ManifestWithoutAges) {
  for (const char* text : {"file,gender\n1.jpg,male\n", "file,age,gender\n1.jpg,,male\n",
                           "file,age_lo,age_hi,gender\n1.jpg,,,male\n"}) {
    const StatusOr<Dataset> dataset = ListDataset(Write("m.csv", text));
    ASSERT_TRUE(dataset.ok()) << text << dataset.status().message();
    ASSERT_EQ(dataset->samples.size(), 1u) << text;
    EXPECT_FALSE(dataset->samples[0].has_age());
    EXPECT_FALSE(dataset->samples[0].has_exact_age());
    EXPECT_EQ(dataset->samples[0].age_lo, 0);
    EXPECT_EQ(dataset->samples[0].age_hi, kMaxAgeYears);
    EXPECT_EQ(dataset->samples[0].gender, Gender::kMale);
  }
  // A label that says nothing is of no use; half a range is a slip.
  const StatusOr<Dataset> some = ListDataset(
      Write("m.csv", "file,age_lo,age_hi,gender\n1.jpg,,,\n2.jpg,20,,male\n3.jpg,20,29,\n"));
  ASSERT_TRUE(some.ok()) << some.status().message();
  EXPECT_EQ(Files(*some), (std::vector<std::string>{"3.jpg"}));
  EXPECT_TRUE(some->samples[0].has_age());
  ASSERT_EQ(some->skipped.size(), 2u);
  EXPECT_EQ(some->skipped[0].reason, "line 2: neither an age nor a gender");
  EXPECT_EQ(some->skipped[1].reason, "line 3: age_hi '' is not a number");
}

TEST(CsvTest, FieldsSurviveARoundTrip) {
  for (const std::string field :
       {"plain", "a,b", "say \"x\"", "two\nlines", "cr\r", " space ", "", "ä"}) {
    const std::string text = CsvField(field) + ",end\n";
    CsvReader reader(text);
    CsvRow row;
    ASSERT_TRUE(reader.Next(&row));
    EXPECT_EQ(row.fields, (std::vector<std::string>{field, "end"}));
    EXPECT_FALSE(reader.Next(&row));
  }
  EXPECT_EQ(CsvField("plain"), "plain");
  EXPECT_EQ(CsvField("a,\"b\""), "\"a,\"\"b\"\"\"");
}

TEST(CsvTest, EveryTruncationEndsWithoutLoss) {
  const std::string text = "a,\"b\"\"c\",\"d\r\ne\"\r\nf,g\r";
  for (size_t length = 0; length <= text.size(); ++length) {
    CsvReader reader(std::string_view(text).substr(0, length));
    CsvRow row;
    size_t rows = 0;
    while (reader.Next(&row)) ASSERT_LT(++rows, 10u);
  }
}

TEST(SplitTest, ValidationIsTheShareOfTheHash) {
  const std::string zero(64, '0'), top(64, 'f');
  EXPECT_TRUE(IsValidation(zero, 0.1));
  EXPECT_FALSE(IsValidation(zero, 0));
  EXPECT_FALSE(IsValidation(top, 0.999999));
  EXPECT_TRUE(IsValidation(top, 1));
  EXPECT_FALSE(IsValidation("no hash", 0.5));
  EXPECT_TRUE(IsValidation("7fffffffffffffff" + std::string(48, '0'), 0.5));
  EXPECT_FALSE(IsValidation("8000000000000000" + std::string(48, '0'), 0.5));
  int chosen = 0;
  for (uint32_t i = 0; i < 10000; ++i) {
    const uint8_t bytes[4] = {static_cast<uint8_t>(i), static_cast<uint8_t>(i >> 8), 0, 0};
    chosen += IsValidation(HexString(HashSha256(bytes)), 0.2);
  }
  EXPECT_NEAR(chosen, 2000, 160);  // four standard deviations
}

TEST_F(DatasetTest, SplitSurvivesARoundTrip) {
  const std::string path = (folder_ / "split.csv").string();
  const std::vector<SplitEntry> entries = {{"a, b.jpg", std::string(64, 'a'), "train"},
                                           {"c.jpg", std::string(64, '0'), "val"},
                                           {"d.jpg", std::string(64, '1'), "test"},
                                           {"e.jpg", std::string(64, '2'), "aside"}};
  ASSERT_TRUE(WriteSplit(path, entries).ok());
  const StatusOr<std::vector<SplitEntry>> read = ReadSplit(path);
  ASSERT_TRUE(read.ok()) << read.status().message();
  ASSERT_EQ(read->size(), 4u);
  EXPECT_EQ((*read)[0].file, "a, b.jpg");
  EXPECT_EQ((*read)[1].sha256, std::string(64, '0'));
  EXPECT_EQ((*read)[1].part, "val");
  EXPECT_EQ((*read)[2].part, "test");
  EXPECT_EQ((*read)[3].part, "aside");
}

// Names are keys: what is written is read as the same bytes, whatever they are.
TEST_F(DatasetTest, SplitsKeepTheBytesOfNames) {
  const std::string path = (folder_ / "split.csv").string();
  std::vector<SplitEntry> entries;
  for (const char* name : {"M\xFCller.jpg", "M\xF6ller.jpg", "M%FCller.jpg", "100%.jpg",
                           "a,\"\xE9\"\n.jpg", "M\xC3\xBCller.jpg"}) {
    entries.push_back({name, std::string(64, 'a'), "val"});
  }
  ASSERT_TRUE(WriteSplit(path, entries).ok());
  const StatusOr<std::vector<SplitEntry>> read = ReadSplit(path);
  ASSERT_TRUE(read.ok()) << read.status().message();
  ASSERT_EQ(read->size(), entries.size());
  for (size_t i = 0; i < entries.size(); ++i) EXPECT_EQ((*read)[i].file, entries[i].file);
  // Without such a name the columns are those that they always were, and old files mean bytes.
  ASSERT_TRUE(WriteSplit(path, {{"100%25.jpg", std::string(64, 'a'), "val"}}).ok());
  const StatusOr<std::vector<uint8_t>> text = ReadFile(path, 1000);
  EXPECT_EQ(std::string(text->begin(), text->end()),
            "file,sha256,part\n100%25.jpg," + std::string(64, 'a') + ",val\n");
  Write("split.csv", "file,sha256,part\nM\xFCller%41.jpg," + std::string(64, 'a') + ",val\n");
  EXPECT_EQ((*ReadSplit(path))[0].file, "M\xFCller%41.jpg");
}

TEST_F(DatasetTest, ManifestsNameFilesByTheirBytes) {
  const StatusOr<Dataset> raw =
      ListDataset(Write("m.csv", "file,gender\nM\xFCller.jpg,m\nM%FCller.jpg,f\n"));
  ASSERT_TRUE(raw.ok()) << raw.status().message();
  EXPECT_EQ(Files(*raw), (std::vector<std::string>{"M\xFCller.jpg", "M%FCller.jpg"}));
  const StatusOr<Dataset> encoded =
      ListDataset(Write("m.csv",
                        "gender,File_Encoding,file\nm,percent,M%FCller.jpg\nf,,M%FCller.jpg\n"
                        "f,percent,100%.jpg\nf,base64,a.jpg\nf,percent,a%00.jpg\nf,base64\n"));
  ASSERT_TRUE(encoded.ok()) << encoded.status().message();
  EXPECT_EQ(Files(*encoded), Files(*raw));
  EXPECT_EQ(encoded->samples[0].path, (folder_ / "M\xFCller.jpg").string());
  ASSERT_EQ(encoded->skipped.size(), 4u);
  EXPECT_EQ(encoded->skipped[3].file, "");
  EXPECT_NE(encoded->skipped[0].reason.find("not percent-encoded"), std::string::npos);
  EXPECT_EQ(encoded->skipped[0].file, "100%.jpg");
  EXPECT_NE(encoded->skipped[1].reason.find("base64"), std::string::npos);
  EXPECT_NE(encoded->skipped[2].reason.find("zero byte"), std::string::npos);
}

TEST_F(DatasetTest, BrokenSplits) {
  const std::string hash(64, 'a');
  const std::vector<std::string> texts = {
      "",
      "file,age,gender\n",
      "file,sha256,part\na.jpg," + hash + "\n",
      "file,sha256,part\na.jpg,xyz,val\n",
      "file,sha256,part\na.jpg," + hash + ",spare\n",
      "file,file_encoding,sha256,part\na.jpg," + hash + ",val\n",
      "file,file_encoding,sha256,part\n100%,percent," + hash + ",val\n",
      "file,file_encoding,sha256,part\na.jpg,latin1," + hash + ",val\n"};
  for (const std::string& text : texts) {
    const auto split = ReadSplit(Write("split.csv", text));
    ASSERT_FALSE(split.ok()) << text;
    EXPECT_EQ(split.status().code(), Code::kInvalidArgument);
    EXPECT_NE(split.status().message().find("split.csv"), std::string::npos);
  }
}

TEST(RealDataTest, UtkFaceAsGiven) {
  const std::string folder = std::string(AG_SHARED_DATA) + "/utkface";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not here";
  const StatusOr<Dataset> dataset = ListDataset(folder);
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  EXPECT_EQ(dataset->samples.size(), 21362u);
  EXPECT_TRUE(dataset->skipped.empty());
  size_t without_group = 0;
  for (const Sample& sample : dataset->samples) without_group += sample.group.empty();
  EXPECT_EQ(without_group, 3u);
}

TEST(RealDataTest, FairFaceAsGiven) {
  const std::string manifest = std::string(AG_SHARED_DATA) + "/fairface/labels.csv";
  if (!fs::exists(manifest)) GTEST_SKIP() << manifest << " is not here";
  const StatusOr<Dataset> dataset = ListDataset(manifest);
  ASSERT_TRUE(dataset.ok()) << dataset.status().message();
  EXPECT_EQ(dataset->samples.size(), 40000u);
  EXPECT_TRUE(dataset->skipped.empty());
}

}  // namespace
}  // namespace ag
