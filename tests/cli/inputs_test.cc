// What the programs read when it is no plain file, and what ends them when nobody listens: pipes,
// sockets, devices, descriptors, lists as Windows writes them, readers that are gone.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr auto kPatience = std::chrono::seconds(60);  // a busy machine; far less is expected
// Until a process that has been started waits for its input.
constexpr auto kStart = std::chrono::milliseconds(400);
constexpr int kTimedOut = -1;

// A program that is ended at the latest when this goes.
class Process {
 public:
  struct Streams {
    int in = -1, out = -1, err = -1;  // -1: /dev/null
    bool ignores_sigpipe = false;     // as inherited
  };

  Process(const std::string& program, std::vector<std::string> arguments,
          const std::string& model_dir, const Streams& streams) {
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    pid_ = ::fork();
    if (pid_ == 0) {
      const int fds[] = {streams.in, streams.out, streams.err};
      for (int fd = 0; fd < 3; ++fd) ::dup2(fds[fd] < 0 ? nothing : fds[fd], fd);
      if (streams.ignores_sigpipe) std::signal(SIGPIPE, SIG_IGN);
      ::setenv("AG_MODEL_DIR", model_dir.c_str(), 1);
      std::vector<char*> argv = {const_cast<char*>(program.c_str())};
      for (std::string& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      ::execv(program.c_str(), argv.data());
      ::_exit(126);
    }
    ::close(nothing);
  }
  ~Process() {
    if (!ended_) ::kill(pid_, SIGKILL);
    if (!ended_) ::waitpid(pid_, nullptr, 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Signal(int signal) const { ::kill(pid_, signal); }
  // The exit code, 128 + the signal, or kTimedOut.
  int Wait(std::chrono::milliseconds patience = kPatience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    int status = 0;
    while (::waitpid(pid_, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) return kTimedOut;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  bool ended_ = false;
};

class InputsTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    options_.model_dir = folder_ / "models";
  }

  static std::vector<std::string> Fast(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1,
                     {"--min-score", "1", "--detect-size", "32", "--no-rotate", "--threads", "2"});
    return arguments;
  }
  RunResult Predict(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "predict");
    return RunNative(Fast(arguments), options_);
  }
  // With this standard input; what it wrote and its exit code.
  RunResult PredictFrom(int in, const std::vector<std::string>& arguments) {
    RunResult result;
    const std::string out = folder_ / "captured", err = folder_ / "captured.err";
    const int out_fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const int err_fd = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    {
      Process process(NativeProgram(), arguments, options_.model_dir, {in, out_fd, err_fd});
      result.code = process.Wait();
    }
    ::close(out_fd);
    ::close(err_fd);
    result.out = ReadText(out);
    result.err = ReadText(err);
    return result;
  }

  std::string Picture(const std::string& name, int width = 32) {
    WritePicture(folder_ / name, width, 32, 7);
    return folder_ / name;
  }
  std::string Fifo(const std::string& name) {
    fs::create_directories((folder_.path() / name).parent_path());
    EXPECT_EQ(::mkfifo((folder_ / name).c_str(), 0600), 0);
    return folder_ / name;
  }
  std::string Socket(const std::string& name) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_ / name;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ::close(fd);
    return path;
  }
  std::string Beside(const std::string& program) const {
    return std::string(AG_BUILD_BIN_DIR) + "/" + program;
  }

  TemporaryFolder folder_;
  RunOptions options_;
};

// Both ends of something that a program may be given as standard input.
struct Ends {
  int reading = -1, writing = -1;
  ~Ends() {
    CloseReading();
    CloseWriting();
  }
  void CloseReading() {
    if (reading >= 0) ::close(std::exchange(reading, -1));
  }
  void CloseWriting() {
    if (writing >= 0) ::close(std::exchange(writing, -1));
  }
  void Pipe() {
    int fds[2];
    ASSERT_EQ(::pipe2(fds, O_CLOEXEC), 0);
    reading = fds[0];
    writing = fds[1];
  }
  void SocketPair() {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    reading = fds[0];
    writing = fds[1];
  }
};

void Send(int fd, const std::string& bytes) {
  ASSERT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
}

