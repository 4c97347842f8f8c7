// report.json: the figures of `eval --report` for programs, and for `card`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "native/eval/results.h"
#include "native/report/report_meta.h"

namespace ag {

// MetaJson, then
//   overall          a cell: {pictures, FIGURE: {value, low, high, count} or null, ...}; the names
//                    are FigureInfo's; low and high are null where the bootstrap knows none
//   absolute_error_sd  years, of one picture
//   breakdowns       {by_age: [{label, ...a cell}], ...}
//   gender_reliability  [{low, high, count, mean_p_female, share_female: {value, low, high}}]
//   age_calibration     [{level, covered: {value, low, high}}]
nlohmann::ordered_json ReportJson(const ReportMeta& meta, const EvalResults& results);

}  // namespace ag
