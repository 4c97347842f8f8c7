#include "native/cli/partial_file.h"

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

#include "native/cli/output_file.h"
#include "shared/base/file.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kSyncMilliseconds = 10'000;
constexpr size_t kCopyBytes = 1 << 20;
constexpr size_t kMaxOriginBytes = 1 << 20;
constexpr const char* kHowToGoOn = "(--resume goes on with it, --overwrite starts anew)";

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
    ::unlink(origin_path_.c_str());
  }
  ::close(fd_);
}

Status PartialFile::SystemError(const std::string& path, const char* action) const {
  return Status(Code::kIo, path + ": " + action + ": " + std::strerror(errno));
}

StatusOr<PartialFile> PartialFile::Open(const std::string& path, const Options& options) {
  PartialFile file;
  std::error_code not_there;
  const std::filesystem::path target = std::filesystem::canonical(path, not_there);
  file.path_ = not_there ? path : target.string();
  file.partial_path_ = file.path_ + ".partial";
  file.origin_path_ = file.partial_path_ + ".json";
  if (std::filesystem::is_directory(file.path_, not_there)) {
    return Status(Code::kIo, path + ": is a folder, expected the name of a file");
  }
  const bool partial = IsFile(file.partial_path_);
  if (partial && options.start == Start::kNew) {
    return Status(Code::kInvalidArgument,
                  file.partial_path_ + ": an earlier run was not finished " + kHowToGoOn);
  }
  AG_RETURN_IF_ERROR(file.OpenFile(options));
  return file;
}

Status PartialFile::OpenFile(const Options& options) {
  const bool resume = options.start == Start::kResume;
  const bool copy = resume && !IsFile(partial_path_) && IsFile(path_);
  if (copy) AG_RETURN_IF_ERROR(CopyFinished(options));
  AG_RETURN_IF_ERROR(OpenAlone());
  header_bytes_ = options.header.size();
  // Until it is read, nothing of it may be thrown away.
  record_count_ = 1;
  struct stat info {};
  const bool empty = ::fstat(fd_, &info) == 0 && info.st_size == 0;
  Status status = resume && !empty ? GoOn(options) : StartAnew(options);
  if (!status.ok() && copy) {
    ::unlink(partial_path_.c_str());
    ::unlink(origin_path_.c_str());
  }
  last_sync_ms_ = NowMilliseconds();
  return status;
}

// A finished file is gone on with as if it were the partial one; a copy, since it must stay whole.
Status PartialFile::CopyFinished(const Options& options) {
  unknown_origin_ = !IsFile(origin_path_);
  if (unknown_origin_) {
    AG_RETURN_IF_ERROR(WriteFileAtomically(origin_path_, options.made_by.dump(2) + "\n"));
  }
  const std::string copy = partial_path_ + ".copy";
  std::error_code error;
  std::filesystem::copy_file(path_, copy, std::filesystem::copy_options::overwrite_existing, error);
  if (error) return Status(Code::kIo, copy + ": cannot copy: " + error.message());
  if (::rename(copy.c_str(), partial_path_.c_str()) != 0) {
    return SystemError(partial_path_, "cannot rename");
  }
  return OkStatus();
}

