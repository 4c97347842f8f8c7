// Native against WebAssembly, both variants, on the same bytes: pixels bit for bit, raw outputs of
// the nets, faces. The WebAssembly builds (build/wasm-simd, build/wasm-relaxed) run in node.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/parity/engine_dump.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

// Relaxed SIMD fuses multiply-adds, and the order of sums differs between instruction sets.
struct Variant {
  const char* name;
  double logits;
};
constexpr Variant kSimd = {"simd", 1e-4}, kRelaxed = {"relaxed", 1e-3};
constexpr double kBoxPixels = 0.5, kAgeYears = 0.05, kProbability = 1e-3;

// The astronaut, and where the data is there, some of UTKFace and of FairFace.
std::vector<std::string> Pictures() {
  std::vector<std::string> pictures;
  if (fs::exists(AG_ASTRONAUT)) pictures.push_back(AG_ASTRONAUT);
  for (const char* folder : {"utkface", "fairface/train"}) {
    const fs::path path = fs::path(AG_SHARED_DATA) / folder;
    if (!fs::is_directory(path)) continue;
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) names.push_back(entry.path());
    std::sort(names.begin(), names.end());
    // Spread over the folder: its names begin with the age.
    for (size_t i = 0; i < 15 && !names.empty(); ++i) {
      pictures.push_back(names[i * (names.size() - 1) / 14]);
    }
  }
  return pictures;
}

std::string Quoted(const std::string& text) { return "'" + text + "'"; }

std::string Output(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 65536> buffer;
  while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), count);
  }
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

class WasmParity : public ::testing::TestWithParam<Variant> {};

TEST_P(WasmParity, TheSameAnswerAsNative) {
  const std::string source = AG_SOURCE_DIR;
  const std::string program = source + "/build/wasm-" + GetParam().name + "/tests/engine_dump.js";
  if (!fs::exists(program)) {
    GTEST_SKIP() << "not built: " << program << " (./ag build wasm)";
  }
  const std::vector<std::string> pictures = Pictures();
  const auto native = DumpEngine(source + "/web/model", pictures);
  ASSERT_TRUE(native.ok()) << native.status().message();

  std::string command = "bash " + Quoted(source + "/tests/run_in_node.sh") + " " + Quoted(program) +
                        " " + Quoted(source + "/web/model");
  for (const std::string& picture : pictures) command += " " + Quoted(picture);
  const auto wasm = DumpFromText(Output(command));
  ASSERT_TRUE(wasm.ok()) << wasm.status().message();

  EXPECT_EQ(native->hashes, wasm->hashes);
  EXPECT_GE(native->hashes.size(), 15u);

  double largest = 0;
  ASSERT_EQ(native->values.size(), wasm->values.size());
  for (const auto& [name, expected] : native->values) {
    const auto found = wasm->values.find(name);
    ASSERT_TRUE(found != wasm->values.end()) << name;
    ASSERT_EQ(expected.size(), found->second.size()) << name;
    for (size_t i = 0; i < expected.size(); ++i) {
      const double difference = std::abs(double{expected[i]} - found->second[i]);
      largest = std::max(largest, difference);
      // Written so that a NaN fails.
      EXPECT_TRUE(difference <= GetParam().logits) << name << " [" << i << "]: " << difference;
    }
  }

  double largest_box = 0, largest_age = 0;
  ASSERT_EQ(native->faces.size(), wasm->faces.size());
  for (const auto& [name, expected] : native->faces) {
    const auto found = wasm->faces.find(name);
    ASSERT_TRUE(found != wasm->faces.end()) << name;
    ASSERT_EQ(expected.size(), found->second.size()) << name;
    for (size_t i = 0; i < 8; ++i) {
      const double difference = std::abs(expected[i] - found->second[i]);
      largest_box = std::max(largest_box, difference);
      EXPECT_TRUE(difference <= kBoxPixels) << name << ", coordinate " << i;
    }
    const double years = std::abs(expected[9] - found->second[9]);
    largest_age = std::max(largest_age, years);
    EXPECT_TRUE(years <= kAgeYears) << name;
    EXPECT_NEAR(expected[10], found->second[10], kProbability) << name;
  }
  std::printf(
      "%s: %zu pictures, %zu faces; largest difference: output %.2g, box %.2g pixels, age %.2g "
      "years\n",
      GetParam().name, pictures.size() + 3, native->faces.size(), largest, largest_box,
      largest_age);
}

INSTANTIATE_TEST_SUITE_P(Variants, WasmParity, ::testing::Values(kSimd, kRelaxed),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace ag
