#include "shared/model/model.h"

#include <array>
#include <limits>

namespace ag {
namespace {

constexpr std::array<std::string_view, kOpTypeCount> kOpNames = {
#define AG_OP(number, name) #name,
#include "shared/model/op_list.inc"
#undef AG_OP
};

// Rules and kernels are looked up by number.
constexpr bool NumbersAreInOrder() {
  uint8_t next = 0;
  for (const int found : {
#define AG_OP(number, name) number,
#include "shared/model/op_list.inc"
#undef AG_OP
       }) {
    if (found != next++) return false;
  }
  return true;
}
static_assert(NumbersAreInOrder(), "op_list.inc: expected 0, 1, 2, ...");

}  // namespace

std::string_view OpName(OpType type) {
  const auto number = static_cast<uint8_t>(type);
  return number < kOpNames.size() ? kOpNames[number] : "unknown";
}

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
