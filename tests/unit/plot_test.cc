// Text that enters a page or a chart, and the charts.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "native/base/markup.h"
#include "native/base/text_format.h"
#include "native/base/utf8.h"
#include "native/plot/svg_chart.h"

namespace ag {
namespace {

constexpr char kHostile[] = "<script>alert(1)</script> \"it's\" & \xFF\xC0\xAF\n]]>";
constexpr char kEscaped[] =
    "&lt;script&gt;alert(1)&lt;/script&gt; &quot;it&#39;s&quot; &amp; "
    "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD]]&gt;";

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

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

TEST(MarkupTest, TextIsEscapedWhereverItComesFrom) {
  const std::string text = kHostile;
  EXPECT_EQ(Markup(text).text(), kEscaped);
  EXPECT_EQ(Markup(std::string_view(text)).text(), kEscaped);
  EXPECT_EQ(Markup(kHostile).text(), kEscaped);
  EXPECT_EQ((Markup() += text).text(), kEscaped);
  EXPECT_EQ(("<" + Markup() + text).text(), std::string("&lt;") + kEscaped);
  EXPECT_EQ(Element("p", text).text(), std::string("<p>") + kEscaped + "</p>");
  EXPECT_EQ(Element("a", {{"title", text}}, "b").text(),
            std::string("<a title=\"") + kEscaped + "\">b</a>");
  EXPECT_EQ(EmptyElement("img", {{"alt", text}}).text(),
            std::string("<img alt=\"") + kEscaped + "\"/>");
}

TEST(MarkupTest, MarkupIsEscapedOnce) {
  const Markup inner = Element("b", "1 < 2");
  EXPECT_EQ(Element("p", "see ", inner, std::string(" & on")).text(),
            "<p>see <b>1 &lt; 2</b> &amp; on</p>");
  EXPECT_EQ(Block("ul", {{"class", "a b"}}, Line("li", {}, inner)).text(),
            "<ul class=\"a b\">\n<li><b>1 &lt; 2</b></li>\n</ul>\n");
  EXPECT_EQ(Markup::Raw("<br>").text(), "<br>");
  EXPECT_TRUE(Markup().empty());
  EXPECT_FALSE(inner.empty());
}

TEST(MarkupTest, Base64) {  // RFC 4648, section 10
  EXPECT_EQ(EncodeBase64(""), "");
  EXPECT_EQ(EncodeBase64("f"), "Zg==");
  EXPECT_EQ(EncodeBase64("fo"), "Zm8=");
  EXPECT_EQ(EncodeBase64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(DataUrl("a/b", "\xFF\xFE"), "data:a/b;base64,//4=");
}

TEST(TextFormatTest, NumbersAndNames) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatDecimal(33.26, 1), "33.3");
  EXPECT_EQ(FormatShare(1, 3), "33.3 %");
  EXPECT_EQ(FormatShare(0, 0), "0 %");
  EXPECT_EQ(Truncate("é€😀", 3), "é€😀");
  EXPECT_EQ(Truncate("é€😀a", 3), "é€…");
}

TEST(ChartTest, RoundTicks) {
  EXPECT_EQ(RoundTicks(0, 100, 5), (std::vector<double>{0, 20, 40, 60, 80, 100}));
  EXPECT_EQ(RoundTicks(-30, 30, 6), (std::vector<double>{-30, -20, -10, 0, 10, 20, 30}));
  EXPECT_EQ(RoundTicks(0.6, 2, 3), (std::vector<double>{1, 1.5, 2}));
  EXPECT_EQ(RoundTicks(3, 3, 5), (std::vector<double>{3}));
}

TEST(ChartTest, CountsAreWholeAndReachAbove) {
  for (const double most : {0.0, 0.3, 1.0, 2.5, 4.0, 7.0, 99.0, 100.0, 101.0, 12345.0}) {
    const ChartAxis axis = CountAxis(most, "");
    EXPECT_EQ(axis.low, 0);
    EXPECT_GE(axis.high, most);
    EXPECT_EQ(axis.ticks.front(), 0);
    EXPECT_EQ(axis.ticks.back(), axis.high);
    EXPECT_LE(axis.ticks.size(), 7u) << most;
    for (const double tick : axis.ticks) EXPECT_EQ(tick, std::floor(tick)) << most;
  }
  EXPECT_EQ(CountAxis(12345, "").ticks[1], 5000);
}

SvgChart SmallChart() {
  return SvgChart({.width = 200, .height = 100, .left = 40, .top = 12}, {.low = 0, .high = 10},
                  {.low = 0, .high = 4});
}

// The plot goes from 40 to 176 and from 12 to 52.
TEST(ChartTest, DataStandWhereTheAxesSay) {
  SvgChart chart = SmallChart();
  EXPECT_DOUBLE_EQ(chart.X(0), 40);
  EXPECT_DOUBLE_EQ(chart.X(10), 176);
  EXPECT_DOUBLE_EQ(chart.Y(0), 52);
  EXPECT_DOUBLE_EQ(chart.Y(4), 12);
  EXPECT_NEAR(chart.X(1e9), 176 + 0.02 * 136, 1e-9) << "held near the plot";
  chart.Line(0, 0, 10, 4, "line");
  EXPECT_EQ(chart.body().text(), "<path class=\"line\" d=\"M40 52L176 12\"/>\n");
  const SvgChart rows({.width = 200, .height = 100, .left = 40}, {}, {.low = 3, .high = -1});
  EXPECT_LT(rows.Y(0), rows.Y(1)) << "upside down";
}

TEST(ChartTest, ColumnsOutlineEveryHeight) {
  SvgChart chart = SmallChart();
  chart.Columns(std::vector<double>{1, 0, 4}, 2, "area");
  EXPECT_EQ(chart.body().text(),
            "<path class=\"area\" d=\"M60.4 52V42H74V52H87.6V12H101.2V52\"/>\n");
}

TEST(ChartTest, WordsFromOutsideStayWords) {
  SvgChart chart({}, {.title = kHostile}, {.title = kHostile});
  chart.DrawAxes();
  chart.Text(1, 1, "end", kHostile);
  chart.Legend(0, 0, true, {{kHostile, "a"}, {"b", "b"}});
  for (const std::string& svg :
       {InlineSvg(chart, kHostile).text(), SvgFile(chart, kHostile),
        SvgFile(std::vector<SvgChart>{chart, chart}, kHostile, kHostile)}) {
    EXPECT_FALSE(Contains(svg, "<script"));
    EXPECT_FALSE(Contains(svg, "\xFF"));
    EXPECT_GE(CountOf(svg, kEscaped), 5u);
  }
}

TEST(ChartTest, AFileHasItsColoursAndAPageLendsThem) {
  SvgChart chart = SmallChart();
  chart.DrawAxes();
  const std::string file = SvgFile(chart, "What is seen"), part = InlineSvg(chart, "seen").text();
  EXPECT_TRUE(
      file.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 100\""));
  EXPECT_TRUE(file.ends_with("</svg>\n"));
  EXPECT_TRUE(Contains(file, "<title>What is seen</title>"));
  EXPECT_GE(CountOf(file, "prefers-color-scheme:dark"), 2u);
  EXPECT_TRUE(Contains(file, std::string(ChartStyle())));
  // By this `explore` knows its earlier results, which it may replace.
  EXPECT_LT(file.find("<svg"), 500u);
  EXPECT_TRUE(Contains(file, "svg{--ink:#"));
  EXPECT_FALSE(Contains(part, "<style"));
  EXPECT_TRUE(Contains(part, "aria-label=\"seen\""));
  EXPECT_FALSE(Contains(file, "nan") || Contains(file, "inf"));
}

}  // namespace
}  // namespace ag
