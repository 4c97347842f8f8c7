// Pictures of one data set that show the same photograph: cut again, compressed again, recoloured.
//
// A split that puts two of them on different sides tests what it has trained on (6.8 % of a random
// tenth of UTKFace has such a copy in the rest).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "native/train/data/crops_cache.h"
#include "shared/base/status.h"

namespace ag::train {

// What joins two crops: each rule alone or, where both are given, alike features, or alike
// thumbnails of which the features say that it may well be so (a cosine of kConfirmingCosine).
struct DuplicateRules {
  // Correlation of their gray thumbnails (24x24), at least; 0: not looked at. Finds the same
  // photograph cut, sized or compressed otherwise; and mistakes faces in one light for each other,
  // those seen from the side before a bright wall above all.
  double correlation = 0;
  // Cosine of their features, less the mean of all, at least; 0: not looked at. Finds what
  // thumbnails do not: the mirror image, another cut, a photograph of the moment after.
  double features = 0;
  std::string features_key;  // tells one net's features from another's
  // Rows of one length, one for each crop, of which those of unreadable crops are zero. Called if
  // the answer is not known yet.
  std::function<StatusOr<std::vector<float>>()> make_features;
};

// By the features of the whole face recognition net, before any training: of UTKFace's and
// FairFace's pairs with a correlation of 0.95 or more, looked at in samples, nearly all below this
// cosine are two persons, and nearly all from a little above it are one photograph.
inline constexpr double kConfirmingCosine = 0.75;

// For every crop the smallest index of its cluster (its own if it is alone, or unreadable);
// clusters are what joins form.
// All pairs are compared: n^2 * 288 multiplications for thumbnails, half a minute for 60,000 crops
// on two cores, and as many for features. So the answer is kept in `folder`, named by the cache's
// key and the rules; a file of it that is damaged is noted (`notes` may be null) and made anew.
// kInterrupted if `stop` is set meanwhile; kIo if it cannot be kept.
StatusOr<std::vector<uint32_t>> FindNearDuplicates(const CropsCache& crops,
                                                   const DuplicateRules& rules,
                                                   const std::string& folder,
                                                   const std::atomic<bool>* stop,
                                                   std::vector<std::string>* notes = nullptr);

}  // namespace ag::train
