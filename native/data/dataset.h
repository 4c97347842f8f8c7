// Lists labelled pictures: a folder whose file names are labels (known_set.h: UTKFace's), or a
// manifest CSV.
//
// Nothing is decoded here. A bad entry is never fatal: it is skipped and listed with the reason.
//
// Manifest: a CSV (RFC 4180) whose header names the columns, in any order: `file` (relative to the
// manifest's folder, or absolute; its bytes, or with `percent` in a column `file_encoding` as in
// file_name.h), `gender` (male, female, m, f, 0, 1), `age` (years: 25, 20-29, 70+) or
// `age_lo`,`age_hi`, optionally `group` (or else `race`), `weight`. Either gender or age may be
// empty, and the age columns may be missing: unknown. Other columns are ignored. FairFace's own
// labels (file, age "20-29" or "more than 70", gender, race, service_test; Karkkainen, Joo, 2021)
// can thus be read as published.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "native/pictures/picture_walk.h"
#include "shared/base/csv.h"
#include "shared/base/file.h"
#include "shared/base/status.h"

namespace ag {

struct KnownSet;

enum class Gender : int8_t { kUnknown = -1, kMale = 0, kFemale = 1 };  // as the annotators saw it

inline constexpr double kMaxAgeYears = 120;

// Whether a label says anything: an age that nobody wrote down is stored as 0 to 120.
constexpr bool IsKnownAge(double lo, double hi) { return lo > 0 || hi < kMaxAgeYears; }

struct Sample {
  std::string file;               // bytes, as listed: relative to the data set's root, with '/'
  std::string path;               // the path to open
  double age_lo = 0, age_hi = 0;  // years, 0..120; equal if known exactly, all of it if unknown
  Gender gender = Gender::kUnknown;
  std::string group;  // "White", ...; empty: unknown
  double weight = 1;

  bool has_age() const { return IsKnownAge(age_lo, age_hi); }
  bool has_exact_age() const { return age_lo == age_hi; }
};

struct SkippedFile {
  std::string file;
  std::string reason;
};

struct Dataset {
  std::string root;
  std::vector<Sample> samples;       // sorted by `file` (folder) or in the manifest's order
  std::vector<SkippedFile> skipped;  // pictures with malformed names, rows with bad values
  LeftOut left_out;                  // of folders: what is not a readable picture
  // Of each path that was listed: the set that its samples look like (known_set.h); null: of none.
  std::vector<const KnownSet*> known;
};

struct ListOptions {
  FolderOptions folders = {};
  StopCheck stop = {};  // ends the wait for a manifest from a pipe: kInterrupted
};

// `path`: a folder (searched at any depth, picture_walk.h) or a manifest: a .csv file, a pipe, or
// "-" for standard input (the paths in the latter two are relative to the working folder).
// kNotFound; kEmpty if no sample is left: the message says what was looked for and shows the first
// few skipped names.
StatusOr<Dataset> ListDataset(const std::string& path, const ListOptions& options = {});

// Several sets, one after the other. A file name that occurs in several of them is prefixed with
// its set's root ("ROOT/FILE"). `sets`, if not null: which of `paths` each sample is from. Errors
// as from ListDataset, of the first path that has one; `root` is that of the first set.
StatusOr<Dataset> ListDatasets(const std::vector<std::string>& paths, std::vector<uint32_t>* sets,
                               const ListOptions& options = {});

// Which part a picture belongs to, from the SHA-256 of its file's bytes alone, so that the same
// picture is on the same side on every run, every machine, and under every name: validation if the
// digest's first 8 bytes (big-endian) as a fraction of 2^64 are below `validation_fraction`.
bool IsValidation(const std::string& sha256_hex, double validation_fraction);

// runs/NAME/split.csv: `file,sha256,part` (part: train, val, test, or aside: a near-duplicate of a
// picture in another part, not to be used at all), with `file_encoding` after `file` where a name
// is not UTF-8.
struct SplitEntry {
  std::string file;
  std::string sha256;
  std::string part;
};
Status WriteSplit(const std::string& path, const std::vector<SplitEntry>& entries);
StatusOr<std::vector<SplitEntry>> ReadSplit(const std::string& path,
                                            const ReadOptions& options = {});

}  // namespace ag
