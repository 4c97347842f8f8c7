// draw_face FILE: the drawn face that the models find, as a PPM file.
#include <fstream>

#include "shared/predict/self_test.h"
#include "tests/library/library_support.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::vector<uint8_t> file = ag::test::Ppm(ag::SelfTestPicture());
  std::ofstream out(argv[1], std::ios::binary);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  return out.flush() ? 0 : 1;
}
