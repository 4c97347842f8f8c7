// Results of a run that may be killed at any moment and gone on with.
//
// FILE.partial takes the records as they come; FILE appears when all are there. What a record was
// made with (models, options) lies in FILE.partial.json, and is compared before anything is taken
// over: records of two models never mix.
//   killed     what was written is there; the last record may be torn and is then made again
//   order      records that are made again, or whose inputs have another order now, are put into
//              their places at the end
//   full disk  the record that no longer fits is taken back, all others stay
//   two runs   the second one is refused while the first one writes: FILE.partial is locked before
//              anything is looked at, and stays so until FILE is there
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
    kNew,        // kInvalidArgument if a partial file is there
    kOverwrite,  // a partial file that is there is thrown away
    kResume,     // goes on with a partial file, else with a finished FILE, else from nothing
  };
  struct Options {
    Start start = Start::kNew;
    RecordText text = RecordText::kJsonl;
    std::string header;              // what FILE begins with (the line of a CSV file)
    nlohmann::ordered_json made_by;  // an object; every value must be the same to go on
  };

  // Every message begins with a path.
  static StatusOr<PartialFile> Open(const std::string& path, const Options& options);

  // FILE.partial and FILE.partial.json, symbolic links of `path` followed.
  struct Names {
    std::string finished, partial, origin;
  };
  static Names NamesOf(const std::string& path);

  // Whether an unfinished run of `path` was begun with kOverwrite: FILE, whatever it holds, may be
  // replaced by who goes on with it.
  static bool WasToOverwrite(const std::string& path);

  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&&) = delete;
  // Not finished and without a single record: removed.
  ~PartialFile();

  // A record from before that belongs to this input, taken out so that an input that comes twice
  // has two. With `retry_failed` a record of a failure is left behind. One thread at a time; may
  // run beside Append() and Keep().
  std::optional<StoredRecord> Take(const std::string& file, bool retry_failed);

  // The next record in the order of the inputs: a new one, or one that Take() gave. A new one is in
  // the file when this returns (a killed process does not lose it), and safe from a power failure
  // some seconds later.
  Status Append(std::string_view record);
  void Keep(const StoredRecord& record);

  // Puts the records into their order if they are not, syncs, renames. Once.
  Status Finish();

  size_t record_count() const { return record_count_; }  // in the file now
  size_t failed_kept() const { return failed_kept_; }    // failures that Keep() was given
  const std::string& path() const { return partial_path_; }
  // A finished FILE was gone on with, which does not say what made it.
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
  Status SystemError(const std::string& path, const char* action) const;

  std::string path_;  // of FILE, symbolic links followed
  std::string partial_path_;
  std::string origin_path_;
  int fd_ = -1;
  bool is_new_ = false;      // nothing was there before
  bool own_origin_ = false;  // what lies at origin_path_ is of this run's records
  bool finished_ = false;
  bool unknown_origin_ = false;
  uint64_t header_bytes_ = 0;
  uint64_t end_ = 0;  // of the last whole record
  RecordIndex index_;
  std::vector<Piece> pieces_;  // the records in the order of the inputs, neighbours joined
  size_t record_count_ = 0;
  size_t failed_kept_ = 0;
  int64_t last_sync_ms_ = 0;
};

}  // namespace ag
