#include "native/pictures/fast_decode.h"

#include <new>
#include <optional>
#include <utility>

#include "shared/image/exif.h"

#ifdef AG_HAVE_JPEG
#include <csetjmp>
#include <cstddef>
#include <cstdio>
// This header needs the two above.
#include <jpeglib.h>
// Codes of its errors.
#include <jerror.h>
#endif

namespace ag {
namespace {

#if defined(AG_HAVE_JPEG) && defined(LIBJPEG_TURBO_VERSION)

constexpr bool kHasFastDecode = true;

struct ErrorManager {
  jpeg_error_mgr base;  // first: libjpeg knows only this
  std::jmp_buf give_up;
};

// libjpeg cannot return from here; warnings end the attempt too.
[[noreturn]] void GiveUp(j_common_ptr decoder) {
  std::longjmp(reinterpret_cast<ErrorManager*>(decoder->err)->give_up, 1);
}
void Message(j_common_ptr decoder, int level) {
  if (level < 0) GiveUp(decoder);
}

// Decodes into `image`, which already has the header's size. Nothing between setjmp and longjmp may
// need a destructor.
// need a destructor.
enum class Decoded { kYes, kNo, kOutOfMemory };
Decoded DecodeRows(std::span<const uint8_t> bytes, Image* image) {
  jpeg_decompress_struct decoder;
  ErrorManager errors;
  decoder.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = GiveUp;
  errors.base.emit_message = Message;
  if (setjmp(errors.give_up) != 0) {
    jpeg_destroy_decompress(&decoder);
    return errors.base.msg_code == JERR_OUT_OF_MEMORY ? Decoded::kOutOfMemory : Decoded::kNo;
  }
  jpeg_create_decompress(&decoder);
  jpeg_mem_src(&decoder, bytes.data(), bytes.size());
  jpeg_read_header(&decoder, TRUE);
  // CMYK and the like are left to the exact decoder.
  const bool plain = decoder.num_components == 1 || decoder.jpeg_color_space == JCS_YCbCr;
  if (!plain || static_cast<int>(decoder.image_width) != image->width ||
      static_cast<int>(decoder.image_height) != image->height) {
    jpeg_destroy_decompress(&decoder);
    return Decoded::kNo;
  }
  // The slow, exact integer transform and smooth chroma, as in the exact decoder.
  decoder.out_color_space = JCS_RGB;
  decoder.dct_method = JDCT_ISLOW;
  decoder.do_fancy_upsampling = TRUE;
  decoder.do_block_smoothing = FALSE;
  jpeg_start_decompress(&decoder);
  while (decoder.output_scanline < decoder.output_height) {
    JSAMPROW row = image->at(0, static_cast<int>(decoder.output_scanline));
    jpeg_read_scanlines(&decoder, &row, 1);
  }
  jpeg_finish_decompress(&decoder);
  jpeg_destroy_decompress(&decoder);
  return Decoded::kYes;
}

std::optional<DecodedImage> TryFast(std::span<const uint8_t> bytes, const DecodeLimits& limits) {
  // The same checks as in DecodeImage, before libjpeg sees anything.
  const StatusOr<ImageInfo> info = ProbeImage(bytes, limits.max_bytes);
  if (!info.ok() || info->format != "jpeg") return std::nullopt;
  if (int64_t{info->width} * info->height > limits.max_pixels) return std::nullopt;
  const bool lies = info->exif_orientation >= 5;  // width and height are swapped in the file
  Image image(lies ? info->height : info->width, lies ? info->width : info->height);
  if (image.empty()) return std::nullopt;
  const Decoded rows = DecodeRows(bytes, &image);
  // The exact decoder's pixels differ: they must not stand in when memory was short.
  if (rows == Decoded::kOutOfMemory) throw std::bad_alloc();
  if (rows != Decoded::kYes) return std::nullopt;
  DecodedImage decoded;
  decoded.exif_orientation = info->exif_orientation;
  decoded.image = ApplyOrientation(std::move(image), info->exif_orientation);
  decoded.format = info->format;
  decoded.flags = info->flags;
  return decoded;
}

#else

constexpr bool kHasFastDecode = false;

std::optional<DecodedImage> TryFast(std::span<const uint8_t>, const DecodeLimits&) {
  return std::nullopt;
}

#endif

}  // namespace

bool HasFastDecode() { return kHasFastDecode; }

StatusOr<DecodedImage> DecodeFast(std::span<const uint8_t> bytes, const DecodeLimits& limits) {
  if (std::optional<DecodedImage> decoded = TryFast(bytes, limits)) return *std::move(decoded);
  return DecodeImage(bytes, limits);
}

}  // namespace ag
