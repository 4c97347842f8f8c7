#include "native/base/picture_extension.h"

#include <algorithm>
#include <array>

namespace ag {
namespace {

using namespace std::string_view_literals;

// The last four are Netpbm's, written by programs rather than by cameras.
constexpr std::array kPictureExtensions = {".jpg"sv, ".jpeg"sv, ".jpe"sv, ".jfif"sv, ".mpo"sv,
                                           ".png"sv, ".bmp"sv,  ".dib"sv, ".gif"sv,  ".ppm"sv,
                                           ".pgm"sv, ".pbm"sv,  ".pnm"sv};

}  // namespace

std::string LowerExtension(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  std::string extension(name.substr(dot));
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return extension;
}

bool HasPictureExtension(std::string_view name) {
  return std::ranges::find(kPictureExtensions, LowerExtension(name)) != kPictureExtensions.end();
}

}  // namespace ag
