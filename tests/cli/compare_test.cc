// ag_native compare: differences against ones worked by hand, pairing, intervals, errors.
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/cli_support.h"
#include "tests/support/random.h"

namespace ag::test {
namespace {

using Json = nlohmann::json;

constexpr const char* kHeader = "file,age,gender,age_predicted,p_female\n";

class CompareTest : public testing::Test {
 protected:
  RunResult Run(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"compare", folder_ / "a.csv", folder_ / "b.csv"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunNative(arguments);
  }
  Json RunJson(std::vector<std::string> more = {}) {
    more.push_back("--json");
    more.push_back(folder_ / "out.json");
    const RunResult result = Run(more);
    EXPECT_EQ(result.code, 0) << result.err;
    return Json::parse(ReadText(folder_ / "out.json"), nullptr, false);
  }

  TemporaryFolder folder_;
};

TEST_F(CompareTest, DifferencesByHand) {
  WriteText(folder_ / "a.csv",
            std::string(kHeader) +
                "1.jpg,20,female,26,0.9\n2.jpg,40,male,38,0.7\n"
                "3.jpg,10-19,male,21,0.2\n4.jpg,12,,30,0.5\nonly_a.jpg,1,,1,0\n");
  // Another order; one picture of b alone.
  WriteText(folder_ / "b.csv",
            std::string(kHeader) +
                "2.jpg,40,male,41,0.4\n1.jpg,20,female,21,0.8\n"
                "only_b.jpg,1,,1,0\n3.jpg,10-19,male,15,0.1\n4.jpg,12,,14,0.5\n");
  const Json json = RunJson();
  EXPECT_EQ(json["pictures"], 4);
  EXPECT_EQ(json["unpaired"], 2);
  EXPECT_EQ(json["clusters"], 4);
  const Json& figures = json["figures"];
  // |26-20|, |38-40|, |30-12| and 1, 1, 2.
  EXPECT_NEAR(figures["mae"]["first"], 26.0 / 3, 1e-9);
  EXPECT_NEAR(figures["mae"]["second"], 4.0 / 3, 1e-9);
  EXPECT_NEAR(figures["mae"]["difference"], -22.0 / 3, 1e-9);
  EXPECT_NEAR(figures["gender_accuracy"]["first"], 2.0 / 3, 1e-9);
  EXPECT_NEAR(figures["gender_accuracy"]["second"], 1.0, 1e-9);
  EXPECT_EQ(figures["within_range"]["first"], 0);
  EXPECT_EQ(figures["within_range"]["second"], 1);
  EXPECT_EQ(figures["minors_as_adults"]["first"], 1);
  EXPECT_EQ(figures["minors_as_adults"]["second"], 0);
  // b is nearer in every picture, so in every draw that has an exact age; and what is better where
  // it is more is told from what is better where it is less.
  EXPECT_EQ(figures["mae"]["second_better"], 1);
  EXPECT_EQ(figures["within_range"]["second_better"], 1);
  EXPECT_EQ(figures["minors_as_adults"]["second_better"], 1);
  // Only 2.jpg tells them apart: a draw without it is a tie.
  EXPECT_GT(figures["gender_accuracy"]["second_better"], 0.6);
  EXPECT_LT(figures["gender_accuracy"]["second_better"], 1);
  EXPECT_NE(Run().out.find("MAE"), std::string::npos);
}

// Errors between 2 and 18 years beside those of a model that is 0.2 years worse in every picture:
// taken apart, 400 pictures could not tell the two (one mean is known to 0.23), paired they must.
TEST_F(CompareTest, PairingSeesWhatTheSpreadHides) {
  std::string a = kHeader, b = kHeader;
  Random random(3);
  for (int i = 0; i < 400; ++i) {
    const double error = 10 + random.Uniform(-8, 8);
    const std::string start = std::to_string(i) + ".jpg,30,,";
    a += start + std::to_string(30 + error) + ",0.5\n";
    b += start + std::to_string(30 + error + 0.2) + ",0.5\n";
  }
  WriteText(folder_ / "a.csv", a);
  WriteText(folder_ / "b.csv", b);
  const Json mae = RunJson()["figures"]["mae"];
  EXPECT_NEAR(mae["difference"], 0.2, 1e-4);
  EXPECT_NEAR(mae["interval"][0], 0.2, 1e-4);
  EXPECT_NEAR(mae["interval"][1], 0.2, 1e-4);
  EXPECT_EQ(mae["second_better"], 0);
}

// Two models that differ by chance alone; the report's clusters are drawn together.
TEST_F(CompareTest, EqualModelsAreNotTold) {
  std::string a = "file,age,gender,age_predicted,p_female,cluster\n", b = a;
  Random random(4);
  for (int i = 0; i < 600; ++i) {
    const std::string start = std::to_string(i) + ".jpg,30,male,";
    const std::string end = ",0.4," + std::to_string(i / 3) + "\n";
    a += start + std::to_string(30 + random.Uniform(-5, 5)) + end;
    b += start + std::to_string(30 + random.Uniform(-5, 5)) + end;
  }
  WriteText(folder_ / "a.csv", a);
  WriteText(folder_ / "b.csv", b);
  const Json json = RunJson({"--resamples", "500", "--seed", "7"});
  EXPECT_EQ(json["clusters"], 200);
  const Json& mae = json["figures"]["mae"];
  EXPECT_LT(mae["interval"][0], 0);
  EXPECT_GT(mae["interval"][1], 0);
  EXPECT_EQ(json["figures"]["gender_accuracy"]["second_better"], 0.5) << "a tie counts half";
  EXPECT_EQ(RunJson({"--resamples", "500", "--seed", "7"}), json) << "the same draws";
}

// Six pictures of each cluster err alike, so there is a sixth of the evidence: the interval is
// about the square root of six times as wide. One file's clusters are enough.
TEST_F(CompareTest, ClustersWidenTheInterval) {
  const std::string header = "file,age,gender,age_predicted,p_female";
  std::string plain = header + "\n", clustered = header + ",cluster\n", other = header + "\n";
  Random random(5);
  for (int cluster = 0; cluster < 100; ++cluster) {
    const double error = random.Uniform(0, 6);
    for (int i = 0; i < 6; ++i) {
      const std::string start = std::to_string(6 * cluster + i) + ".jpg,30,male,";
      const std::string row = start + std::to_string(30 + error) + ",0.4";
      plain += row + "\n";
      clustered += row + "," + std::to_string(cluster) + "\n";
      other += start + "33,0.4\n";
    }
  }
  const auto width = [&](const std::string& a, const std::string& b) {
    WriteText(folder_ / "a.csv", a);
    WriteText(folder_ / "b.csv", b);
    const Json interval = RunJson()["figures"]["mae"]["interval"];
    return interval[1].get<double>() - interval[0].get<double>();
  };
  const double alone = width(plain, other), together = width(clustered, other);
  EXPECT_NEAR(together / alone, std::sqrt(6.0), 0.4);
  EXPECT_NEAR(width(other, clustered), together, 1e-9) << "the second file's clusters";
}

TEST_F(CompareTest, WhatCannotBeComparedIsTwo) {
  const std::string good = std::string(kHeader) + "1.jpg,20,female,26,0.9\n";
  const auto error_of = [&](const std::string& a, const std::string& b) {
    WriteText(folder_ / "a.csv", a);
    WriteText(folder_ / "b.csv", b);
    const RunResult result = Run();
    EXPECT_EQ(result.code, 2) << result.out;
    EXPECT_EQ(result.out, "");
    return result.err;
  };
  const auto says = [](const std::string& error, const std::string& what) {
    EXPECT_NE(error.find(what), std::string::npos) << error;
  };
  says(error_of(good, "file,age\n1.jpg,20\n"), "b.csv: the first line does not name the columns");
  says(error_of(good, std::string(kHeader) + "1.jpg,20,female,x,0.9\n"), "b.csv: line 2");
  says(error_of(good, std::string(kHeader) + "1.jpg,20,woman,26,0.9\n"), "b.csv: line 2");
  says(error_of(good, std::string(kHeader) + "1.jpg,20,female,nan,0.9\n"), "b.csv: line 2");
  says(error_of(good, std::string(kHeader) + "1.jpg,21,female,26,0.9\n"), "a different label");
  says(error_of(good, std::string(kHeader) + "2.jpg,20,female,26,0.9\n"), "no picture in common");
  says(error_of(good, good + "1.jpg,20,female,26,0.9\n"), "b.csv: '1.jpg' appears twice");
  says(error_of(good + "1.jpg,20,female,26,0.9\n", good), "a.csv: '1.jpg' appears twice");
  says(error_of(good, ""), "b.csv");
  const RunResult missing = RunNative({"compare", folder_ / "a.csv", folder_ / "none.csv"});
  EXPECT_EQ(missing.code, 2);
  says(missing.err, "none.csv");
}

}  // namespace
}  // namespace ag::test
