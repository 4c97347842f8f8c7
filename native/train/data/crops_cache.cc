#include "native/train/data/crops_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <exception>
#include <filesystem>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "native/base/file_descriptor.h"
#include "native/pictures/model_files.h"
#include "native/train/data/checksum.h"
#include "native/train/data/crop_maker.h"
#include "native/train/data/known_hashes.h"
#include "native/train/data/random.h"
#include "shared/base/file.h"
#include "shared/base/file_lock.h"
#include "shared/base/sha256.h"
#include "shared/face/align.h"
#include "shared/image/decode.h"

namespace ag::train {
namespace {

constexpr char kMagic[8] = {'A', 'G', 'C', 'R', 'O', 'P', 'S', '2'};
constexpr size_t kHeaderBytes = 4096;  // pixels stay page-aligned when the records are
constexpr size_t kReasonBytes = 111;

// One picture. The checksums tell what reached the disk, and is still there, from what did not.
struct CropRecord {
  uint8_t state = 0;  // CropState
  char reason[kReasonBytes] = {};
  uint64_t pixels = 0;  // of the crop
  uint64_t self = 0;    // of all above, and of the crop's number
};
static_assert(sizeof(CropRecord) == 128);

struct Header {
  char magic[8];
  uint64_t count;
  uint64_t side;
};

struct Layout {
  size_t count = 0;
  size_t side = 0;
  size_t crop_bytes() const { return side * side * 3; }
  size_t record_offset(size_t index) const { return kHeaderBytes + index * sizeof(CropRecord); }
  size_t pixel_offset(size_t index) const {
    const size_t records = kHeaderBytes + count * sizeof(CropRecord);
    return (records + 4095) / 4096 * 4096 + index * crop_bytes();
  }
  size_t file_bytes() const { return pixel_offset(count); }
};

uint64_t ChecksumOf(const CropRecord& record, size_t index) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&record);
  return MixAll({index, Checksum({bytes, offsetof(CropRecord, self)})});
}

// Whether record number `index` is as it was written, and says that its picture has been looked at.
bool IsWhole(const CropRecord& record, size_t index) {
  return record.self == ChecksumOf(record, index) &&
         record.state >= static_cast<uint8_t>(CropState::kAligned) &&
         record.state <= static_cast<uint8_t>(CropState::kUnreadable);
}

bool HasPixels(const CropRecord& record) {
  return record.state != static_cast<uint8_t>(CropState::kUnreadable);
}

bool WriteAt(int fd, const void* data, size_t size, size_t offset) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::pwrite(fd, at, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    offset += static_cast<size_t>(written);
    size -= static_cast<size_t>(written);
  }
  return true;
}

bool ReadAt(int fd, void* data, size_t size, size_t offset) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::pread(fd, at, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    offset += static_cast<size_t>(got);
    size -= static_cast<size_t>(got);
  }
  return true;
}

// Runs work(worker, index) for every index on `threads` threads; the calling thread reports. The
// first error stops all. A worker is told its number so that it can keep things of its own.
Status ParallelFor(size_t count, const CropsCacheOptions& options, const char* what,
                   const std::function<Status(int, size_t)>& work) {
  std::atomic<size_t> next{0};
  std::atomic<size_t> done{0};
  std::atomic<int> running{options.threads};
  std::mutex mutex;
  Status first_error;
  auto loop = [&](int worker) {
    for (size_t i = next++; i < count; i = next++) {
      Status status;
      try {
        status = options.stop != nullptr && options.stop->load()
                     ? Status(Code::kInterrupted, "interrupted")
                     : work(worker, i);
      } catch (const std::bad_alloc&) {
        status = Status(Code::kOutOfMemory, "out of memory");  // short enough to need none
      }
      if (!status.ok()) {
        const std::lock_guard lock(mutex);
        if (first_error.ok()) first_error = std::move(status);
        next = count;
        break;
      }
      ++done;
    }
    --running;
  };
  std::vector<std::thread> workers;
  workers.reserve(static_cast<size_t>(options.threads));
  for (int w = 0; w < options.threads; ++w) {
    try {
      workers.emplace_back(loop, w);
    } catch (const std::exception&) {
      // Those that the system gives do all the work; without any, this one does.
      if (workers.empty()) loop(0);
      running -= options.threads - std::max(w, 1);
      break;
    }
  }
  auto reported = std::chrono::steady_clock::now();
  while (running > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto now = std::chrono::steady_clock::now();
    if (options.progress && now - reported > std::chrono::milliseconds(200)) {
      options.progress(done, count, what);
      reported = now;
    }
  }
  for (std::thread& worker : workers) worker.join();
  if (first_error.ok() && options.progress) options.progress(count, count, what);
  return first_error;
}

