// ag_native predict --frames: pictures in order as a video, from folders and from a stream.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "native/pictures/picture_stream.h"
#include "tests/cli/cli_support.h"
#include "tests/support/image_files.h"
#include "tests/support/random.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string Text(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }
Bytes ToBytes(const std::string& text) { return {text.begin(), text.end()}; }

Bytes Joined(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// ------------------------------------------------------------------------------------- the stream

// Hands out at most `chunk` bytes at a time.
PictureStream::Reader ReaderOf(Bytes bytes, size_t chunk) {
  return [bytes = std::move(bytes), chunk,
          at = size_t{0}](std::span<uint8_t> to) mutable -> StatusOr<size_t> {
    const size_t count = std::min({chunk, to.size(), bytes.size() - at});
    std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(at), count, to.begin());
    at += count;
    return count;
  };
}

std::vector<PictureStream::Picture> Split(const Bytes& bytes, size_t chunk = 1 << 16,
                                          size_t max_bytes = 1 << 20) {
  PictureStream stream(ReaderOf(bytes, chunk), max_bytes);
  std::vector<PictureStream::Picture> pictures;
  while (auto picture = stream.Next()) {
    pictures.push_back(*std::move(picture));
    if (pictures.size() > 100'000) break;
  }
  return pictures;
}

void ExpectSplit(const Bytes& stream, const std::vector<Bytes>& expected) {
  for (const size_t chunk : {size_t{1}, size_t{7}, size_t{1} << 16}) {
    const auto found = Split(stream, chunk);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(found[i].status.ok()) << found[i].status.message();
      EXPECT_TRUE(found[i].bytes == expected[i]) << "picture " << i << ", chunks of " << chunk;
    }
  }
}

std::vector<Bytes> GoodPictures() {
  return {SampleBaselineJpeg(),
          MakePng(MakePicture(20, 10)),
          SampleRestartJpeg(),
          SampleProgressiveJpeg(),
          MakePng({.width = 9, .height = 5, .colour_type = 0},
                  [](int x, int y, int) { return 20 * x + y; }),
          MakeBlockJpeg({.block_columns = 3, .block_rows = 2},
                        [](int x, int y, int) { return 10 * x + 30 * y; })};
}

TEST(PictureStream, SplitsJpegAndPng) { ExpectSplit(Joined(GoodPictures()), GoodPictures()); }

// As ffmpeg -f image2pipe -c:v ppm writes them, and mixed with what others write.
TEST(PictureStream, SplitsPnm) {
  const Image picture = MakePicture(20, 10);
  const std::vector<Bytes> pictures = {
      MakePnm(picture, 6, 255, "\n"),
      MakePnm(picture, 6, 255, " "),
      MakePnm(picture, 5, 1023, "\n# a comment with P6 1 1 255 in it\n"),
      MakePng(picture),
      MakePnm(MakePicture(9, 3), 4),
      SampleBaselineJpeg(),
      MakePnm(picture, 6, 65535)};
  ExpectSplit(Joined(pictures), pictures);
  // Pixels that look like a header, or like a JPEG.
  Bytes tricky = MakePnm(picture, 6);
  std::copy_n("P6 2 2 255\n", 11, tricky.begin() + 100);
  const Bytes jpeg = SampleBaselineJpeg();
  std::copy_n(jpeg.begin(), 60, tricky.begin() + 200);
  ExpectSplit(Joined({tricky, jpeg}), {tricky, jpeg});
}

