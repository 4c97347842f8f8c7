// What a report of `eval` says besides its figures: which model, which data, how it was made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "native/data/dataset.h"
#include "native/pictures/model_files.h"
#include "shared/base/status.h"

namespace ag {

inline constexpr int kReportSchema = 1;

struct ReportModel {
  std::string file;  // without folders
  std::string sha256;
  uint64_t bytes = 0, parameters = 0, macs = 0;
  uint32_t input_width = 0, input_height = 0;
  Provenance provenance;
};
StatusOr<ReportModel> DescribeModel(const ModelPair& models);

struct ReportData {
  std::string name;                // "UTKFace"
  std::vector<std::string> paths;  // as the user named them
  std::string split, part;         // empty: the whole set
  std::string crop;                // "detect", "as-is"
  std::string protocol;            // "21-60"; empty: every age
  size_t evaluated = 0;
  std::vector<SkippedFile> failed,
      skipped;  // pictures that could not be read; files without labels
  size_t outside_protocol = 0;
  size_t missing = 0;       // of the split's part, not in the data
  size_t centre_crops = 0;  // no face found: the picture's centre was taken
};

// [{file, [file_encoding], reason}, ...]
nlohmann::ordered_json FilesJson(const std::vector<SkippedFile>& files);

// The names of data sets from their paths, "a and b": the folder's, or of a manifest its folder's.
std::string DataSetName(const std::vector<std::string>& paths);

struct ReportMeta {
  std::string version;  // of this program
  ReportModel model;
  ReportData data;
  size_t resamples = 0;
  uint64_t seed = 0;
  std::string clusters;  // file; empty: the bootstrap draws pictures
};

nlohmann::ordered_json MetaJson(const ReportMeta& meta);

}  // namespace ag
