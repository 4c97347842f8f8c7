/* video_frames NET DETECTOR PICTURE COUNT: a video of one picture. A line for each frame that could
 * be predicted, a message for each other; status 1 if there was one. Goes on whatever fails, so
 * that what a failure leaves behind is seen. */
#include <ag/ag.h>
#include <stdio.h>
#include <stdlib.h>

static char bytes[1 << 20];

static int next_frame(ag_video* video, size_t byte_count) {
  ag_result* result = NULL;
  ag_error error;
  ag_code code = ag_video_next_bytes(video, bytes, byte_count, &result, &error);
  for (size_t i = 0; i < ag_result_face_count(result) && code == AG_OK; ++i) {
    ag_track track = {.size = sizeof(track)};
    code = ag_result_get_track(result, i, &track, &error);
    if (code == AG_OK) {
      printf("id %d, %d sightings, %.6f years, %.6f\n", (int)track.id, (int)track.sightings,
             track.age, track.p_female);
    }
  }
  if (code != AG_OK) fprintf(stderr, "%s: %s\n", ag_code_name(code), error.message);
  ag_result_free(result);
  return code != AG_OK;
}

int main(int argc, char** argv) {
  ag_models* models = NULL;
  ag_video* video = NULL;
  ag_error error;
  size_t byte_count;
  int failures = 0;
  if (argc != 5) return 2;
  FILE* file = fopen(argv[3], "rb");
  if (file == NULL) return perror(argv[3]), 1;
  byte_count = fread(bytes, 1, sizeof(bytes), file);
  fclose(file);
  if (ag_models_from_files(argv[1], argv[2], &models, &error) != AG_OK ||
      ag_video_create(models, NULL, &video, &error) != AG_OK) {
    fprintf(stderr, "%s: %s\n", ag_code_name(error.code), error.message);
    failures = 1;
  } else {
    for (int i = atoi(argv[4]); i > 0; --i) failures += next_frame(video, byte_count);
  }
  ag_video_free(video);
  ag_models_free(models);
  return failures > 0;
}
