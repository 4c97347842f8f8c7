// `ag_native explore` as a user runs it: on a drawn folder with UTKFace's names.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr char kProgram[] = AG_BUILD_BIN_DIR "/ag_native";
constexpr char kHostileName[] = "33_1_2_<img src=x onerror=alert(1)>&\"'.jpg";
constexpr char kHostileSkipped[] = "<script>alert(2)<_script>.jpg";
constexpr char kBrokenUtf8[] = "34_0_0_\xFF\xFE\n.jpg";

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// An uncompressed 24-bit BMP; the decoder goes by content, not by name.
void DrawPicture(const fs::path& path, int shade) {
  constexpr uint32_t kWidth = 12, kHeight = 8, kStart = 54;
  std::string bytes = "BM";
  const auto put = [&](uint32_t value, int size) {
    for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 255);
  };
  put(kStart + kWidth * kHeight * 3, 4), put(0, 4), put(kStart, 4);
  put(40, 4), put(kWidth, 4), put(kHeight, 4), put(1, 2), put(24, 2);
  put(0, 4), put(kWidth * kHeight * 3, 4), put(2835, 4), put(2835, 4), put(0, 4), put(0, 4);
  for (uint32_t i = 0; i < kWidth * kHeight * 3; ++i) put(i * 7 + static_cast<uint32_t>(shade), 1);
  std::ofstream(path, std::ios::binary) << bytes;
}

class ExploreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ag_explore_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    data_ = folder_ / "data";
    out_ = folder_ / "out";
    fs::create_directories(data_ / "deep");
  }
  void TearDown() override { fs::remove_all(folder_); }

  // 8 good names, 1 bad one.
  void DrawFolder() {
    for (const char* name :
         {"1_0_0_1.jpg", "26_1_1_2.jpg", "26_0_2_3.jpg", "40_1_3_4.jpg", "deep/80_0_4_5.jpg",
          "39_1_20170116174525125.jpg", kHostileName, kBrokenUtf8, kHostileSkipped}) {
      DrawPicture(data_ / name, name[0]);
    }
  }

  // The exit code; stderr is then in errors_. `prefix` stands before the program in a shell.
  int Run(const std::string& arguments, const std::string& prefix = "") {
    const std::string log = (folder_ / "stderr").string();
    const std::string command = prefix + " '" + kProgram + "' explore " + arguments + " 2>'" + log +
                                "' >'" + (folder_ / "stdout").string() + "'";
    const int state = std::system(command.c_str());
    errors_ = ReadText(log);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
  }
  std::string Places() const { return "'" + data_.string() + "' --out '" + out_.string() + "'"; }
  std::string Page() const { return ReadText(out_ / "index.html"); }

  fs::path folder_, data_, out_;
  std::string errors_;
};

TEST_F(ExploreTest, WritesEverything) {
  DrawFolder();
  ASSERT_EQ(Run(Places()), 0) << errors_;
  for (const char* name : {"index.html", "table.csv", "samples.svg", "ages.svg",
                           "ages_by_gender.svg", "gender.svg", "group.svg"}) {
    EXPECT_GT(fs::file_size(out_ / name), 100u) << name;
    EXPECT_TRUE(Contains(errors_, name)) << errors_;
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(out_), {}), 7) << "nothing temporary is left";
  EXPECT_EQ(ReadText(folder_ / "stdout"), "");
}

TEST_F(ExploreTest, TableHoldsEveryPicture) {
  DrawFolder();
  Run(Places());
  const std::string table = ReadText(out_ / "table.csv");
  EXPECT_TRUE(table.starts_with("path,file_encoding,age,gender,race\n"));
  const std::string root = data_.string();
  EXPECT_TRUE(Contains(table, root + "/1_0_0_1.jpg,,1,male,White\n")) << table;
  EXPECT_TRUE(Contains(table, root + "/26_1_1_2.jpg,,26,female,Black\n"));
  EXPECT_TRUE(Contains(table, root + "/deep/80_0_4_5.jpg,,80,male,Others\n"));
  EXPECT_TRUE(Contains(table, root + "/39_1_20170116174525125.jpg,,39,female,\n"));
  EXPECT_TRUE(Contains(table, "onerror=alert(1)>&\"\"'.jpg\",,33,female,Asian\n")) << "quoted";
  EXPECT_EQ(CountOf(table, ",male,") + CountOf(table, ",female,"), 8u);
}

