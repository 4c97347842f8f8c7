// The pictures that `explore` shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "native/data/dataset.h"

namespace ag {

struct ShownPicture {
  Sample sample;
  std::string jpeg;  // made anew from the pixels: nothing else of the file (EXIF, GPS) goes along
  int width = 0;     // of `jpeg`
  int height = 0;
};

struct ShownPictures {
  ShownPicture first;   // the whole picture, longest side at most 400
  int first_width = 0;  // of the file's picture, upright
  int first_height = 0;
  std::vector<ShownPicture> grid;   // squares out of the middle; the first of them is `first`
  std::vector<SkippedFile> unread;  // chosen, but could not be read: others took their places
  size_t tried = 0;

  bool empty() const { return grid.empty(); }
};

// The numbers 0..count-1 in an order that depends only on `seed`, the same on every machine.
std::vector<size_t> ShuffledOrder(size_t count, uint64_t seed);

// Reads `count` pictures of the samples in ShuffledOrder. Unreadable pictures are replaced by the
// next ones; gives up after 1000 more than requested (so that a data set of a million files on an
// unplugged disk ends).
ShownPictures ReadShownPictures(const std::vector<Sample>& samples, size_t count, uint64_t seed);

// The grid as one SVG with the pictures in it, each with age and gender below. Light and dark.
std::string DrawSampleGrid(const std::vector<ShownPicture>& grid);

}  // namespace ag
