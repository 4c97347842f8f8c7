#include "native/train/recipe/recipe.h"

#include "native/train/nets/net_kind.h"
#include "native/train/settings/setting.h"

namespace ag::train {
namespace {

StatusOr<const NetKind*> NetOf(const std::string& arch) {
  const NetKind* net = FindNet(arch);
  if (net != nullptr) return net;
  return CheckWord("arch", arch, NetNames([](const NetKind&) { return true; }));
}

Status Unfit(const std::string& message) { return Status(Code::kInvalidArgument, message); }

std::string JoinWithAnd(const std::vector<std::string_view>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : i + 1 < names.size() ? ", " : " and ") + std::string(names[i]);
  }
  return text;
}

// What the net can do of what is asked of it.
Status CheckNet(const NetKind& net, const Settings& s) {
  const std::string name(net.name);
  if (!net.has_age_head(s.age_head)) {
    return Unfit("--age-head: " + name + "'s age is a " + std::string(net.age_heads.front()));
  }
  if (s.weight_bits != 0 && !net.rounds_weights) return Unfit("--weight-bits: not for " + name);
  if (!s.teachers.empty() && !net.has_age_head(kDistributionHead)) {
    return Unfit("--teacher: teachers say a distribution over ages, and " + name +
                 "'s age is a number");
  }
  if (s.duplicate_features != 0 && (s.init.empty() || !net.gives_features)) {
    return Unfit("--duplicate-features: they are those of the net of --init, for " +
                 JoinWithAnd(NetNames([](const NetKind& kind) { return kind.gives_features; })));
  }
  return OkStatus();
}

}  // namespace

StatusOr<Settings> RecipeFor(const std::string& arch, bool toy) {
  AG_ASSIGN_OR_RETURN(const NetKind* net, NetOf(arch));
  Settings s;
  s.arch = arch;
  if (net->recipe != nullptr) net->recipe(&s);
  s.toy = toy;
  if (toy) {
    // Minutes, not hours: drawn faces are learnt in a few hundred steps.
    s.epochs = net->toy_epochs;
    s.batch = 32;
    if (s.ema_decay != 0) s.ema_decay = 0.98;
    if (s.warmup_epochs != 0) s.warmup_epochs = 1;
    s.validation_split = 0.2;
  }
  s.name = arch;
  s.run = std::string("runs/") + (toy ? "toy-" : "") + arch;
  s.cache = "runs/cache";
  return s;
}

Status CheckSettings(const Settings& settings) {
  AG_ASSIGN_OR_RETURN(const NetKind* net, NetOf(settings.arch));
  AG_RETURN_IF_ERROR(CheckEachSetting(settings));
  return CheckNet(*net, settings);
}

}  // namespace ag::train