// Fills one unfinished cache file.
class Builder {
 public:
  Builder(const std::vector<Sample>& samples, const CropsCacheOptions& options,
          const std::string& detector_sha256, Layout layout, std::string path, int fd)
      : samples_(samples),
        options_(options),
        detector_sha256_(detector_sha256),
        layout_(layout),
        path_(std::move(path)),
        fd_(fd) {}

  Status Run() {
    AG_RETURN_IF_ERROR(Prepare());
    AG_RETURN_IF_ERROR(ParallelFor(samples_.size(), options_, "aligning pictures",
                                   [this](int worker, size_t i) { return MakeOne(worker, i); }));
    if (::fsync(fd_) != 0 && errno != EINVAL) return SystemError(path_, "cannot flush", errno);
    return OkStatus();
  }

 private:
  Status Prepare() {
    Header header{};
    std::memcpy(header.magic, kMagic, sizeof(kMagic));
    header.count = layout_.count;
    header.side = layout_.side;
    Header found{};
    const bool same =
        ReadAt(fd_, &found, sizeof(found), 0) && std::memcmp(&found, &header, sizeof(header)) == 0;
    if (!same && ::ftruncate(fd_, 0) != 0) return SystemError(path_, "cannot truncate", errno);
    if (::ftruncate(fd_, static_cast<off_t>(layout_.file_bytes())) != 0 ||
        !WriteAt(fd_, &header, sizeof(header), 0)) {
      return SystemError(path_, "cannot write", errno);
    }
    std::shared_ptr<Weights> detector;
    if (options_.detect) {
      AG_ASSIGN_OR_RETURN(ModelFile read, LoadDetector(options_.detector_path));
      if (read.origin.sha256 != detector_sha256_) {
        return Status(Code::kInvalidArgument, read.path + ": has just changed; start again");
      }
      detector = std::move(read.weights);
    }
    for (int w = 0; w < options_.threads; ++w) {
      AG_ASSIGN_OR_RETURN(CropMaker maker, CropMaker::Create(detector, options_.geometry));
      makers_.push_back(std::move(maker));
    }
    return OkStatus();
  }

  bool IsDone(size_t index) {
    CropRecord record;
    if (!ReadAt(fd_, &record, sizeof(record), layout_.record_offset(index))) return false;
    if (!IsWhole(record, index)) return false;
    if (!HasPixels(record)) return true;
    std::vector<uint8_t> pixels(layout_.crop_bytes());
    return ReadAt(fd_, pixels.data(), pixels.size(), layout_.pixel_offset(index)) &&
           Checksum(pixels) == record.pixels;
  }

