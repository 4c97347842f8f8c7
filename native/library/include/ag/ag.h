/* libag: age and perceived gender from faces. C11 and C++; link with -lag.
 *
 * Load the models once, make a predictor for each thread, ask it about pictures:
 *
 *   ag_models* models = NULL;
 *   ag_predictor* predictor = NULL;
 *   ag_result* result = NULL;
 *   ag_error error;
 *   if (ag_models_from_files("age_gender.agm", "face_detector.agm", &models, &error) != AG_OK ||
 *       ag_predictor_create(models, NULL, &predictor, &error) != AG_OK ||
 *       ag_predict_bytes(predictor, bytes, byte_count, NULL, &result, &error) != AG_OK) {
 *     fprintf(stderr, "%s\n", error.message);
 *   }
 *
 * "Gender" is the binary label of the training data as its annotators perceived it; p_female is the
 * probability that they would have said "female". It is not a fact about a person.
 *
 *   errors     A function that can fail returns a code and fills `error`, which the caller owns
 *              and which may be NULL. After an error the other outputs are untouched, and every
 *              handle remains usable. No exception leaves the library, nothing is printed, the
 *              process is never ended. Any function with an `error` may return
 *              AG_INVALID_ARGUMENT (a null pointer, a size out of range), AG_OUT_OF_MEMORY and
 *              AG_INTERNAL; other codes are listed with the function.
 *   ownership  What a function returns through a pointer to a pointer belongs to the caller, who
 *              passes it to the matching ..._free, in any order. Inputs are not kept: files, bytes,
 *              pixels and structs may change or disappear as soon as the call returns.
 *   threads    ag_models and ag_result are immutable: any number of threads may use one at once. A
 *              predictor or a video serves one call at a time, from any thread; for more threads
 *              make more of them from the same models, whose weights they share. There is no other
 *              state. After fork() a child must make its own handles.
 *   units      Pixels are those of the upright picture: x to the right, y downwards, (0, 0) the
 *              outer corner of the first pixel. Ages are years, angles degrees, times milliseconds.
 *   growth     Structs that begin with `size` may get new fields at their end. Set it to sizeof the
 *              struct before the call: a program compiled with an older ag.h then keeps working.
 *              One with a newer ag.h gets zeros in fields that this library does not know, and must
 *              leave such fields of inputs zero (otherwise AG_INVALID_ARGUMENT).
 *              docs/embedding.md says what stays stable. */
#ifndef AG_AG_H_
#define AG_AG_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define AG_API __attribute__((visibility("default")))
#else
#define AG_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------- errors */

/* Numbers and names (ag_code_name) never change; new ones may be added. */
typedef int32_t ag_code;
enum {
  AG_OK = 0,
  /* The caller. */
  AG_INVALID_ARGUMENT = 1,
  AG_NOT_FOUND = 2, /* no such file */
  AG_IO = 3,        /* a file cannot be read */
  AG_OUT_OF_MEMORY = 4,
  AG_INTERNAL = 5, /* a bug in the library */
  /* Pictures. */
  AG_EMPTY = 20,             /* no bytes, or a picture without pixels */
  AG_TOO_LARGE = 21,         /* more bytes or pixels than the options (or the library) allow */
  AG_UNKNOWN_FORMAT = 22,    /* not a picture of a known format */
  AG_CORRUPT_IMAGE = 23,     /* a known format, broken content */
  AG_UNSUPPORTED_IMAGE = 24, /* a known format in an unsupported variant */
  /* Model files. */
  AG_MODEL_MAGIC = 40,      /* not an .agm file */
  AG_MODEL_VERSION = 41,    /* a newer or older major version */
  AG_MODEL_TRUNCATED = 42,  /* fewer or more bytes than the header says */
  AG_MODEL_CHECKSUM = 43,   /* the SHA-256 differs */
  AG_MODEL_FLATBUFFER = 44, /* malformed */
  AG_MODEL_MISSING = 45,    /* a required field is absent */
  AG_MODEL_LIMIT = 46,      /* a count or a size above its cap */
  AG_MODEL_ENUM = 47,       /* a value unknown to this version */
  AG_MODEL_TENSOR = 48,     /* shape, storage and bytes of a tensor do not agree */
  AG_MODEL_NON_FINITE = 49, /* a NaN or an infinity among weights, contracts or outputs */
  AG_MODEL_OP = 50,         /* an unknown op, or attributes out of range */
  AG_MODEL_GRAPH = 51,      /* a value is used before it is made, made twice, or never made */
  AG_MODEL_SHAPE = 52,      /* shapes do not agree */
  AG_MODEL_TEXT = 53,       /* a text is not UTF-8 or holds control characters */
  AG_MODEL_CONTRACT = 54,   /* the input or output contract does not fit the graph */
  /* Running a model. */
  AG_BACKEND = 60 /* XNNPACK refused or failed, or this processor computes wrongly */
};

