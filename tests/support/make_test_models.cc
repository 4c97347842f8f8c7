// make_test_models FOLDER: model files for the tests of the page.
//   notebook.agm    the notebook's net: gray 128x128, convolutions of 32, 64, 128, 256, one age
//   value,
//                   no interval; random weights
//   truncated.agm   its first half
//   flipped.agm     one bit of its payload turned over
//   wrong_kind.agm  a face detector
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "shared/base/file.h"
#include "shared/infer/load_model.h"
#include "tests/support/model_builder.h"

namespace {

bool Write(const std::string& path, const std::vector<uint8_t>& bytes) {
  const ag::Status status = ag::WriteFileAtomically(path, bytes);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.message().c_str());
  return status.ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_test_models FOLDER\n", stderr);
    return 2;
  }
  const std::string folder = argv[1];
  const auto notebook = ag::SaveModel(ag::test::NotebookModel());
  const auto detector = ag::SaveModel(ag::test::SmallDetectorModel(3));
  if (!notebook.ok() || !detector.ok()) {
    std::fprintf(stderr, "%s %s\n", notebook.status().message().c_str(),
                 detector.status().message().c_str());
    return 1;
  }
  const std::vector<uint8_t> truncated(
      notebook->begin(), notebook->begin() + static_cast<ptrdiff_t>(notebook->size() / 2));
  std::vector<uint8_t> flipped = *notebook;
  flipped[flipped.size() * 2 / 3] ^= 1;
  return Write(folder + "/notebook.agm", *notebook) &&
                 Write(folder + "/truncated.agm", truncated) &&
                 Write(folder + "/flipped.agm", flipped) &&
                 Write(folder + "/wrong_kind.agm", *detector)
             ? 0
             : 1;
}
