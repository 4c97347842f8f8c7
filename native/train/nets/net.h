// A net as a LibTorch module: what it computes, how the shared engine computes the same, and what
// it learns from labels. Its name, recipe and abilities: net_kind.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "native/train/nets/label_loss.h"
#include "native/train/nets/layers.h"
#include "native/train/nets/torch_compat.h"
#include "native/train/settings/settings.h"
#include "shared/base/status.h"
#include "shared/model/model.h"

namespace ag::train {

class GraphWriter;

struct NetOutput {
  torch::Tensor age;     // [N, kAgeBins] logits, or [N] years
  torch::Tensor gender;  // [N] logit of "female"
};

// Input of all nets: [N, channels, side, side] float32, already scaled, channels-last in memory.
class AgeGenderNet : public torch::nn::Module {
 public:
  virtual NetOutput forward(torch::Tensor input) = 0;
  virtual AgeKind age_kind() const = 0;
  virtual InputContract input_contract() const = 0;

  // What forward() computes in evaluation mode, in the engine's ops. Training ends by comparing the
  // two.
  virtual AgeGenderContract Write(GraphWriter* graph) const = 0;

  // [N] what is learnt from the labels of each picture, to be minimised. By default by
  // `settings`: soft-label cross-entropy of the age (Gaussian of age_sigma years around it; Gao et
  // al., "Age estimation using expectation of label distribution learning", 2018), or, for a range,
  // -log of the probability inside it; plus age_l1_weight times the expectation's distance to the
  // age or range; plus gender_weight times the gender's cross-entropy. A net whose age is one
  // number has the same without the distribution's part.
  virtual torch::Tensor LabelLoss(const Settings& settings, const NetOutput& output,
                                  const Labels& labels) const;

  // What initial weights can be read into; empty: the net starts from random ones alone.
  virtual std::vector<NamedConvNorm> conv_norms() const { return {}; }
  virtual std::vector<NamedLinear> heads() const { return {}; }

  // Makes the layers of a wider net of its kind those of this one, and returns which of the last
  // layer's channels are left (pruning.h). By default none is touched, and the answer is empty.
  virtual StatusOr<std::vector<int64_t>> Prune(AffineMap* layers) const;

  // [N, C] of what it sees, before the heads (NetKind::gives_features); by default undefined.
  virtual torch::Tensor Features(torch::Tensor input);

  // Whether a ReLU is the age's last layer: it can die, and then says 0 for ever.
  virtual bool age_can_die() const { return false; }

  // Rounds the weights of all conv_norms() and heads() in the forward pass (quantisation.h); 0:
  // off.
  void SetWeightBits(int bits);
  int weight_bits() const { return weight_bits_; }

 protected:
  // A head on features [N, in], with rounded weights where they are wanted.
  torch::Tensor Head(torch::nn::Linear& head, const torch::Tensor& features) const;
  // Both of them, as float32; a number of years is computed in it too, even under autocast:
  // bfloat16 knows quarters of a year at best.
  NetOutput Heads(torch::nn::Linear& age, torch::nn::Linear& gender,
                  const torch::Tensor& features) const;

 private:
  int weight_bits_ = 0;
};

// The net of a recipe, initialised from `seed` alone, in float32 on the CPU, in training mode.
std::shared_ptr<AgeGenderNet> MakeNet(const Settings& settings);

// Of --age-head.
AgeKind AgeKindOf(const Settings& settings);

int64_t ParameterCount(const AgeGenderNet& net);

// The years that the net's output means: expectation of the distribution, or the value. [N]
// float32.
torch::Tensor AgeYears(const AgeGenderNet& net, const torch::Tensor& age);

// The same as the engine says it: never below 0, which plain regression can be. Not for a loss, to
// which such a prediction must still matter.
torch::Tensor SaidYears(const AgeGenderNet& net, const torch::Tensor& age);

}  // namespace ag::train
