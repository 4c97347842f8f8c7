// Every code of the engine has its number in the C API, with the same word.
#include <gtest/gtest.h>

#include <new>
#include <set>
#include <stdexcept>
#include <string>

#include "native/library/status.h"

namespace ag::library {
namespace {

TEST(Codes, EveryCodeHasItsNumberAndWord) {
  std::set<ag_code> numbers;
  for (int i = 0; i <= static_cast<int>(Code::kBackend); ++i) {
    const auto code = static_cast<Code>(i);
    ASSERT_NE(CodeName(code), "unknown") << i;
    const ag_code number = CodeOf(code);
    if (code == Code::kUnavailable || code == Code::kInterrupted) {
      EXPECT_EQ(number, AG_INTERNAL);
      continue;
    }
    EXPECT_EQ(ag_code_name(number), CodeName(code));
    EXPECT_TRUE(numbers.insert(number).second) << number;
  }
  // kBackend is the last one.
  EXPECT_EQ(CodeName(static_cast<Code>(static_cast<int>(Code::kBackend) + 1)), "unknown");
}

TEST(Codes, NothingThrownGetsThrough) {
  ag_error error;
  EXPECT_EQ(Guarded(&error, [] { return OkStatus(); }), AG_OK);
  EXPECT_EQ(error.code, AG_OK);
  EXPECT_STREQ(error.message, "");
  EXPECT_EQ(Guarded(&error, []() -> Status { throw std::bad_alloc(); }), AG_OUT_OF_MEMORY);
  EXPECT_STREQ(error.message, "not enough memory");
  EXPECT_EQ(Guarded(&error, []() -> Status { throw std::length_error("x"); }), AG_INTERNAL);
  EXPECT_EQ(Guarded(&error, []() -> Status { throw 1; }), AG_INTERNAL);
  EXPECT_EQ(error.code, AG_INTERNAL);
  EXPECT_EQ(Guarded(nullptr, []() -> Status { throw 1; }), AG_INTERNAL);
}

TEST(Codes, MessagesAreCutBetweenCharacters) {
  ag_error error;
  constexpr size_t kRoom = sizeof(error.message) - 1;
  Report(AG_IO, std::string(kRoom, 'x'), &error);
  EXPECT_EQ(error.message, std::string(kRoom, 'x'));
  Report(AG_IO, std::string(kRoom - 1, 'x') + "\xe2\x82\xac", &error);
  EXPECT_EQ(error.message, std::string(kRoom - 1, 'x'));
  Report(AG_IO, std::string("a\0b\xff", 4), &error);
  EXPECT_STREQ(error.message, "a?b?");
  Report(AG_IO, std::string(2000, '\x80'), &error);
  EXPECT_LE(std::string(error.message).size(), kRoom);
}

}  // namespace
}  // namespace ag::library