// Every place that a path or "-" may stand in.
TEST_F(InputsTest, OneSignalEndsTheWaitForAPipe) {
  const std::string picture = Picture("a.png"), fifo = Fifo("pipe"), table = Fifo("pipe.csv");
  WriteText(folder_ / "m.csv", "file,age,gender\na.png,30,male\n");
  const std::string manifest = folder_ / "m.csv", out = folder_ / "out";
  const std::vector<std::vector<std::string>> commands = {
      Fast({"predict", fifo}),
      Fast({"predict", "-"}),
      Fast({"predict", "/dev/stdin"}),
      Fast({"predict", "--out", out + ".jsonl", picture, fifo}),
      Fast({"predict", "--list", fifo}),
      Fast({"predict", "--list", "-"}),
      Fast({"predict", "--frames", fifo}),
      Fast({"predict", "--frames", "-"}),
      Fast({"predict", "--model", fifo, picture}),
      Fast({"predict", "--detector", fifo, picture}),
      Fast({"detect", fifo}),
      Fast({"detect", "-"}),
      Fast({"eval", "--data", table}),
      Fast({"eval", "--data", "-"}),
      Fast({"eval", "--data", manifest, "--split", table}),
      Fast({"eval", "--data", manifest, "--model", fifo}),
      Fast({"calibrate", "--data", table, "--out", out, "--model",
            folder_ / "models/age_gender.agm"}),
      {"explore", table, "--out", out},
      {"compare", table, table},
      {"compare", "-", table},
      {"card", "--report", fifo, "--out", out + ".md"},
      {"info", fifo},
      {"info", "-"},
      {"self-test", "--model", fifo},
      {"import-onnx", fifo, "--out", out},
      {"train", "--data", table, "--run", out, "--cache", out + "cache"},
      {"train", "--config", fifo},
  };
  int signals[] = {SIGTERM, SIGINT, SIGHUP};
  size_t turn = 0;
  for (const std::vector<std::string>& command : commands) {
    if (command[0] == "train" && !fs::exists(Beside("ag_native-train"))) continue;
    if (command[0] == "import-onnx" && !fs::exists(Beside("ag_native-import-onnx"))) continue;
    Ends input;
    input.Pipe();
    Process process(NativeProgram(), command, options_.model_dir, {.in = input.reading});
    EXPECT_EQ(process.Wait(command[0] == "train" ? 3 * kStart : kStart), kTimedOut)
        << testing::PrintToString(command) << " did not wait";
    const int signal = signals[turn++ % std::size(signals)];
    process.Signal(signal);
    const int code = process.Wait(std::chrono::seconds(20));
    const bool by_hand = command[0] == "train" && code == 130;
    EXPECT_TRUE(code == 128 + signal || by_hand)
        << testing::PrintToString(command) << ": " << code << " after signal " << signal;
  }
  EXPECT_FALSE(fs::exists(out + ".jsonl"));
}

TEST_F(InputsTest, EverySignalEndsTheWaitOfPredict) {
  const std::string fifo = Fifo("pipe");
  for (const char* input : {fifo.c_str(), "-"}) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
      Ends pipe;
      pipe.Pipe();
      Process process(NativeProgram(), Fast({"predict", input}), options_.model_dir,
                      {.in = pipe.reading});
      EXPECT_EQ(process.Wait(kStart), kTimedOut);
      process.Signal(signal);
      EXPECT_EQ(process.Wait(std::chrono::seconds(20)), 128 + signal) << input;
    }
  }
}

TEST_F(InputsTest, RecordsBeforeAnInterruptedWaitAreKept) {
  const std::string picture = Picture("a.png"), fifo = Fifo("pipe");
  const std::string out = folder_ / "r.jsonl";
  Process process(NativeProgram(), Fast({"predict", "--out", out, picture, fifo}),
                  options_.model_dir, {});
  for (int i = 0; i < 2000 && ReadText(out + ".partial").empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 128 + SIGTERM);
  EXPECT_EQ(Lines(ReadText(out + ".partial")).size(), 1u) << "the pipe has no record";
}

