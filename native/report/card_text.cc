#include "native/report/card_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "native/base/text_format.h"
#include "native/base/utf8.h"
#include "native/data/known_set.h"
#include "native/eval/metrics.h"
#include "native/report/figure_text.h"
#include "native/report/report_meta.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kGender =
    "“Gender” is the data set’s binary label as its annotators saw it. The model gives the "
    "probability that they would have said “female”; it is no fact about a person, and people "
    "whose "
    "gender is neither are not represented.";

constexpr std::array<std::string_view, 3> kIntendedUse = {
    "Statistics over many pictures, demonstrations, teaching, and research on such models and "
    "their "
    "errors, within the terms of the weights (below).",
    "On the machine of the person who uses it: the page sends no picture anywhere.",
    "An age with its 90 % interval, and a probability for the gender: show both, not a bare number "
    "and a word.",
};

constexpr std::array<std::string_view, 3> kNotIntendedUse = {
    "Decisions about a person: access by age, hiring, insurance, policing, medical use. The error "
    "for one person is far larger than the mean (see the share within 5 years).",
    "Telling who somebody is, or what somebody’s gender, sex, origin or health is.",
    "Surveillance, or pictures of people who did not agree to it.",
};

// Where the weights began, as a source says it ("...; start weights: NAME (...)").
std::string StartWeights(const Json& provenance) {
  constexpr std::string_view kStart = "start weights: ";
  for (const std::string& part : PartsOfSource(provenance.at("source").get<std::string>())) {
    if (!part.starts_with(kStart)) continue;
    const std::string name = part.substr(kStart.size());
    if (name != "dlib_face_recognition_resnet_model_v1") return name;
    return "dlib’s face recognition net `" + name +
           "` by Davis E. King, released into the public domain (CC0)";
  }
  return "not stated in the model file";
}

Status Missing(const std::string& path, const std::string& what) {
  return Status(Code::kInvalidArgument,
                path + ": not a report of ag_native eval --report: " + what);
}

// Terms of the data sets that the source names.
std::string TermsOfData(const Json& provenance) {
  std::string terms;
  for (const KnownSet* set : SetsInSource(provenance.at("source").get<std::string>())) {
    terms += (terms.empty() ? "" : "; ") + std::string(set->terms);
  }
  if (terms.empty()) return {};
  return "\nThe terms of the training pictures bind the weights too. " + terms + ".\n";
}

// A report without what only its own machine means: paths, names of files.
Json WithoutPaths(const Json& report) {
  Json copy = report;
  Json& data = copy["data"];
  data.erase("paths");
  data["split"] = !data["split"].is_null();
  for (const char* list : {"failed", "skipped"}) data[list] = data[list].size();
  Json& clusters = copy["bootstrap"]["clusters"];
  clusters = !clusters.is_null();
  copy.erase("model");  // the card's own
  copy.erase("schema");
  copy.erase("kind");
  return copy;
}

bool Has(const Json& cell, Figure figure) {
  return !cell.at(std::string(InfoOf(figure).name)).is_null();
}

double Number(const Json& value) { return value.is_null() ? std::nan("") : value.get<double>(); }

double ValueOf(const Json& cell, Figure figure) {
  return Has(cell, figure) ? Number(cell.at(std::string(InfoOf(figure).name)).at("value"))
                           : std::nan("");
}

// "5.04 (4.91–5.17)"
std::string WithInterval(const Json& cell, Figure figure) {
  if (!Has(cell, figure)) return "–";
  const FigureInfo& info = InfoOf(figure);
  const Json& estimate = cell.at(std::string(info.name));
  const std::string interval =
      FormatInterval(Number(estimate.at("low")), Number(estimate.at("high")), info.unit);
  return FormatFigure(Number(estimate.at("value")), info.unit) +
         (interval.empty() ? "" : " (" + interval + ")");
}

