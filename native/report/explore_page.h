// The page of `explore`: HTML with everything in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "native/data/dataset.h"
#include "native/data/dataset_statistics.h"
#include "native/report/explore_charts.h"
#include "native/report/explore_samples.h"

namespace ag {

struct ExploreReport {
  std::string data;  // as the user named it
  uint64_t seed = 0;
  size_t listed = 0;  // samples found; more than stats.samples where --data-limit chose among them
  DatasetStats stats;
  std::vector<SkippedFile> skipped;
  ShownPictures pictures;
  std::vector<ExploreChart> charts;  // of MakeExploreCharts
};

// A complete document: no script, nothing loaded from anywhere (its Content-Security-Policy tells
// the browser so too), light and dark, readable at the width of a phone. All text from the data set
// is escaped. Lists of files end after 200 and say how many there are.
std::string MakeExplorePage(const ExploreReport& report);

}  // namespace ag
