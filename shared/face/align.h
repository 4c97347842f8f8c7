// One crop everywhere: training, evaluation, command line and browser cut faces out here.
//
// A similarity warp (least squares) brings the five points of a face to fixed places, so that eyes
// are level and equally far apart in every crop.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "shared/base/status.h"
#include "shared/face/face.h"
#include "shared/image/image.h"
#include "shared/image/warp.h"
#include "shared/model/model.h"

namespace ag {

// Where the points are in the crop, as fractions of its sides (x0, y0, x1, ...): the symmetric mean
// of their places in UTKFace's own chips (which follow dlib's with padding 0.25), so that a chip
// and the crop made of it show the same.
inline constexpr std::array<float, 2 * kFacePointCount> kDefaultCropPoints = {
    0.301f, 0.299f, 0.699f, 0.299f, 0.500f, 0.530f, 0.328f, 0.695f, 0.672f, 0.695f};

// From crop to picture. `width`, `height` in pixels of the crop; crop_points as in InputContract.
// kInvalidArgument if the points are degenerate (all in one place).
StatusOr<SimilarityTransform> AlignmentTransform(
    const Face& face, const std::array<float, 2 * kFacePointCount>& crop_points, int width,
    int height);

// The largest centred rectangle with the crop's proportions: if no face was found, the picture is
// assumed to be a crop already.
SimilarityTransform CentreTransform(int picture_width, int picture_height, int width, int height);

// For a box without points: an upright square around it, in the proportion that crops have to
// detected boxes (measured on UTKFace; see align.cc).
SimilarityTransform BoxTransform(const Box& box, int width, int height);

// Of several faces in a labelled picture, the one that the label is about: the largest after each
// area is weighted down by its distance from the centre. Empty if `faces` is.
std::optional<size_t> ChooseSubject(const std::vector<Face>& faces, int picture_width,
                                    int picture_height);

}  // namespace ag
