// One crop, everywhere: training, evaluation, command line and browser cut faces here.
//
// The five points of a face are brought to fixed places by a similarity warp (least squares), so
// that eyes stand level and at the same distance in every crop.
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

// Where the points stand in the crop, as fractions of its sides (x0, y0, x1, ...): the symmetric
// mean of where they stand in UTKFace's own chips (which follow dlib's with padding 0.25), so that
// a chip and the crop made of it show the same.
inline constexpr std::array<float, 2 * kFacePointCount> kDefaultCropPoints = {
    0.301f, 0.299f, 0.699f, 0.299f, 0.500f, 0.530f, 0.328f, 0.695f, 0.672f, 0.695f};

// From crop to picture. `width`, `height` in pixels of the crop; crop_points as in InputContract.
// kInvalidArgument if the points are degenerate (all in one place).
StatusOr<SimilarityTransform> AlignmentTransform(
    const Face& face, const std::array<float, 2 * kFacePointCount>& crop_points, int width,
    int height);

// The largest centred rectangle of the crop's proportions: where no face was found, the picture is
// taken to be a crop already.
SimilarityTransform CentreTransform(int picture_width, int picture_height, int width, int height);

// For a box without points: a square around it, upright, of the proportions that detected boxes
// have to crops (measured on UTKFace; see align.cc).
SimilarityTransform BoxTransform(const Box& box, int width, int height);

// Of several faces in a labelled picture the one that the label means: the largest after each area
// is weighed down by its distance from the centre. Empty if `faces` is.
std::optional<size_t> ChooseSubject(const std::vector<Face>& faces, int picture_width,
                                    int picture_height);

}  // namespace ag
