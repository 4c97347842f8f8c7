/* ag.h from plain C11, with every warning an error: each function is called once. */
#include <ag/ag.h>
#include <stdio.h>
#include <string.h>

/* No hidden padding: a field that is added later must not lie where an older program left garbage.
 */
_Static_assert(sizeof(ag_error) == 512, "ag_error");
_Static_assert(sizeof(ag_box) == 4 * sizeof(double), "ag_box");
_Static_assert(sizeof(ag_point) == 2 * sizeof(double), "ag_point");
_Static_assert(sizeof(ag_options) == offsetof(ag_options, running_memory) + sizeof(double),
               "ag_options");
_Static_assert(sizeof(ag_pixels) == offsetof(ag_pixels, reserved) + sizeof(int32_t), "ag_pixels");
_Static_assert(sizeof(ag_models_info) == offsetof(ag_models_info, age_bin_count) + sizeof(size_t),
               "ag_models_info");
_Static_assert(sizeof(ag_picture) == offsetof(ag_picture, predict_ms) + sizeof(double),
               "ag_picture");
_Static_assert(sizeof(ag_face) == offsetof(ag_face, reserved) + sizeof(uint32_t), "ag_face");
_Static_assert(sizeof(ag_track) == offsetof(ag_track, age_bin_count) + sizeof(size_t), "ag_track");

static int failures;

static void expect(int holds, const char* what, const ag_error* error) {
  if (holds) return;
  ++failures;
  fprintf(stderr, "BROKEN %s: %s: %s\n", what, ag_code_name(error->code), error->message);
}

static void use_pictures(const ag_models* models, const ag_pixels* pixels) {
  ag_options options = {.size = sizeof(options)};
  ag_predictor* predictor = NULL;
  ag_result* result = NULL;
  ag_picture picture = {.size = sizeof(picture)};
  ag_face face = {.size = sizeof(face)};
  ag_error error;
  expect(ag_options_defaults(&options, &error) == AG_OK, "defaults", &error);
  expect(ag_predictor_create(models, &options, &predictor, &error) == AG_OK, "predictor", &error);
  expect(ag_predict_pixels(predictor, pixels, NULL, &result, &error) == AG_OK, "pixels", &error);
  expect(ag_result_get_picture(result, &picture, &error) == AG_OK, "picture", &error);
  expect(picture.width == 64 && picture.height == 48 && picture.frame == -1, "its size", &error);
  expect(ag_result_face_count(result) == 0, "no face on a wall", &error);
  expect(ag_result_get_face(result, 0, &face, &error) == AG_INVALID_ARGUMENT, "no face 0", &error);
  ag_result_free(result);
  result = NULL;
  expect(ag_predict_bytes(predictor, "not a picture", 13, NULL, &result, &error) ==
                 AG_UNKNOWN_FORMAT &&
             result == NULL && error.code == AG_UNKNOWN_FORMAT && error.message[0] != '\0',
         "bytes", &error);
  ag_predictor_free(predictor);
}

static void use_video(const ag_models* models, const ag_pixels* pixels) {
  ag_video* video = NULL;
  ag_result* result = NULL;
  ag_picture picture = {.size = sizeof(picture)};
  ag_track track = {.size = sizeof(track)};
  ag_error error;
  expect(ag_video_create(models, NULL, &video, &error) == AG_OK, "video", &error);
  expect(ag_video_next_bytes(video, NULL, 0, &result, &error) == AG_EMPTY, "no bytes", &error);
  expect(ag_video_next_pixels(video, pixels, &result, &error) == AG_OK, "a frame", &error);
  expect(ag_result_get_picture(result, &picture, &error) == AG_OK && picture.frame == 1,
         "its number", &error);
  expect(ag_result_get_track(result, 0, &track, &error) == AG_INVALID_ARGUMENT, "no track", &error);
  ag_result_free(result);
  ag_video_reset(video);
  ag_video_free(video);
}

/* header_test NET DETECTOR */
int main(int argc, char** argv) {
  static uint8_t gray[64 * 48];
  ag_models* models = NULL;
  ag_models* broken = NULL;
  ag_models_info info = {.size = sizeof(info)};
  ag_error error;
  const ag_pixels pixels = {.size = sizeof(pixels),
                            .data = gray,
                            .byte_count = sizeof(gray),
                            .width = 64,
                            .height = 48,
                            .format = AG_PIXELS_GRAY};
  memset(gray, 128, sizeof(gray));
  if (argc != 3) return 2;
  expect(ag_models_from_files(argv[1], argv[2], &models, &error) == AG_OK, "models", &error);
  expect(ag_models_from_memory("PNG", 3, "PNG", 3, &broken, &error) == AG_MODEL_MAGIC &&
             broken == NULL,
         "no models", &error);
  expect(ag_models_get_info(models, &info, &error) == AG_OK && strlen(info.net_name) > 0, "info",
         &error);
  use_pictures(models, &pixels);
  use_video(models, &pixels);
  ag_models_free(models);
  ag_result_free(NULL);
  ag_predictor_free(NULL);
  ag_models_free(NULL);
  ag_video_free(NULL);
  ag_video_reset(NULL);
  expect(strchr(ag_version(), '.') != NULL, "version", &error);
  return failures == 0 ? 0 : 1;
}