TEST(PictureStream, BrokenPnm) {
  const Bytes ppm = MakePnm(MakePicture(20, 10), 6), jpeg = SampleBaselineJpeg();
  // The stream ends in a picture: what is there is handed out.
  for (size_t cut = 12; cut < ppm.size(); cut += 50) {
    const Bytes torn(ppm.begin(), ppm.begin() + static_cast<ptrdiff_t>(cut));
    ExpectSplit(Joined({ppm, torn}), {ppm, torn});
  }
  // No header: passed over as other bytes are.
  for (const std::string header :
       {"P6 0 10 255\n", "P6 10 10 0\n", "P6 10 10 99999\n", "P6 999999999 999999999 255\n", "P6 x",
        "P3 1 1 255\n1 2 3\n", "P6 10", "P", "P7\nWIDTH 3\n"}) {
    ExpectSplit(Joined({jpeg, ToBytes(header), jpeg}), {jpeg, jpeg});
  }
  // A header that goes on for ever is none.
  Bytes endless = ToBytes("P6 #");
  endless.insert(endless.end(), 100'000, 'x');
  const auto found = Split(Joined({endless, jpeg}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].status.code(), Code::kUnknownFormat);
  EXPECT_TRUE(found[1].bytes == jpeg);
  // Too large: passed over as a whole, although the pixels look like a picture.
  Bytes large = MakePnm(MakePicture(100, 60), 6);
  std::copy(jpeg.begin(), jpeg.end(), large.begin() + 9000);
  const auto pictures = Split(Joined({jpeg, large, jpeg}), 1 << 16, 8000);
  ASSERT_EQ(pictures.size(), 3u);
  EXPECT_EQ(pictures[1].status.code(), Code::kTooLarge);
  EXPECT_TRUE(pictures[2].bytes == jpeg);
}

TEST(PictureStream, OtherFormatsAreNamed) {
  Bytes webm = {0x1a, 0x45, 0xdf, 0xa3};
  webm.resize(3000);
  const auto video = Split(webm);
  ASSERT_EQ(video.size(), 1u);
  EXPECT_NE(video[0].status.message().find("WebM"), std::string::npos) << video[0].status.message();
  const auto text = Split(ToBytes("<!DOCTYPE html><html>404</html>"));
  ASSERT_EQ(text.size(), 1u);
  EXPECT_NE(text[0].status.message().find("HTML"), std::string::npos);
}

TEST(PictureStream, AThumbnailIsNoPictureOfItsOwn) {
  const Bytes thumbnail = SampleBaselineJpeg();
  const Bytes jpeg = InsertJpegSegment(SampleRestartJpeg(), 0xe1, thumbnail);
  const Bytes png = InsertPngChunk(MakePng(MakePicture(20, 10)), "eXIf", thumbnail);
  ExpectSplit(Joined({jpeg, png, jpeg}), {jpeg, png, jpeg});
  // Also where it breaks off right behind the thumbnail, or inside.
  for (const size_t cut : {thumbnail.size() + 6, thumbnail.size() / 2}) {
    const Bytes torn(jpeg.begin(), jpeg.begin() + static_cast<ptrdiff_t>(cut));
    ExpectSplit(Joined({jpeg, torn}), {jpeg, torn});
  }
}

// A camera's multipart stream has headers between its pictures.
TEST(PictureStream, PassesOverALittleBetweenPictures) {
  const Bytes header = ToBytes("\r\n--boundary\r\nContent-Type: image/jpeg\r\n\r\n");
  const std::vector<Bytes> pictures = GoodPictures();
  std::vector<Bytes> parts;
  for (const Bytes& picture : pictures) {
    parts.push_back(header);
    parts.push_back(picture);
  }
  parts.push_back(Bytes(100, 0));
  ExpectSplit(Joined(parts), pictures);
}

TEST(PictureStream, MuchThatIsNoPictureIsAnError) {
  const Bytes jpeg = SampleBaselineJpeg();
  const auto found = Split(Joined({jpeg, Bytes(5000, 0xff), jpeg}));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_TRUE(found[0].bytes == jpeg);
  EXPECT_EQ(found[1].status.code(), Code::kUnknownFormat);
  EXPECT_NE(found[1].status.message().find("5000"), std::string::npos);
  EXPECT_TRUE(found[2].bytes == jpeg);
}

TEST(PictureStream, AStreamWithoutPictures) {
  ASSERT_EQ(Split({}).size(), 1u);
  EXPECT_EQ(Split({})[0].status.code(), Code::kEmpty);
  const auto text = Split(ToBytes("no video here\n"));
  ASSERT_EQ(text.size(), 1u);
  EXPECT_EQ(text[0].status.code(), Code::kUnknownFormat);
}

// Wherever a picture is cut, those before and behind it come out whole, and it comes out as one.
TEST(PictureStream, GoesOnBehindWhatIsCutOff) {
  const std::vector<Bytes> pictures = GoodPictures();
  const Bytes last = SampleBaselineJpeg(), png = pictures[1];
  for (const Bytes& victim : pictures) {
    // From the least that can be told from nothing on.
    for (size_t cut = 16; cut < victim.size(); ++cut) {
      const Bytes torn(victim.begin(), victim.begin() + static_cast<ptrdiff_t>(cut));
      for (const Bytes& next : {last, png}) {
        const auto found = Split(Joined({png, torn, next, png, last}));
        ASSERT_EQ(found.size(), 5u) << "cut at " << cut << " of " << victim.size();
        EXPECT_TRUE(found[0].bytes == png);
        EXPECT_TRUE(found[2].bytes == next);
        EXPECT_TRUE(found[3].bytes == png);
        EXPECT_TRUE(found[4].bytes == last);
      }
    }
  }
}

TEST(PictureStream, ATornEndIsHandedOut) {
  const Bytes png = MakePng(MakePicture(20, 10)), jpeg = SampleBaselineJpeg();
  for (const Bytes& victim : {png, jpeg}) {
    for (size_t cut = 1; cut < victim.size(); cut += 5) {
      const Bytes torn(victim.begin(), victim.begin() + static_cast<ptrdiff_t>(cut));
      ExpectSplit(Joined({png, torn}), {png, torn});
    }
  }
}

TEST(PictureStream, TooLargeIsAnErrorAndItGoesOn) {
  const Bytes small = SampleBaselineJpeg();
  const Bytes large_png = MakePng(MakePicture(100, 60));
  const Bytes large_jpeg = MakeBlockJpeg({.block_columns = 200, .block_rows = 200},
                                         [](int x, int y, int) { return (37 * x + 11 * y) % 256; });
  ASSERT_GT(large_png.size(), 8000u);
  ASSERT_GT(large_jpeg.size(), 8000u);
  for (const size_t chunk : {size_t{1}, size_t{1} << 16}) {
    const auto found = Split(Joined({small, large_png, small, large_jpeg, small}), chunk, 8000);
    ASSERT_EQ(found.size(), 5u);
    for (const size_t i : {0, 2, 4}) EXPECT_TRUE(found[i].bytes == small);
    for (const size_t i : {1, 3}) EXPECT_EQ(found[i].status.code(), Code::kTooLarge);
  }
}

// Anything may come: it ends, and however the bytes arrive, the same comes out.
TEST(PictureStream, DamagedStreams) {
  const Bytes whole = Joined(GoodPictures());
  Random random(1);
  for (int trial = 0; trial < 300; ++trial) {
    Bytes damaged = whole;
    for (uint32_t i = random.Between(1, 8); i > 0; --i) {
      const size_t at = random.Below(static_cast<uint32_t>(damaged.size()));
      switch (random.Below(3)) {
        case 0:
          damaged[at] = static_cast<uint8_t>(random.Next());
          break;
        case 1:
          damaged.erase(damaged.begin() + static_cast<ptrdiff_t>(at));
          break;
        default:
          damaged.insert(damaged.begin() + static_cast<ptrdiff_t>(at), 0xff);
      }
    }
    const size_t max_bytes = random.Between(100, 10'000);
    const auto a = Split(damaged, 1 << 16, max_bytes), b = Split(damaged, 3, max_bytes);
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].status.code(), b[i].status.code());
      EXPECT_LE(a[i].bytes.size(), max_bytes);
    }
  }
}