/* What went wrong, for people. Its layout never changes. */
typedef struct ag_error {
  ag_code code;      /* AG_OK after a call that succeeded */
  char message[508]; /* UTF-8, NUL-terminated, truncated if too long. "" after AG_OK */
} ag_error;

/* The word for a code in records and logs: "ok", "corrupt_image"; "unknown" for other numbers. A
 * string constant. */
AG_API const char* ag_code_name(ag_code code);

/* The library's version, "MAJOR.MINOR.PATCH". A string constant. */
AG_API const char* ag_version(void);

/* ------------------------------------------------------------------------------------- models */

/* An age/gender net and a face detector, read and verified: about 10 MB for those that ship. */
typedef struct ag_models ag_models;

/* Paths are passed to open(); only regular files are read. Also AG_NOT_FOUND, AG_IO, AG_TOO_LARGE
 * and AG_MODEL_*; AG_INVALID_ARGUMENT if a file holds the other kind of model. Messages begin with
 * the path. */
AG_API ag_code ag_models_from_files(const char* net_path, const char* detector_path,
                                    ag_models** models, ag_error* error);

/* The same from the contents of the files. */
AG_API ag_code ag_models_from_memory(const void* net, size_t net_size, const void* detector,
                                     size_t detector_size, ag_models** models, ag_error* error);

/* Predictors and videos made from it stay valid. NULL is allowed. */
AG_API void ag_models_free(ag_models* models);

/* What the models say about themselves. Pointers are valid until the models are freed; texts are
 * UTF-8 and never NULL. */
typedef struct ag_models_info {
  size_t size;
  const char* net_name;
  const char* net_licence;
  const char* net_source; /* data sets or upstream project, with authors */
  const char* detector_name;
  const char* detector_licence;
  const char* detector_source;
  const float* age_bins; /* [age_bin_count] years, ascending: the support of age distributions */
  size_t age_bin_count;  /* 0: the net gives one value */
} ag_models_info;

AG_API ag_code ag_models_get_info(const ag_models* models, ag_models_info* info, ag_error* error);

/* ------------------------------------------------------------------------------------- options */

/* Set `size`, call ag_options_defaults, change what you want. */
typedef struct ag_options {
  size_t size;
  int32_t threads;     /* of one call, 1 to 1024; default 1. For many pictures, many predictors with
                          one thread each are faster than one with many threads. */
  int32_t max_faces;   /* 1 or more; default 1000 */
  double min_face;     /* height in pixels of the smallest face to look for, 8 to 4096;
                          default 0: chosen after a first look */
  double min_score;    /* more than 0, at most 1; default 0.6 */
  double nms_overlap;  /* of two faces with a larger intersection over union the better one is kept;
                          0 to 1, default 0.3 */
  int32_t detect_size; /* not 0: a single look at this longest side, 32 to 4096; default 0 */
  int32_t rotate;      /* not 0 (default): also find faces lying on their side or upside down */
  /* For encoded pictures. */
  uint64_t max_bytes;      /* default 64 MiB */
  int64_t max_pixels;      /* default 64,000,000 */
  int32_t allow_truncated; /* not 0: read the existing rows of a truncated picture and flag it;
                              default 0: AG_CORRUPT_IMAGE */
  /* For videos only. */
  int32_t search_every;   /* whole frames are searched at least this often; 1 or more, default 15 */
  int32_t memory_frames;  /* frames for which a missing face keeps its track; default 30 */
  int32_t confirm_frames; /* sightings until a track gets its id; 1 or more, default 2 */
  double running_memory;  /* sightings that a track's running values cover; 1 or more,
                             default 60 */
} ag_options;

/* Fills all fields but `size`. */
AG_API ag_code ag_options_defaults(ag_options* options, ag_error* error);

/* ------------------------------------------------------------------------------------ pictures */

