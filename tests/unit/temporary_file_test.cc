// Temporary files: held while they are written, removed by the next run and by nobody else.
#include "shared/base/temporary_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "shared/base/file.h"
#include "tests/support/long_run.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

class TemporaryFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ag_temporary_test.XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }
  std::string Text(const std::string& path) const {
    const auto bytes = ReadFile(path, 1 << 20);
    return bytes.ok() ? std::string(bytes->begin(), bytes->end()) : bytes.status().message();
  }
  // What a process leaves that is killed while it writes to `target`. Returns its name.
  std::string LeaveOne(const std::string& target) {
    const std::set<std::string> before = Names();
    const pid_t child = ::fork();
    if (child == 0) {
      auto file = TemporaryFile::Create(target);
      if (file.ok() && file->Write("half of").ok()) ::raise(SIGKILL);
      ::_exit(1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    for (const std::string& name : Names()) {
      if (!before.contains(name)) return name;
    }
    ADD_FAILURE() << "nothing is left";
    return {};
  }

  fs::path folder_;
};

TEST_F(TemporaryFileTest, TheNextWriterRemovesWhatAKilledOneLeft) {
  LeaveOne(Path("checkpoint.pt"));
  ASSERT_TRUE(WriteFileAtomically(Path("checkpoint.pt"), std::string_view("whole")).ok());
  EXPECT_EQ(Names(), std::set<std::string>{"checkpoint.pt"});
  EXPECT_EQ(Text(Path("checkpoint.pt")), "whole");
}

TEST_F(TemporaryFileTest, AWholeFolderIsCleaned) {
  LeaveOne(Path("a"));
  LeaveOne(Path(std::string(255, 'n')));
  LeaveOne(Path("B\xc3\xa4r" + std::string(200, '.')));
  LeaveOne(Path("bytes \xff\xfe that are no text"));
  fs::create_directories(folder_ / "below");
  const std::string deeper = (folder_ / "below").string();
  EXPECT_EQ(Names().size(), 5u);
  RemoveLeftovers(folder_.string());
  EXPECT_EQ(Names(), std::set<std::string>{"below"});
}

TEST_F(TemporaryFileTest, WhatIsBeingWrittenStays) {
  auto mine = TemporaryFile::Create(Path("a"));
  ASSERT_TRUE(mine.ok());
  EXPECT_EQ(Names().size(), 1u);
  RemoveLeftovers(folder_.string());
  EXPECT_EQ(Names().size(), 1u);
  auto other = TemporaryFile::Create(Path("a"));
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(Names().size(), 2u);
  ASSERT_TRUE(other->Write("other").ok() && other->Rename(TemporaryFile::Until::kSystem).ok());
  EXPECT_EQ(Text(Path("a")), "other");
  ASSERT_TRUE(mine->Write("mine").ok() && mine->Rename(TemporaryFile::Until::kDisk).ok());
  EXPECT_EQ(Text(Path("a")), "mine");
  EXPECT_EQ(Names(), std::set<std::string>{"a"});
}

// Names of the same shape, and those of another host: a digit of the part that tells hosts apart is
// changed.
TEST_F(TemporaryFileTest, NothingElseIsRemoved) {
  const std::string left = LeaveOne(Path("a"));
  ASSERT_TRUE(left.ends_with("-0.tmp")) << left;
  const size_t host = left.size() - std::string("-0.tmp").size() - 1;
  std::string other_host = left;
  other_host[host] = other_host[host] == '0' ? '1' : '0';
  fs::rename(Path(left), Path(other_host));
  std::set<std::string> kept = {other_host};
  for (const std::string name :
       {"a.tmp", ".a.tmp", "a.tmp.4711.0", "checkpoint.pt.tmp.4711.0", ".tmp", "..tmp",
        ".a.01234567-0123456789abcdef-0.tmp", ".a.01234567-0123456789abcdef-.tmp", "-0.tmp",
        ".-0.tmp", "0.tmp", "x", ".a-0.tmp"}) {
    ASSERT_TRUE(WriteFileAtomically(Path(name), std::string_view("the user's")).ok());
    kept.insert(name);
  }
  // As ours, but for its number or its ending.
  for (const std::string& name :
       {left + "x", left.substr(1), left.substr(0, left.size() - 5) + "x.tmp"}) {
    ASSERT_TRUE(WriteFileAtomically(Path(name), std::string_view("the user's")).ok());
    kept.insert(name);
  }
  // A link, a folder, a pipe of such a name.
  fs::create_symlink(Path("x"), Path(left));
  kept.insert(left);
  ASSERT_TRUE(WriteFileAtomically(Path("a"), std::string_view("new")).ok());
  kept.insert("a");
  RemoveLeftovers(folder_.string());
  EXPECT_EQ(Names(), kept);
  EXPECT_EQ(Text(Path("x")), "the user's");
  for (const bool pipe : {false, true}) {
    fs::remove(Path(left));
    if (pipe) {
      ASSERT_EQ(::mkfifo(Path(left).c_str(), 0600), 0);
    } else {
      fs::create_directory(Path(left));
    }
    ASSERT_TRUE(WriteFileAtomically(Path("a"), std::string_view("newer")).ok());
    RemoveLeftovers(folder_.string());
    EXPECT_EQ(Names(), kept) << pipe;
  }
}

TEST_F(TemporaryFileTest, NamesAsLongAsAnyAreWritten) {
  for (const size_t length : {1u, 60u, 61u, 200u, 238u, 239u, 255u}) {
    const std::string path = Path(std::string(length, 'a'));
    EXPECT_TRUE(WriteFileAtomically(path, std::string_view("text")).ok()) << length;
    EXPECT_EQ(Text(path), "text");
  }
  const std::string umlauts = Path("\xc3\xa4" + std::string(58, 'x') + "\xc3\xa4\xc3\xa4");
  auto file = TemporaryFile::Create(umlauts);
  ASSERT_TRUE(file.ok());
  for (const std::string& name : Names()) {
    EXPECT_LE(name.size(), 255u);
    if (name.ends_with(".tmp")) {
      EXPECT_NE(name.find("x."), std::string::npos) << "half a character: " << name;
    }
  }
  const Status status = WriteFileAtomically(Path(std::string(256, 'a')), std::string_view("text"));
  EXPECT_EQ(status.code(), Code::kInvalidArgument) << status.message();
  EXPECT_NE(status.message().find("too long"), std::string::npos) << status.message();
}

TEST_F(TemporaryFileTest, ManyWritersOfOneFile) {
  std::vector<std::thread> writers;
  for (int w = 0; w < 8; ++w) {
    writers.emplace_back([this, w] {
      const std::string text(1000, static_cast<char>('0' + w));
      for (int i = 0; i < 30; ++i) {
        EXPECT_TRUE(WriteFileAtomically(Path("a"), std::string_view(text)).ok());
        RemoveLeftovers(folder_.string());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string text = Text(Path("a"));
  EXPECT_EQ(text, std::string(1000, text[0]));
  EXPECT_EQ(Names(), std::set<std::string>{"a"});
}

TEST_F(TemporaryFileTest, KilledAtAnyMoment) {
  const std::string old(50'000, 'o');
  std::mt19937 random(1);
  const int kills = test::Count(50, 1000);
  for (int i = 0; i < kills; ++i) {
    ASSERT_TRUE(WriteFileAtomically(Path("a"), std::string_view(old)).ok());
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) {
        static_cast<void>(WriteFileAtomically(Path("a"), std::string_view(old)));
        auto file = TemporaryFile::Create(Path("b"));
        if (file.ok()) static_cast<void>(file->Write(std::string_view(old)));
      }
    }
    ::usleep(random() % 3000);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(Text(Path("a")), old);
    EXPECT_LE(Names().size(), 3u) << "one of each target at most";
  }
  ASSERT_TRUE(WriteFileAtomically(Path("a"), std::string_view(old)).ok());
  ASSERT_TRUE(WriteFileAtomically(Path("b"), std::string_view(old)).ok());
  EXPECT_EQ(Names(), (std::set<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace ag
