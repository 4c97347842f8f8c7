// Where the face finder looks, and how to map what it sees there back: windows, tiles, quarter
// turns. Internal to shared/face; all sizes in pixels, all angles in degrees clockwise.
#pragma once

#include <optional>

#include "shared/face/face.h"
#include "shared/image/image.h"
#include "shared/image/warp.h"

namespace ag::face_internal {

// -180..180
double WrapDegrees(double degrees);

// Roll from upright, by the points; nothing if they are degenerate.
std::optional<double> RollOf(const Face& face);

// The height that the face's box would have upright: boxes are 1.28 times as high as wide (median
// of UTKFace), and those of tilted faces hold the turned ellipse, of about the same area.
double SizeOf(const Box& box);

// A square window around one face, and the height of the face in it.
struct WindowSize {
  int canvas;
  double face;
};

// A square window: the mapping between its pixels and the picture's.
//
// Its place is rounded to a coarse grid, because it derives from what an earlier look saw. The last
// digits of that differ between builds of the engine, and windows that differ only in them would
// show different pixels, frame after frame of a video.
class Window {
 public:
  Window(const Box& box, double roll_degrees, const WindowSize& size);

  Image Cut(const Image& picture) const {
    return WarpSimilarity(picture, transform_, canvas_, canvas_);
  }

  // The box of a face that is upright in the window is the smallest upright box around its ellipse:
  // exact for quarter turns.
  Face ToPicture(const Face& face) const;

 private:
  Point Map(const Point& p) const;

  int canvas_;
  SimilarityTransform transform_;
};

// The tiles along one axis of a look: `count` intervals of `length` picture pixels, none longer
// than max_tile pixels of the look; neighbours overlap by at least `overlap` of these.
struct TileAxis {
  int count = 1;
  int length = 0;
  int canvas = 0;  // length in the look's pixels
  int picture = 0;

  TileAxis(int picture_side, double scale, double overlap, int max_tile);
  int begin(int i) const;
};

Image CropRegion(const Image& picture, int x, int y, int width, int height);

// Turned by quarters * 90 degrees, 1 to 3: as for EXIF's orientations 6, 3 and 8.
Image TurnPicture(const Image& picture, int quarters);

// From the picture turned by quarters * 90 degrees to the picture of width w, height h.
Face TurnFaceBack(const Face& face, int quarters, int w, int h);

}  // namespace ag::face_internal
