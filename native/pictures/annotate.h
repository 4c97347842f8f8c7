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
  // The first that is no wider than the picture is drawn, else the last. Drawn are digits, F, M,
  // ( ) - . % and spaces.
  std::vector<std::string> texts;
};

// Boxes stand as their faces do (by the line of the eyes), labels upright above or below them.
// Lines and letters grow with the picture: seen at any size of the screen, they are about as large.
void DrawFaces(std::span<const FaceLabel> faces, Image* picture);

}  // namespace ag