TEST_F(InputsTest, NamedPipesAreRead) {
  const std::string picture = Picture("a.png"), fifo = Fifo("pipe");
  const std::string expected = Predict({picture}).out;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{fifo}, {"--frames", fifo}}) {
    std::jthread writer([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      std::ofstream(fifo, std::ios::binary) << ReadText(picture);
    });
    const RunResult result = Predict(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    ASSERT_EQ(Lines(result.out).size(), 1u);
    EXPECT_EQ(Json::parse(result.out)["width"], Json::parse(expected)["width"]);
  }
  // The shell's <(...), for pictures, models, lists and tables.
  const std::string models = folder_ / "models";
  WriteText(folder_ / "list", picture + "\n");
  WriteText(folder_ / "m.csv", "file,age,gender\n" + picture + ",30,male\n");
  const std::string fast = " --min-score 1 --detect-size 32 --no-rotate ";
  for (const std::string& line :
       {"predict" + fast + "<(cat " + picture + ")", "detect" + fast + "<(cat " + picture + ")",
        "predict" + fast + "--list <(cat " + folder_ / "list" + ")",
        "eval" + fast + "--data <(cat " + folder_ / "m.csv" + ")",
        "info <(cat " + models + "/age_gender.agm)"}) {
    const std::string command = "AG_MODEL_DIR=" + models + " bash -c '" + NativeProgram() + " " +
                                line + "' >" + folder_ / "shell.out" + " 2>" +
                                folder_ / "shell.err";
    EXPECT_EQ(std::system(command.c_str()), 0) << line << ReadText(folder_ / "shell.err");
    EXPECT_NE(ReadText(folder_ / "shell.out"), "") << line;
  }
}

TEST_F(InputsTest, WhatAListOrATableNamesIsAFile) {
  const std::string picture = Picture("a.png"), fifo = Fifo("pipe"), socket = Socket("socket");
  WriteText(folder_ / "list",
            fifo + "\n" + socket + "\n/dev/zero\n/dev/stdin\n-\n" + picture + "\n");
  const RunResult listed = Predict({"--list", folder_ / "list"});
  EXPECT_EQ(listed.code, 1);
  const std::vector<std::string> records = Lines(listed.out);
  ASSERT_EQ(records.size(), 6u);
  const char* reasons[] = {"named pipe", "socket", "device", "device", "No such file"};
  for (size_t i = 0; i < 5; ++i) {
    const Json record = Json::parse(records[i]);
    ASSERT_TRUE(record.contains("error")) << records[i];
    EXPECT_NE(record["error"]["message"].get<std::string>().find(reasons[i]), std::string::npos)
        << records[i];
  }
  EXPECT_FALSE(Json::parse(records[5]).contains("error"));

  WriteText(folder_ / "m.csv", "file,age,gender\npipe,30,male\n/dev/zero,20,male\na.png,30,male\n");
  const RunResult evaluated = RunNative(Fast({"eval", "--data", folder_ / "m.csv"}), options_);
  EXPECT_EQ(evaluated.code, 1) << evaluated.err;
  EXPECT_NE(evaluated.err.find("named pipe"), std::string::npos) << evaluated.err;
  EXPECT_NE(evaluated.out.find("1 evaluated, 2 failed"), std::string::npos) << evaluated.out;
}

TEST_F(InputsTest, DevicesThatAreNamed) {
  const RunResult zero = Predict({"--max-bytes", "100000", "/dev/zero"});
  EXPECT_EQ(zero.code, 1);
  EXPECT_EQ(Json::parse(zero.out)["error"]["code"], "too_large");
  const RunResult null = Predict({"/dev/null"});
  EXPECT_EQ(null.code, 1);
  EXPECT_EQ(Json::parse(null.out)["error"]["code"], "empty");
  EXPECT_EQ(Predict({Socket("socket")}).code, 1);
}

// A picture that nobody sends must not keep a run from ending for another reason.
TEST_F(InputsTest, AStopEndsWaitsOfOtherThreads) {
  Process process(NativeProgram(),
                  Fast({"predict", "--fail-fast", folder_ / "absent.png", Fifo("pipe")}),
                  options_.model_dir, {});
  EXPECT_EQ(process.Wait(std::chrono::seconds(30)), 1);
}

