// predict NET DETECTOR PICTURE...: the first face's age, on two threads.
#include <ag/ag.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

template <auto Free>
struct Deleter {
  void operator()(auto* handle) const { Free(handle); }
};

// A line about one picture, or why there is none.
std::string Predict(ag_predictor* predictor, const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  ag_error error;
  ag_result* found = nullptr;
  ag_predict_bytes(predictor, bytes.data(), bytes.size(), nullptr, &found, &error);
  const std::unique_ptr<ag_result, Deleter<ag_result_free>> result(found);
  if (error.code != AG_OK) return error.message;
  ag_face face{};
  face.size = sizeof(face);
  if (ag_result_get_face(found, 0, &face, &error) != AG_OK) return "no face";
  return std::to_string(face.age) + " years";
}

int main(int argc, char** argv) {
  if (argc < 4) return std::cerr << "usage: predict NET DETECTOR PICTURE...\n", 2;
  ag_error error;
  ag_models* loaded = nullptr;
  ag_models_from_files(argv[1], argv[2], &loaded, &error);
  if (!loaded) return std::cerr << error.message << "\n", 1;
  const std::unique_ptr<ag_models, Deleter<ag_models_free>> models(loaded);

  std::vector<std::string> lines(static_cast<size_t>(argc - 3));
  const auto every_second = [&](size_t first) {  // with a predictor of its own
    ag_error failed;
    ag_predictor* made = nullptr;
    ag_predictor_create(models.get(), nullptr, &made, &failed);
    const std::unique_ptr<ag_predictor, Deleter<ag_predictor_free>> predictor(made);
    for (size_t i = first; i < lines.size(); i += 2) {
      lines[i] = made ? Predict(made, argv[i + 3]) : failed.message;
    }
  };
  std::thread second(every_second, 1);
  every_second(0);
  second.join();
  for (size_t i = 0; i < lines.size(); ++i) std::cout << argv[i + 3] << ": " << lines[i] << "\n";
}
