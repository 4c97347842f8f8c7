// The options that all commands share: what they set, and what is refused with exit code 2.
#include "native/base/command_line.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "native/base/exit_codes.h"
#include "native/pictures/engine_options.h"

namespace ag::test {
namespace {

struct Parsed {
  std::optional<int> code;  // nothing: the command goes on
  EngineArguments arguments;
  std::string err;
};

Parsed Parse(std::vector<std::string> words) {
  Parsed parsed;
  CommandLine line("test");
  AddEngineOptions(&line, &parsed.arguments);
  words.insert(words.begin(), "predict");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  testing::internal::CaptureStderr();
  parsed.code = ParseCommandLine(&line, static_cast<int>(argv.size()), argv.data());
  parsed.err = testing::internal::GetCapturedStderr();
  return parsed;
}

TEST(CommandLine, DefaultsAreThoseOfTheFinder) {
  const Parsed parsed = Parse({});
  ASSERT_FALSE(parsed.code.has_value()) << parsed.err;
  const FindOptions& find = parsed.arguments.find;
  const FindOptions expected;
  EXPECT_EQ(find.min_face, expected.min_face);
  EXPECT_EQ(find.detect_size, expected.detect_size);
  EXPECT_EQ(find.min_score, expected.min_score);
  EXPECT_EQ(find.max_faces, expected.max_faces);
  EXPECT_TRUE(find.rotate);
}

TEST(CommandLine, FindOptionsAreSet) {
  const Parsed parsed =
      Parse({"--min-face", "24", "--min-score", "0.75", "--max-faces", "3", "--no-rotate"});
  ASSERT_FALSE(parsed.code.has_value()) << parsed.err;
  EXPECT_EQ(parsed.arguments.find.min_face, 24);
  EXPECT_EQ(parsed.arguments.find.min_score, 0.75);
  EXPECT_EQ(parsed.arguments.find.max_faces, 3);
  EXPECT_FALSE(parsed.arguments.find.rotate);
  EXPECT_EQ(Parse({"--detect-size", "640"}).arguments.find.detect_size, 640);
}

TEST(CommandLine, WrongValuesAreNamed) {
  const std::vector<std::vector<std::string>> wrong = {
      {"--min-face", "7.9"},      {"--min-face", "4097"},  {"--min-face", "small"},
      {"--min-face", "nan"},      {"--detect-size", "31"}, {"--detect-size", "4097"},
      {"--detect-size", "320.5"}, {"--min-score", "0"},    {"--min-score", "1.1"},
      {"--min-score", "nan"},     {"--max-faces", "0"},    {"--max-faces", "-1"},
      {"--max-faces", "1000000"}, {"--threads", "0"},      {"--min-face"},
  };
  for (const std::vector<std::string>& words : wrong) {
    const Parsed parsed = Parse(words);
    EXPECT_EQ(parsed.code, kExitUsage) << testing::PrintToString(words);
    EXPECT_NE(parsed.err.find(words[0]), std::string::npos) << parsed.err;
  }
  // One says to look once, the other at which size to look again.
  EXPECT_EQ(Parse({"--min-face", "24", "--detect-size", "320"}).code, kExitUsage);
}

}  // namespace
}  // namespace ag::test