  Status MakeOne(int worker, size_t index) {
    if (IsDone(index)) return OkStatus();
    CropRecord record;
    StatusOr<Crop> crop = Read(worker, samples_[index].path);
    if (!crop.ok()) {
      // The machine's own troubles are no property of the picture: they end the build.
      if (crop.status().code() == Code::kBackend || crop.status().code() == Code::kOutOfMemory) {
        return crop.status().WithContext(samples_[index].path);
      }
      record.state = static_cast<uint8_t>(CropState::kUnreadable);
      const std::string& reason = crop.status().message();
      std::memcpy(record.reason, reason.data(), std::min(reason.size(), kReasonBytes - 1));
    } else {
      const std::vector<uint8_t>& pixels = crop->image.pixels;
      record.state = static_cast<uint8_t>(crop->aligned ? CropState::kAligned : CropState::kCentre);
      record.pixels = Checksum(pixels);
      if (!WriteAt(fd_, pixels.data(), pixels.size(), layout_.pixel_offset(index))) {
        return SystemError(path_, "cannot write", errno);
      }
    }
    record.self = ChecksumOf(record, index);
    if (!WriteAt(fd_, &record, sizeof(record), layout_.record_offset(index))) {
      return SystemError(path_, "cannot write", errno);
    }
    return OkStatus();
  }

  StatusOr<Crop> Read(int worker, const std::string& path) {
    AG_ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, DecodeLimits{}.max_bytes));
    return makers_[static_cast<size_t>(worker)].Make(std::span<const uint8_t>(bytes));
  }

  const std::vector<Sample>& samples_;
  const CropsCacheOptions& options_;
  const std::string& detector_sha256_;
  const Layout layout_;
  const std::string path_;
  const int fd_;
  std::vector<CropMaker> makers_;
};

// Polls, so that a user can see why it waits and can stop it.
StatusOr<FileLock> WaitForLock(const std::string& path, const CropsCacheOptions& options) {
  for (;;) {
    AG_ASSIGN_OR_RETURN(std::optional<FileLock> lock, FileLock::TryTake(path));
    if (lock) return *std::move(lock);
    if (options.stop != nullptr && options.stop->load()) {
      return Status(Code::kInterrupted, "interrupted");
    }
    if (options.progress) options.progress(0, 1, "waiting for another run that makes this cache");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

// A finished file, mapped.
class Map {
 public:
  Map(const uint8_t* bytes, Layout layout) : bytes_(bytes), layout_(layout) {}
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;
  ~Map() { ::munmap(const_cast<uint8_t*>(bytes_), layout_.file_bytes()); }

  const Layout& layout() const { return layout_; }
  const CropRecord& record(size_t index) const {
    return *reinterpret_cast<const CropRecord*>(bytes_ + layout_.record_offset(index));
  }
  std::span<const uint8_t> pixels(size_t index) const {
    return {bytes_ + layout_.pixel_offset(index), layout_.crop_bytes()};
  }
  bool PixelsAreWhole(size_t index) const {
    return Checksum(pixels(index)) == record(index).pixels;
  }

 private:
  const uint8_t* bytes_;
  const Layout layout_;
};

// What lies at a path: a whole cache (`map`), a damaged one (`damage` says how), or nothing.
struct Inspection {
  std::unique_ptr<Map> map;
  std::string damage;
};

// Of another size or kind: cut off, or of an earlier version.
bool HasForm(int fd, const Layout& layout) {
  struct stat info {};
  Header header{};
  return ::fstat(fd, &info) == 0 && ReadAt(fd, &header, sizeof(header), 0) &&
         static_cast<size_t>(info.st_size) == layout.file_bytes() &&
         std::memcmp(header.magic, kMagic, sizeof(kMagic)) == 0 && header.count == layout.count &&
         header.side == layout.side;
}

StatusOr<size_t> CountDamaged(const Map& map, const CropsCacheOptions& options) {
  std::atomic<size_t> damaged{0};
  AG_RETURN_IF_ERROR(
      ParallelFor(map.layout().count, options, "checking the crops", [&](int, size_t i) {
        const CropRecord& record = map.record(i);
        damaged += !IsWhole(record, i) || (HasPixels(record) && !map.PixelsAreWhole(i));
        return OkStatus();
      }));
  return damaged.load();
}

StatusOr<Inspection> Inspect(const std::string& path, const Layout& layout,
                             const CropsCacheOptions& options) {
  Inspection found;
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return found;
    return SystemError(path, "cannot open", errno);
  }
  if (!HasForm(file.get(), layout)) {
    found.damage = "is no whole cache of this version";
    return found;
  }
  void* map = ::mmap(nullptr, layout.file_bytes(), PROT_READ, MAP_SHARED, file.get(), 0);
  if (map == MAP_FAILED) return SystemError(path, "cannot map", errno);
  found.map = std::make_unique<Map>(static_cast<const uint8_t*>(map), layout);
  AG_ASSIGN_OR_RETURN(const size_t damaged, CountDamaged(*found.map, options));
  if (damaged == 0) return found;
  found.map.reset();
  found.damage =
      std::to_string(damaged) + " of " + std::to_string(layout.count) + " crops are damaged";
  return found;
}

// Makes `path` under the lock. A damaged file becomes the unfinished one, of which the builder
// keeps what is whole.
Status BuildFile(const std::vector<Sample>& samples, const CropsCacheOptions& options,
                 const std::string& detector_sha256, const Layout& layout,
                 const std::string& path) {
  const std::string part = path + ".part";
  if (::rename(path.c_str(), part.c_str()) != 0 && errno != ENOENT) {
    return SystemError(path, "cannot rename", errno);
  }
  FileDescriptor file(::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (file.get() < 0) return SystemError(part, "cannot create", errno);
  AG_RETURN_IF_ERROR(Builder(samples, options, detector_sha256, layout, part, file.get()).Run());
  if (::rename(part.c_str(), path.c_str()) != 0) return SystemError(path, "cannot rename", errno);
  return OkStatus();
}

std::string DescribeKey(const std::vector<std::string>& hashes, const CropsCacheOptions& options,
                        const std::string& detector_sha256) {
  std::string text = "ag crops " + std::to_string(kCropVersion) + "\n";
  text += "input " + std::to_string(options.geometry.input_side) + " cache " +
          std::to_string(options.geometry.cache_side) + "\n";
  if (options.detect) {
    text += "detector " + detector_sha256 + "\npoints";
    for (float point : kDefaultCropPoints) text += " " + std::to_string(point);
    text += "\n";
  } else {
    text += "centre\n";
  }
  for (const std::string& hash : hashes) text += hash + "\n";
  return HexString(
      HashSha256(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size())));
}

// Empty where none is used.
StatusOr<std::string> DetectorDigest(const CropsCacheOptions& options) {
  if (!options.detect) return std::string();
  AG_ASSIGN_OR_RETURN(const auto detector, ReadFile(options.detector_path, size_t{64} << 20));
  return HexString(HashSha256(detector));
}

}  // namespace

