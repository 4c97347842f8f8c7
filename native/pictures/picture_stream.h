// Pictures that follow each other in one stream of bytes, as a video decoder writes them: the
// structure of their formats says where each begins and ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "shared/base/status.h"

namespace ag {

// JPEG (marker segments are skipped by their lengths, so that a thumbnail inside one is not a
// picture of its own; coded data up to the next marker), PNG (chunks), and binary PPM, PGM and PBM
// (the header gives the size). A picture is returned as soon as its last byte has arrived.
//   broken    a truncated or damaged picture is returned up to where its structure breaks (the
//             decoder then names what is wrong), and the stream continues at the next signature; a
//             truncated PPM takes the beginning of the next picture for its own pixels, and a
//             truncated JPEG takes a PPM after it for more of its data
//   between   up to 1,024 bytes that belong to no picture are skipped (headers of a camera's
//             multipart stream, padding); more are an error of their own
//   memory    one picture: above max_bytes it is an error, and the rest of it is skipped
class PictureStream {
 public:
  // Fills part of the span and returns the number of bytes; waits for at least one. 0: the end.
  // kInterrupted ends the stream silently, whatever has begun.
  using Reader = std::function<StatusOr<size_t>(std::span<uint8_t>)>;

  PictureStream(Reader reader, size_t max_bytes);

  struct Picture {
    Status status;  // not ok: kTooLarge, kUnknownFormat, kIo (nothing follows), kEmpty (no picture)
    std::vector<uint8_t> bytes;
  };
  // Nothing at the end. A stream without any picture yields one, with an error.
  std::optional<Picture> Next();

 private:
  enum class Kind { kNone, kJpeg, kPng, kPnm };
  enum class Walked { kComplete, kBroken, kEnded, kTooLarge };

  Kind KindAt(size_t position) const;
  bool MayBeginAt(size_t position) const;
  bool ReadMore();
  bool Have(size_t count);
  struct PassedOver {
    size_t count = 0;
    std::string format;  // as what they begin; empty: not known
  };
  PassedOver PassOverOthers();
  Walked Walk(Kind kind);
  Walked WalkJpeg();
  Walked WalkPng();
  Walked WalkPnm();
  std::optional<Walked> PassCodedData();
  // The first signature in [from, to), or `to`.
  size_t FindSignature(size_t from, size_t to);
  void Drop(size_t count);
  Picture Take(size_t count);
  std::optional<Picture> AtTheEnd();

  Reader reader_;
  size_t max_bytes_;
  std::vector<uint8_t> buffer_;  // begins with the current picture
  size_t position_ = 0;          // how far it has been examined
  size_t search_from_ = 0;       // if it is broken: where the next picture may begin
  bool too_large_ = false;
  bool rest_is_known_ = false;  // bytes before the next signature belong to a reported error
  bool any_ = false;
  bool ended_ = false;
  Status read_status_;
};

}  // namespace ag
