// The text of a model card, from the reports it is made of.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "shared/base/status.h"

namespace ag {

inline constexpr int kCardSchema = 1;

// A report.json (report_json.h), read and checked: it has everything that a card needs. `path` is
// named in errors.
StatusOr<nlohmann::ordered_json> ParseReport(const std::string& text, const std::string& path);

// The card's JSON. `reports`: of one model; the card begins with the first; kInvalidArgument if
// they are of different models. Files and folders of the machine that made a report are left out.
// `start_weights`: if empty, what the model's provenance says about them.
StatusOr<nlohmann::ordered_json> MakeCardJson(const std::vector<nlohmann::ordered_json>& reports,
                                              const std::string& start_weights);

// The same as Markdown.
std::string MakeCardMarkdown(const nlohmann::ordered_json& card);

}  // namespace ag
