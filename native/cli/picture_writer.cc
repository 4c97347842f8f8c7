#include "native/cli/picture_writer.h"

// Static: another part of the program may bring its own copy.
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

namespace ag {
namespace {

constexpr int kJpegQuality = 92;  // boxes and small letters stay sharp
constexpr int kMaxJpegSide = 65535;

void AppendBytes(void* context, void* data, int size) {
  static_cast<std::string*>(context)->append(static_cast<const char*>(data),
                                             static_cast<size_t>(size));
}

}  // namespace

std::string EncodeJpeg(const Image& image) {
  std::string bytes;
  if (image.width > kMaxJpegSide || image.height > kMaxJpegSide) return bytes;
  const int written = stbi_write_jpg_to_func(AppendBytes, &bytes, image.width, image.height, 3,
                                             image.pixels.data(), kJpegQuality);
  return written != 0 ? bytes : std::string();
}

std::string EncodePng(const Image& image) {
  std::string bytes;
  const int written = stbi_write_png_to_func(AppendBytes, &bytes, image.width, image.height, 3,
                                             image.pixels.data(), 3 * image.width);
  return written != 0 ? bytes : std::string();
}

}  // namespace ag
