// Decodes and aligns every picture of a data set once, in parallel, into one memory-mapped file.
//
// The file is named after its contents: SHA-256 over the contents of the pictures (in order), the
// crop geometry, the detector's file and kCropVersion. So any later run over the same pictures
// finds it, whatever they are called, and it never serves stale pixels. It is written under a
// second name and renamed when complete; an interrupted build continues where it stopped, and two
// processes that want the same file wait for each other.
//
// Records and crops carry checksums (checksum.h). All are checked when a cache is opened, on all
// threads; damaged ones are made again and noted. Each crop is checked again at each use.
//
//   file   header (kHeaderBytes), count records (CropRecord), count crops of [side, side, 3] uint8
//   errors an unreadable picture is a record with its reason, never an error of the whole
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "native/data/dataset.h"
#include "shared/base/status.h"

namespace ag::train {

// Increment when the same picture gives different crops: decoder, finder (its default options too),
// warp or template.
inline constexpr int kCropVersion = 3;

enum class CropState : uint8_t {
  kMissing = 0,     // not made yet
  kAligned = 1,     // a face was found and aligned
  kCentre = 2,      // no face found, or not looked for: the centre of the picture
  kUnreadable = 3,  // no crop; the record holds the reason
};

// Geometry of a crop: the net's view is the middle input_side pixels of cache_side, at the same
// scale.
struct CropGeometry {
  int input_side = 112;
  int cache_side = 128;
};

struct CropsCacheOptions {
  std::string folder;
  CropGeometry geometry;
  bool detect = true;
  std::string detector_path;  // its file is hashed and read when crops have to be made
  int threads = 1;
  // Called from one thread now and then: (done, total, what).
  std::function<void(size_t, size_t, const char*)> progress;
  const std::atomic<bool>* stop = nullptr;    // set: give up with kInterrupted
  std::vector<std::string>* notes = nullptr;  // gets what was damaged and made anew
};

// A finished cache, mapped read-only. Movable; threads may read it at once.
class CropsCache {
 public:
  CropsCache(CropsCache&&) noexcept;
  CropsCache& operator=(CropsCache&&) noexcept;
  ~CropsCache();

  size_t size() const;
  int side() const;
  CropState state(size_t index) const;
  std::string reason(size_t index) const;  // kUnreadable: why
  // [side, side, 3]. After reading pixels, call Check() before using anything derived from them.
  std::span<const uint8_t> pixels(size_t index) const;
  // kIo once pixels() has found a crop that is not what was written: something has changed the file
  // since it was opened.
  Status Check() const;
  const std::string& key() const;  // the hex digest that names it
  bool reused() const;             // found whole: nothing was decoded

 private:
  friend StatusOr<CropsCache> BuildCropsCache(const std::vector<Sample>&,
                                              const std::vector<std::string>&,
                                              const CropsCacheOptions&);
  struct Impl;
  explicit CropsCache(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The name of a cache: the pictures' digests, in order, the geometry, the detector and the points
// that crops are aligned to. Errors: those of reading the detector.
StatusOr<std::string> CropsKey(const std::vector<std::string>& hashes,
                               const CropsCacheOptions& options);

// SHA-256 (hex) of every sample's file, in parallel; empty if the file cannot be read, with the
// reason in `reasons` (same length). kInterrupted if `stop` is set meanwhile.
Status HashFiles(const std::vector<Sample>& samples, const CropsCacheOptions& options,
                 std::vector<std::string>* hashes, std::vector<std::string>* reasons);

// `hashes`: of the samples' files, none empty. kIo (names the cache file: full disk, permissions, a
// disk that does not keep what is written), kInterrupted, or what loading the detector says.
StatusOr<CropsCache> BuildCropsCache(const std::vector<Sample>& samples,
                                     const std::vector<std::string>& hashes,
                                     const CropsCacheOptions& options);

}  // namespace ag::train
