// Text that enters a plot, and gnuplot as a child process.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "native/base/utf8.h"
#include "native/plot/gnuplot.h"
#include "shared/base/file.h"

namespace ag {
namespace {

constexpr char kScript[] =
    "$data << EOD\n0 1\n1 3\n2 2\nEOD\n"
    "plot $data using 1:2 with lines lc rgb '#3f7fd6' title 'line'\n";

// A folder that goes away with the test.
class PlotTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "ag_plot_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    const char* path = std::getenv("PATH");
    path_ = path == nullptr ? "" : path;
  }
  void TearDown() override {
    ::setenv("PATH", path_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }
  size_t FilesInFolder() const {
    const std::filesystem::directory_iterator files(folder_);
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }

  std::filesystem::path folder_;
  std::string path_;
};

TEST(CleanTextTest, KeepsWellFormedText) {
  EXPECT_EQ(CleanText(""), "");
  EXPECT_EQ(CleanText("a b~"), "a b~");
  EXPECT_EQ(CleanText("é€😀"), "é€😀");
}

TEST(CleanTextTest, ReplacesWhatNoPageMayHold) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(CleanText("a\nb\tc\x7F"), "a" + bad + "b" + bad + "c" + bad);
  EXPECT_EQ(CleanText("\xC2\x9B"), bad) << "C1: begins an escape sequence on a terminal";
  EXPECT_EQ(CleanText("\xFF"), bad);
  EXPECT_EQ(CleanText("\x80z"), bad + "z") << "a continuation without a beginning";
  EXPECT_EQ(CleanText("\xC0\xAF"), bad + bad) << "overlong";
  EXPECT_EQ(CleanText("\xE0\x80\xAF"), bad + bad + bad) << "overlong";
  EXPECT_EQ(CleanText("\xED\xA0\x80"), bad + bad + bad) << "a surrogate";
  EXPECT_EQ(CleanText("\xF4\x90\x80\x80"), bad + bad + bad + bad) << "above U+10FFFF";
  EXPECT_EQ(CleanText("\xEF\xBF\xBF"), bad) << "U+FFFF";
  EXPECT_EQ(CleanText("a\xE2\x82"), "a" + bad + bad) << "cut off";
  EXPECT_EQ(CleanText(std::string_view("a\0b", 3)), "a" + bad + "b");
}

TEST(GnuplotTextTest, QuotesCannotBeLeft) {
  EXPECT_EQ(GnuplotQuote("it's"), "'it’s'");
  EXPECT_EQ(GnuplotQuote("''"), "'’’'");
  EXPECT_EQ(GnuplotQuote("`id` @x \\ \""), "'`id` @x \\ \"'");
  EXPECT_EQ(GnuplotQuote("a\nquit"), "'a\xEF\xBF\xBDquit'");
}

TEST(GnuplotTextTest, Numbers) {
  EXPECT_EQ(GnuplotNumber(0.1), "0.1");
  EXPECT_EQ(GnuplotNumber(-3), "-3");
  EXPECT_EQ(GnuplotNumber(INFINITY), "NaN");
}

TEST_F(PlotTest, WritesSvgAndPng) {
  if (!HaveGnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  const std::string svg_path = (folder_ / "a 'b' $(c).svg").string();
  ASSERT_TRUE(RunGnuplot(kScript, svg_path).ok());
  const auto svg = ReadFile(svg_path, 1 << 20);
  ASSERT_TRUE(svg.ok()) << svg.status().message();
  const std::string text(svg->begin(), svg->end());
  EXPECT_NE(text.find("prefers-color-scheme:dark"), std::string::npos);
  EXPECT_NE(text.find("</svg>"), std::string::npos);

  const std::string png_path = (folder_ / "a.png").string();
  ASSERT_TRUE(RunGnuplot(kScript, png_path).ok());
  const auto png = ReadFile(png_path, 1 << 20);
  ASSERT_TRUE(png.ok());
  EXPECT_EQ(std::string(png->begin(), png->begin() + 4), "\x89PNG");
  EXPECT_EQ(FilesInFolder(), 2u) << "nothing temporary is left";
}

TEST_F(PlotTest, HostileLabelsRunNothingAndAreEscaped) {
  if (!HaveGnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  const std::string mark = (folder_ / "mark").string();
  const std::string label = "'; system('touch " + mark + "') # `touch " + mark + "` <b>&x</b> \\n";
  const auto svg = RenderGnuplot("set title " + GnuplotQuote(label) + "\n" + kScript);
  ASSERT_TRUE(svg.ok()) << svg.status().message();
  EXPECT_FALSE(std::filesystem::exists(mark));
  EXPECT_EQ(svg->find("<b>"), std::string::npos);
  EXPECT_NE(svg->find("&lt;b>&amp;x&lt;/b>"), std::string::npos);
}

TEST_F(PlotTest, RefusedScriptKeepsTheOldFile) {
  if (!HaveGnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  const std::string path = (folder_ / "a.svg").string();
  std::ofstream(path) << "old";
  const Status status = RunGnuplot("plot nonsense nonsense\n", path);
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("nonsense"), std::string::npos) << status.message();
  EXPECT_EQ(RunGnuplot("x = 1\n", path).code(), Code::kInvalidArgument) << "draws nothing";
  const auto bytes = ReadFile(path, 100);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(std::string(bytes->begin(), bytes->end()), "old");
}

TEST_F(PlotTest, SaysWhatIsMissing) {
  EXPECT_EQ(RunGnuplot(kScript, (folder_ / "a.gif").string()).code(), Code::kInvalidArgument);
  // A program of that name in the current folder, or below a relative PATH, is not taken.
  for (const char* path : {"", ".", ":", "nothing:."}) {
    ::setenv("PATH", path, 1);
    EXPECT_FALSE(HaveGnuplot()) << path;
  }
  const Status status = RunGnuplot(kScript, (folder_ / "a.svg").string());
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_NE(status.message().find("gnuplot-nox"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace ag