struct CropsCache::Impl {
  std::string path, key;
  bool reused = false;
  std::unique_ptr<Map> map;
  std::atomic<bool> damaged{false};  // pixels() has met a crop that is
};

CropsCache::CropsCache(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CropsCache::CropsCache(CropsCache&&) noexcept = default;
CropsCache& CropsCache::operator=(CropsCache&&) noexcept = default;
CropsCache::~CropsCache() = default;

size_t CropsCache::size() const { return impl_->map->layout().count; }
int CropsCache::side() const { return static_cast<int>(impl_->map->layout().side); }
CropState CropsCache::state(size_t index) const {
  return static_cast<CropState>(impl_->map->record(index).state);
}
std::string CropsCache::reason(size_t index) const {
  const char* text = impl_->map->record(index).reason;
  return std::string(text, ::strnlen(text, kReasonBytes));
}
std::span<const uint8_t> CropsCache::pixels(size_t index) const {
  const std::span<const uint8_t> pixels = impl_->map->pixels(index);
  if (HasPixels(impl_->map->record(index)) && !impl_->map->PixelsAreWhole(index)) {
    impl_->damaged = true;
  }
  return pixels;
}
Status CropsCache::Check() const {
  if (!impl_->damaged) return OkStatus();
  return Status(Code::kIo, impl_->path +
                               ": has changed since it was opened; what is damaged is made anew "
                               "when the run is started again");
}
const std::string& CropsCache::key() const { return impl_->key; }
bool CropsCache::reused() const { return impl_->reused; }

Status HashFiles(const std::vector<Sample>& samples, const CropsCacheOptions& options,
                 std::vector<std::string>* hashes, std::vector<std::string>* reasons) {
  hashes->assign(samples.size(), "");
  reasons->assign(samples.size(), "");
  std::error_code ignored;
  std::filesystem::create_directories(options.folder, ignored);
  KnownHashes known(options.folder);
  if (known.damaged() && options.notes != nullptr) {
    options.notes->push_back(options.folder + "/hashes.txt: damaged; every picture is read again");
  }
  // A file's stamp is taken before it is read: one that changes meanwhile is read again next time.
  std::vector<FileStamp> stamps(samples.size());
  std::vector<uint8_t> fresh(samples.size(), 0);
  AG_RETURN_IF_ERROR(ParallelFor(samples.size(), options, "hashing pictures", [&](int, size_t i) {
    stamps[i] = StampOf(samples[i].path);
    (*hashes)[i] = known.Find(samples[i].path, stamps[i]);
    if (!(*hashes)[i].empty()) return OkStatus();
    const StatusOr<std::vector<uint8_t>> bytes =
        ReadFile(samples[i].path, DecodeLimits{}.max_bytes);
    if (bytes.ok()) {
      (*hashes)[i] = HexString(HashSha256(*bytes));
      fresh[i] = 1;
    } else {
      (*reasons)[i] = bytes.status().message();
    }
    return OkStatus();
  }));
  for (size_t i = 0; i < samples.size(); ++i) {
    if (fresh[i] != 0) known.Add(samples[i].path, stamps[i], (*hashes)[i]);
  }
  // Only a memory: a full disk is no reason to stop here.
  [[maybe_unused]] const Status saved = known.Save();
  return OkStatus();
}

StatusOr<std::string> CropsKey(const std::vector<std::string>& hashes,
                               const CropsCacheOptions& options) {
  AG_ASSIGN_OR_RETURN(const std::string detector, DetectorDigest(options));
  return DescribeKey(hashes, options, detector);
}

StatusOr<CropsCache> BuildCropsCache(const std::vector<Sample>& samples,
                                     const std::vector<std::string>& hashes,
                                     const CropsCacheOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) return Status(Code::kIo, options.folder + ": cannot create: " + error.message());

  AG_ASSIGN_OR_RETURN(const std::string detector, DetectorDigest(options));
  auto impl = std::make_unique<CropsCache::Impl>();
  impl->key = DescribeKey(hashes, options, detector);
  impl->path =
      (std::filesystem::path(options.folder) / ("crops-" + impl->key.substr(0, 32) + ".bin"))
          .string();
  Layout layout;
  layout.count = samples.size();
  layout.side = static_cast<size_t>(options.geometry.cache_side);

  AG_ASSIGN_OR_RETURN(Inspection found, Inspect(impl->path, layout, options));
  impl->reused = found.map != nullptr;
  if (found.map == nullptr) {
    AG_ASSIGN_OR_RETURN(const FileLock lock, WaitForLock(impl->path + ".lock", options));
    // Another run may have made or mended it while this one waited.
    AG_ASSIGN_OR_RETURN(found, Inspect(impl->path, layout, options));
    if (!found.damage.empty() && options.notes != nullptr) {
      options.notes->push_back(impl->path + ": " + found.damage + "; made anew");
    }
    if (found.map == nullptr) {
      AG_RETURN_IF_ERROR(BuildFile(samples, options, detector, layout, impl->path));
      AG_ASSIGN_OR_RETURN(found, Inspect(impl->path, layout, options));
    }
  }
  if (found.map == nullptr) {
    return Status(Code::kIo, impl->path + ": " + (found.damage.empty() ? "is gone" : found.damage) +
                                 " right after it was written: look at the disk");
  }
  impl->map = std::move(found.map);
  return CropsCache(std::move(impl));
}

}  // namespace ag::train
