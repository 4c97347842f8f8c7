#include "native/train/data/features.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>

#include "native/train/data/augment.h"
#include "native/train/nets/initial_weights.h"
#include "native/train/nets/net_input.h"
#include "native/train/nets/net_kind.h"
#include "shared/base/sha256.h"

namespace ag::train {
namespace {

constexpr size_t kBatch = 64;

// With initial weights, ready to be asked.
StatusOr<std::shared_ptr<AgeGenderNet>> InitialNet(const Settings& settings) {
  if (!FindNet(settings.arch)->gives_features) {
    return Status(Code::kInvalidArgument, "--duplicate-features: not for --arch " + settings.arch);
  }
  std::shared_ptr<AgeGenderNet> net = MakeNet(settings);
  StatusOr<std::string> read = ReadInitialWeights(settings.init, net.get());
  if (!read.ok()) return read.status().WithContext("--init");
  net->eval();
  return net;
}

std::string KeyOf(const AgeGenderNet& net) {
  const torch::NoGradGuard no_grad;
  Sha256 hash;
  for (const NamedConvNorm& named : net.conv_norms()) {
    const torch::Tensor weights = named.layer->conv->weight.contiguous();
    hash.Update({static_cast<const uint8_t*>(weights.data_ptr()), weights.nbytes()});
  }
  return HexString(hash.Finish());
}

}  // namespace

StatusOr<std::vector<float>> MakeFeatures(
    const Settings& settings, const std::string& key, const CropsCache& crops,
    const std::function<void(size_t, size_t, const char*)>& progress,
    const std::atomic<bool>* stop) {
  AG_ASSIGN_OR_RETURN(const std::shared_ptr<AgeGenderNet> net, InitialNet(settings));
  const torch::NoGradGuard no_grad;
  if (KeyOf(*net) != key) {
    return Status(Code::kInvalidArgument, "--init " + settings.init + ": has just changed");
  }
  const InputScaling scaling(net->input_contract(), torch::kCPU);
  const size_t bytes = static_cast<size_t>(settings.input_side) * settings.input_side * 3;
  std::vector<float> rows;
  for (size_t first = 0; first < crops.size(); first += kBatch) {
    if (stop != nullptr && stop->load()) return Status(Code::kInterrupted, "interrupted");
    if (progress) progress(first, crops.size(), "looking at the crops");
    const size_t count = std::min(kBatch, crops.size() - first);
    std::vector<uint8_t> pixels(bytes * count);
    for (size_t i = 0; i < count; ++i) {
      if (crops.state(first + i) == CropState::kUnreadable) continue;
      CentreView(crops.pixels(first + i), {settings.input_side, settings.cache_side}, false,
                 std::span(pixels).subspan(i * bytes, bytes));
    }
    const torch::Tensor input =
        NetInput(pixels.data(), static_cast<int64_t>(count), settings.input_side, 3, scaling);
    const torch::Tensor features =
        net->Features(input.contiguous(at::MemoryFormat::ChannelsLast)).contiguous();
    const auto width = static_cast<size_t>(features.size(1));
    rows.resize((first + count) * width);
    for (size_t i = 0; i < count; ++i) {
      if (crops.state(first + i) == CropState::kUnreadable) continue;
      std::memcpy(&rows[(first + i) * width], features.data_ptr<float>() + i * width,
                  width * sizeof(float));
    }
  }
  AG_RETURN_IF_ERROR(crops.Check());
  return rows;
}

StatusOr<std::string> FeaturesKey(const Settings& settings) {
  AG_ASSIGN_OR_RETURN(const std::shared_ptr<AgeGenderNet> net, InitialNet(settings));
  return KeyOf(*net);
}

}  // namespace ag::train
