// Channel pruning: removes channels from a face recognition net's weights, so that a narrower net
// can start from them.
//
// A block's inner channels are chosen block by block. Channels along a stage's shortcuts are chosen
// once for all its blocks; those of a stage begin with those of the previous one, because the
// shortcut of a down block passes channel k on to channel k. Those with the largest weights are
// kept: the product of the norms of the filters that write a channel and of those that read it (as
// Li et al., "Pruning filters for efficient ConvNets", 2017, with both sides). The net then
// computes something else; retraining is part of the method.
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
