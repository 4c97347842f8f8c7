// Native against WebAssembly, both variants, on the same bytes: pixels bit for bit, raw outputs of
// the nets, faces. The WebAssembly builds (build/wasm-simd, build/wasm-relaxed) run in node.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "shared/face/finder.h"
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
// A face so close to the threshold may be found by one build and missed by another.
constexpr double kScore = FindOptions().min_score + 0.02;

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

// "group face 12" -> "group"
std::string PictureOf(const std::string& name) { return name.substr(0, name.rfind(" face ")); }

using Faces = std::map<std::string, std::vector<std::vector<float>>>;  // by picture

Faces ByPicture(const EngineDump& dump) {
  Faces faces;
  for (const auto& [name, numbers] : dump.faces) faces[PictureOf(name)].push_back(numbers);
  return faces;
}

double BoxDifference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (size_t i = 0; i < kDumpScore; ++i) {
    largest = std::max(largest, std::abs(double{a[i]} - b[i]));
  }
  return largest;
}

struct Largest {
  size_t compared = 0, near_threshold = 0;
  double box = 0, age = 0;
};

// Every clear face of `from` is in `to`, with the same numbers. Lists may be in another order:
// equal scores differ in their last digits.
void ExpectFacesIn(const Faces& from, const Faces& to, const char* direction, Largest* largest) {
  for (const auto& [picture, faces] : from) {
    const auto others = to.find(picture);
    for (const std::vector<float>& face : faces) {
      if (face[kDumpScore] < kScore) {
        ++largest->near_threshold;
        continue;
      }
      const std::string where = std::string(direction) + ", " + picture + ", face at " +
                                std::to_string(face[0]) + ", " + std::to_string(face[1]);
      ASSERT_TRUE(others != to.end()) << where << ": none there";
      const auto best = std::min_element(others->second.begin(), others->second.end(),
                                         [&](const auto& a, const auto& b) {
                                           return BoxDifference(face, a) < BoxDifference(face, b);
                                         });
      const double box = BoxDifference(face, *best);
      // Written so that a NaN fails.
      EXPECT_TRUE(box <= kBoxPixels) << where << ", score " << face[kDumpScore] << ": " << box;
      for (const size_t i : {kDumpAge, kDumpAgeLow, kDumpAgeHigh, kDumpRunningAge, kDumpRunningLow,
                             kDumpRunningHigh}) {
        const double years = std::abs(double{face[i]} - (*best)[i]);
        EXPECT_TRUE(years <= kAgeYears) << where << ": " << years << " years";
        largest->age = std::max(largest->age, years);
      }
      for (const size_t i : {kDumpFemale, kDumpRunningFemale}) {
        EXPECT_NEAR(face[i], (*best)[i], kProbability) << where;
      }
      EXPECT_EQ(face[kDumpTrack], (*best)[kDumpTrack]) << where << ": id";
      largest->box = std::max(largest->box, box);
      ++largest->compared;
    }
  }
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

  Largest faces;
  const Faces native_faces = ByPicture(*native), wasm_faces = ByPicture(*wasm);
  ExpectFacesIn(native_faces, wasm_faces, "native in wasm", &faces);
  ExpectFacesIn(wasm_faces, native_faces, "wasm in native", &faces);
  // The comparison is none of empty lists.
  EXPECT_GE(native_faces.at("group").size(), 20u);
  EXPECT_GE(native_faces.at("tiny").size(), 50u);
  EXPECT_EQ(native_faces.at("video frame 39").size(), 2u);
  // A table of intervals and a temperature change what they should.
  const std::vector<std::vector<float>>&plain = native_faces.at("group"),
        &calibrated = native_faces.at("calibrated group");
  ASSERT_EQ(plain.size(), calibrated.size());
  for (size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(plain[i][kDumpAge], calibrated[i][kDumpAge]);
    EXPECT_NE(plain[i][kDumpAgeHigh], calibrated[i][kDumpAgeHigh]);
    EXPECT_LE(std::abs(calibrated[i][kDumpFemale] - 0.5), std::abs(plain[i][kDumpFemale] - 0.5));
  }
  EXPECT_EQ(native_faces.at("calibrated video frame 39").size(), 2u);
  EXPECT_EQ(native->values.at("turned rotation"), std::vector<float>{270});
  EXPECT_EQ(native->values.at("upside down rotation"), std::vector<float>{180});
  std::printf(
      "%s: %zu pictures, %zu faces compared, %zu near the threshold; largest difference: output "
      "%.2g, box %.2g pixels, age %.2g years\n",
      GetParam().name, native_faces.size(), faces.compared / 2, faces.near_threshold, largest,
      faces.box, faces.age);
}

INSTANTIATE_TEST_SUITE_P(Variants, WasmParity, ::testing::Values(kSimd, kRelaxed),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace ag
