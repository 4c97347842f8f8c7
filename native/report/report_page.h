// The page of `eval --report`: HTML with everything in it.
#pragma once

#include <string>
#include <vector>

#include "native/eval/results.h"
#include "native/report/report_charts.h"
#include "native/report/report_meta.h"
#include "native/report/report_worst.h"

namespace ag {

// A complete document (page.h): no script, no request; all foreign text is escaped.
std::string MakeReportPage(const ReportMeta& meta, const EvalResults& results,
                           const std::vector<ReportChart>& charts, const WorstFaces& worst);

}  // namespace ag
