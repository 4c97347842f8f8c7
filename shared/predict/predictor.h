// The whole pipeline: picture -> faces -> age, interval, probability of "female".
//
// "Gender" is the binary label of the training data as its annotators perceived it; p_female is the
// probability that they would have said female. It is not a fact about a person.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "shared/base/status.h"
#include "shared/face/face.h"
#include "shared/face/finder.h"
#include "shared/face/quality.h"
#include "shared/face/subject.h"
#include "shared/image/image.h"
#include "shared/infer/engine.h"
#include "shared/predict/age_gender.h"

namespace ag {

struct FaceResult {
  Face face;  // pixels of the upright picture
  AgeGender result;
  FaceQuality quality;
  uint32_t flags = 0;  // FaceFlag bits
};

struct Timings {
  double detect_ms = 0;
  double align_ms = 0;
  double predict_ms = 0;
};

struct PictureResult {
  int width = 0, height = 0;      // of the upright picture
  int rotation = 0;               // as FoundFaces::rotation
  uint32_t picture_flags = 0;     // PictureFlag bits; set by whoever decoded the picture
  std::vector<FaceResult> faces;  // best score first
  Timings timings;
};

struct PredictOptions {
  FindOptions find;
  std::optional<Box> box;  // look for one face here only
};

class Predictor {
 public:
  // `net`: an age/gender model; `detector`: a face detector. One thread at a time; predictors on
  // many threads may share both weights.
  static StatusOr<Predictor> Create(std::shared_ptr<Weights> net, std::shared_ptr<Weights> detector,
                                    int threads);
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;
  ~Predictor();

  StatusOr<PictureResult> Predict(const Image& picture, const PredictOptions& options = {});

  // The two halves of Predict, for callers that find or follow faces themselves (video). Adds times
  // to `timings`. PredictFace: kInvalidArgument if the points cannot be aligned.
  FaceFinder& finder();
  StatusOr<FaceResult> PredictFace(const Image& picture, const Face& face, Timings* timings);

  // The aligned crop that PredictFace shows to the net, of any size with the input's proportions.
  StatusOr<Image> CropFace(const Image& picture, const Face& face, int width, int height) const;

  // The subject's crop of a picture that shows one labelled face (a training or test picture), in
  // any size with the input's proportions. `as_is`: nothing is searched for, the centre is taken.
  StatusOr<SubjectCrop> CropSubject(const Image& picture, int width, int height, bool as_is = false,
                                    const FindOptions& options = {});

  // What the net says of that crop.
  struct Subject {
    AgeGender result;
    bool face_found = false;
    Face face;  // if found: pixels of the upright picture
  };
  StatusOr<Subject> PredictSubject(const Image& picture, const FindOptions& options = {});

  // For a picture that is a crop already: its centre is scaled to the input, without detection.
  StatusOr<AgeGender> PredictAsIs(const Image& picture);

  const Model& net() const;

 private:
  struct Impl;
  explicit Predictor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ag