TEST_F(ExploreTest, HostileNamesAreEscaped) {
  DrawFolder();
  Run(Places());
  for (const char* file : {"index.html", "samples.svg"}) {
    const std::string text = ReadText(out_ / file);
    EXPECT_FALSE(Contains(text, "<img src=x")) << file;
    EXPECT_FALSE(Contains(text, "<script")) << file;
    EXPECT_TRUE(Contains(text, "&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;.jpg")) << file;
    EXPECT_FALSE(Contains(text, "\xFF")) << file;
  }
  EXPECT_TRUE(Contains(Page(), "&lt;script&gt;alert(2)"));
  EXPECT_TRUE(Contains(Page(), "34_0_0_\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD.jpg"));
  EXPECT_FALSE(Contains(errors_, "\xFF"));
}

TEST_F(ExploreTest, PageCountsAndLoadsNothing) {
  DrawFolder();
  Run(Places());
  const std::string page = Page();
  EXPECT_TRUE(Contains(page, "<dt>Pictures used</dt><dd>8</dd>"));
  EXPECT_TRUE(Contains(page, "<dt>Files skipped</dt><dd>1</dd>"));
  EXPECT_TRUE(Contains(page, "<dt>Median age</dt><dd>33.5</dd>"));
  EXPECT_TRUE(Contains(page, "<dt>Labelled female</dt><dd>50.0 %</dd>"));
  EXPECT_EQ(CountOf(page, "<figure><img alt="), 8u);
  EXPECT_FALSE(Contains(page, "http:") || Contains(page, "https:"));
  EXPECT_EQ(CountOf(page, "src=\""), CountOf(page, "src=\"data:image/"));
}

TEST_F(ExploreTest, SeedAndLimits) {
  DrawFolder();
  Run(Places() + " --samples 3 --data-limit 5 --seed 7");
  const std::string first = Page(), table = ReadText(out_ / "table.csv");
  EXPECT_EQ(CountOf(first, "<figure><img alt="), 3u);
  EXPECT_EQ(CountOf(table, "male,"), 5u);
  EXPECT_TRUE(Contains(first, "A random choice of 5 among 8"));
  Run(Places() + " --samples 3 --data-limit 5 --seed 7");
  EXPECT_EQ(Page(), first);
  Run(Places() + " --samples 3 --data-limit 5 --seed 8");
  EXPECT_NE(Page(), first);
}

TEST_F(ExploreTest, NothingElseHasToBeInstalled) {
  DrawFolder();
  ASSERT_EQ(Run(Places()), 0) << errors_;
  const std::string page = Page(), ages = ReadText(out_ / "ages.svg");
  // No program is looked for, and the same data give the same bytes.
  out_ = folder_ / "again";
  ASSERT_EQ(Run(Places(), "PATH="), 0) << errors_;
  EXPECT_EQ(Page(), page);
  EXPECT_EQ(ReadText(out_ / "ages.svg"), ages);
}

// In the page and in the file of its own; on a phone the ages have fewer ticks.
TEST_F(ExploreTest, ChartsShowTheCounts) {
  DrawFolder();
  ASSERT_EQ(Run(Places()), 0) << errors_;
  const std::string page = Page(), ages = ReadText(out_ / "ages.svg");
  // Ages 1, 26 (two), 33, 34, 39, 40, 80: seven bars, of which one is twice as high.
  EXPECT_EQ(CountOf(ages, "class=\"part ages\""), 7u);
  EXPECT_EQ(CountOf(page, "class=\"part ages\""), 14u);
  EXPECT_EQ(CountOf(page, "<svg class=\"wide\""), 2u);
  EXPECT_EQ(CountOf(page, "<svg class=\"narrow\""), 2u);
  EXPECT_EQ(CountOf(page, "<svg"), 6u);
  const std::string gender = ReadText(out_ / "gender.svg");
  EXPECT_TRUE(Contains(gender, ">4  50.0 %<")) << gender;
  EXPECT_TRUE(Contains(ReadText(out_ / "ages_by_gender.svg"), "class=\"area male\""));
  EXPECT_TRUE(Contains(ReadText(out_ / "group.svg"), ">Others<"));
  EXPECT_EQ(CountOf(page, "prefers-color-scheme:dark"), 2u) << "the page's and the charts'";
}

TEST_F(ExploreTest, UnreadablePicturesAreReplacedAndListed) {
  DrawFolder();
  std::ofstream(data_ / "50_0_0_broken.jpg") << "no picture";
  std::ofstream(data_ / "51_0_0_empty.jpg");
  EXPECT_EQ(Run(Places()), 0) << errors_;
  EXPECT_EQ(CountOf(Page(), "<figure><img alt="), 8u);
  EXPECT_TRUE(Contains(Page(), "Pictures that could not be read"));
  for (const char* name : {"50_0_0_broken.jpg", "51_0_0_empty.jpg"}) {
    EXPECT_TRUE(Contains(errors_, name)) << errors_;
    EXPECT_TRUE(Contains(Page(), name));
  }
}