std::string TableCell(std::string text) {
  text = CleanText(text);
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

std::string Plain(const Json& text) { return CleanText(text.get<std::string>()); }

std::string DataWords(const Json& report) {
  const Json& data = report.at("data");
  std::string words = Plain(data.at("name"));
  if (!data.at("part").is_null()) words += ", part “" + Plain(data.at("part")) + "”";
  if (!data.at("protocol").is_null()) words += ", ages " + Plain(data.at("protocol")) + " only";
  return words;
}

std::string OverallTable(const Json& report) {
  std::string text =
      "| figure | value (95 % interval) | pictures | what it is |\n|---|---|---|---|\n";
  const Json& all = report.at("overall");
  for (size_t i = 0; i < kFigureCount; ++i) {
    const Figure figure = FigureAt(i);
    if (!Has(all, figure)) continue;
    const FigureInfo& info = InfoOf(figure);
    text += "| " + std::string(info.title) + " | " + WithInterval(all, figure) + " | " +
            FormatCount(all.at(std::string(info.name)).at("count").get<size_t>()) + " | " +
            std::string(info.meaning) + " |\n";
  }
  return text + "\n";
}

std::string BreakdownTable(const Json& rows, const std::string& what) {
  constexpr std::array<Figure, 6> kShown = {Figure::kMae,
                                            Figure::kBias,
                                            Figure::kWithinRange,
                                            Figure::kGenderAccuracy,
                                            Figure::kIntervalCoverage,
                                            Figure::kMinorsAsAdults};
  std::vector<Figure> columns;
  for (const Figure figure : kShown) {
    if (std::any_of(rows.begin(), rows.end(), [&](const Json& row) { return Has(row, figure); })) {
      columns.push_back(figure);
    }
  }
  std::string head = "| " + what + " | pictures |", line = "|---|---|";
  for (const Figure figure : columns) {
    head += " " + std::string(InfoOf(figure).title) + " |";
    line += "---|";
  }
  std::string text = head + "\n" + line + "\n";
  for (const Json& row : rows) {
    text += "| " + TableCell(row.at("label").get<std::string>()) + " | " +
            FormatCount(row.at("pictures").get<size_t>()) + " |";
    for (const Figure figure : columns) text += " " + WithInterval(row, figure) + " |";
    text += "\n";
  }
  return text + "\n";
}

std::string ReportSection(const Json& report) {
  const Json& data = report.at("data");
  const Json& bootstrap = report.at("bootstrap");
  const auto count = [&](const char* name) { return data.at(name).get<size_t>(); };
  std::string text =
      "### " + DataWords(report) + "\n" + FormatCount(count("evaluated")) + " pictures";
  if (data.at("crop") == "detect") {
    text += ", through the detector and the alignment (no face was found in " +
            FormatCount(count("centre_crops")) + ", their centre was taken)";
  } else {
    text += ", taken as crops";
  }
  text += "; " + FormatCount(count("failed")) + " could not be read, " +
          FormatCount(count("skipped")) +
          " had no usable label. Intervals: percentile bootstrap, " +
          FormatCount(bootstrap.at("resamples").get<size_t>()) + " resamples of " +
          FormatCount(bootstrap.at("units").get<size_t>()) + " " +
          (bootstrap.at("unit") == "cluster" ? "clusters (near-duplicates together)" : "pictures") +
          ".\n\n" + OverallTable(report);
  const Json& breakdowns = report.at("breakdowns");
  for (const auto& [name, what] :
       {std::pair("by_group", "group and gender, as labelled"), std::pair("by_age", "labelled age"),
        std::pair("by_predicted_age", "predicted age"),
        std::pair("by_face_size", "distance of the eyes, pixels")}) {
    const auto rows = breakdowns.find(name);
    if (rows != breakdowns.end() && rows->size() > 1) text += BreakdownTable(*rows, what);
  }
  return text;
}

// The row in which a figure is worst, among those with at least 50 pictures.
const Json* WorstRow(const Json& rows, Figure figure, bool low_is_worst) {
  constexpr size_t kEnough = 50;
  const Json* worst = nullptr;
  for (const Json& row : rows) {
    if (!Has(row, figure)) continue;
    if (row.at(std::string(InfoOf(figure).name)).at("count").get<size_t>() < kEnough) continue;
    const double value = ValueOf(row, figure);
    if (worst == nullptr ||
        (low_is_worst ? value < ValueOf(*worst, figure) : value > ValueOf(*worst, figure))) {
      worst = &row;
    }
  }
  return worst;
}

void AddLimit(const Json& report, const char* breakdown, Figure figure, bool low_is_worst,
              const std::string& words, std::vector<std::string>* limits) {
  const auto rows = report.at("breakdowns").find(breakdown);
  if (rows == report.at("breakdowns").end() || rows->size() < 2) return;
  const Json* worst = WorstRow(*rows, figure, low_is_worst);
  if (worst == nullptr) return;
  limits->push_back(
      DataWords(report) + ": " + words + " " +
      (std::string_view(breakdown) == "by_group" ? "“" : "ages ") + Plain(worst->at("label")) +
      (std::string_view(breakdown) == "by_group" ? "”" : "") + ", " + WithInterval(*worst, figure) +
      ", against " + WithInterval(report.at("overall"), figure) + " of all pictures.");
}

std::vector<std::string> Limits(const std::vector<Json>& reports) {
  std::vector<std::string> limits;
  for (const Json& report : reports) {
    AddLimit(report, "by_age", Figure::kMae, false, "the age is farthest off for", &limits);
    AddLimit(report, "by_group", Figure::kMae, false, "by group the age is farthest off for",
             &limits);
    AddLimit(report, "by_age", Figure::kGenderAccuracy, true,
             "the gender agrees with the label least often for", &limits);
    AddLimit(report, "by_group", Figure::kGenderAccuracy, true,
             "by group the gender agrees with the label least often for", &limits);
    AddLimit(report, "by_age", Figure::kIntervalCoverage, true,
             "the 90 % interval covers least for", &limits);
    if (Has(report.at("overall"), Figure::kMinorsAsAdults)) {
      limits.push_back(
          DataWords(report) + ": " + WithInterval(report.at("overall"), Figure::kMinorsAsAdults) +
          " of those labelled younger than 18 are called 21 or older. It cannot stand in "
          "for a check of age.");
    }
  }
  limits.push_back(
      "Age labels are in part guesses of annotators, and the same photograph is labelled several "
      "years apart where it occurs twice: no net can be shown to be better than that.");
  limits.push_back(
      "Faces turned far away, covered, blurred or smaller than the tables show were hardly among "
      "the "
      "test pictures; the quality flags of the output name them.");
  limits.push_back(
      "The groups are the data sets’ own labels; a group that they do not name was not measured.");
  return limits;
}

std::string List(const Json& items) {
  std::string text;
  for (const Json& item : items) text += "- " + Plain(item) + "\n";
  return text + "\n";
}

}  // namespace

