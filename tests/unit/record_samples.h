// Records that the tests of their texts write.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>

#include "shared/base/status.h"
#include "shared/face/quality.h"
#include "shared/image/decode.h"
#include "shared/record/record.h"

namespace ag::test {

inline AgeGender Guess(double age, double p_female) {
  AgeGender guess;
  guess.age = age;
  guess.age_low = age - 5.126;
  guess.age_high = age + 5.126;
  guess.has_interval = true;
  guess.p_female = p_female;
  return guess;
}

inline FaceResult SomeFace(double x) {
  FaceResult face;
  face.face.box = {x, 2.004, 30, 40};
  for (size_t i = 0; i < face.face.points.size(); ++i) {
    face.face.points[i] = {x + static_cast<double>(i), 10.5};
  }
  face.face.score = 0.87654321;
  face.result = Guess(31.4159, 0.123456);
  face.quality = {12.345, 0.44444, -7.129, 3.5, -0.001, 0.5, 0.0625};
  face.flags = kFlagTooSmall | kFlagTooDark;
  return face;
}

inline PictureRecord Picture() {
  PictureRecord record;
  record.file = "a, b.jpg";
  record.result.width = 640;
  record.result.height = 480;
  record.result.rotation = 90;
  record.result.faces = {SomeFace(1), SomeFace(100)};
  return record;
}

// The second face has a track.
inline PictureRecord Frame() {
  PictureRecord record = Picture();
  record.frame = 17;
  record.tracks = {std::nullopt, FaceTrack{3, 8, Guess(40, 0.75)}};
  return record;
}

inline PictureRecord Failed() {
  PictureRecord record;
  record.file = "c.jpg";
  record.status = Status(Code::kCorruptImage, "broken, \"really\"");
  return record;
}

// Numbers at the edges: halves, what rounds to nothing, what is not finite, no interval.
inline PictureRecord Edges() {
  PictureRecord record;
  record.file = "50%.jpg";
  record.result = Picture().result;
  record.result.rotation = 0;
  record.result.picture_flags = kFlagColourProfile | kFlagTruncated;
  FaceResult& face = record.result.faces[0];
  face.face.box = {-0.005, -0.004, 1e6 + 0.125, 99.995};
  face.face.score = 1;
  face.result.has_interval = false;
  face.result.p_female = 0.00005;
  face.quality = {std::numeric_limits<double>::quiet_NaN(),
                  std::numeric_limits<double>::infinity(),
                  -179.995,
                  -0.0,
                  2.675,
                  0.99995,
                  0.00004999};
  face.flags = 0;
  record.result.faces.resize(1);
  return record;
}

// A name and a message in bytes that are no UTF-8, with everything that JSON and CSV escape.
inline PictureRecord Hostile() {
  PictureRecord record = Failed();
  record.file = "=50%\xFC \"\\\n\x01.jpg";
  record.status =
      Status(Code::kIo,
             "-a\xE2\x82z \xED\xA0\x80 \xF0\x9F\x98 \xC0\xAF \xFF, \"\\\b\f\n\r\t\x1F\x7F"
             "\xE2\x82\xAC\xF0\x9F\x98\x80");
  return record;
}

}  // namespace ag::test