TEST_F(InputsTest, StandardInputIsTheDescriptor) {
  const std::string picture = Picture("a.png", 33);
  const std::string bytes = ReadText(picture);
  const std::string models = folder_ / "models";
  WriteText(folder_ / "m.csv", "file,age,gender\n" + picture + ",30,male\n");
  struct Case {
    std::vector<std::string> arguments;
    std::string input;
  };
  const Case cases[] = {
      {Fast({"predict", "-"}), bytes},
      {Fast({"predict", "/dev/stdin"}), bytes},
      {Fast({"predict", "/dev/fd/0"}), bytes},
      {Fast({"detect", "-"}), bytes},
      {Fast({"predict", "--frames", "-"}), bytes},
      {Fast({"predict", "--frames", "/dev/stdin"}), bytes},
      {Fast({"predict", "--list", "-"}), picture + "\n"},
      {Fast({"predict", "--list", "/dev/stdin"}), picture + "\n"},
      {Fast({"eval", "--data", "-"}), ReadText(folder_ / "m.csv")},
      {{"info", "-"}, ReadText(models + "/age_gender.agm")},
      {{"info", "/dev/stdin"}, ReadText(models + "/age_gender.agm")},
  };
  for (const Case& one : cases) {
    // A socket, as node gives its children; it cannot be opened by a name.
    Ends ends;
    ends.SocketPair();
    std::jthread sender([&] {
      Send(ends.writing, one.input);
      ends.CloseWriting();
    });
    const RunResult socket = PredictFrom(ends.reading, one.arguments);
    sender.join();
    EXPECT_EQ(socket.code, 0) << testing::PrintToString(one.arguments) << socket.err;

    // A file at an offset: what lies before it was for somebody else.
    WriteText(folder_ / "tail", "0123456789" + one.input);
    const int fd = ::open((folder_ / "tail").c_str(), O_RDONLY | O_CLOEXEC);
    ::lseek(fd, 10, SEEK_SET);
    const RunResult tail = PredictFrom(fd, one.arguments);
    ::close(fd);
    EXPECT_EQ(tail.code, 0) << testing::PrintToString(one.arguments) << tail.err;
    // info also tells the file's size, where it has one.
    if (one.arguments[0] != "info") {
      EXPECT_EQ(tail.out, socket.out);
    }
  }
}

// What is read only once must not be looked through before the run.
TEST_F(InputsTest, AListOnADescriptorIsReadOnce) {
  WriteText(folder_ / "list", Picture("a.png") + "\n");
  options_.stdin_file = folder_ / "list";
  for (const char* list : {"-", "/dev/stdin", "/dev/fd/0"}) {
    const std::string out = folder_ / "r.jsonl";
    EXPECT_EQ(Predict({"--overwrite", "--out", out, "--list", list}).code, 0) << list;
    EXPECT_EQ(Lines(ReadText(out)).size(), 1u) << list;
  }
}

TEST_F(InputsTest, ReadersThatAreGoneEndItSilently) {
  const std::string picture = Picture("a.png"), net = folder_ / "models/age_gender.agm";
  WriteText(folder_ / "m.csv", "file,age,gender\na.png,30,male\n");
  ASSERT_EQ(
      RunNative(Fast({"eval", "--data", folder_ / "m.csv", "--predictions", folder_ / "p.csv"}),
                options_)
          .code,
      0);
  fs::create_directories(folder_.path() / "results");
  const std::string json = folder_ / "results/eval.json";
  const std::vector<std::vector<std::string>> commands = {
      {"help"},
      {"--help"},
      {"version"},
      {"--version"},
      {"help", "predict"},
      {"predict", "--help"},
      {"explore", "--help"},
      Fast({"predict", picture, picture}),
      Fast({"predict", "--format", "table", picture}),
      Fast({"predict", "--frames", picture, picture}),
      Fast({"detect", picture}),
      Fast({"eval", "--data", folder_ / "m.csv", "--json", json}),
      {"info", net},
      {"info", "--json", net},
      {"compare", folder_ / "p.csv", folder_ / "p.csv"},
      {"self-test"},
      {"serve", "--help"},
      {"serve", "--root", folder_.path().string(), "--port", "0"},
      {"import-onnx", "--help"},
      {"train", "--help"},
  };
  for (const bool ignored : {false, true}) {
    for (const std::vector<std::string>& command : commands) {
      if (!fs::exists(Beside("ag_native-" + command[0])) &&
          (command[0] == "train" || command[0] == "import-onnx" || command[0] == "serve")) {
        continue;
      }
      Ends output;
      output.Pipe();
      output.CloseReading();
      const std::string err = folder_ / "err";
      const int err_fd = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      Process process(NativeProgram(), command, options_.model_dir,
                      {.out = output.writing, .err = err_fd, .ignores_sigpipe = ignored});
      ::close(err_fd);
      EXPECT_EQ(process.Wait(), 128 + SIGPIPE) << testing::PrintToString(command) << ignored;
      EXPECT_EQ(ReadText(err), "") << testing::PrintToString(command);
    }
  }
  EXPECT_TRUE(Json::accept(ReadText(json))) << "what was to be a file is one";
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path() / "results")) {
    files += entry.is_regular_file();
  }
  EXPECT_EQ(files, 1u) << "no temporary file is left";
}