StatusOr<Json> ParseReport(const std::string& text, const std::string& path) {
  Json report = Json::parse(text, nullptr, false);
  if (report.is_discarded() || !report.is_object()) return Missing(path, "no JSON object");
  try {
    if (report.at("kind") != "eval_report") return Missing(path, "its kind is another");
    if (report.at("schema") != kReportSchema) {
      return Missing(path, "schema " + std::to_string(kReportSchema) + " was expected");
    }
    // Reading all that a card reads finds what is missing, or of another type.
    static_cast<void>(MakeCardMarkdown(MakeCardJson({report}, "").value()));
  } catch (const Json::exception& error) {
    return Missing(path, error.what());
  }
  return report;
}

StatusOr<Json> MakeCardJson(const std::vector<Json>& reports, const std::string& start_weights) {
  const Json& model = reports.front().at("model");
  for (const Json& report : reports) {
    const Json& other = report.at("model").at("sha256");
    if (other != model.at("sha256")) {
      return Status(Code::kInvalidArgument, "the reports are of different models: SHA-256 " +
                                                model.at("sha256").get<std::string>() + " and " +
                                                other.get<std::string>());
    }
  }
  std::vector<Json> own;
  for (const Json& report : reports) own.push_back(WithoutPaths(report));
  const Json& provenance = model.at("provenance");
  Json card;
  card["schema"] = kCardSchema;
  card["kind"] = "model_card";
  card["made_by"] = "ag_native card";
  card["model"] = model;
  card["start_weights"] = start_weights.empty() ? StartWeights(provenance) : start_weights;
  card["gender"] = kGender;
  card["intended_use"] = kIntendedUse;
  card["not_intended_use"] = kNotIntendedUse;
  card["limits"] = Limits(own);
  card["reports"] = std::move(own);
  return card;
}