TEST(PictureStream, ReadErrorsAndInterrupts) {
  const Bytes jpeg = SampleBaselineJpeg();
  for (const Code code : {Code::kIo, Code::kInterrupted}) {
    Bytes once = jpeg;
    once.push_back(0xff);  // another one has begun
    PictureStream stream(
        [&](std::span<uint8_t> to) -> StatusOr<size_t> {
          if (once.empty()) return Status(code, "no more");
          std::copy(once.begin(), once.end(), to.begin());
          return std::exchange(once, {}).size();
        },
        1 << 20);
    const auto first = stream.Next();
    ASSERT_TRUE(first.has_value());
    EXPECT_TRUE(first->bytes == jpeg);
    const auto second = stream.Next();
    ASSERT_EQ(second.has_value(), code == Code::kIo);
    if (second) {
      EXPECT_EQ(second->status.code(), Code::kIo);
    }
  }
}

// ------------------------------------------------------------------------------------ the command

const std::vector<std::string> kQuickly = {"predict",       "--frames", "--min-score", "1",
                                           "--detect-size", "64",       "--threads",   "1"};

class FramesTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    options_.model_dir = folder_ / "models";
  }

  // No face anywhere, and that is soon known: what is tested is which frames come out.
  RunResult Frames(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kQuickly.begin(), kQuickly.end());
    return RunNative(arguments, options_);
  }

  RunResult FromStdin(const Bytes& stream, std::vector<std::string> arguments = {"-"}) {
    options_.stdin_file = folder_ / "stream";
    WriteText(options_.stdin_file, Text(stream));
    return Frames(std::move(arguments));
  }

  Bytes PictureBytes(const std::string& name, int width, int height) {
    WritePicture(folder_ / name, width, height, static_cast<uint64_t>(width));
    return ToBytes(ReadText(folder_ / name));
  }

  TemporaryFolder folder_;
  RunOptions options_;
};

