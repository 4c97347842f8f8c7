// The nets behind `--arch`: what each is called, begins with and can do. Needs no LibTorch.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "native/train/settings/settings.h"
#include "shared/base/status.h"

namespace ag::train {

class AgeGenderNet;

inline constexpr std::string_view kDistributionHead = "distribution", kValueHead = "value";
inline constexpr std::string_view kBothAgeHeads[] = {kDistributionHead, kValueHead};

// What a net computes, how it is exported and what it learns from its labels is in its class
// (AgeGenderNet, net.h); everything else that the trainer knows of it stands here.
struct NetKind {
  std::string_view name;     // of --arch
  std::string_view summary;  // behind the name in --help; neighbours that say the same share it
  // Makes of Settings' defaults its own; null: they are its own.
  void (*recipe)(Settings* settings) = nullptr;
  int toy_epochs = 12;  // of --toy
  // Of the settings that not every net has, those that this one has, as setting_list.inc names
  // them.
  std::span<const std::string_view> takes = {};
  // Words of --age-head; the first is what runs of before there was a choice had.
  std::span<const std::string_view> age_heads = kBothAgeHeads;
  bool starts_from_recognition_net =
      false;                    // unless --init says otherwise (`./ag train` fetches it)
  bool rounds_weights = true;   // --weight-bits
  bool gives_features = false;  // --duplicate-features (AgeGenderNet::Features)
  // What is cheap to find out before a run begins; null: nothing beyond the settings' own checks.
  Status (*check)(const Settings& settings) = nullptr;
  // Of checked settings, in float32 on the CPU, in training mode, by LibTorch's generator.
  std::shared_ptr<AgeGenderNet> (*make)(const Settings& settings) = nullptr;

  bool has_age_head(std::string_view word) const;
};

#define AG_NET(name) extern const NetKind k##name##Net;
#include "native/train/nets/net_list.inc"
#undef AG_NET

// In the order of `--help`.
std::span<const NetKind* const> AllNets();

// Null: there is none of this name.
const NetKind* FindNet(std::string_view name);

// The names of those for which `is` holds, in order.
std::vector<std::string_view> NetNames(bool (*is)(const NetKind&));

}  // namespace ag::train
