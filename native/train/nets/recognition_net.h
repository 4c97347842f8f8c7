// Age and gender on the trunk of a face recognition net: what teacher.cc and student.cc are made
// of.
//
// The trunk is that of dlib's face recognition net (D. E. King,
// dlib_face_recognition_resnet_model_v1, CC0): a ResNet-34 with some layers removed and half the
// filters, whose weights `--init` reads. What is learnt about telling faces apart is worth more to
// age and gender than anything that a few ten thousand labelled pictures teach (docs/research-log.md).
//   stem          7x7 convolution, 32 channels, stride 2, valid padding; ReLU; 3x3 max pooling of
//                 stride 2, valid
//   plain block   ReLU(x + norm(conv3x3(ReLU(norm(conv3x3(x))))))
//   down block    the same with a first convolution of stride 2 and valid padding; the shortcut is
//                 2x2 average pooling, its missing channels are zero. Where the two differ by a row
//                 or a column, the smaller one gets zeros at the bottom and at the right.
// In the original each norm is a fixed affine; here it is batch norm again (initial_weights.h).
// Input: RGB, (pixel - [122.782, 117.001, 104.298]) / 255.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "native/train/nets/net.h"

namespace ag::train {

struct RecognitionBlockImpl : torch::nn::Module {
  RecognitionBlockImpl(int in, int out, bool down);
  torch::Tensor forward(const torch::Tensor& x);
  ConvNorm first{nullptr}, second{nullptr};
  const bool down;
};
TORCH_MODULE(RecognitionBlock);

class RecognitionNet : public AgeGenderNet {
 public:
  // `input_side` pixels; `cut`: the last block that is kept ("conv128_2"; any other word: all of
  // them are); `width`: the part of the channels that is kept, of each layer, rounded to a multiple
  // of 8.
  RecognitionNet(int input_side, const std::string& cut, double width, AgeKind age_kind,
                 double dropout);
  NetOutput forward(torch::Tensor input) override;
  AgeKind age_kind() const override { return age_kind_; }
  InputContract input_contract() const override;
  AgeGenderContract Write(GraphWriter* graph) const override;
  StatusOr<std::vector<int64_t>> Prune(AffineMap* layers) const override;
  // Named as dlib's layers: "conv32_down", "conv32_1/conv1", "conv32_1/conv2", ...
  std::vector<NamedConvNorm> conv_norms() const override;
  std::vector<NamedLinear> heads() const override { return {{"age", age}, {"gender", gender}}; }

  // [N, C] means over the last block's cells.
  torch::Tensor Features(torch::Tensor input) override;

  struct NamedBlock {
    std::string name;  // dlib's layer as face-api.js calls it: "conv64_down"
    RecognitionBlock block{nullptr};
  };
  ConvNorm stem{nullptr};
  std::vector<NamedBlock> blocks;
  torch::nn::Linear age{nullptr}, gender{nullptr};

 private:
  const int input_side_;
  const AgeKind age_kind_;
  const double dropout_;
};

// Whether every down block's two branches have the same size, so that none has to be padded, which
// costs the engine a convolution: 131 for all of it, 118 up to conv128_2.
bool BranchesFit(int input_side, const std::string& cut);

// Whether there is a pixel left at the end of a trunk cut there.
bool IsLargeEnough(int input_side, const std::string& cut);

// Of each block of `net`, whose input is large enough: whether its convolutions give a row and a
// column less than its shortcut, so that zeros have to be added to them. Never true where
// BranchesFit.
std::vector<bool> ShortBranches(const RecognitionNet& net);

// What the descriptors of such nets (NetKind) have in common. Its recipe is one for a net that
// knows faces already: small steps, and as little noise as it needs. `cut` and the two sides, at
// which both branches of every block fit (BranchesFit), are left to the net.
void RecognitionRecipe(Settings* settings);
Status CheckRecognitionNet(
    const Settings& settings);  // kInvalidArgument: --input-side is too small
std::shared_ptr<AgeGenderNet> MakeRecognitionNet(const Settings& settings);
inline constexpr std::string_view kRecognitionSummary = "on a face recognition net (--init)";
inline constexpr std::string_view kRecognitionSettings[] = {
    "init",     "last_block", "width_multiplier", "input_side",
    "age_head", "age_sigma",  "age_l1_weight"};

}  // namespace ag::train
