// A name that one process holds at a time.
#include "shared/base/file_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "shared/base/file.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

class FileLockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ag_lock_test.XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

std::optional<FileLock> Take(const std::string& path) {
  StatusOr<std::optional<FileLock>> lock = FileLock::TryTake(path);
  EXPECT_TRUE(lock.ok()) << lock.status().message();
  if (!lock.ok() || !lock->has_value()) return std::nullopt;
  return **std::move(lock);
}

TEST_F(FileLockTest, IsHeldOnceUnderEveryPath) {
  const std::string path = Path("lock");
  fs::create_directory_symlink(folder_, Path("link"));
  std::optional<FileLock> first = Take(path);
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(Take(path).has_value());
  EXPECT_FALSE(Take(Path("link/lock")).has_value());
  EXPECT_FALSE(Take(Path("link/../" + folder_.filename().string() + "/lock")).has_value());
  EXPECT_NE(FileLock::HolderOf(path).find("process " + std::to_string(::getpid())),
            std::string::npos);
  first.reset();
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(Take(path).has_value());
}

TEST_F(FileLockTest, EndsWithAKilledProcess) {
  const std::string path = Path("lock");
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::TryTake(path);
    ::_exit(lock.ok() && lock->has_value() ? 0 : 1);  // without removing it
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_TRUE(fs::exists(path));
  EXPECT_TRUE(Take(path).has_value());
}

TEST_F(FileLockTest, IsTakenOverByOneOfMany) {
  const std::string path = Path("lock");
  std::atomic<int> holders{0}, most{0}, turns{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        const StatusOr<std::optional<FileLock>> lock = FileLock::TryTake(path);
        ASSERT_TRUE(lock.ok()) << lock.status().message();
        if (!lock->has_value()) continue;
        if (++holders > 1) most = 2;
        ++turns;
        --holders;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 0);
  EXPECT_GT(turns, 0);
}

TEST_F(FileLockTest, ErrorsNameThePath) {
  const Status status = FileLock::TryTake(Path("nowhere/lock")).status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_NE(status.message().find("nowhere/lock"), std::string::npos);
}

TEST_F(FileLockTest, LeavesOtherFilesAlone) {
  std::ofstream(Path("mine")) << "my words";
  ASSERT_TRUE(Take(Path("mine")).has_value());
  const StatusOr<std::vector<uint8_t>> bytes = ReadFile(Path("mine"), 100);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(std::string(bytes->begin(), bytes->end()), "my words");
  fs::create_symlink(Path("elsewhere"), Path("link"));
  EXPECT_EQ(FileLock::TryTake(Path("link")).status().code(), Code::kIo);
  EXPECT_FALSE(fs::exists(Path("elsewhere")));
}

TEST_F(FileLockTest, AHolderThatIsNoneIsNotPrinted) {
  std::ofstream(Path("lock")) << "\033[31mprocess 1";
  EXPECT_EQ(FileLock::HolderOf(Path("lock")), "another process");
  EXPECT_EQ(FileLock::HolderOf(Path("none")), "another process");
}

}  // namespace
}  // namespace ag
