#include "shared/model/model.h"

#include <limits>

namespace ag {

uint32_t ChannelCount(Colour colour) { return colour == Colour::kGray ? 1 : 3; }

uint64_t ElementCount(const std::vector<uint32_t>& shape) {
  uint64_t count = 1;
  for (uint32_t extent : shape) {
    if (extent != 0 && count > std::numeric_limits<uint64_t>::max() / extent) {
      return std::numeric_limits<uint64_t>::max();
    }
    count *= extent;
  }
  return count;
}

size_t ElementBytes(Storage storage) {
  switch (storage) {
    case Storage::kFloat32:
      return 4;
    case Storage::kFloat16:
      return 2;
    case Storage::kInt8PerChannel:
      return 1;
  }
  return 0;
}

}  // namespace ag
