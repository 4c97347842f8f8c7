// PictureStream on the bytes of a stream, handed to it in pieces of several sizes.
//
// Promises (native/pictures/picture_stream.h): pictures are parts of the stream, in its order, none
// longer than the cap; the stream ends; a stream without a picture says so. Small memory: what is
// handed out is never more than what came in.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "native/pictures/picture_stream.h"
#include "tests/fuzz/require.h"

namespace ag::fuzz {
namespace {

constexpr size_t kMaxBytes = 2000;

bool IsStreamError(Code code) {
  return code == Code::kTooLarge || code == Code::kUnknownFormat || code == Code::kEmpty;
}

// Reads the whole stream, `piece` bytes at a time.
void CheckStream(std::span<const uint8_t> bytes, size_t piece) {
  size_t read = 0;
  PictureStream stream(
      [&](std::span<uint8_t> to) -> StatusOr<size_t> {
        const size_t count = std::min({piece, to.size(), bytes.size() - read});
        std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(read), count, to.begin());
        read += count;
        return count;
      },
      kMaxBytes);
  auto place = bytes.begin();  // behind the last picture
  size_t results = 0;
  while (std::optional<PictureStream::Picture> picture = stream.Next()) {
    // An error each and a picture each is more than bytes can make.
    Require(++results <= 2 * bytes.size() + 1, "the stream ends");
    if (!picture->status.ok()) {
      Require(IsStreamError(picture->status.code()), "an error of another kind");
      Require(!picture->status.message().empty(), "an error without words");
      Require(picture->bytes.empty(), "an error without bytes");
      continue;
    }
    Require(!picture->bytes.empty(), "a picture has bytes");
    Require(picture->bytes.size() <= kMaxBytes, "a picture below the cap");
    place = std::search(place, bytes.end(), picture->bytes.begin(), picture->bytes.end());
    Require(place != bytes.end(), "a part of the stream, in its order");
    place += static_cast<ptrdiff_t>(picture->bytes.size());
  }
  Require(results > 0, "a stream says at least one thing");
  Require(read == bytes.size(), "the stream is read to its end");
}

}  // namespace
}  // namespace ag::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const size_t piece : {size_t{61}, size_t{1000}, std::max<size_t>(size, 1)}) {
    ag::fuzz::CheckStream({data, size}, piece);
  }
  return 0;
}
