#include "native/eval/tally.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "native/base/utf8.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kNearYears = 5;

Json Ratio(double part, size_t whole) {
  if (whole == 0) return nullptr;
  return part / static_cast<double>(whole);
}

void AppendTally(const Tally& tally, Json* json) {
  Json& out = *json;
  out["count"] = tally.count;
  out["age_count"] = tally.age_count;
  out["mae"] = Ratio(tally.absolute_error_sum, tally.age_count);
  out["within_5"] = Ratio(static_cast<double>(tally.within_5), tally.age_count);
  out["range_count"] = tally.range_count;
  out["within_range"] = Ratio(static_cast<double>(tally.within_range), tally.range_count);
  out["gender_count"] = tally.gender_count;
  out["gender_accuracy"] = Ratio(static_cast<double>(tally.gender_correct), tally.gender_count);
  out["interval_count"] = tally.interval_count;
  out["interval_coverage"] =
      Ratio(static_cast<double>(tally.interval_covers), tally.interval_count);
  out["interval_width"] = Ratio(tally.interval_width_sum, tally.interval_count);
  out["minor_count"] = tally.minor_count;
  out["minors_called_adult"] =
      Ratio(static_cast<double>(tally.minors_called_adult), tally.minor_count);
}

Json AgesJson(const std::array<Tally, kAgeRanges.size()>& tallies) {
  Json rows = Json::array();
  for (size_t i = 0; i < kAgeRanges.size(); ++i) {
    Json row;
    row["range"] = kAgeRanges[i].name;
    AppendTally(tallies[i], &row);
    rows.push_back(row);
  }
  return rows;
}

std::string Cell(double part, size_t whole, bool percent) {
  if (whole == 0) return "-";
  std::array<char, 32> text;
  const double mean = part / static_cast<double>(whole);
  std::snprintf(text.data(), text.size(), percent ? "%.1f %%" : "%.2f",
                percent ? 100 * mean : mean);
  return text.data();
}

std::string Percent(size_t part, size_t whole) {
  return Cell(static_cast<double>(part), whole, true);
}

std::string Row(const std::string& name, const std::array<std::string, 7>& cells) {
  std::array<char, 180> text;
  std::snprintf(text.data(), text.size(), "%8.20s %8.20s %10.20s %10.20s %10.20s %12.20s %8.20s\n",
                cells[0].c_str(), cells[1].c_str(), cells[2].c_str(), cells[3].c_str(),
                cells[4].c_str(), cells[5].c_str(), cells[6].c_str());
  constexpr size_t kNameWidth = 26;
  const std::string clean = CleanText(name);
  return clean + std::string(clean.size() < kNameWidth ? kNameWidth - clean.size() : 1, ' ') +
         text.data();
}

std::string TallyRow(const std::string& name, const Tally& tally) {
  return Row(
      name,
      {std::to_string(tally.count), Cell(tally.absolute_error_sum, tally.age_count, false),
       Percent(tally.within_5, tally.age_count), Percent(tally.within_range, tally.range_count),
       Percent(tally.gender_correct, tally.gender_count),
       Percent(tally.interval_covers, tally.interval_count),
       Cell(tally.interval_width_sum, tally.interval_count, false)});
}

}  // namespace

void Tally::Add(const Sample& sample, const AgeGender& result) {
  ++count;
  if (sample.has_exact_age()) {
    const double error = std::abs(result.age - sample.age_lo);
    ++age_count;
    absolute_error_sum += error;
    within_5 += error <= kNearYears ? 1 : 0;
    if (result.has_interval) {
      ++interval_count;
      interval_covers += result.age_low <= sample.age_lo && sample.age_lo <= result.age_high;
      interval_width_sum += result.age_high - result.age_low;
    }
    if (sample.age_lo < kMajority) {
      ++minor_count;
      minors_called_adult += result.age >= kClearlyAdult ? 1 : 0;
    }
  } else if (sample.has_age()) {
    ++range_count;
    within_range += sample.age_lo <= result.age && result.age < sample.age_hi + 1 ? 1 : 0;
  }
  if (sample.gender != Gender::kUnknown) {
    const Gender predicted = result.p_female >= 0.5 ? Gender::kFemale : Gender::kMale;
    ++gender_count;
    gender_correct += predicted == sample.gender ? 1 : 0;
  }
}

size_t AgeRangeIndex(const Sample& sample) {
  return AgeRangeIndex((sample.age_lo + sample.age_hi) / 2);
}

size_t AgeRangeIndex(double age) {
  size_t index = kAgeRanges.size() - 1;
  while (index > 0 && age < kAgeRanges[index].first) --index;
  return index;
}

std::string_view GenderName(Gender gender) {
  switch (gender) {
    case Gender::kMale:
      return "male";
    case Gender::kFemale:
      return "female";
    case Gender::kUnknown:
      break;
  }
  return "";
}

void EvalReport::Add(const Sample& sample, const AgeGender& result) {
  overall_.Add(sample, result);
  if (sample.has_age()) by_age_[AgeRangeIndex(sample)].Add(sample, result);
  by_predicted_age_[AgeRangeIndex(result.age)].Add(sample, result);
  by_group_[{sample.group, std::string(GenderName(sample.gender))}].Add(sample, result);
}

Json EvalReport::ToJson() const {
  Json json;
  AppendTally(overall_, &json["overall"]);
  json["by_age"] = AgesJson(by_age_);
  json["by_predicted_age"] = AgesJson(by_predicted_age_);
  json["by_group"] = Json::array();
  for (const auto& [key, tally] : by_group_) {
    Json row;
    row["group"] = key.first;
    row["gender"] = key.second;
    AppendTally(tally, &row);
    json["by_group"].push_back(row);
  }
  return json;
}

std::string EvalReport::ToText() const {
  std::string text =
      Row("", {"pictures", "MAE", "within 5", "in range", "gender", "in interval", "width"}) +
      TallyRow("all", overall_) + "\n";
  for (size_t i = 0; i < kAgeRanges.size(); ++i) {
    text += TallyRow("age " + std::string(kAgeRanges[i].name), by_age_[i]);
  }
  text += "\n";
  for (size_t i = 0; i < kAgeRanges.size(); ++i) {
    text += TallyRow("predicted " + std::string(kAgeRanges[i].name), by_predicted_age_[i]);
  }
  text += "\n";
  for (const auto& [key, tally] : by_group_) {
    const std::string group = key.first.empty() ? "group unknown" : key.first;
    text += TallyRow(group + " " + (key.second.empty() ? "gender unknown" : key.second), tally);
  }
  return text + "\nminors    " + std::to_string(overall_.minor_count) + " under 18, " +
         std::to_string(overall_.minors_called_adult) + " of them called 21 or older (" +
         Percent(overall_.minors_called_adult, overall_.minor_count) +
         ")\n"
         "\nMAE: mean absolute error in years, and within 5 years, where the age is known exactly; "
         "in range: where\nonly a range is. Gender: agreement with the data set's binary label as "
         "its annotators perceived it.\nIn interval: ages inside the predicted 90 % interval; "
         "width: its mean in years.\n";
}

}  // namespace ag
