#include "native/data/split_part.h"

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "native/base/interrupt.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"

namespace ag {

StatusOr<Selection> SelectPart(std::vector<Sample> samples, const std::string& split_path,
                               const std::string& part, size_t max_bytes) {
  AG_ASSIGN_OR_RETURN(const std::vector<SplitEntry> entries, ReadSplit(split_path, NamedByUser()));
  std::unordered_map<std::string, const SplitEntry*> by_name;
  std::unordered_set<std::string> wanted;
  for (const SplitEntry& entry : entries) {
    by_name[entry.file] = &entry;
    if (entry.part == part) wanted.insert(entry.sha256);
  }
  Selection selection;
  std::unordered_set<std::string> found;
  for (Sample& sample : samples) {
    std::string sha256;
    if (const auto entry = by_name.find(sample.file); entry != by_name.end()) {
      if (entry->second->part != part) continue;
      sha256 = entry->second->sha256;
    } else if (StatusOr<std::vector<uint8_t>> bytes = ReadFile(sample.path, max_bytes);
               bytes.ok()) {
      sha256 = HexString(HashSha256(*bytes));
      if (!wanted.contains(sha256)) continue;
    }
    found.insert(sha256);
    selection.samples.push_back({std::move(sample), std::move(sha256)});
  }
  for (const std::string& sha256 : wanted) selection.missing += found.contains(sha256) ? 0 : 1;
  if (selection.samples.empty()) {
    return Status(Code::kEmpty, split_path + ": none of the data is in the part " + part +
                                    " (the split lists " + std::to_string(wanted.size()) +
                                    " pictures of it; was it made from other data?)");
  }
  return selection;
}

}  // namespace ag
