#include "shared/image/pixels.h"

#include <algorithm>
#include <string>

#include "shared/image/format_check.h"

namespace ag {
namespace {

size_t BytesPerPixel(PixelFormat format) {
  switch (format) {
    case PixelFormat::kGray:
      return 1;
    case PixelFormat::kRgb:
    case PixelFormat::kBgr:
      return 3;
    case PixelFormat::kRgba:
      return 4;
  }
  return 0;
}

std::string SizeText(const PixelView& pixels) {
  return std::to_string(pixels.width) + "x" + std::to_string(pixels.height) + " pixels";
}

void CopyRow(const uint8_t* in, int width, PixelFormat format, uint8_t* out) {
  switch (format) {
    case PixelFormat::kGray:
      for (int x = 0; x < width; ++x, out += 3) out[0] = out[1] = out[2] = in[x];
      return;
    case PixelFormat::kRgb:
      std::copy_n(in, static_cast<size_t>(width) * 3, out);
      return;
    case PixelFormat::kBgr:
      for (int x = 0; x < width; ++x, in += 3, out += 3) {
        out[0] = in[2];
        out[1] = in[1];
        out[2] = in[0];
      }
      return;
    case PixelFormat::kRgba:
      for (int x = 0; x < width; ++x, in += 4, out += 3) {
        for (int c = 0; c < 3; ++c) out[c] = image_internal::OverWhite(in[c], in[3]);
      }
      return;
  }
}

}  // namespace

StatusOr<Image> ImageFromPixels(const PixelView& pixels) {
  if (pixels.width < 0 || pixels.height < 0) {
    return Status(Code::kInvalidArgument, SizeText(pixels));
  }
  if (pixels.width == 0 || pixels.height == 0) {
    return Status(Code::kEmpty, "a picture without pixels");
  }
  if (pixels.data == nullptr) return Status(Code::kInvalidArgument, "no pixels were given");
  if (pixels.width > Image::kMaxSide || pixels.height > Image::kMaxSide ||
      int64_t{pixels.width} * pixels.height > Image::kMaxPixels) {
    return Status(Code::kTooLarge, SizeText(pixels) + ", expected at most 2^20 a side and 2^28");
  }
  const size_t row = static_cast<size_t>(pixels.width) * BytesPerPixel(pixels.format);
  const size_t stride = pixels.stride == 0 ? row : pixels.stride;
  if (stride < row) {
    return Status(Code::kInvalidArgument, "a stride of " + std::to_string(stride) +
                                              " bytes, expected at least " + std::to_string(row));
  }
  // As a quotient: the product may not fit.
  const auto gaps = static_cast<size_t>(pixels.height - 1);
  if (pixels.byte_count < row || (gaps > 0 && (pixels.byte_count - row) / gaps < stride)) {
    return Status(Code::kInvalidArgument, std::to_string(pixels.byte_count) +
                                              " bytes are too few for " + SizeText(pixels) +
                                              " with a stride of " + std::to_string(stride));
  }
  Image image(pixels.width, pixels.height);
  for (int y = 0; y < pixels.height; ++y) {
    CopyRow(pixels.data + static_cast<size_t>(y) * stride, pixels.width, pixels.format,
            image.at(0, y));
  }
  return image;
}

}  // namespace ag