Status PartialFile::OpenAlone() {
  fd_ = ::open(partial_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) return SystemError(partial_path_, "cannot create");
  record_count_ = 1;  // it may be another run's
  // File systems without locks: nobody is watched over.
  bool alone = ::flock(fd_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  // A run that ended in between has renamed what was opened.
  struct stat opened {
  }, there{};
  alone = alone && ::fstat(fd_, &opened) == 0 && ::stat(partial_path_.c_str(), &there) == 0 &&
          opened.st_ino == there.st_ino;
  if (alone) return OkStatus();
  return Status(Code::kIo, partial_path_ + ": another run is writing to it");
}

Status PartialFile::CompareOrigin(const Json& made_by) const {
  StatusOr<std::vector<uint8_t>> bytes = ReadFile(origin_path_, kMaxOriginBytes);
  if (!bytes.ok()) {
    return Status(Code::kInvalidArgument, bytes.status().message() +
                                              " (it says what the records were made with; "
                                              "--overwrite starts anew)");
  }
  const Json before = Json::parse(*bytes, nullptr, /*allow_exceptions=*/false);
  for (const auto& [name, value] : made_by.items()) {
    const Json old = before.is_object() && before.contains(name) ? before[name] : Json(nullptr);
    if (old == value) continue;
    const bool other_program = name == "program" || name == "schema";
    return Status(Code::kInvalidArgument,
                  partial_path_ + ": was begun with another " + name + " (" + ShortText(old) +
                      ", now " + ShortText(value) +
                      "): " + (other_program ? "go on with that program" : "give the same") +
                      ", or --overwrite to start anew");
  }
  return OkStatus();
}

Status PartialFile::StartAnew(const Options& options) {
  record_count_ = 0;
  if (::ftruncate(fd_, 0) != 0) return SystemError(partial_path_, "cannot write");
  AG_RETURN_IF_ERROR(WriteFileAtomically(origin_path_, options.made_by.dump(2) + "\n"));
  return Write(options.header);
}

Status PartialFile::GoOn(const Options& options) {
  AG_RETURN_IF_ERROR(CompareOrigin(options.made_by));
  {
    const MappedFile mapped(fd_);
    if (!mapped.ok()) return SystemError(partial_path_, "cannot read");
    StatusOr<RecordIndex> index = RecordIndex::Read(mapped.text(), options.text, options.header);
    if (!index.ok()) return index.status().WithContext(unknown_origin_ ? path_ : partial_path_);
    const bool nothing_known = index->count() == 0 && mapped.text().size() > header_bytes_;
    if (unknown_origin_ && nothing_known) {
      return Status(Code::kInvalidArgument, path_ + ": holds no records to go on with");
    }
    index_ = *std::move(index);
  }
  record_count_ = index_.count();
  end_ = index_.end();
  if (::ftruncate(fd_, static_cast<off_t>(end_)) != 0) {
    return SystemError(partial_path_, "cannot write");
  }
  return end_ == 0 ? Write(options.header) : OkStatus();
}

std::optional<StoredRecord> PartialFile::Take(const std::string& file, bool retry_failed) {
  return index_.Take(file, retry_failed);
}

// All of `text`, or nothing of it.
Status PartialFile::Write(std::string_view text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t written =
        ::pwrite(fd_, text.data() + done, text.size() - done, static_cast<off_t>(end_ + done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      Status error = SystemError(path_, "cannot write");
      // If this fails too, the torn record is found and dropped when the run is gone on with.
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
  if (::fdatasync(fd_) != 0 && errno != EINVAL) return SystemError(path_, "cannot flush");
  return OkStatus();
}

void PartialFile::Keep(const StoredRecord& record) {
  AddPiece(record.offset, record.length);
  failed_kept_ += record.failed;
}

// FILE from the pieces; the partial file stays as it is until FILE is there.
Status PartialFile::WriteInOrder() {
  AG_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Open(path_));
  std::vector<Piece> pieces = {{0, header_bytes_}};
  pieces.insert(pieces.end(), pieces_.begin(), pieces_.end());
  std::string buffer;
  for (const Piece& piece : pieces) {
    for (uint64_t done = 0; done < piece.length;) {
      buffer.resize(static_cast<size_t>(std::min<uint64_t>(kCopyBytes, piece.length - done)));
      const ssize_t got =
          ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(piece.offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return SystemError(partial_path_, "cannot read");
      buffer.resize(static_cast<size_t>(got));
      AG_RETURN_IF_ERROR(file.Write(buffer));
      done += static_cast<uint64_t>(got);
    }
  }
  return file.Finish();
}

Status PartialFile::Finish() {
  const bool in_order = pieces_.empty()
                            ? end_ == header_bytes_
                            : pieces_.size() == 1 && pieces_[0].offset == header_bytes_ &&
                                  pieces_[0].offset + pieces_[0].length == end_;
  if (in_order) {
    if (::fsync(fd_) != 0 && errno != EINVAL) return SystemError(path_, "cannot flush");
    if (::rename(partial_path_.c_str(), path_.c_str()) != 0) {
      return SystemError(path_, "cannot rename the finished file");
    }
  } else {
    AG_RETURN_IF_ERROR(WriteInOrder());
    ::unlink(partial_path_.c_str());
  }
  finished_ = true;
  ::unlink(origin_path_.c_str());
  return OkStatus();
}

}  // namespace ag