std::vector<Json> Records(const RunResult& result) {
  std::vector<Json> records;
  for (const std::string& line : Lines(result.out)) records.push_back(Json::parse(line));
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i]["schema"], 3);
    EXPECT_EQ(records[i]["frame"], i);
  }
  return records;
}

TEST_F(FramesTest, AFolderInNaturalOrder) {
  const std::vector<std::string> names = {"a007.png",    "b/9.jpg",     "b/10.png",    "frame1.png",
                                          "frame02.png", "frame10.png", "frame10b.png"};
  int width = 32;
  for (const std::string& name : names) WritePicture(folder_ / ("in/" + name), width++, 32, 1);
  WriteText(folder_ / "in/readme.txt", "no picture");
  const RunResult result = Frames({folder_ / "in"});
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<Json> records = Records(result);
  ASSERT_EQ(records.size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(records[i]["file"], folder_ / ("in/" + names[i]));
    EXPECT_EQ(records[i]["width"], 32 + i);
  }
}

TEST_F(FramesTest, NamedFilesKeepTheirOrder) {
  WritePicture(folder_ / "10.png", 40, 32, 1);
  WritePicture(folder_ / "2.png", 41, 32, 1);
  const RunResult result = Frames({folder_ / "10.png", folder_ / "absent.png", folder_ / "2.png"});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("absent.png: frame 1: "), std::string::npos) << result.err;
  const std::vector<Json> records = Records(result);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0]["width"], 40);
  EXPECT_EQ(records[1]["error"]["code"], "not_found");
  EXPECT_EQ(records[2]["width"], 41);
}

TEST_F(FramesTest, AStreamOfJpegAndPng) {
  std::vector<Bytes> parts;
  for (int i = 0; i < 40; ++i) {
    parts.push_back(PictureBytes(i % 3 == 0 ? "p.png" : "p.jpg", 32 + i, 40));
  }
  const RunResult result = FromStdin(Joined(parts));
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<Json> records = Records(result);
  ASSERT_EQ(records.size(), 40u);
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i]["file"], "-");
    EXPECT_EQ(records[i]["width"], 32 + i);
  }
}

