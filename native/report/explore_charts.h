// The charts of `explore`.
#pragma once

#include <string>
#include <vector>

#include "native/base/markup.h"
#include "native/data/dataset_statistics.h"

namespace ag {

struct ExploreChart {
  std::string name;     // the file is DIR/name.svg
  std::string caption;  // plain text, says what is seen: also for those who cannot see it
  std::string file;     // a whole SVG
  Markup wide;          // the same for the page, on a desktop
  Markup narrow;        // on a phone, fewer units wide, so that the text stays readable; empty: as
                        // `wide`
};

// ages, ages_by_gender (both: where any age is known), gender, group; in this order.
std::vector<ExploreChart> MakeExploreCharts(const DatasetStats& stats);

// Groups as they are shown: the largest ones, and the rest as one ("37 others").
std::vector<GroupCounts> ShownGroups(const DatasetStats& stats);

}  // namespace ag
