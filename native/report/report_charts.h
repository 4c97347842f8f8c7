// The charts of `eval --report`, as SVG (native/plot/svg_chart.h).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "native/base/markup.h"
#include "native/eval/results.h"

namespace ag {

struct ReportChart {
  std::string title;
  std::string caption;  // plain text: what is seen, also for those who cannot see it
  Markup svg;
};

// Those that the data allow: of exact ages, of ranges, of genders, of intervals.
std::vector<ReportChart> MakeReportCharts(std::span<const EvalPrediction> predictions,
                                          const EvalResults& results);

}  // namespace ag
