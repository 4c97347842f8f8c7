// Weights to start from: a face recognition net's, or those of a model that was trained before.
//
//   face recognition   a folder with face_recognition_model.bin and
//                      face_recognition_model-weights_manifest.json, as the npm package
//                      @vladmandic/face-api carries them: tensors in the order of the manifest,
//                      each quantised to uint8 with its own scale and minimum, filters [h, w, in,
//                      out]
//   model              an .agm of the same kind of net, or the folder of a run (its model.agm);
//                      layers are matched by name, so a shorter net takes what it has of a longer
//                      one's
//
// In both, batch norm has been folded away. CalibrateNorms puts it back: each norm's running mean
// and variance become what its convolution gives on pictures, gamma and beta what undoes that, so
// that the net computes what it did and can be trained as a whole.
#pragma once

#include <functional>
#include <string>

#include "native/train/nets/net.h"
#include "shared/base/status.h"
#include "shared/model/model.h"

namespace ag::train {

// Replaces the net's weights where `path` has them. The answer says in words what was read.
// kInvalidArgument: not one of the forms above, or a net without named layers; kCorrupt...: what
// the model reader says; kModelShape: a layer that is missing or has another shape than the net's.
// After an error the net's weights are of no use.
StatusOr<std::string> ReadInitialWeights(const std::string& path, AgeGenderNet* net);

// The same from a model that was read already; `path` is for messages alone.
StatusOr<std::string> UseModel(const std::string& path, const Model& model, AgeGenderNet* net);

// Calls `next` for input batches ([N, channels, side, side], scaled) until it gives an undefined
// tensor, and sets all norms by what they see. The net must be in evaluation mode and computes the
// same before and after, up to rounding.
void CalibrateNorms(const std::function<torch::Tensor()>& next, AgeGenderNet* net);

}  // namespace ag::train