TEST_F(InputsTest, ARunIntoAFileGoesOnWithoutListeners) {
  std::vector<std::string> command = {"predict", "--out", folder_ / "r.jsonl"};
  for (int i = 0; i < 40; ++i) {
    const std::string name = "in/" + std::to_string(100 + i) + ".png";
    if (i % 2 == 0) WriteText(folder_ / name, "no picture");  // a line on standard error each
    if (i % 2 == 1) Picture(name);
  }
  command.push_back(folder_ / "in");
  Ends output;
  output.Pipe();
  output.CloseReading();
  Process process(NativeProgram(), Fast(command), options_.model_dir,
                  {.out = output.writing, .err = output.writing});
  EXPECT_EQ(process.Wait(), 1);
  EXPECT_EQ(Lines(ReadText(folder_ / "r.jsonl")).size(), 40u);
}

// UTF-16 with its byte order mark, of characters below U+10000 as they are and one above.
std::string Utf16(const std::u16string& text, bool little) {
  std::string bytes;
  const auto add = [&](char16_t unit) {
    const char low = static_cast<char>(unit & 0xff), high = static_cast<char>(unit >> 8);
    bytes.push_back(little ? low : high);
    bytes.push_back(little ? high : low);
  };
  add(0xfeff);
  for (const char16_t unit : text) add(unit);
  return bytes;
}

std::u16string Wide(const std::string& ascii) { return {ascii.begin(), ascii.end()}; }

TEST_F(InputsTest, ListsAndTablesAsWindowsWritesThem) {
  const std::string first = Picture("M\xc3\xbcller.png", 33);  // u with two dots
  const std::string second =
      Picture("\xf0\x9f\x98\x80 a.png", 34);  // a face outside the first plane
  const std::string expected = Predict({first, second}).out;
  ASSERT_EQ(Lines(expected).size(), 2u);
  const std::u16string base = Wide(folder_.path().string() + "/");
  const std::u16string names = base + u"M\u00fcller.png\r\n" + base + u"\U0001f600 a.png\r\n";
  const std::string lists[] = {"\xef\xbb\xbf" + first + "\r\n" + second + "\r\n",
                               Utf16(names, true), Utf16(names, false)};
  for (const std::string& list : lists) {
    WriteText(folder_ / "list.txt", list);
    const RunResult result = Predict({"--list", folder_ / "list.txt"});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.out, expected);
    // Byte by byte, as a slow pipe may bring it.
    Ends pipe;
    pipe.Pipe();
    std::jthread writer([&] {
      for (const char byte : list) {
        Send(pipe.writing, std::string(1, byte));
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
      pipe.CloseWriting();
    });
    EXPECT_EQ(PredictFrom(pipe.reading, Fast({"predict", "--list", "-"})).out, expected);
  }
  // Zero-separated names are bytes, whatever they are.
  const std::string odd = folder_ / "odd.png";
  WriteText(folder_ / "zeros", "\xef\xbb\xbf" + odd + '\0');
  EXPECT_EQ(Predict({"--null", "--list", folder_ / "zeros"}).code, 1);

  const std::u16string table = u"file,age,gender\r\nM\u00fcller.png,30,male\r\n";
  const std::string tables[] = {
      "\xef\xbb\xbf"
      "file,age,gender\r\nM\xc3\xbcller.png,30,male\r\n",
      Utf16(table, true), Utf16(table, false)};
  for (const std::string& text : tables) {
    WriteText(folder_ / "m.csv", text);
    const RunResult result = RunNative(Fast({"eval", "--data", folder_ / "m.csv"}), options_);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_NE(result.out.find("1 evaluated"), std::string::npos) << result.out;
  }
  ASSERT_EQ(
      RunNative(Fast({"eval", "--data", folder_ / "m.csv", "--predictions", folder_ / "p.csv"}),
                options_)
          .code,
      0);
  std::u16string predictions;
  // Names of this table are the one above: no other character is outside ASCII.
  for (const char c : ReadText(folder_ / "p.csv")) {
    if (static_cast<unsigned char>(c) == 0xc3) continue;
    predictions.push_back(static_cast<unsigned char>(c) == 0xbc ? u'\u00fc'
                                                                : static_cast<unsigned char>(c));
  }
  WriteText(folder_ / "q.csv", Utf16(predictions, true));
  const RunResult compared = RunNative({"compare", folder_ / "p.csv", folder_ / "q.csv"});
  EXPECT_EQ(compared.code, 0) << compared.err;
  EXPECT_NE(compared.out.find("1 pictures of both"), std::string::npos) << compared.out;
}

}  // namespace
}  // namespace ag::test
