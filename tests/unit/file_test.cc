// Files: read with a cap, written whole or not at all. Native only (the WebAssembly engine has no
// file system).
#include "shared/base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace ag {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each test, removed afterwards.
class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ag_file_test.XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  size_t FileCount() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }
  std::string Text(const std::string& path) const {
    const auto bytes = ReadFile(path, 1 << 20);
    EXPECT_TRUE(bytes.ok()) << bytes.status().message();
    return bytes.ok() ? std::string(bytes->begin(), bytes->end()) : "";
  }

  fs::path folder_;
};

TEST_F(FileTest, WritesAndReadsBack) {
  const std::string path = Path("a");
  std::vector<uint8_t> bytes(200000);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 31 >> 3);
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  const auto read = ReadFile(path, bytes.size());
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(*read, bytes);
  EXPECT_EQ(FileCount(), 1u) << "a temporary file was left";
}

TEST_F(FileTest, WritesNothingAndText) {
  ASSERT_TRUE(WriteFileAtomically(Path("empty"), std::string_view()).ok());
  EXPECT_EQ(Text(Path("empty")), "");
  ASSERT_TRUE(WriteFileAtomically(Path("text"), std::string_view("words")).ok());
  EXPECT_EQ(Text(Path("text")), "words");
}

TEST_F(FileTest, ReplacesWhatWasThere) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), std::string_view("a longer text")).ok());
  ASSERT_TRUE(WriteFileAtomically(Path("a"), std::string_view("new")).ok());
  EXPECT_EQ(Text(Path("a")), "new");
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(FileTest, ReadRefusesAboveTheCap) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), std::string_view("0123456789")).ok());
  EXPECT_TRUE(ReadFile(Path("a"), 10).ok());
  for (const size_t cap : {size_t{9}, size_t{0}}) {
    const auto read = ReadFile(Path("a"), cap);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.status().code(), Code::kTooLarge);
    EXPECT_EQ(read.status().message().find(Path("a")), 0u) << read.status().message();
  }
}

// A device tells no size: the cap has to hold while reading.
TEST_F(FileTest, ReadOfAnEndlessFileStopsAtTheCap) {
  const auto read = ReadFile("/dev/zero", 100000, {.named = true});
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.status().code(), Code::kTooLarge);
}

TEST_F(FileTest, ReadErrorsBeginWithThePath) {
  const auto missing = ReadFile(Path("missing"), 100);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.status().code(), Code::kNotFound);
  EXPECT_EQ(missing.status().message().find(Path("missing")), 0u);
  const auto folder = ReadFile(folder_.string(), 100);
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.status().code(), Code::kIo);
  EXPECT_EQ(folder.status().message().find(folder_.string()), 0u);
}

TEST_F(FileTest, WriteIntoAMissingFolderIsAnError) {
  const Status status = WriteFileAtomically(Path("no/such/folder"), std::string_view("x"));
  EXPECT_EQ(status.code(), Code::kNotFound) << status.message();
  EXPECT_EQ(status.message().find(Path("no/such/folder")), 0u) << status.message();
}

// The name is taken by a folder: the rename fails, and the temporary file must go.
TEST_F(FileTest, FailedRenameLeavesNothing) {
  fs::create_directory(Path("taken"));
  const Status status = WriteFileAtomically(Path("taken"), std::string_view("x"));
  EXPECT_EQ(status.code(), Code::kInvalidArgument) << status.message();
  EXPECT_EQ(FileCount(), 1u);
  EXPECT_TRUE(fs::is_directory(Path("taken")));
}

// A limit on the size of files fails a write in the middle, as a full disk does. In a child
// process, because the limit holds for the whole process.
TEST_F(FileTest, FullDiskKeepsTheOldFile) {
  const std::string path = Path("a");
  ASSERT_TRUE(WriteFileAtomically(path, std::string_view("the old content")).ok());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);  // then write() gives EFBIG instead
    const struct rlimit limit = {4096, 4096};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(10);
    const Status status = WriteFileAtomically(path, std::vector<uint8_t>(100000, 7));
    if (status.ok()) ::_exit(11);
    if (status.code() != Code::kIo) ::_exit(12);
    if (status.message().find(path) != 0) ::_exit(13);
    ::_exit(0);
  }
  int result = 0;
  ASSERT_EQ(::waitpid(child, &result, 0), child);
  ASSERT_TRUE(WIFEXITED(result));
  EXPECT_EQ(WEXITSTATUS(result), 0);
  EXPECT_EQ(Text(path), "the old content");
  EXPECT_EQ(FileCount(), 1u) << "the temporary file was left";
}

}  // namespace
}  // namespace ag
