// Results of a run that may be killed at any moment and resumed.
//
// FILE.partial receives the records as they are made; FILE appears when all are there. How records
// are made (models, options) is stored in FILE.partial.json and compared before anything is
// resumed: records of two models never mix.
//   killed     what was written is kept; the last record may be torn and is then made again
//   order      records that are made again, or whose inputs now come in another order, are moved to
//              their places at the end
//   full disk  the record that does not fit is taken back, all others stay
//   two runs   the second one is refused while the first one writes: FILE.partial is locked before
//              anything is examined, and stays so until FILE exists
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native/run/record_index.h"
#include "shared/base/status.h"
#include "shared/base/temporary_file.h"

namespace ag {

class PartialFile {
 public:
  enum class Start {
    kNew,        // kInvalidArgument if a partial file exists
    kOverwrite,  // an existing partial file is discarded
    kResume,     // continues a partial file, or else a finished FILE, or else starts from nothing
  };
  struct Options {
    Start start = Start::kNew;
    RecordText text = RecordText::kJsonl;
    std::string header;              // what FILE begins with (the line of a CSV file)
    nlohmann::ordered_json made_by;  // an object; resuming needs every value to be the same
  };

  // Every message begins with a path.
  static StatusOr<PartialFile> Open(const std::string& path, const Options& options);

  // FILE.partial and FILE.partial.json, with symbolic links in `path` resolved.
  struct Names {
    std::string finished, partial, origin;
  };
  static Names NamesOf(const std::string& path);

  // Whether an unfinished run of `path` was started with kOverwrite: whoever resumes it may replace
  // FILE, whatever it holds.
  static bool WasToOverwrite(const std::string& path);

  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&&) = delete;
  // If it is not finished and has no record, it is removed.
  ~PartialFile();

  // Takes out an earlier record of this input, so that an input that occurs twice gets both. With
  // `retry_failed` the record of a failure stays behind. One thread at a time; may run beside
  // Append() and Keep().
  std::optional<StoredRecord> Take(const std::string& file, bool retry_failed);

  // The next record in the order of the inputs: a new one, or one from Take(). A new record is in
  // the file when this returns (a killed process does not lose it), and safe from a power failure
  // some seconds later.
  Status Append(std::string_view record);
  void Keep(const StoredRecord& record);

  // Brings the records into order if necessary, syncs, renames. Call once.
  Status Finish();

  size_t record_count() const { return record_count_; }  // in the file now
  size_t failed_kept() const { return failed_kept_; }    // failures passed to Keep()
  const std::string& path() const { return partial_path_; }
  // A finished FILE was resumed that does not say how it was made.
  bool unknown_origin() const { return unknown_origin_; }

 private:
  struct Piece {
    uint64_t offset = 0, length = 0;
  };

  PartialFile() = default;
  Status OpenAlone();
  Status Begin(const Options& options);
  bool IsCopyOfFinished() const;
  Status CopyFinished();
  Status CompareOrigin(const nlohmann::ordered_json& made_by) const;
  Status StartAnew(const Options& options);
  Status WriteOrigin(const Options& options);
  Status GoOn(const Options& options);
  Status Write(std::string_view text);
  Status WriteInOrder(TemporaryFile* file) const;
  void AddPiece(uint64_t offset, uint64_t length);

  std::string path_;  // of FILE, symbolic links followed
  std::string partial_path_;
  std::string origin_path_;
  int fd_ = -1;
  bool is_new_ = false;      // no file existed before
  bool own_origin_ = false;  // the file at origin_path_ describes this run's records
  bool finished_ = false;
  bool unknown_origin_ = false;
  uint64_t header_bytes_ = 0;
  uint64_t end_ = 0;  // of the last whole record
  RecordIndex index_;
  std::vector<Piece> pieces_;  // the records in the order of the inputs, adjacent ones joined
  size_t record_count_ = 0;
  size_t failed_kept_ = 0;
  int64_t last_sync_ms_ = 0;
};

}  // namespace ag
