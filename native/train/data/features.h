// What a face recognition net sees in each crop, for finding pictures that show the same.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "native/train/data/crops_cache.h"
#include "native/train/settings/settings.h"
#include "shared/base/status.h"

namespace ag::train {

// Rows of one length, one for each crop, zeros where it is unreadable: the mean over the last
// block's cells (AgeGenderNet::Features) of the net of `settings` with the weights of
// settings.init, as they are before any training. `progress` is told crops. `key`: FeaturesKey of
// them, when it was asked for. kInvalidArgument: not such a net, one that has changed since, or
// what ReadInitialWeights says; kInterrupted by `stop`.
StatusOr<std::vector<float>> MakeFeatures(
    const Settings& settings, const std::string& key, const CropsCache& crops,
    const std::function<void(size_t, size_t, const char*)>& progress,
    const std::atomic<bool>* stop);

// Tells the features of one net from those of another: depends on the weights' content and the net.
StatusOr<std::string> FeaturesKey(const Settings& settings);

}  // namespace ag::train