// The same picture as a file and as a frame, decoded by either decoder, has the same flags; a
// format that is not read has the same name.
TEST_F(FramesTest, FlagsOfPictures) {
  const Bytes whole = SampleStandardTablesJpeg();
  const Bytes linear = MakeIccProfile({.primaries = SrgbPrimaries(), .curve_numbers = {1.0}});
  const Bytes cut(whole.begin(), whole.end() - 60);
  struct Case {
    std::string name;
    Bytes bytes;
    std::string flags;  // as JSON
  };
  const std::vector<Case> cases = {
      {"a.jpg", whole, "[]"},
      {"b.jpg", RemoveJpegSegments(whole, 0xc4), "[]"},
      {"c.jpg", WithJpegProfile(whole, linear), R"(["colour_profile"])"},
      {"d.jpg", cut, R"(["truncated"])"},
      {"e.png", WithPngProfile(MakePng(MakePicture(40, 30)), linear), R"(["colour_profile"])"},
      {"f.ppm", MakePnm(MakePicture(40, 30), 6), "[]"},
      {"g.jpg", WithJpegProfile(cut, linear), R"(["colour_profile","truncated"])"},
  };
  Bytes stream;
  for (const Case& one : cases) {
    stream.insert(stream.end(), one.bytes.begin(), one.bytes.end());
    WriteText(folder_ / ("in/" + one.name), Text(one.bytes));
  }
  for (const char* decoder : {"--no-rotate", "--fast-decode"}) {
    const RunResult streamed = FromStdin(stream, {"--allow-truncated", decoder, "-"});
    if (streamed.err.find("built without libjpeg-turbo") != std::string::npos) continue;
    EXPECT_EQ(streamed.code, 0) << streamed.err;
    const std::vector<Json> records = Records(streamed);
    ASSERT_EQ(records.size(), cases.size());
    for (size_t i = 0; i < cases.size(); ++i) {
      EXPECT_EQ(records[i]["flags"].dump(), cases[i].flags) << cases[i].name;
    }
    for (const char* command : {"predict", "detect"}) {
      const RunResult files = RunNative({command, "--min-score", "1", "--detect-size", "64",
                                         "--json", "--allow-truncated", decoder, folder_ / "in"},
                                        options_);
      EXPECT_EQ(files.code, 0) << files.err;
      const std::vector<std::string> lines = Lines(files.out);
      ASSERT_EQ(lines.size(), cases.size()) << command;
      for (size_t i = 0; i < cases.size(); ++i) {
        EXPECT_EQ(Json::parse(lines[i])["flags"].dump(), cases[i].flags) << cases[i].name;
      }
    }
  }
  // Off by default; and a web page under a picture's name.
  const RunResult strict = FromStdin(cut);
  EXPECT_EQ(strict.code, 1);
  EXPECT_EQ(Records(strict).at(0)["error"]["code"], "corrupt_image");
  WriteText(folder_ / "page.jpg", "<!DOCTYPE html><html><body>404</body></html>");
  const std::string page = folder_ / "page.jpg";
  for (const char* command : {"predict", "detect"}) {
    const RunResult result = RunNative({command, "--json", page}, options_);
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.err.find("this is an HTML page"), std::string::npos) << result.err;
  }
  EXPECT_NE(Frames({page}).err.find("this is an HTML page"), std::string::npos);
}

TEST_F(FramesTest, TornAndBrokenFrames) {
  const Bytes png = PictureBytes("p.png", 40, 30), jpeg = PictureBytes("p.jpg", 50, 30);
  Bytes damaged = png;
  damaged[damaged.size() / 2] ^= 0x55;
  const Bytes cut_png(png.begin(), png.begin() + static_cast<ptrdiff_t>(png.size() / 2));
  const Bytes cut_jpeg(jpeg.begin(), jpeg.begin() + static_cast<ptrdiff_t>(jpeg.size() * 2 / 3));
  const RunResult result =
      FromStdin(Joined({jpeg, damaged, png, cut_png, jpeg, cut_jpeg, png, jpeg, cut_jpeg}));
  EXPECT_EQ(result.code, 1);
  const std::vector<Json> records = Records(result);
  ASSERT_EQ(records.size(), 9u);
  for (const size_t i : {1, 3, 5, 8}) {
    EXPECT_EQ(records[i]["error"]["code"], "corrupt_image") << records[i].dump();
    EXPECT_NE(result.err.find("-: frame " + std::to_string(i) + ": "), std::string::npos);
  }
  for (const size_t i : {0, 4, 7}) EXPECT_EQ(records[i]["width"], 50);
  for (const size_t i : {2, 6}) EXPECT_EQ(records[i]["width"], 40);
  const RunResult fast = FromStdin(Joined({jpeg, damaged, png}), {"--fail-fast", "-"});
  EXPECT_EQ(fast.code, 1);
  EXPECT_EQ(Records(fast).size(), 2u);
}