TEST_F(ExploreTest, NoPictureReadable) {
  std::ofstream(data_ / "50_0_0_broken.jpg") << "no picture";
  EXPECT_EQ(Run(Places()), 1);
  EXPECT_TRUE(Contains(errors_, "not one of 1")) << errors_;
  EXPECT_TRUE(fs::exists(out_ / "index.html"));
  EXPECT_TRUE(fs::exists(out_ / "table.csv"));
}

TEST_F(ExploreTest, RangesAndHostileGroupsOfAManifest) {
  DrawPicture(data_ / "a.jpg", 1);
  DrawPicture(data_ / "b.jpg", 90);
  std::ofstream(data_ / "list.csv") << "file,age_lo,age_hi,gender,group\n"
                                       "a.jpg,20,29,female,'; system('touch x') <b>\n"
                                       "b.jpg,70,120,,\n";
  Run("'" + (data_ / "list.csv").string() + "' --out '" + out_.string() + "'");
  const std::string table = ReadText(out_ / "table.csv");
  EXPECT_TRUE(Contains(table, "a.jpg,20-29,female,'; system('touch x') <b>\n")) << table;
  EXPECT_TRUE(Contains(table, "b.jpg,70-120,,\n")) << table;
  EXPECT_TRUE(Contains(Page(), "2 pictures have a range"));
  EXPECT_TRUE(Contains(Page(), "20–29, Female"));
  EXPECT_TRUE(Contains(Page(), "70–120, Not given"));
  EXPECT_FALSE(Contains(Page(), "<b>"));
  EXPECT_TRUE(Contains(ReadText(out_ / "group.svg"), ">&#39;; system(&#39;touch x&#39;) …<"));
}

TEST_F(ExploreTest, ManifestWithoutAges) {
  DrawPicture(data_ / "a.jpg", 1);
  DrawPicture(data_ / "b.jpg", 90);
  std::ofstream(data_ / "list.csv") << "file,gender\na.jpg,female\nb.jpg,male\n";
  Run("'" + (data_ / "list.csv").string() + "' --out '" + out_.string() + "'");
  const std::string table = ReadText(out_ / "table.csv");
  EXPECT_TRUE(Contains(table, "a.jpg,,female,\n")) << table;
  EXPECT_TRUE(Contains(Page(), "Not given, Female"));
  EXPECT_FALSE(Contains(Page(), "<h2>Ages</h2>"));
  EXPECT_FALSE(fs::exists(out_ / "ages.svg"));

  std::ofstream(data_ / "list.csv") << "file,age,gender\na.jpg,30,female\nb.jpg,,male\n";
  Run("'" + (data_ / "list.csv").string() + "' --out '" + (out_ / "some").string() + "'");
  const std::string page = ReadText(out_ / "some/index.html");
  EXPECT_TRUE(Contains(page, "<dd>30–30</dd>")) << "what is not known is no extreme";
  EXPECT_TRUE(Contains(page, "count for nothing here: 1.")) << page.substr(0, 4000);
}

TEST_F(ExploreTest, LongListsAreCut) {
  DrawFolder();
  for (int i = 0; i < 250; ++i) DrawPicture(data_ / ("x" + std::to_string(i) + ".jpg"), i);
  Run(Places());
  EXPECT_TRUE(Contains(Page(), "The first 200 of 251."));
}

TEST_F(ExploreTest, WrongUsage) {
  EXPECT_EQ(Run(""), 2);
  EXPECT_EQ(Run("'" + data_.string() + "'"), 2) << "--out is required";
  EXPECT_EQ(Run(Places()), 2) << "no picture";
  EXPECT_FALSE(fs::exists(out_)) << "nothing is made for nothing";
  EXPECT_EQ(Run("'" + (folder_ / "none").string() + "' --out '" + out_.string() + "'"), 2);
  DrawFolder();
  EXPECT_EQ(Run(Places() + " --samples 0"), 2);
  std::ofstream(out_.string()) << "a file";
  EXPECT_EQ(Run(Places()), 2);
  EXPECT_TRUE(Contains(errors_, "exists and is not a folder")) << errors_;
  EXPECT_EQ(ReadText(out_), "a file");
}

TEST_F(ExploreTest, FullDiskKeepsTheOldFiles) {
  DrawFolder();
  Run(Places());
  const std::string page = Page();
  // 1 block of 512 or 1024 bytes a file: the table fits into neither.
  for (int i = 0; i < 40; ++i) DrawPicture(data_ / ("44_0_0_more" + std::to_string(i) + ".jpg"), i);
  EXPECT_EQ(Run(Places(), "trap '' XFSZ; ulimit -f 1;"), 2);
  EXPECT_TRUE(Contains(errors_, "table.csv")) << errors_;
  EXPECT_EQ(Page(), page);
  EXPECT_EQ(CountOf(ReadText(out_ / "table.csv"), "male,"), 8u);
}

}  // namespace
