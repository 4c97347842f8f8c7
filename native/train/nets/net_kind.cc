#include "native/train/nets/net_kind.h"

#include <algorithm>

namespace ag::train {

bool NetKind::has_age_head(std::string_view word) const {
  return std::find(age_heads.begin(), age_heads.end(), word) != age_heads.end();
}

std::span<const NetKind* const> AllNets() {
  static constexpr const NetKind* kNets[] = {
#define AG_NET(name) &k##name##Net,
#include "native/train/nets/net_list.inc"
#undef AG_NET
  };
  return kNets;
}

const NetKind* FindNet(std::string_view name) {
  for (const NetKind* net : AllNets()) {
    if (net->name == name) return net;
  }
  return nullptr;
}

std::vector<std::string_view> NetNames(bool (*is)(const NetKind&)) {
  std::vector<std::string_view> names;
  for (const NetKind* net : AllNets()) {
    if (is(*net)) names.push_back(net->name);
  }
  return names;
}

}  // namespace ag::train
