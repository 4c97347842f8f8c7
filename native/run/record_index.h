// Where the records of an unfinished output stand, found by the file that they are of.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/status.h"

namespace ag {

enum class RecordText { kJsonl, kCsv };

struct StoredRecord {
  uint64_t offset = 0, length = 0;  // bytes of the file
  bool failed = false;
};

class RecordIndex {
 public:
  // `text`: what record.h writes, `header` first. Reading ends at the first record that is not
  // whole: the end of a torn file. For CSV the last record is never taken for whole, since more of
  // its rows may be missing. kInvalidArgument: another header, records of another schema.
  static StatusOr<RecordIndex> Read(std::string_view text, RecordText kind,
                                    std::string_view header);

  // Takes out the record of `file` (its bytes): a success before a failure, the latest of several
  // failures (it was tried again). With `leave_failed` a failure is taken out and not returned.
  std::optional<StoredRecord> Take(const std::string& file, bool leave_failed);

  size_t count() const { return count_; }
  uint64_t end() const {
    return end_;
  }  // of the last whole record (of the header if there is none)

 private:
  // Of a name's bytes: 128 bits of their SHA-256, of which nobody finds two alike.
  struct Key {
    uint64_t high = 0, low = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Entry {
    Key key;
    StoredRecord record;
    bool taken = false;
  };

  static Key KeyOf(const std::string& file);
  void Sort();

  std::vector<Entry> entries_;  // by key, then in the order in which Take() wants them
  size_t count_ = 0;
  uint64_t end_ = 0;
};

}  // namespace ag
