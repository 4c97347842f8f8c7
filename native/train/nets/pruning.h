// Takes channels out of a face recognition net's weights, so that a thinner net can start from
// them.
//
// A block's inner channels are chosen block by block. The channels that run through a stage along
// the shortcuts are chosen once for all its blocks; those of a stage begin with those of the stage
// before, because the shortcut of a down block passes channel k on to channel k. What is kept is
// what weighs most: the product of the norms of the filters that write a channel and of those that
// read it (as Li et al., "Pruning filters for efficient ConvNets", 2017, with both sides). The net
// computes something else afterwards; training it again is part of the method.
#pragma once

#include <cstdint>
#include <vector>

#include "native/train/nets/recognition_net.h"
#include "shared/base/status.h"

namespace ag::train {

// Replaces every layer of `layers` that `net` has by one of the net's own size, and returns which
// of the last block's channels are left, in order. kModelShape: a layer is missing, is not shaped
// as this kind of net's, or has fewer channels than the net.
StatusOr<std::vector<int64_t>> ThinTo(const RecognitionNet& net, AffineMap* layers);

}  // namespace ag::train
