// Names as text: reversible, never two names with one text, and never a formula in a spreadsheet.
#include "shared/base/file_name.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/long_run.h"
#include "tests/support/random.h"

namespace ag::test {
namespace {

std::string Decoded(const EncodedName& name) {
  const StatusOr<std::string> decoded = DecodeFileName(name.text, name.encoding());
  EXPECT_TRUE(decoded.ok()) << name.text;
  return decoded.ok() ? *decoded : std::string();
}

TEST(FileName, Utf8StandsAsItIs) {
  for (const char* name : {"a.jpg", "50%.jpg", "50%25.jpg", "M\xC3\xBCller.jpg", "\xF0\x9F\x98\x80",
                           "new\nline", "=1+1", "", " a ", "\xEF\xBF\xBD"}) {
    const EncodedName encoded = EncodeFileName(name);
    EXPECT_EQ(encoded.text, name);
    EXPECT_FALSE(encoded.percent) << name;
    EXPECT_EQ(encoded.encoding(), "");
  }
}

TEST(FileName, WhatIsNotUtf8IsPercentEncoded) {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"M\xFCller.jpg", "M%FCller.jpg"},
      {"M\xF6ller.jpg", "M%F6ller.jpg"},
      {"50%\xFF", "50%25%FF"},
      {"\xC3\xBC\xFC", "\xC3\xBC%FC"},       // what is UTF-8 in it stays
      {"\xC3", "%C3"},                       // torn
      {"\xC0\x80", "%C0%80"},                // overlong
      {"\xED\xA0\x80", "%ED%A0%80"},         // a surrogate
      {"\xF4\x90\x80\x80", "%F4%90%80%80"},  // above U+10FFFF
      {"a b\n\xFE", "a b\n%FE"},
  };
  for (const auto& [name, text] : names) {
    const EncodedName encoded = EncodeFileName(name);
    EXPECT_EQ(encoded.text, text);
    EXPECT_EQ(encoded.encoding(), "percent");
    EXPECT_EQ(Decoded(encoded), name);
    EXPECT_TRUE(IsUtf8(encoded.text));
  }
}

// Every name of up to two bytes, and many longer ones of bytes that matter.
TEST(FileName, DecodingGivesTheNameAndNoTwoNamesMeet) {
  std::vector<std::string> names = {""};
  for (int a = 0; a < 256; ++a) {
    names.push_back({static_cast<char>(a)});
    for (int b = 0; b < 256; ++b) names.push_back({static_cast<char>(a), static_cast<char>(b)});
  }
  const std::string alphabet = "%25aF;= +-@'\"\t\r\n\xC3\xBC\xFC\xEF\xBC\x9D\x80\xF0\x9F";
  Random random(7);
  for (int i = 0; i < Count(20'000, 1'000'000); ++i) {
    std::string name;
    for (size_t length = 1 + random.Below(12); name.size() < length;) {
      name += alphabet[random.Below(static_cast<uint32_t>(alphabet.size()))];
    }
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const TextUse use : {TextUse::kAnywhere, TextUse::kSpreadsheet}) {
    std::map<std::pair<std::string, bool>, std::string> owners;
    for (const std::string& name : names) {
      const EncodedName encoded = EncodeFileName(name, use);
      EXPECT_TRUE(IsUtf8(encoded.text));
      EXPECT_EQ(Decoded(encoded), name);
      EXPECT_TRUE(owners.emplace(std::pair(encoded.text, encoded.percent), name).second)
          << encoded.text;
    }
  }
  for (const std::string& name : names) {
    EXPECT_EQ(*DecodeFileName(PercentEncode(name), "percent"), name);
    EXPECT_EQ(UndoSpreadsheetText(SpreadsheetText(name)), name);
  }
}

TEST(FileName, DecodingRefusesWhatNobodyWrote) {
  for (const char* text : {"%", "a%2", "%zz", "%2g", "100%"}) {
    const StatusOr<std::string> decoded = DecodeFileName(text, "percent");
    ASSERT_FALSE(decoded.ok()) << text;
    EXPECT_NE(decoded.status().message().find(text), std::string::npos);
    EXPECT_EQ(*DecodeFileName(text, ""), text);
  }
  EXPECT_EQ(*DecodeFileName("%fc", "percent"), "\xFC");
  EXPECT_FALSE(DecodeFileName("a", "base64").ok());
}

// Beginnings that Excel, LibreOffice or Google Sheets take for a formula, or that a reader which
// trims, or separates by semicolons, makes one of.
TEST(FileName, NothingIsAFormula) {
  const std::vector<std::string> beginnings = {"=",    "+",         "-",   "@",    "\t",
                                               "\r",   "\n",        " =",  "\"=",  "'=",
                                               "  -",  "\xC2\xA0=", "a;=", "a; +", "\xEF\xBB\xBF=",
                                               "a\t=", "a\n@"};
  for (const std::string& beginning : beginnings) {
    const std::string name = beginning + "SUM(1)|cmd.jpg";
    const EncodedName encoded = EncodeFileName(name, TextUse::kSpreadsheet);
    EXPECT_TRUE(encoded.percent) << beginning;
    EXPECT_EQ(Decoded(encoded), name);
    EXPECT_EQ(UndoSpreadsheetText(SpreadsheetText(name)), name);
    for (const std::string& text : {encoded.text, SpreadsheetText(name)}) {
      EXPECT_EQ(text.find_first_of("\t\r\n"), std::string::npos) << text;
      for (const char* cell : {";=", "; +", "\"=", "'=", " =", "\xA0=", "\xBF="}) {
        EXPECT_EQ(text.find(cell), std::string::npos) << text;
      }
      EXPECT_EQ(std::string("=+-@").find(text.front()), std::string::npos) << text;
    }
  }
  for (const char* wide : {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0",
                           "\xEF\xB9\xA6", "\xEF\xB9\xA2", "\xEF\xB9\xA3", "\xEF\xB9\xAB"}) {
    EXPECT_EQ(EncodeFileName(wide, TextUse::kSpreadsheet).text.front(), '%') << wide;
  }
}

TEST(FileName, OrdinaryTextsStayInASpreadsheet) {
  for (const char* text : {"a.jpg", "holiday - beach.jpg", "a=b.jpg", "a+b@c.jpg", "50%.jpg",
                           "it's.jpg", "the scan ends in row 3 of 7 (90 %)", "a; b"}) {
    EXPECT_FALSE(EncodeFileName(text, TextUse::kSpreadsheet).percent) << text;
    EXPECT_EQ(SpreadsheetText(text), text);
  }
  EXPECT_EQ(SpreadsheetText("=1"), "%3D1");
  EXPECT_EQ(SpreadsheetText("a%3D1"), "a%253D1") << "looks like one that was changed";
}

}  // namespace
}  // namespace ag::test
