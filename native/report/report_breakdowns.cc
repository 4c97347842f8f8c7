#include "native/report/report_breakdowns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "native/eval/tally.h"

namespace ag {
namespace {

// The last of the ascending `starts` that is at most `value`; the first for anything less.
template <typename Starts, typename Start>
int LastAtMost(const Starts& starts, double value, const Start& start) {
  size_t index = starts.size() - 1;
  while (index > 0 && value < start(starts[index])) --index;
  return static_cast<int>(index);
}

int AgeIndex(double age) {
  if (std::isnan(age)) return -1;
  return LastAtMost(kAgeRanges, age, [](const AgeRange& range) { return range.first; });
}

Breakdown ByAge(std::string name, std::string title,
                std::function<double(const EvalPrediction&)> age) {
  Breakdown breakdown{std::move(name), std::move(title), {}, {}};
  for (const AgeRange& range : kAgeRanges) breakdown.labels.emplace_back(range.name);
  breakdown.cell_of = [age = std::move(age)](const EvalPrediction& p) { return AgeIndex(age(p)); };
  return breakdown;
}

std::string GenderLabel(Gender gender) {
  const std::string_view name = GenderName(gender);
  return name.empty() ? "gender not given" : std::string(name);
}

std::string GroupLabel(const EvalPrediction& p) {
  return (p.group.empty() ? "group not given" : p.group) + " " + GenderLabel(p.gender);
}

// A cell for each text that occurs, in alphabetical order.
Breakdown ByText(std::string name, std::string title, std::span<const EvalPrediction> predictions,
                 std::string (*text)(const EvalPrediction&)) {
  std::map<std::string, int> indices;
  for (const EvalPrediction& p : predictions) indices[text(p)] = 0;
  Breakdown breakdown{std::move(name), std::move(title), {}, {}};
  for (auto& [label, index] : indices) {
    index = static_cast<int>(breakdown.labels.size());
    breakdown.labels.push_back(label);
  }
  breakdown.cell_of = [indices = std::move(indices), text](const EvalPrediction& p) {
    const auto found = indices.find(text(p));
    return found == indices.end() ? -1 : found->second;
  };
  return breakdown;
}

// "below 64", "64–127", ..., "1024 and more"; `zero` names what has no size at all, if not empty.
Breakdown BySize(std::string name, std::string title, const std::vector<int>& starts,
                 const std::string& zero, std::function<double(const EvalPrediction&)> size) {
  Breakdown breakdown{
      std::move(name), std::move(title), {"below " + std::to_string(starts[0])}, {}};
  for (size_t i = 0; i < starts.size(); ++i) {
    breakdown.labels.push_back(
        std::to_string(starts[i]) +
        (i + 1 < starts.size() ? "–" + std::to_string(starts[i + 1] - 1) : " and more"));
  }
  const int none = zero.empty() ? 0 : static_cast<int>(breakdown.labels.size());
  if (!zero.empty()) breakdown.labels.push_back(zero);
  breakdown.cell_of = [starts, none, size = std::move(size)](const EvalPrediction& p) {
    const double pixels = size(p);
    if (!(pixels > 0)) return none;
    return static_cast<int>(std::upper_bound(starts.begin(), starts.end(), pixels) -
                            starts.begin());
  };
  return breakdown;
}

}  // namespace

std::vector<Breakdown> ReportBreakdowns(std::span<const EvalPrediction> predictions) {
  std::vector<Breakdown> all;
  all.push_back(ByAge("by_age", "By labelled age", [](const EvalPrediction& p) {
    return p.has_age() ? (p.age_lo + p.age_hi) / 2 : std::numeric_limits<double>::quiet_NaN();
  }));
  all.push_back(
      ByAge("by_predicted_age", "By predicted age", [](const EvalPrediction& p) { return p.age; }));
  all.push_back(ByText("by_group", "By group and gender", predictions, GroupLabel));
  all.push_back(ByText("by_gender", "By gender", predictions,
                       [](const EvalPrediction& p) { return GenderLabel(p.gender); }));
  all.push_back(BySize("by_picture_size", "By size of the picture (shorter side, pixels)",
                       {64, 128, 256, 512, 1024}, "",
                       [](const EvalPrediction& p) { return double{1} * p.shorter_side; }));
  all.push_back(BySize("by_face_size", "By size of the face (distance of the eyes, pixels)",
                       {16, 32, 64, 128, 256}, "no face found",
                       [](const EvalPrediction& p) { return p.eye_distance; }));
  return all;
}

}  // namespace ag
