// Pictures that follow each other on one stream of bytes, as a video decoder writes them: where
// each begins and ends is read off the formats' own structure.
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

// JPEG (marker segments are passed over by their lengths, so that a thumbnail inside of one is no
// picture of its own; coded data up to their next marker), PNG (chunks), and PPM, PGM and PBM as
// bytes (the header says how many). A picture is handed out as soon as its last byte has come.
//   broken    what is cut off or damaged is handed out up to where its structure breaks (the
//             decoder then names what is wrong), and the stream goes on at the next signature; a
//             PPM that is cut off takes the next picture's beginning for its own pixels, and a JPEG
//             that is cut off a PPM behind it for more of its data
//   between   up to 1,024 bytes that belong to no picture are passed over (headers of a camera's
//             multipart stream, padding); more are an error of their own
//   memory    one picture: above max_bytes it is an error, and what follows of it is passed over
class PictureStream {
 public:
  // Fills a part of the span and says how many bytes; waits for at least one. 0: the end.
  // kInterrupted ends the stream without a word, whatever has begun.
  using Reader = std::function<StatusOr<size_t>(std::span<uint8_t>)>;

  PictureStream(Reader reader, size_t max_bytes);

  struct Picture {
    Status status;  // not ok: kTooLarge, kUnknownFormat, kIo (nothing follows), kEmpty (no picture)
    std::vector<uint8_t> bytes;
  };
  // Nothing at the end. A stream in which there was no picture at all has one, with an error.
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
  std::vector<uint8_t> buffer_;  // begins with the picture that is looked at
  size_t position_ = 0;          // how far it has been walked
  size_t search_from_ = 0;       // if it is broken: the next picture may begin from here on
  bool too_large_ = false;
  bool rest_is_known_ = false;  // what comes before the next signature belongs to a named error
  bool any_ = false;
  bool ended_ = false;
  Status read_status_;
};

}  // namespace ag
