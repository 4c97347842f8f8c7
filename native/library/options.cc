#include "native/library/options.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "native/library/sized.h"
#include "native/library/status.h"
#include "shared/image/pixels.h"

namespace ag::library {
namespace {

constexpr size_t kFirstOptions = offsetof(ag_options, running_memory) + sizeof(double);
constexpr size_t kFirstPixels = offsetof(ag_pixels, reserved) + sizeof(int32_t);
// As the command line has it.
constexpr int kMaxThreads = 1024;

ag_options Defaults() {
  const Options defaults;
  const FindOptions& find = defaults.video.find;
  ag_options options = {};
  options.size = sizeof(options);
  options.threads = defaults.threads;
  options.max_faces = find.max_faces;
  options.min_face = find.min_face;
  options.min_score = find.min_score;
  options.nms_overlap = find.nms_overlap;
  options.detect_size = find.detect_size;
  options.rotate = find.rotate ? 1 : 0;
  options.max_bytes = defaults.limits.max_bytes;
  options.max_pixels = defaults.limits.max_pixels;
  options.allow_truncated = defaults.limits.allow_truncated ? 1 : 0;
  options.search_every = defaults.video.search_every;
  options.memory_frames = defaults.video.track.memory_frames;
  options.confirm_frames = defaults.video.track.confirm_frames;
  options.running_memory = defaults.video.memory;
  return options;
}

Status CheckRange(std::string_view field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return OkStatus();
  return Status(Code::kInvalidArgument, std::string(field) + " " + std::to_string(value) +
                                            ", expected " + std::to_string(low) + " to " +
                                            std::to_string(high));
}

StatusOr<PixelFormat> FormatOf(int32_t format) {
  switch (format) {
    case AG_PIXELS_GRAY:
      return PixelFormat::kGray;
    case AG_PIXELS_RGB:
      return PixelFormat::kRgb;
    case AG_PIXELS_RGBA:
      return PixelFormat::kRgba;
    case AG_PIXELS_BGR:
      return PixelFormat::kBgr;
    default:
      return Status(Code::kInvalidArgument,
                    "format " + std::to_string(format) + ", expected one of AG_PIXELS_...");
  }
}

}  // namespace

StatusOr<Options> ReadOptions(const ag_options* given) {
  ag_options all = Defaults();
  if (given != nullptr) AG_RETURN_IF_ERROR(ReadStruct(given, kFirstOptions, "ag_options", &all));
  AG_RETURN_IF_ERROR(CheckRange("threads", all.threads, 1, kMaxThreads));
  AG_RETURN_IF_ERROR(
      CheckRange("max_pixels", all.max_pixels, 1, std::numeric_limits<int64_t>::max()));
  if (all.max_bytes == 0) return Status(Code::kInvalidArgument, "max_bytes 0, expected 1 or more");
  Options options;
  options.threads = all.threads;
  options.limits.max_bytes =
      static_cast<size_t>(std::min<uint64_t>(all.max_bytes, std::numeric_limits<size_t>::max()));
  options.limits.max_pixels = all.max_pixels;
  options.limits.allow_truncated = all.allow_truncated != 0;
  FindOptions& find = options.video.find;
  find.max_faces = all.max_faces;
  find.min_face = all.min_face;
  find.min_score = all.min_score;
  find.nms_overlap = all.nms_overlap;
  find.detect_size = all.detect_size;
  find.rotate = all.rotate != 0;
  options.video.search_every = all.search_every;
  options.video.track.memory_frames = all.memory_frames;
  options.video.track.confirm_frames = all.confirm_frames;
  options.video.memory = all.running_memory;
  AG_RETURN_IF_ERROR(CheckVideoOptions(options.video));
  return options;
}

StatusOr<Image> ReadPixels(const ag_pixels* given) {
  ag_pixels pixels = {};
  AG_RETURN_IF_ERROR(ReadStruct(given, kFirstPixels, "ag_pixels", &pixels));
  if (pixels.reserved != 0) {
    return Status(Code::kInvalidArgument, "ag_pixels.reserved is not 0");
  }
  AG_ASSIGN_OR_RETURN(const PixelFormat format, FormatOf(pixels.format));
  return ImageFromPixels(
      {pixels.data, pixels.byte_count, pixels.width, pixels.height, pixels.stride, format});
}

}  // namespace ag::library

ag_code ag_options_defaults(ag_options* options, ag_error* error) {
  return ag::library::Guarded(error, [&] {
    return ag::library::WriteStruct(ag::library::Defaults(), ag::library::kFirstOptions,
                                    "ag_options", options);
  });
}
