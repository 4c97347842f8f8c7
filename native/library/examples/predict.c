/* predict NET DETECTOR PICTURE: the record of a picture, as JSON, and what it says in words.
 *   cc predict.c $(pkg-config --cflags --libs ag) -o predict */
#include <ag/ag.h>
#include <stdio.h>

static char bytes[64 << 20];

int main(int argc, char** argv) {
  ag_models* models = NULL;
  ag_predictor* predictor = NULL;
  ag_result* result = NULL;
  char* json = NULL;
  ag_error error;
  if (argc != 4) return fprintf(stderr, "usage: predict NET DETECTOR PICTURE\n"), 2;
  FILE* file = fopen(argv[3], "rb");
  if (file == NULL) return perror(argv[3]), 1;
  const size_t byte_count = fread(bytes, 1, sizeof(bytes), file);
  fclose(file);

  if (ag_models_from_files(argv[1], argv[2], &models, &error) == AG_OK &&
      ag_predictor_create(models, NULL, &predictor, &error) == AG_OK &&
      ag_predict_bytes(predictor, bytes, byte_count, NULL, &result, &error) == AG_OK &&
      ag_result_to_json(result, argv[3], &json, &error) == AG_OK) {
    puts(json);
    for (size_t i = 0; i < ag_result_face_count(result); ++i) {
      ag_face face = {.size = sizeof(face)};
      if (ag_result_get_face(result, i, &face, &error) != AG_OK) break;
      fprintf(stderr, "%.0f years, %.0f to %.0f\n", face.age, face.age_low, face.age_high);
    }
  }
  if (error.code != AG_OK) fprintf(stderr, "%s\n", error.message);

  ag_json_free(json);
  ag_result_free(result);
  ag_predictor_free(predictor);
  ag_models_free(models);
  return error.code == AG_OK ? 0 : 1;
}
