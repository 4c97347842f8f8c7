// Pictures of one data set that show one photograph: cropped, compressed, recoloured anew.
//
// A split that puts two of them on different sides tests on what it trained on (6.8 % of a random
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

// What joins two crops: each rule alone or, if both are given, similar features, or similar
// thumbnails if the features agree well enough (a cosine of kConfirmingCosine).
struct DuplicateRules {
  // Minimum correlation of their gray thumbnails (24x24); 0: unused. Finds the same photograph
  // cropped, scaled or compressed differently; and confuses faces in similar light, especially
  // those seen from the side before a bright wall.
  double correlation = 0;
  // Minimum cosine of their features, less the mean of all; 0: unused. Finds what thumbnails miss:
  // the mirror image, another crop, a photograph of the moment after.
  double features = 0;
  std::string features_key;  // tells one net's features from another's
  // Rows of equal length, one per crop; those of unreadable crops are zero. Called if the answer is
  // not known yet.
  std::function<StatusOr<std::vector<float>>()> make_features;
};

// By the features of the whole face recognition net, before any training: of UTKFace's and
// FairFace's pairs with a correlation of 0.95 or more, examined in samples, nearly all below this
// cosine are two persons, and nearly all slightly above it are one photograph.
inline constexpr double kConfirmingCosine = 0.75;

// For every crop the smallest index in its cluster (its own if it is alone, or unreadable);
// clusters are the connected components of joins.
// All pairs are compared: n^2 * 288 multiplications for thumbnails, half a minute for 60,000 crops
// on two cores, and as many for features. So the answer is kept in `folder`, named after the
// cache's key and the rules; a damaged file is noted (`notes` may be null) and made again.
// kInterrupted if `stop` is set meanwhile; kIo if it cannot be stored.
StatusOr<std::vector<uint32_t>> FindNearDuplicates(const CropsCache& crops,
                                                   const DuplicateRules& rules,
                                                   const std::string& folder,
                                                   const std::atomic<bool>* stop,
                                                   std::vector<std::string>* notes = nullptr);

}  // namespace ag::train
