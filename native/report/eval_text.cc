#include "native/report/eval_text.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "native/base/utf8.h"
#include "native/data/age_ranges.h"
#include "native/data/label_text.h"
#include "native/report/figure_text.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

// The names of --json, which are older than those of report.json.
struct JsonName {
  const char* name;
  Figure figure;
  bool counts;  // the number of pictures that the figure is taken over, not the figure
};
constexpr JsonName kJsonNames[] = {{"age_count", Figure::kMae, true},
                                   {"mae", Figure::kMae, false},
                                   {"within_5", Figure::kWithin5, false},
                                   {"range_count", Figure::kWithinRange, true},
                                   {"within_range", Figure::kWithinRange, false},
                                   {"gender_count", Figure::kGenderAccuracy, true},
                                   {"gender_accuracy", Figure::kGenderAccuracy, false},
                                   {"interval_count", Figure::kIntervalCoverage, true},
                                   {"interval_coverage", Figure::kIntervalCoverage, false},
                                   {"interval_width", Figure::kIntervalWidth, false},
                                   {"minor_count", Figure::kMinorsAsAdults, true},
                                   {"minors_called_adult", Figure::kMinorsAsAdults, false}};

void AppendCell(const CellResult& cell, Json* json) {
  (*json)["count"] = cell.pictures;
  for (const JsonName& entry : kJsonNames) {
    const double value = cell.of(entry.figure).value;
    Json& out = (*json)[entry.name];
    if (entry.counts) {
      out = cell.count_of(entry.figure);
    } else if (std::isfinite(value)) {
      out = value;
    }
  }
}

// Every range of kAgeRanges with its cell of the breakdown, which has only those with pictures.
template <typename Visit>
void ForEachAgeRange(const EvalResults& results, std::string_view breakdown, const Visit& visit) {
  const BreakdownResult* const found = results.Find(breakdown);
  for (const AgeRange& range : kAgeRanges) {
    CellResult cell;
    for (size_t i = 0; found != nullptr && i < found->cells.size(); ++i) {
      if (found->cells[i].name.label == range.name) cell = found->cells[i];
    }
    visit(std::string(range.name), cell);
  }
}

Json AgesJson(const EvalResults& results, std::string_view breakdown) {
  Json rows = Json::array();
  ForEachAgeRange(results, breakdown, [&](const std::string& range, const CellResult& cell) {
    Json row = {{"range", range}};
    AppendCell(cell, &row);
    rows.push_back(std::move(row));
  });
  return rows;
}

constexpr Figure kColumns[] = {Figure::kMae,
                               Figure::kWithin5,
                               Figure::kWithinRange,
                               Figure::kGenderAccuracy,
                               Figure::kIntervalCoverage,
                               Figure::kIntervalWidth};

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

std::string FigureOf(const CellResult& cell, Figure figure) {
  const double value = cell.of(figure).value;
  return std::isfinite(value) ? FormatFigure(value, InfoOf(figure).unit) : "-";
}

std::string CellRow(const std::string& name, const CellResult& cell) {
  std::array<std::string, 7> cells = {std::to_string(cell.pictures)};
  for (size_t i = 0; i < std::size(kColumns); ++i) cells[i + 1] = FigureOf(cell, kColumns[i]);
  return Row(name, cells);
}

std::string AgeRows(const EvalResults& results, std::string_view breakdown,
                    const std::string& prefix) {
  std::string text = "\n";
  ForEachAgeRange(results, breakdown, [&](const std::string& range, const CellResult& cell) {
    text += CellRow(prefix + range, cell);
  });
  return text;
}

std::string MinorsLine(const CellResult& all) {
  const size_t minors = all.count_of(Figure::kMinorsAsAdults);
  const double share = all.of(Figure::kMinorsAsAdults).value;
  const auto called =
      minors == 0 ? 0 : static_cast<size_t>(std::lround(share * static_cast<double>(minors)));
  return "minors    " + std::to_string(minors) + " under 18, " + std::to_string(called) +
         " of them called 21 or older (" + FigureOf(all, Figure::kMinorsAsAdults) + ")\n";
}

}  // namespace

Json EvalJson(const EvalResults& results) {
  Json json;
  AppendCell(results.overall, &json["overall"]);
  json["by_age"] = AgesJson(results, "by_age");
  json["by_predicted_age"] = AgesJson(results, "by_predicted_age");
  json["by_group"] = Json::array();
  if (const BreakdownResult* const groups = results.Find("by_group"); groups != nullptr) {
    for (const CellResult& cell : groups->cells) {
      Json row = {{"group", cell.name.group}, {"gender", GenderField(cell.name.gender)}};
      AppendCell(cell, &row);
      json["by_group"].push_back(std::move(row));
    }
  }
  return json;
}

std::string EvalText(const EvalResults& results) {
  std::string text =
      Row("", {"pictures", "MAE", "within 5", "in range", "gender", "in interval", "width"}) +
      CellRow("all", results.overall) + AgeRows(results, "by_age", "age ") +
      AgeRows(results, "by_predicted_age", "predicted ") + "\n";
  if (const BreakdownResult* const groups = results.Find("by_group"); groups != nullptr) {
    for (const CellResult& cell : groups->cells) text += CellRow(cell.name.label, cell);
  }
  return text + "\n" + MinorsLine(results.overall) +
         "\nMAE: mean absolute error in years, and within 5 years, where the age is known exactly; "
         "in range: where\nonly a range is. Gender: agreement with the data set's binary label as "
         "its annotators perceived it.\nIn interval: exactly known ages inside the predicted 90 % "
         "interval; width: the mean of these intervals in years.\nMinors: labelled with an age "
         "under 18, or with a range that ends before 18.\n";
}

}  // namespace ag