std::string MakeCardMarkdown(const Json& card) {
  const Json& model = card.at("model");
  const Json& from = model.at("provenance");
  std::string command = "ag_native card";
  for (size_t i = 0; i < card.at("reports").size(); ++i) {
    command += " --report REPORT" + (i == 0 ? std::string() : std::to_string(i + 1));
  }
  const Json& first = card.at("reports").front().at("data");
  std::string eval = "ag_native eval --model " + Plain(model.at("file")) + " --data FOLDER";
  if (!first.at("part").is_null()) eval += " --split split.csv --part " + Plain(first.at("part"));
  if (!first.at("protocol").is_null()) eval += " --protocol " + Plain(first.at("protocol"));
  eval += " --report REPORT";

  std::string text = "# Model card: " + Plain(from.at("name")) + "\n\n<!-- Written by `" + command +
                     " --out MODEL_CARD.md` from reports of `" + eval +
                     "`. Do not edit: make it again. -->\n\nAge and perceived gender from one "
                     "aligned face. This page is "
                     "written by a program (`" +
                     command + " --out MODEL_CARD.md`) from the reports of `" + eval +
                     "`; the same as JSON, with every table whole, lies beside it.\n\n" +
                     Plain(card.at("gender")) + "\n\n## The file\n| | |\n|---|---|\n";
  const auto row = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) text += "| " + name + " | " + TableCell(value) + " |\n";
  };
  const Json& input = model.at("input");
  row("file",
      Plain(model.at("file")) + ", " + FormatCount(model.at("bytes").get<size_t>()) + " bytes");
  row("SHA-256", "`" + Plain(model.at("sha256")) + "`");
  row("net", FormatCount(model.at("parameters").get<size_t>()) + " parameters, " +
                 FormatCount(model.at("macs").get<size_t>() / 1000000) +
                 " million multiply-adds, input " + std::to_string(input.at("width").get<int>()) +
                 "x" + std::to_string(input.at("height").get<int>()));
  row("trained on", Plain(from.at("source")));
  row("start weights", Plain(card.at("start_weights")));
  row("terms of the weights", Plain(from.at("licence")));
  row("training data, SHA-256", "`" + Plain(from.at("data_hash")) + "`");
  row("code", Plain(from.at("code_commit")));
  text += TermsOfData(from) + "\n## Intended use\n" + List(card.at("intended_use")) +
          "Not for:\n\n" + List(card.at("not_intended_use")) + "## Limits\n" +
          List(card.at("limits")) + "## Figures\n";
  for (const Json& report : card.at("reports")) text += ReportSection(report);
  const Json& recipe = from.at("recipe");
  return text + "## Recipe\nThe settings that trained it, as the file itself tells them:\n\n" +
         "```json\n" + (recipe.is_string() ? Plain(recipe) : recipe.dump(1)) + "\n```\n";
}

}  // namespace ag
