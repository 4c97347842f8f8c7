// The engine as C functions, for the Worker of the page (wasm/worker.js is their only caller).
//
//   memory   bytes go in through ag_alloc/ag_free; pointers that come out stay valid until the next
//            call of a function that is not const
//   errors   functions that can fail return 0 or 1 (failed); then ag_error_code() and
//            ag_error_message() hold the code (shared/base/status.h) and the words
//   state    one detector, one net, one picture, one video; one thread
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

uint8_t* ag_alloc(size_t bytes);  // null: out of memory
void ag_free(void* memory);

const char* ag_error_code(void);     // "" after success
const char* ag_error_message(void);  // UTF-8

// Each takes the bytes of an .agm file. If the new model is refused, the old one stays in place.
int ag_load_detector(const uint8_t* bytes, size_t size);
int ag_load_net(const uint8_t* bytes, size_t size);

// About the net in use; "" and 0 before there is one.
//   text     0 name, 1 licence, 2 source
//   number   0 width, 1 height, 2 colour (0 rgb, 1 bgr, 2 gray), 3 1 if ages are a distribution,
//            4 parameters
const char* ag_net_text(int which);
double ag_net_number(int which);

// Runs shared/predict/self_test with both models and compares. `expected` [count].
int ag_self_test(const float* expected, size_t count, double tolerance);

// The size of the upright picture in a file, from its header and structure, without decoding it:
// ag_picture_width() and _height() tell it, the picture held stays. 1: not a picture known here.
int ag_probe(const uint8_t* bytes, size_t size);

// Decodes a file and holds the upright picture.
int ag_decode(const uint8_t* bytes, size_t size, double max_pixels);

// Holds pixels that are decoded already: `rgba` [height, width, 4] uint8 sRGB, alpha over white.
int ag_set_pixels(const uint8_t* rgba, int width, int height);

int ag_picture_width(void);
int ag_picture_height(void);

// Predicts from the picture held. full_width, full_height: pixels of the whole picture, where the
// one held is a shrunk one: the record's size, and what boxes, points and eye distances are scaled
// to.
int ag_predict(int full_width, int full_height);

// The same for the next frame of a video, whose faces are followed from frame to frame
// (shared/predict/video.h). The first call after ag_video_reset begins a video: frames count from
// 0, ids from 1. A new model forgets the faces too, and frames count on. A failed call leaves the
// faces as they were.
int ag_predict_frame(void);
void ag_video_reset(void);

int ag_schema(void);  // kResultSchema, of shared/record/record.h

// Of the last ag_predict or ag_predict_frame, if it succeeded: its record as JSON. `file` [size]: the
// picture's name, UTF-8.
const char* ag_record(const char* file, size_t size);
int ag_face_count(void);
int ag_bin_count(void);      // of the age distribution; 0: the net gives one value
const float* ag_bins(void);  // [bin_count] years
// [bin_count] probabilities of a face; of one with a track its running ones.
const float* ag_ages(int index);
double ag_milliseconds(int stage);  // 0 detect, 1 align, 2 predict; -1: it did not run

// The picture held, shrunk to a longest side of `max_side`: [height, width, 4] RGBA, opaque.
// Null: no picture, or out of memory.
const uint8_t* ag_preview(int max_side);
int ag_preview_width(void);
int ag_preview_height(void);
void ag_release_preview(void);
}
