// FILE.partial: who may write it, and what is there after a kill at each step.
#include "native/run/partial_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "shared/record/record.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Start = PartialFile::Start;

std::string Record(const std::string& file, bool failed = false) {
  return "{\"schema\":" + std::to_string(kResultSchema) + ",\"file\":\"" + file + "\"," +
         (failed ? "\"error\":{\"code\":\"io\",\"message\":\"m\"}" : "\"faces\":[]") + "}\n";
}

class PartialFileTest : public testing::Test {
 protected:
  std::string Out() const { return folder_ / "r.jsonl"; }
  std::string Partial() const { return Out() + ".partial"; }
  std::string Origin() const { return Out() + ".partial.json"; }

  StatusOr<PartialFile> Open(Start start, const std::string& model = "m") {
    PartialFile::Options options;
    options.start = start;
    options.made_by = {{"program", "ag_native test"}, {"--model", model}};
    return PartialFile::Open(Out(), options);
  }
  std::string Text(const std::vector<std::string>& files) {
    std::string text;
    for (const std::string& file : files) text += Record(file);
    return text;
  }
  size_t FileCount() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_.path()), {}));
  }
  // Runs over `files` to the end. Returns how many records were taken over; nothing on an error.
  std::optional<size_t> Finish(StatusOr<PartialFile> file, const std::vector<std::string>& files) {
    if (!file.ok()) {
      ADD_FAILURE() << file.status().message();
      return std::nullopt;
    }
    size_t taken = 0;
    for (const std::string& name : files) {
      if (const auto stored = file->Take(name, false)) {
        file->Keep(*stored);
        ++taken;
      } else {
        EXPECT_TRUE(file->Append(Record(name)).ok());
      }
    }
    const Status status = file->Finish();
    EXPECT_TRUE(status.ok()) << status.message();
    return taken;
  }

  TemporaryFolder folder_;
};

TEST_F(PartialFileTest, OnlyOneAtATimeWhateverBothWant) {
  for (const bool finished : {false, true}) {
    for (const Start first : {Start::kNew, Start::kOverwrite, Start::kResume}) {
      for (const Start second : {Start::kNew, Start::kOverwrite, Start::kResume}) {
        for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove(entry.path());
        if (finished) WriteText(Out(), Text({"a", "b", "c"}));
        StatusOr<PartialFile> one = Open(first);
        ASSERT_TRUE(one.ok()) << one.status().message();
        const std::string partial = ReadText(Partial());
        const StatusOr<PartialFile> two = Open(second);
        ASSERT_FALSE(two.ok());
        EXPECT_NE(two.status().message().find("another run"), std::string::npos)
            << two.status().message();
        EXPECT_EQ(ReadText(Partial()), partial);
        EXPECT_TRUE(fs::exists(Origin()));
        EXPECT_EQ(Finish(std::move(one), {"a", "b", "c"}),
                  first == Start::kResume && finished ? 3u : 0u);
        EXPECT_EQ(ReadText(Out()), Text({"a", "b", "c"}));
        EXPECT_EQ(FileCount(), 1u);
      }
    }
  }
}

// A run that has renamed its partial file and still holds it: whoever begins now would have its
// origin removed.
TEST_F(PartialFileTest, TheLastStepIsWaitedFor) {
  StatusOr<PartialFile> one = Open(Start::kNew);
  ASSERT_TRUE(one.ok() && one->Append(Record("a")).ok());
  fs::rename(Partial(), Out());
  for (const Start second : {Start::kNew, Start::kOverwrite, Start::kResume}) {
    const StatusOr<PartialFile> two = Open(second);
    ASSERT_FALSE(two.ok());
    EXPECT_NE(two.status().message().find("another run"), std::string::npos);
    EXPECT_FALSE(fs::exists(Partial()));
    EXPECT_TRUE(fs::exists(Origin()));
  }
}

// What a kill leaves behind at each step of going on with a finished file.
TEST_F(PartialFileTest, AFinishedFileIsGoneOnWithAfterAnyKill) {
  const std::string finished = Text({"a", "b", "c"});
  const std::string origin = "{\"program\": \"ag_native test\", \"--model\": \"m\"}";
  const struct {
    const char* partial;  // null: none
    bool copied, origin;
    size_t taken;
  } states[] = {
      {nullptr, false, false, 3},  // finished, all cleaned up
      {nullptr, false, true, 3},   // killed before the origin was removed
      {"", false, false, 3},       // killed before the copy was there
      {"", true, false, 3},        // ... and before its origin was
      {"", true, true, 3},         // going on
  };
  for (const auto& state : states) {
    WriteText(Out(), finished);
    if (state.partial != nullptr) WriteText(Partial(), state.copied ? finished : state.partial);
    if (state.origin) WriteText(Origin(), origin);
    EXPECT_EQ(Finish(Open(Start::kResume), {"0", "a", "b", "c"}), state.taken);
    EXPECT_EQ(ReadText(Out()), Text({"0", "a", "b", "c"}));
    EXPECT_EQ(FileCount(), 1u);
  }
}

TEST_F(PartialFileTest, RecordsNeverTakeAnothersOrigin) {
  // FILE of one model; a run of another was begun anew and killed before its first record.
  WriteText(Out(), Text({"a", "b"}));
  WriteText(Partial(), "");
  WriteText(Origin(), "{\"program\": \"ag_native test\", \"--model\": \"other\"}");
  EXPECT_EQ(Finish(Open(Start::kResume, "other"), {"a", "b"}), 0u) << "all is made again";
  // Records without an origin are no copy of FILE: nothing says what made them.
  WriteText(Out(), Text({"a", "b"}));
  WriteText(Partial(), Text({"c"}));
  const StatusOr<PartialFile> unknown = Open(Start::kResume);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(ReadText(Partial()), Text({"c"}));
  // The origin that was left is FILE's, and says that it is another model's: it stays.
  fs::remove(Partial());
  WriteText(Origin(), "{\"program\": \"ag_native test\", \"--model\": \"m\"}");
  ASSERT_FALSE(Open(Start::kResume, "other").ok());
  EXPECT_TRUE(fs::exists(Origin()));
  EXPECT_FALSE(fs::exists(Partial()));
  EXPECT_EQ(Finish(Open(Start::kResume, "m"), {"a", "b"}), 2u);
}

TEST_F(PartialFileTest, BegunToOverwriteIsRemembered) {
  {
    StatusOr<PartialFile> file = Open(Start::kOverwrite);
    ASSERT_TRUE(file.ok() && file->Append(Record("a")).ok());
  }
  EXPECT_TRUE(PartialFile::WasToOverwrite(Out()));
  EXPECT_EQ(Finish(Open(Start::kResume), {"a", "b"}), 1u);
  EXPECT_FALSE(PartialFile::WasToOverwrite(Out()));
  {
    StatusOr<PartialFile> file = Open(Start::kNew);
    ASSERT_TRUE(file.ok() && file->Append(Record("a")).ok());
  }
  EXPECT_FALSE(PartialFile::WasToOverwrite(Out()));
}

TEST_F(PartialFileTest, WithoutARecordNothingIsLeft) {
  for (const Start start : {Start::kNew, Start::kOverwrite, Start::kResume}) {
    ASSERT_TRUE(Open(start).ok());
    EXPECT_EQ(FileCount(), 0u);
  }
}

}  // namespace
}  // namespace ag::test