TEST_F(FramesTest, AnEmptyStreamIsAnError) {
  const RunResult result = FromStdin({});
  EXPECT_EQ(result.code, 1);
  const std::vector<Json> records = Records(result);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0]["error"]["code"], "empty");
}

TEST_F(FramesTest, LimitsAreKept) {
  const Bytes small = PictureBytes("s.png", 20, 20), large = PictureBytes("l.png", 200, 200);
  const std::string limit = std::to_string(large.size() - 1);
  const RunResult result = FromStdin(Joined({small, large, small}), {"--max-bytes", limit, "-"});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("--max-bytes"), std::string::npos);
  const std::vector<Json> records = Records(result);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[1]["error"]["code"], "too_large");
  EXPECT_EQ(records[2]["width"], 20);
}

TEST_F(FramesTest, CsvAndFiles) {
  WritePicture(folder_ / "in/1.png", 40, 32, 1);
  WritePicture(folder_ / "in/2.png", 40, 32, 2);
  const RunResult result = Frames({"--out", folder_ / "out.csv", folder_ / "in"});
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<std::string> rows = Lines(ReadText(folder_ / "out.csv"));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_NE(rows[0].find("frame"), std::string::npos);
  EXPECT_NE(rows[0].find("track_id"), std::string::npos);
}

TEST_F(FramesTest, WrongUsage) {
  WritePicture(folder_ / "a.png", 40, 32, 1);
  const std::string a = folder_ / "a.png";
  EXPECT_EQ(Frames({}).code, 2);
  EXPECT_EQ(Frames({"-", "-"}).code, 2);
  EXPECT_EQ(Frames({"--search-every", "0", a}).code, 2);
  EXPECT_EQ(Frames({"--track-memory", "-1", a}).code, 2);
  for (const auto& option : std::vector<std::vector<std::string>>{{"--box", "1,1,9,9"},
                                                                  {"--crops", folder_ / "c"},
                                                                  {"--annotate", folder_ / "d"},
                                                                  {"--shard", "0/2"}}) {
    std::vector<std::string> arguments = option;
    arguments.push_back(a);
    const RunResult result = Frames(arguments);
    EXPECT_EQ(result.code, 2);
    EXPECT_NE(result.err.find(option[0]), std::string::npos) << result.err;
  }
  EXPECT_EQ(RunNative({"predict", "--search-every", "5", a}, options_).code, 2)
      << "means nothing without --frames";
  EXPECT_EQ(Frames({"--search-every", "1", "--track-memory", "0", a}).code, 0);
}

