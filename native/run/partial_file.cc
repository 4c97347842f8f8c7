#include "native/run/partial_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "shared/base/file.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kSyncMilliseconds = 10'000;
constexpr size_t kCopyBytes = 1 << 20;
constexpr size_t kMaxOriginBytes = 1 << 20;
// In the origin, beside what the records were made with; not compared.
constexpr const char* kOverwriteKey = "--overwrite";
constexpr const char* kHowToGoOn = "(--resume continues it, --overwrite starts again)";

int64_t NowMilliseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

bool IsFile(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// A whole file as text, its pages shared with the system's cache.
class MappedFile {
 public:
  explicit MappedFile(int fd) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return;
    size_ = static_cast<size_t>(info.st_size);
    if (size_ == 0) {
      ok_ = true;
      return;
    }
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    ok_ = data_ != MAP_FAILED;
    if (!ok_) data_ = nullptr;
  }
  ~MappedFile() {
    if (data_ != nullptr) ::munmap(data_, size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  bool ok() const { return ok_; }
  std::string_view text() const { return {static_cast<const char*>(data_), data_ ? size_ : 0}; }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
  bool ok_ = false;
};

// FILE's own name may fit where the names of the files beside it do not.
Status CheckLength(const std::string& path, const std::string& longest) {
  const std::filesystem::path last = longest;
  const std::string folder = last.has_parent_path() ? last.parent_path().string() : ".";
  const long most = ::pathconf(folder.c_str(), _PC_NAME_MAX);
  const size_t bytes = last.filename().string().size();
  if (most <= 0 || bytes <= static_cast<size_t>(most)) return OkStatus();
  return Status(Code::kInvalidArgument,
                path + ": the name is too long by " +
                    std::to_string(bytes - static_cast<size_t>(most)) +
                    " bytes: during the run, .partial.json is appended to it");
}

std::string ShortText(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  constexpr size_t kShown = 40;
  return text.size() > kShown ? text.substr(0, kShown) + "..." : text;
}

}  // namespace

PartialFile::PartialFile(PartialFile&& other) noexcept
    : path_(std::move(other.path_)),
      partial_path_(std::move(other.partial_path_)),
      origin_path_(std::move(other.origin_path_)),
      fd_(std::exchange(other.fd_, -1)),
      is_new_(other.is_new_),
      own_origin_(other.own_origin_),
      finished_(other.finished_),
      unknown_origin_(other.unknown_origin_),
      header_bytes_(other.header_bytes_),
      end_(other.end_),
      index_(std::move(other.index_)),
      pieces_(std::move(other.pieces_)),
      record_count_(other.record_count_),
      failed_kept_(other.failed_kept_),
      last_sync_ms_(other.last_sync_ms_) {}

PartialFile::~PartialFile() {
  if (fd_ < 0) return;
  if (!finished_ && record_count_ == 0) {
    ::unlink(partial_path_.c_str());
    if (own_origin_) ::unlink(origin_path_.c_str());
  }
  ::close(fd_);
}

PartialFile::Names PartialFile::NamesOf(const std::string& path) {
  std::error_code not_there;
  const std::filesystem::path target = std::filesystem::canonical(path, not_there);
  const std::string finished = not_there ? path : target.string();
  return {finished, finished + ".partial", finished + ".partial.json"};
}

StatusOr<PartialFile> PartialFile::Open(const std::string& path, const Options& options) {
  PartialFile file;
  Names names = NamesOf(path);
  file.path_ = std::move(names.finished);
  file.partial_path_ = std::move(names.partial);
  file.origin_path_ = std::move(names.origin);
  std::error_code not_there;
  if (std::filesystem::is_directory(file.path_, not_there)) {
    return Status(Code::kInvalidArgument, path + ": is a folder; expected the name of a file");
  }
  AG_RETURN_IF_ERROR(CheckLength(path, file.origin_path_));
  AG_RETURN_IF_ERROR(file.OpenAlone());
  AG_RETURN_IF_ERROR(file.Begin(options));
  return file;
}

// First of all: what another run is about to do with these files is unknown.
Status PartialFile::OpenAlone() {
  const Status busy(Code::kIo, partial_path_ + ": another run is writing to it");
  fd_ = ::open(partial_path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  is_new_ = fd_ >= 0;
  if (!is_new_) fd_ = ::open(partial_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) return WriteError(partial_path_, "cannot create", errno);
  record_count_ = 1;  // it may belong to another run
  // File systems without locks: nothing is guarded.
  bool alone = ::flock(fd_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  // A run that ended in between has renamed the file that was opened.
  struct stat opened {
  }, there{};
  alone = alone && ::fstat(fd_, &opened) == 0 && ::stat(partial_path_.c_str(), &there) == 0 &&
          opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
  if (!alone) return busy;
  // A run that has renamed it keeps it locked, as FILE, until its last step.
  const int finished = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (finished < 0) return OkStatus();
  const bool ending = ::flock(finished, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(finished);
  if (!ending) return OkStatus();
  if (opened.st_size == 0) ::unlink(partial_path_.c_str());
  return busy;
}

// What exists, once the lock is held:
//   records, their origin  an unfinished run
//   records, no origin     a copy of FILE that nobody continued; otherwise not something to resume
//   empty, origin          a run that was killed before its first record
//   empty or new, FILE     a finished run; its origin remains if it was killed at the very end
Status PartialFile::Begin(const Options& options) {
  header_bytes_ = options.header.size();
  last_sync_ms_ = NowMilliseconds();
  struct stat info {};
  const bool empty = ::fstat(fd_, &info) == 0 && info.st_size == 0;
  if (empty) record_count_ = 0;  // nothing is lost
  if (!empty && options.start == Start::kNew) {
    return Status(Code::kInvalidArgument,
                  partial_path_ + ": an earlier run was not finished " + kHowToGoOn);
  }
  const bool has_origin = IsFile(origin_path_);
  const bool begun = empty ? has_origin && !is_new_ : has_origin || !IsCopyOfFinished();
  const bool resume = options.start == Start::kResume;
  if (!resume || (empty && (begun || !IsFile(path_)))) return StartAnew(options);
  if (!begun) {
    unknown_origin_ = !has_origin;
    if (has_origin) AG_RETURN_IF_ERROR(CompareOrigin(options.made_by));
    AG_RETURN_IF_ERROR(CopyFinished());
    if (unknown_origin_) AG_RETURN_IF_ERROR(WriteOrigin(options));
  }
  const Status status = GoOn(options);
  if (!status.ok() && !begun) record_count_ = 0;  // FILE contains them all
  if (status.ok()) own_origin_ = true;
  return status;
}

bool PartialFile::IsCopyOfFinished() const {
  const int finished = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (finished < 0) return false;
  const MappedFile a(finished), b(fd_);
  ::close(finished);
  return a.ok() && b.ok() && a.text() == b.text();
}

// A copy, since FILE must stay whole; complete or absent, since its records may be the only ones.
// The lock moves with it: whoever opened the empty file before finds another one in its place.
Status PartialFile::CopyFinished() {
  AG_ASSIGN_OR_RETURN(TemporaryFile copy, TemporaryFile::Create(partial_path_));
  const int from = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return WriteError(path_, "cannot read", errno);
  std::string buffer(kCopyBytes, '\0');
  Status status;
  for (ssize_t got = 1; got > 0 && status.ok();) {
    got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      got = 1;
    } else if (got < 0) {
      status = WriteError(path_, "cannot read", errno);
    } else {
      status = copy.Write(std::string_view(buffer).substr(0, static_cast<size_t>(got)));
    }
  }
  ::close(from);
  AG_RETURN_IF_ERROR(status);
  AG_RETURN_IF_ERROR(copy.Rename(TemporaryFile::Until::kDisk));
  ::close(std::exchange(fd_, copy.Release()));
  return OkStatus();
}

Status PartialFile::CompareOrigin(const Json& made_by) const {
  StatusOr<std::vector<uint8_t>> bytes = ReadFile(origin_path_, kMaxOriginBytes);
  if (!bytes.ok()) {
    return Status(Code::kInvalidArgument, bytes.status().message() +
                                              " (it says what the records were made with; "
                                              "--overwrite starts again)");
  }
  const Json before = Json::parse(*bytes, nullptr, /*allow_exceptions=*/false);
  for (const auto& [name, value] : made_by.items()) {
    const Json old = before.is_object() && before.contains(name) ? before[name] : Json(nullptr);
    if (old == value) continue;
    const bool other_program = name == "program" || name == "schema";
    return Status(Code::kInvalidArgument,
                  partial_path_ + ": was begun with a different " + name + " (" + ShortText(old) +
                      ", now " + ShortText(value) +
                      "): " + (other_program ? "resume with that program" : "use the same") +
                      ", or use --overwrite to start again");
  }
  return OkStatus();
}

Status PartialFile::StartAnew(const Options& options) {
  // The description of how the records were made is written first, so that records never lie beside
  // another run's description.
  ::unlink(origin_path_.c_str());
  if (::ftruncate(fd_, 0) != 0) return WriteError(partial_path_, "cannot write", errno);
  record_count_ = 0;
  AG_RETURN_IF_ERROR(WriteOrigin(options));
  return Write(options.header);
}

Status PartialFile::WriteOrigin(const Options& options) {
  Json origin = options.made_by;
  if (options.start == Start::kOverwrite) origin[kOverwriteKey] = true;
  AG_RETURN_IF_ERROR(WriteFileAtomically(origin_path_, origin.dump(2) + "\n"));
  own_origin_ = true;
  return OkStatus();
}

bool PartialFile::WasToOverwrite(const std::string& path) {
  const StatusOr<std::vector<uint8_t>> bytes = ReadFile(NamesOf(path).origin, kMaxOriginBytes);
  if (!bytes.ok()) return false;
  const Json origin = Json::parse(*bytes, nullptr, /*allow_exceptions=*/false);
  return origin.is_object() && origin.contains(kOverwriteKey);
}

Status PartialFile::GoOn(const Options& options) {
  AG_RETURN_IF_ERROR(CompareOrigin(options.made_by));
  {
    const MappedFile mapped(fd_);
    if (!mapped.ok()) return WriteError(partial_path_, "cannot read", errno);
    StatusOr<RecordIndex> index = RecordIndex::Read(mapped.text(), options.text, options.header);
    if (!index.ok()) return index.status().WithContext(unknown_origin_ ? path_ : partial_path_);
    const bool nothing_known = index->count() == 0 && mapped.text().size() > header_bytes_;
    if (unknown_origin_ && nothing_known) {
      return Status(Code::kInvalidArgument, path_ + ": holds no records to continue");
    }
    index_ = *std::move(index);
  }
  record_count_ = index_.count();
  end_ = index_.end();
  if (::ftruncate(fd_, static_cast<off_t>(end_)) != 0) {
    return WriteError(partial_path_, "cannot write", errno);
  }
  return end_ == 0 ? Write(options.header) : OkStatus();
}

std::optional<StoredRecord> PartialFile::Take(const std::string& file, bool retry_failed) {
  return index_.Take(file, retry_failed);
}

// All of `text`, or none of it.
Status PartialFile::Write(std::string_view text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t written =
        ::pwrite(fd_, text.data() + done, text.size() - done, static_cast<off_t>(end_ + done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      Status error = WriteError(path_, "cannot write", errno);
      // If this fails too, the torn record is found and dropped when the run is resumed.
      [[maybe_unused]] const int ignored = ::ftruncate(fd_, static_cast<off_t>(end_));
      return error;
    }
    done += static_cast<size_t>(written);
  }
  end_ += text.size();
  return OkStatus();
}

void PartialFile::AddPiece(uint64_t offset, uint64_t length) {
  if (!pieces_.empty() && pieces_.back().offset + pieces_.back().length == offset) {
    pieces_.back().length += length;
  } else {
    pieces_.push_back({offset, length});
  }
}

Status PartialFile::Append(std::string_view record) {
  const uint64_t offset = end_;
  AG_RETURN_IF_ERROR(Write(record));
  AddPiece(offset, record.size());
  ++record_count_;
  const int64_t now = NowMilliseconds();
  if (now - last_sync_ms_ < kSyncMilliseconds) return OkStatus();
  last_sync_ms_ = now;
  if (::fdatasync(fd_) != 0 && errno != EINVAL) return WriteError(path_, "cannot flush", errno);
  return OkStatus();
}

void PartialFile::Keep(const StoredRecord& record) {
  AddPiece(record.offset, record.length);
  failed_kept_ += record.failed;
}

// Assembles FILE from the pieces; the partial file stays as it is until FILE exists.
Status PartialFile::WriteInOrder(TemporaryFile* file) const {
  std::vector<Piece> pieces = {{0, header_bytes_}};
  pieces.insert(pieces.end(), pieces_.begin(), pieces_.end());
  std::string buffer;
  for (const Piece& piece : pieces) {
    for (uint64_t done = 0; done < piece.length;) {
      buffer.resize(static_cast<size_t>(std::min<uint64_t>(kCopyBytes, piece.length - done)));
      const ssize_t got =
          ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(piece.offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return WriteError(partial_path_, "cannot read", errno);
      buffer.resize(static_cast<size_t>(got));
      AG_RETURN_IF_ERROR(file->Write(std::string_view(buffer)));
      done += static_cast<uint64_t>(got);
    }
  }
  return file->Rename(TemporaryFile::Until::kDisk);
}

// Whichever file becomes FILE stays locked until the origin is removed: a run starting in between
// would otherwise lose its own.
Status PartialFile::Finish() {
  const bool in_order = pieces_.empty()
                            ? end_ == header_bytes_
                            : pieces_.size() == 1 && pieces_[0].offset == header_bytes_ &&
                                  pieces_[0].offset + pieces_[0].length == end_;
  std::optional<TemporaryFile> ordered;
  if (in_order) {
    if (::fsync(fd_) != 0 && errno != EINVAL) return WriteError(path_, "cannot flush", errno);
    if (::rename(partial_path_.c_str(), path_.c_str()) != 0) {
      return WriteError(path_, "cannot rename the finished file", errno);
    }
  } else {
    AG_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Create(path_));
    ordered.emplace(std::move(file));
    AG_RETURN_IF_ERROR(WriteInOrder(&*ordered));
    ::unlink(partial_path_.c_str());
  }
  finished_ = true;
  ::unlink(origin_path_.c_str());
  return OkStatus();
}

}  // namespace ag
