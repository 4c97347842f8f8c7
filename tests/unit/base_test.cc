// SHA-256 against the published vectors, and the error type.
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "shared/base/number_text.h"
#include "shared/base/sha256.h"
#include "shared/base/status.h"

namespace ag {
namespace {

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string Hash(std::string_view text) { return HexString(HashSha256(Bytes(text))); }

// FIPS 180-4's examples and NIST's long message.
TEST(Sha256Test, PublishedVectors) {
  EXPECT_EQ(Hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Hash("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
                 "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(Hash(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// NIST CAVP, SHA256ShortMsg: one and two bytes that are not text.
TEST(Sha256Test, ShortBinaryVectors) {
  EXPECT_EQ(Hash("\xd3"), "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
  EXPECT_EQ(Hash("\x11\xaf"), "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98");
}

// Lengths around the padding's edges (55, 56, 63, 64), fed in one piece and byte by byte.
TEST(Sha256Test, PiecesMakeNoDifference) {
  for (const size_t length : {0u, 1u, 54u, 55u, 56u, 57u, 63u, 64u, 65u, 119u, 120u, 128u, 1000u}) {
    const std::string text(length, 'x');
    for (const size_t piece : {1u, 7u, 64u, 65u}) {
      Sha256 hash;
      for (size_t at = 0; at < length; at += piece) {
        hash.Update(Bytes(std::string_view(text).substr(at, piece)));
      }
      EXPECT_EQ(HexString(hash.Finish()), Hash(text)) << length << " in pieces of " << piece;
    }
  }
}

TEST(HexStringTest, LowerCaseTwoDigitsAByte) {
  EXPECT_EQ(HexString({}), "");
  EXPECT_EQ(HexString(std::vector<uint8_t>{0x00, 0x0f, 0xA0, 0xff}), "000fa0ff");
}

TEST(StatusTest, OkAndErrors) {
  EXPECT_TRUE(OkStatus().ok());
  EXPECT_EQ(OkStatus().code(), Code::kOk);
  const Status error(Code::kIo, "disk");
  EXPECT_FALSE(error.ok());
  EXPECT_EQ(error.code(), Code::kIo);
  EXPECT_EQ(error.message(), "disk");
}

TEST(StatusTest, ContextStandsBeforeTheMessage) {
  const Status error = Status(Code::kIo, "disk").WithContext("b").WithContext("a");
  EXPECT_EQ(error.code(), Code::kIo);
  EXPECT_EQ(error.message(), "a: b: disk");
  EXPECT_TRUE(OkStatus().WithContext("a").ok());
}

// Records carry the names: each code has its own.
TEST(StatusTest, CodeNamesAreDistinct) {
  std::set<std::string_view> names;
  for (uint8_t code = 0; code <= static_cast<uint8_t>(Code::kBackend); ++code) {
    const std::string_view name = CodeName(static_cast<Code>(code));
    EXPECT_NE(name, "unknown") << static_cast<int>(code);
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(CodeName(Code::kModelShape), "model_shape");
  EXPECT_EQ(CodeName(static_cast<Code>(255)), "unknown");
}

StatusOr<int> Half(int value) {
  if (value % 2 != 0) return Status(Code::kInvalidArgument, "odd");
  return value / 2;
}

StatusOr<int> Quarter(int value) {
  AG_ASSIGN_OR_RETURN(const int half, Half(value));
  AG_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

Status CheckQuarter(int value) {
  AG_RETURN_IF_ERROR(Quarter(value).status());
  return OkStatus();
}

TEST(StatusOrTest, ValueOrError) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_EQ(Quarter(6).status().message(), "odd");
  EXPECT_EQ(Quarter(6).status().code(), Code::kInvalidArgument);
  EXPECT_TRUE(CheckQuarter(8).ok());
  EXPECT_FALSE(CheckQuarter(2).ok());
}

TEST(StatusOrTest, HoldsWhatCanOnlyBeMoved) {
  StatusOr<std::unique_ptr<int>> made(std::make_unique<int>(5));
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(made.status().ok());
  const std::unique_ptr<int> taken = *std::move(made);
  EXPECT_EQ(*taken, 5);
}

// There is no value in it, so it must not claim to be ok.
TEST(StatusOrTest, MadeFromOkIsAnInternalError) {
  const StatusOr<int> wrong{OkStatus()};
  EXPECT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.status().code(), Code::kInternal);
}

TEST(NumberTextTest, IsWhatPrintfWrites) {
  for (const double value :
       {0.0, -0.0, 1.0, -1.0, 0.5, 0.3, 1.0 / 3, -2.0 / 3, 0.000001, 0.0000004, 0.9999996, 123.456,
        -4096.0625, 65504.0, 1e6, 123456789.125, 999999999999.0, -999999999999.0}) {
    EXPECT_EQ(NumberText(value), std::to_string(value));
  }
  EXPECT_EQ(NumberText(1e12), "1e12 or more");
  EXPECT_EQ(NumberText(-1e300), "-1e12 or less");
  EXPECT_EQ(NumberText(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(NumberText(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(NumberText(std::numeric_limits<double>::quiet_NaN()), "nan");
}

}  // namespace
}  // namespace ag