enum {
  AG_PIXELS_GRAY = 1, /* 1 byte per pixel */
  AG_PIXELS_RGB = 2,  /* 3 */
  AG_PIXELS_RGBA = 3, /* 4; alpha is not premultiplied; composited over white */
  AG_PIXELS_BGR = 4   /* 3 */
};

/* Decoded pixels: uint8, sRGB as stored in files (not linear light), upright, top row first. At
 * most 2^20 per side and 2^28 in all (AG_TOO_LARGE). */
typedef struct ag_pixels {
  size_t size;
  const uint8_t* data;
  size_t byte_count; /* of data: at least (height - 1) * stride + one row of pixels */
  int32_t width;
  int32_t height;
  size_t stride;    /* bytes from row to row; 0: rows without gaps */
  int32_t format;   /* AG_PIXELS_... */
  int32_t reserved; /* must be 0 */
} ag_pixels;

/* Never changes. x and y are the top left corner, which may lie outside the picture. */
typedef struct ag_box {
  double x, y, width, height;
} ag_box;

/* Never changes. */
typedef struct ag_point {
  double x, y;
} ag_point;

/* ------------------------------------------------------------------------------------- results */

/* What was found in one picture or frame. */
typedef struct ag_result ag_result;

/* Bits of ag_picture.flags. */
enum {
  AG_PICTURE_COLOUR_PROFILE = 1, /* its colours are not sRGB and were not converted */
  AG_PICTURE_TRUNCATED = 2       /* rows are missing (allow_truncated) */
};

typedef struct ag_picture {
  size_t size;
  int32_t width, height; /* of the upright picture */
  int32_t rotation; /* degrees (0, 90, 180, 270) by which it must be turned clockwise for the faces
                       to be upright; not 0 only if no upright face was found in it */
  uint32_t flags;   /* AG_PICTURE_... */
  int64_t frame;    /* in a video: its number, from 0; otherwise -1 */
  int32_t searched; /* 1: the whole picture was searched; 0: a frame of a video in which only
                       the places of known faces were examined, or a box was given */
  int32_t reserved; /* 0 */
  double detect_ms, align_ms, predict_ms; /* time taken */
} ag_picture;

/* Bits of ag_face.flags: advice; there is a prediction all the same (docs/output-schema.md). */
enum {
  AG_FACE_TOO_SMALL = 1,
  AG_FACE_CUT_OFF = 2,
  AG_FACE_BOX_ONLY = 4, /* a box was given and no face was found in it: not aligned */
  AG_FACE_BLURRED = 8,
  AG_FACE_TURNED_AWAY = 16,
  AG_FACE_TOO_DARK = 32,
  AG_FACE_TOO_BRIGHT = 64
};

typedef struct ag_face {
  size_t size;
  ag_box box;
  ag_point points[5]; /* eye on the left of the picture when the face is held upright, the other
                         eye, tip of the nose, corners of the mouth (left one first) */
  double score;       /* the detector's, 0 to 1 */
  double age;         /* years, 0 to 120 */
  double age_low;     /* 90 % interval in years; NaN if the model knows none */
  double age_high;
  double p_female;               /* 0 to 1 */
  const float* age_distribution; /* [age_bin_count] over ag_models_info.age_bins, sums to 1; valid
                                    until the result is freed; NULL if the net gives one value */
  size_t age_bin_count;
  /* Quality: how much the picture of this face can tell. */
  double eye_distance; /* pixels */
  double sharpness;    /* 0 (a plain surface) to 1 */
  double yaw;          /* degrees, positive: the nose points to the right of the picture */
  double pitch;        /* degrees, positive: up; rough */
  double roll;         /* degrees clockwise from upright, -180 to 180 */
  double brightness;   /* 0 to 1, mean luma of the face's middle */
  double outside;      /* 0 to 1, share of the face's crop outside the picture */
  uint32_t flags;      /* AG_FACE_... */
  uint32_t reserved;   /* 0 */
} ag_face;

/* What a video knows about a face beyond its frame. */
typedef struct ag_track {
  size_t size;
  uint64_t id;       /* 1, 2, ...: the same while a person is followed, never reused in a video.
                        0: not confirmed yet, or not in a video; the rest is then 0 or NULL */
  int64_t sightings; /* including this one */
  /* Running values of the person, like those of ag_face: weighted by quality, and stable. */
  double age, age_low, age_high;
  double p_female;
  const float* age_distribution;
  size_t age_bin_count;
} ag_track;