// Pipes to and from a running program.
class Running {
 public:
  Running(const std::vector<std::string>& arguments, const std::string& model_dir) {
    std::array<int, 2> in{}, out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
      ::setenv("AG_MODEL_DIR", model_dir.c_str(), 1);
      const std::string program = NativeProgram();
      std::vector<std::string> words = arguments;
      std::vector<char*> argv = {const_cast<char*>(program.c_str())};
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      ::execv(program.c_str(), argv.data());
      ::_exit(126);
    }
    ::close(in[0]);
    ::close(out[1]);
    to_ = in[1];
    from_ = out[0];
  }
  ~Running() {
    ::close(to_);
    ::close(from_);
  }

  void Write(const Bytes& bytes) {
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t written = ::write(to_, bytes.data() + done, bytes.size() - done);
      ASSERT_GT(written, 0);
      done += static_cast<size_t>(written);
    }
  }
  // Waits for it; the test's time limit is the only one.
  std::string ReadLine() {
    std::string line;
    for (char c = 0; ::read(from_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  int Wait() {
    int status = 0;
    ::waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void Signal(int signal) { ::kill(child_, signal); }

 private:
  pid_t child_ = 0;
  int to_ = -1, from_ = -1;
};

// Each record comes before the next frame is there: nothing waits in a buffer.
TEST_F(FramesTest, ALiveStreamIsAnsweredAtOnce) {
  const Bytes png = PictureBytes("p.png", 40, 30), jpeg = PictureBytes("p.jpg", 50, 30);
  std::vector<std::string> arguments = kQuickly;
  arguments.push_back("-");
  Running program(arguments, options_.model_dir);
  for (int i = 0; i < 6; ++i) {
    program.Write(i % 2 == 0 ? png : jpeg);
    const Json record = Json::parse(program.ReadLine(), nullptr, false);
    ASSERT_TRUE(record.is_object()) << "frame " << i;
    EXPECT_EQ(record["frame"], i);
    EXPECT_EQ(record["width"], i % 2 == 0 ? 40 : 50);
  }
  // Ctrl-C while it waits for a frame of which the first half is there.
  program.Write(Bytes(png.begin(), png.begin() + static_cast<ptrdiff_t>(png.size() / 2)));
  program.Signal(SIGINT);
  EXPECT_EQ(program.ReadLine(), "");
  EXPECT_EQ(program.Wait(), 128 + SIGINT);
}

TEST_F(FramesTest, AnInterruptedVideoIsWritten) {
  const Bytes png = PictureBytes("p.png", 40, 30);
  const std::string out = folder_ / "out.jsonl";
  std::vector<std::string> arguments = kQuickly;
  arguments.insert(arguments.end(), {"--out", out, "-"});
  Running program(arguments, options_.model_dir);
  for (int i = 0; i < 3; ++i) program.Write(png);
  // Once its output has begun it knows what to do about signals. How many frames it has answered by
  // then cannot be seen from outside; however many, each record is a whole one.
  const auto begun = [&] {
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().filename().string().starts_with(".out.jsonl.")) return true;
    }
    return false;
  };
  for (int look = 0; look < 6000 && !begun(); ++look) ::usleep(10'000);
  ASSERT_TRUE(begun());
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 128 + SIGTERM);
  for (const std::string& line : Lines(ReadText(out))) {
    EXPECT_TRUE(Json::parse(line, nullptr, false).is_object());
  }
  EXPECT_TRUE(fs::exists(out));
}

TEST_F(FramesTest, TracksOfARealFace) {
  const char* place = std::getenv("AG_ASTRONAUT");
  const std::string astronaut = place != nullptr ? place : AG_ASTRONAUT;
  if (!fs::exists(astronaut)) GTEST_SKIP() << "no astronaut.png at " << astronaut;
  options_.model_dir = std::string(AG_SOURCE_DIR) + "/web/model";
  std::vector<std::string> arguments = {"predict", "--frames"};
  for (int i = 0; i < 4; ++i) arguments.push_back(astronaut);
  const RunResult result = RunNative(arguments, options_);
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<Json> records = Records(result);
  ASSERT_EQ(records.size(), 4u);
  for (size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(records[i]["faces"].size(), 1u);
    const Json& face = records[i]["faces"][0];
    ASSERT_EQ(face.contains("track"), i > 0) << "shown from the second sighting on";
    if (i == 0) continue;
    EXPECT_EQ(face["track"]["id"], 1);
    EXPECT_EQ(face["track"]["sightings"], i + 1);
    EXPECT_NEAR(face["track"]["age"].get<double>(), face["age"].get<double>(), 5);
    EXPECT_TRUE(face["track"].contains("p_female"));
  }
}

// As docs/video.md says.
TEST_F(FramesTest, FramesFromFfmpeg) {
  if (std::system("ffmpeg -version > /dev/null 2>&1") != 0) {
    GTEST_SKIP() << "ffmpeg is not installed";
  }
  for (int i = 0; i < 12; ++i) {
    WritePicture(folder_ / ("in/" + std::to_string(i) + ".png"), 64, 48, static_cast<uint64_t>(i));
  }
  for (const std::string codec : {"mjpeg", "png"}) {
    const std::string stream = folder_ / "stream";
    const std::string command = "ffmpeg -v error -y -i '" + (folder_ / "in/%d.png") +
                                "' -f image2pipe -c:v " + codec + " - > '" + stream + "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const RunResult result = FromStdin(ToBytes(ReadText(stream)));
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(Records(result).size(), 12u);
  }
}

}  // namespace
}  // namespace ag::test
