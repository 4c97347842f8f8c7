// Draws boxes and labels of faces into a picture.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "shared/face/face.h"
#include "shared/image/image.h"

namespace ag {

struct FaceLabel {
  Face face;
  // The first label that is no wider than the picture is drawn, or else the last. Supported are
  // digits, F, M, ( ) - . % and spaces.
  std::vector<std::string> texts;
};

// Boxes are turned like their faces (along the eyes), labels are upright, above or below them.
// Lines and letters scale with the picture, so that they look equally large on any screen.
void DrawFaces(std::span<const FaceLabel> faces, Image* picture);

}  // namespace ag
