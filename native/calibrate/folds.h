// Cross-fitting: each tenth of the pictures is judged by what the other nine tenths gave. Internal
// to native/calibrate.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ag {

inline constexpr size_t kFolds = 10;

// Calls call(pictures outside a fold, pictures in it) for each fold.
template <typename Picture, typename Call>
void ForEachFold(std::span<const Picture> pictures, const Call& call) {
  for (size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<Picture> others, own;
    for (size_t i = 0; i < pictures.size(); ++i) {
      (i % kFolds == fold ? own : others).push_back(pictures[i]);
    }
    if (!own.empty()) call(others, own);
  }
}

}  // namespace ag