AG_API ag_code ag_result_get_picture(const ag_result* result, ag_picture* picture, ag_error* error);

/* 0 for NULL too. No face is an answer, not an error. */
AG_API size_t ag_result_face_count(const ag_result* result);

/* index: 0 to face count - 1. Best score first; in a video in the order in which people appeared.
 */
AG_API ag_code ag_result_get_face(const ag_result* result, size_t index, ag_face* face,
                                  ag_error* error);
AG_API ag_code ag_result_get_track(const ag_result* result, size_t index, ag_track* track,
                                   ag_error* error);

/* NULL is allowed. */
AG_API void ag_result_free(ag_result* result);

/* The record of the picture, a JSON object on one line, without the line's end: what `ag_native
 * predict --json` prints (docs/output-schema.md); of a video with frame and tracks. file: the name
 * that it gets there, any bytes. *json: UTF-8, ended by a NUL, to be given to ag_json_free. */
AG_API ag_code ag_result_to_json(const ag_result* result, const char* file, char** json,
                                 ag_error* error);

/* The record of a picture that could not be predicted, from what that call said. frame: its number
 * in a video, else -1. AG_INVALID_ARGUMENT where failed->code is AG_OK or none of the codes. */
AG_API ag_code ag_error_to_json(const ag_error* failed, const char* file, int64_t frame,
                                char** json, ag_error* error);

/* NULL is allowed. */
AG_API void ag_json_free(char* json);

/* -------------------------------------------------------------------------------- one by one */

/* Predicts from unrelated pictures. */
typedef struct ag_predictor ag_predictor;

/* options: NULL for the defaults. Also AG_MODEL_LIMIT, AG_BACKEND. Takes some milliseconds: the
 * engine is tested on a drawn picture before it is returned. */
AG_API ag_code ag_predictor_create(const ag_models* models, const ag_options* options,
                                   ag_predictor** predictor, ag_error* error);

/* The bytes of a JPEG, PNG, BMP, GIF (first picture) or Netpbm file; EXIF's orientation is applied.
 * box: look for one face here, in pixels of the upright picture, and use the box itself if there is
 * none (AG_FACE_BOX_ONLY); NULL: every face in the picture. Also
 * AG_EMPTY, AG_TOO_LARGE, AG_UNKNOWN_FORMAT, AG_CORRUPT_IMAGE, AG_UNSUPPORTED_IMAGE,
 * AG_MODEL_LIMIT, AG_MODEL_NON_FINITE, AG_BACKEND. */
AG_API ag_code ag_predict_bytes(ag_predictor* predictor, const void* bytes, size_t byte_count,
                                const ag_box* box, ag_result** result, ag_error* error);

/* The same for pixels, which are copied. Of the codes for pictures only AG_EMPTY and
 * AG_TOO_LARGE. */
AG_API ag_code ag_predict_pixels(ag_predictor* predictor, const ag_pixels* pixels,
                                 const ag_box* box, ag_result** result, ag_error* error);

/* NULL is allowed. */
AG_API void ag_predictor_free(ag_predictor* predictor);

/* -------------------------------------------------------------------------------------- video */

/* Follows faces from frame to frame, which must come in order. */
typedef struct ag_video ag_video;

/* Like ag_predictor_create. */
AG_API ag_code ag_video_create(const ag_models* models, const ag_options* options, ag_video** video,
                               ag_error* error);

/* The next frame; errors as in ag_predict_bytes and ag_predict_pixels. After an error the tracks
 * are as before, but the frame counts. If a frame's size differs from the last one's, the tracks
 * are forgotten. */
AG_API ag_code ag_video_next_bytes(ag_video* video, const void* bytes, size_t byte_count,
                                   ag_result** result, ag_error* error);
AG_API ag_code ag_video_next_pixels(ag_video* video, const ag_pixels* pixels, ag_result** result,
                                    ag_error* error);

/* Begins another video: tracks are forgotten, frames count from 0, ids continue. NULL is allowed.
 */
AG_API void ag_video_reset(ag_video* video);

/* NULL is allowed. */
AG_API void ag_video_free(ag_video* video);

#ifdef __cplusplus
}
#endif

#endif /* AG_AG_H_ */
