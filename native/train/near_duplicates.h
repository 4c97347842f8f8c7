// Pictures of one data set that show the same photograph: cut again, compressed again, recoloured.
//
// A split that puts two of them on different sides tests what it has trained on (7.8 % of a random
// tenth of UTKFace has such a copy in the rest).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "native/train/crops_cache.h"
#include "shared/base/status.h"

namespace ag::train {

// For every crop the smallest index of its cluster (its own if it is alone, or unreadable). Two
// crops are joined if the correlation of their gray thumbnails (24x24, the middle of the crop) is
// at least `correlation`; clusters are what joins form.
// All pairs are compared: n^2 * 288 multiplications, half a minute for 60,000 crops on two cores.
// So the answer is kept in `folder`, named by the cache's key and the correlation. kInterrupted if
// `stop` is set meanwhile; kIo if it cannot be kept.
StatusOr<std::vector<uint32_t>> FindNearDuplicates(const CropsCache& crops, double correlation,
                                                   const std::string& folder,
                                                   const std::atomic<bool>* stop);

}  // namespace ag::train
