#include "shared/image/stb_decoder.h"

#include <cstdlib>
#include <limits>

namespace {

// stb_image's allocation hooks take no context, so the limit for the decoding on this thread is
// kept here. StbDecode() sets and restores it.
struct AllocationLimit {
  size_t bytes = 0;
  bool exceeded = false;       // something asked for more
  bool out_of_memory = false;  // something within the limit was not to be had
};
thread_local AllocationLimit allocation_limit;

bool IsWithinLimit(size_t size) {
  if (size <= allocation_limit.bytes) return true;
  allocation_limit.exceeded = true;
  return false;
}

// Zeroed: stb_image 2.27 reads tables that a broken file never defined.
void* LimitedAllocate(size_t size) {
  if (!IsWithinLimit(size)) return nullptr;
  void* memory = std::calloc(1, size > 0 ? size : 1);
  if (memory == nullptr) allocation_limit.out_of_memory = true;
  return memory;
}

void* LimitedReallocate(void* old_memory, size_t size) {
  if (!IsWithinLimit(size)) return nullptr;
  void* memory = std::realloc(old_memory, size > 0 ? size : 1);
  if (memory == nullptr) allocation_limit.out_of_memory = true;
  return memory;
}

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_GIF
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
// Its SSE2 and NEON code saturates where the scalar code wraps, and WebAssembly has neither.
#define STBI_NO_SIMD
// Its assertions are reachable from hostile bytes, and shared/ never aborts.
#define STBI_ASSERT(condition) ((void)0)
#define STBI_MALLOC(size) LimitedAllocate(size)
#define STBI_REALLOC(memory, size) LimitedReallocate(memory, size)
#define STBI_FREE(memory) std::free(memory)
#define STBI_MAX_DIMENSIONS (1 << 20)  // Image::kMaxSide

#include "ag_stb_image.h"  // cmake/Dependencies.cmake

namespace ag::image_internal {

void StbPixelsDeleter::operator()(uint8_t* pixels) const { std::free(pixels); }

StbResult StbDecode(std::span<const uint8_t> bytes, int channels, size_t max_allocation) {
  StbResult result;
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    result.error = "more than 2 GiB";
    return result;
  }
  allocation_limit = AllocationLimit{max_allocation};
  // Some of its failures set no reason; without this, an earlier picture's would be reported.
  stbi__g_failure_reason = nullptr;
  int channels_in_file = 0;
  result.pixels.reset(stbi_load_from_memory(bytes.data(), static_cast<int>(bytes.size()),
                                            &result.width, &result.height, &channels_in_file,
                                            channels));
  const AllocationLimit used = allocation_limit;
  allocation_limit = {};
  if (result.pixels != nullptr) return result;
  result.out_of_memory = used.out_of_memory;
  const char* reason = stbi_failure_reason();
  result.error = used.exceeded       ? "it holds far more data than its header announces"
                 : reason != nullptr ? reason
                                     : "no reason given";
  return result;
}

std::vector<uint8_t> InflateSome(std::span<const uint8_t> zlib, size_t max_size) {
  std::vector<uint8_t> out(max_size);
  stbi__zbuf state;
  // It reads only.
  state.zbuffer = const_cast<stbi_uc*>(zlib.data());
  state.zbuffer_end = state.zbuffer + zlib.size();
  auto* const begin = reinterpret_cast<char*>(out.data());
  stbi__do_zlib(&state, begin, static_cast<int>(max_size), /*exp=*/0, /*parse_header=*/1);
  out.resize(static_cast<size_t>(state.zout - begin));
  return out;
}

}  // namespace ag::image_internal
