// The plots of `explore`, as gnuplot scripts.
#pragma once

#include <string>
#include <vector>

#include "native/data/dataset_statistics.h"
#include "native/plot/gnuplot.h"

namespace ag {

struct ExplorePlot {
  std::string name;     // the file is DIR/name.svg
  std::string caption;  // plain text, says what is seen: also for those who cannot see it
  std::string script;
  PlotOptions wide;    // for a desktop, and for the file
  PlotOptions narrow;  // for a phone: fewer pixels, so that the text stays readable
};

// ages, ages_by_gender, gender, group; in this order.
std::vector<ExplorePlot> MakeExplorePlots(const DatasetStats& stats);

// Groups as shown: the largest ones, and the rest as one ("37 others").
std::vector<GroupCounts> ShownGroups(const DatasetStats& stats);

}  // namespace ag
