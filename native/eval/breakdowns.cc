#include "native/eval/breakdowns.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "native/data/age_ranges.h"
#include "native/data/label_text.h"

namespace ag {
namespace {

// `age`: NaN where it is not known.
Breakdown ByAge(std::string name, std::string title,
                std::function<double(const EvalPrediction&)> age) {
  Breakdown breakdown{std::move(name), std::move(title), {}, {}};
  for (const AgeRange& range : kAgeRanges) breakdown.cells.push_back({std::string(range.name)});
  breakdown.cell_of = [age = std::move(age)](const EvalPrediction& p) {
    const double years = age(p);
    return years == years ? static_cast<int>(AgeRangeIndex(years)) : -1;
  };
  return breakdown;
}

std::string GenderLabel(Gender gender) {
  const std::string name = GenderField(gender);
  return name.empty() ? "gender not given" : name;
}

std::string GroupLabel(const std::string& group, Gender gender) {
  return (group.empty() ? "group not given" : group) + " " + GenderLabel(gender);
}

// A cell for each that occurs, in alphabetical order, what is not given last.
Breakdown ByGroup(std::span<const EvalPrediction> predictions) {
  using Key = std::tuple<bool, std::string, bool, std::string>;
  const auto key_of = [](const EvalPrediction& p) {
    const std::string gender = GenderField(p.label.gender);
    return Key(p.label.group.empty(), p.label.group, gender.empty(), gender);
  };
  std::map<Key, std::pair<int, Gender>> indices;
  for (const EvalPrediction& p : predictions) indices[key_of(p)] = {0, p.label.gender};
  Breakdown breakdown{"by_group", "By group and gender", {}, {}};
  for (auto& [key, cell] : indices) {
    cell.first = static_cast<int>(breakdown.cells.size());
    const std::string& group = std::get<1>(key);
    breakdown.cells.push_back({GroupLabel(group, cell.second), group, cell.second});
  }
  breakdown.cell_of = [indices = std::move(indices), key_of](const EvalPrediction& p) {
    const auto found = indices.find(key_of(p));
    return found == indices.end() ? -1 : found->second.first;
  };
  return breakdown;
}

Breakdown ByGender() {
  constexpr Gender kGenders[] = {Gender::kFemale, Gender::kMale, Gender::kUnknown};
  Breakdown breakdown{"by_gender", "By gender", {}, {}};
  for (const Gender gender : kGenders) breakdown.cells.push_back({GenderLabel(gender)});
  breakdown.cell_of = [kGenders](const EvalPrediction& p) {
    return static_cast<int>(std::find(std::begin(kGenders), std::end(kGenders), p.label.gender) -
                            std::begin(kGenders));
  };
  return breakdown;
}

// "below 64", "64–127", ..., "1024 and more"; `zero` names what has no size at all, if not empty.
Breakdown BySize(std::string name, std::string title, const std::vector<int>& starts,
                 const std::string& zero, std::function<double(const EvalPrediction&)> size) {
  Breakdown breakdown{
      std::move(name), std::move(title), {{"below " + std::to_string(starts[0])}}, {}};
  for (size_t i = 0; i < starts.size(); ++i) {
    breakdown.cells.push_back(
        {std::to_string(starts[i]) +
         (i + 1 < starts.size() ? "–" + std::to_string(starts[i + 1] - 1) : " and more")});
  }
  const int none = zero.empty() ? 0 : static_cast<int>(breakdown.cells.size());
  if (!zero.empty()) breakdown.cells.push_back({zero});
  breakdown.cell_of = [starts, none, size = std::move(size)](const EvalPrediction& p) {
    const double pixels = size(p);
    if (!(pixels > 0)) return none;
    return static_cast<int>(std::upper_bound(starts.begin(), starts.end(), pixels) -
                            starts.begin());
  };
  return breakdown;
}

}  // namespace

std::vector<Breakdown> EvalBreakdowns(std::span<const EvalPrediction> predictions) {
  std::vector<Breakdown> all;
  all.push_back(ByAge("by_age", "By labelled age", [](const EvalPrediction& p) {
    return p.label.has_age() ? (p.label.age_lo + p.label.age_hi) / 2
                             : std::numeric_limits<double>::quiet_NaN();
  }));
  all.push_back(
      ByAge("by_predicted_age", "By predicted age", [](const EvalPrediction& p) { return p.age; }));
  all.push_back(ByGroup(predictions));
  all.push_back(ByGender());
  all.push_back(BySize("by_picture_size", "By size of the picture (shorter side, pixels)",
                       {64, 128, 256, 512, 1024}, "",
                       [](const EvalPrediction& p) { return double{1} * p.shorter_side; }));
  all.push_back(BySize("by_face_size", "By size of the face (distance of the eyes, pixels)",
                       {16, 32, 64, 128, 256}, "no face found",
                       [](const EvalPrediction& p) { return p.eye_distance; }));
  return all;
}

}  // namespace ag
