// What `eval` prints and what it writes with --json: two views of the same results, of which a
// report is the third.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "native/eval/results.h"

namespace ag {

// {overall: CELL, by_age: [{range, ...CELL}], by_predicted_age: [{range, ...CELL}],
//  by_group: [{group, gender, ...CELL}]}
// CELL: count, age_count, mae, within_5, range_count, within_range, gender_count, gender_accuracy,
// interval_count, interval_coverage, interval_width, minor_count, minors_called_adult; a figure
// over no picture is null. Every range is there, also without pictures. `results` of
// EvalBreakdowns.
nlohmann::ordered_json EvalJson(const EvalResults& results);

// The same as tables for a terminal.
std::string EvalText(const EvalResults& results);

}  // namespace ag
