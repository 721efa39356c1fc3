#include "weightloom/base/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <utility>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace fs = std::filesystem;

namespace {

std::array<std::int64_t, 5> identity_of(const struct stat& status) {
  return {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino), status.st_size,
          status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

Error not_regular(const fs::path& path, const char* action) {
  return Error(ErrorCode::kFailure, "file.kind", std::string("cannot ") + action + " '" + path.string() + "'",
               "not a regular file")
      .at(path.string());
}

constexpr int kMostLinks = 40;  // as Linux counts
constexpr std::ptrdiff_t kLongWrite = 1 << 20;

// Where a file of that name goes: through links, to nothing or to a regular file.
fs::path regular_target(fs::path path) {
  std::error_code error;
  for (int links = 0; links < kMostLinks && fs::is_symlink(path, error); ++links)
    path = path.parent_path() / fs::read_symlink(path, error);
  const auto status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) throw not_regular(path, "write");
  return path;
}

}  // namespace

FileReader::FileReader(const fs::path& path) : path_(path) {
  // Without O_NONBLOCK a pipe would be waited for before it is seen to be none of ours.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0)
    throw Error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kFailure, "file.open",
                "cannot open '" + path.string() + "'", std::strerror(errno))
        .at(path.string());
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw not_regular(path, "read");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  identity_ = identity_of(status);
}

FileReader::~FileReader() {
  ::close(descriptor_);
}

void FileReader::read(std::uint64_t offset, std::span<std::byte> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto got = ::pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw Error(ErrorCode::kFailure, "file.read", "cannot read '" + path_.string() + "'", std::strerror(errno))
          .at(path_.string(), offset + done);
    if (got == 0)
      throw Error(ErrorCode::kRefused, "file.truncated", "cannot read '" + path_.string() + "'",
                  "the file ends at byte " + std::to_string(offset + done) + ", " + std::to_string(out.size() - done) +
                      " bytes early")
          .at(path_.string(), offset + done);
    done += static_cast<std::size_t>(got);
  }
}

bool FileReader::unchanged() const {
  struct stat status {};
  return ::stat(path_.c_str(), &status) == 0 && identity_of(status) == identity_;
}

int FileReader::duplicate() const {
  const int copy = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0)
    throw Error(ErrorCode::kFailure, "file.open", "cannot open '" + path_.string() + "'", std::strerror(errno))
        .at(path_.string());
  return copy;
}

FileMapping::FileMapping(const FileReader& file) {
  if (file.size() == 0) return;
  const int descriptor = file.duplicate();
  void* begin = ::mmap(nullptr, file.size(), PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int error = errno;
  ::close(descriptor);
  if (begin == MAP_FAILED)
    throw Error(ErrorCode::kFailure, "file.map", "cannot map '" + file.path().string() + "'", std::strerror(error))
        .at(file.path().string());
  bytes_ = {static_cast<const std::byte*>(begin), static_cast<std::size_t>(file.size())};
}

FileMapping::~FileMapping() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

std::string read_file(const fs::path& path, std::uint64_t limit) {
  const FileReader reader(path);
  if (reader.size() > limit)
    throw Error(ErrorCode::kRefused, "file.too_large", "refusing to read '" + path.string() + "'",
                std::to_string(reader.size()) + " bytes, the limit is " + std::to_string(limit))
        .at(path.string());
  std::string text(reader.size(), '\0');
  reader.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

Error write_error(std::string id, std::string what, int error, const fs::path& path) {
  const bool full = error == ENOSPC || error == EDQUOT;
  const char* hint = full              ? "free some space, or choose another place"
                     : error == ENOENT ? "make the folder first"
                                       : "choose a folder that you may write to";
  return Error(full ? ErrorCode::kOverQuota : ErrorCode::kFailure, std::move(id), std::move(what), std::strerror(error),
               hint)
      .at(path.string());
}

AtomicFile::AtomicFile(fs::path path) : path_(regular_target(std::move(path))) {
  create_in(path_.parent_path());
}

AtomicFile::AtomicFile(fs::path path, const fs::path& folder) : path_(std::move(path)) {
  create_in(folder);
}

void AtomicFile::create_in(const fs::path& folder) {
  const auto beginning = (folder / path_.filename()).string() + ".tmp.";
  std::random_device random;
  do {  // mkstemp() would not heed the user's mask
    temporary_ = beginning + std::to_string(random());
    descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) fail("create");
  // What takes a file's place is as open to others as that was.
  struct stat old {};
  if (::lstat(path_.c_str(), &old) == 0 && S_ISREG(old.st_mode)) ::fchmod(descriptor_, old.st_mode & 0777);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* action) const {
  throw write_error("file.write", std::string("cannot ") + action + " '" + path_.string() + "'", errno, path_);
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const auto put = ::write(descriptor_, at, bytes);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("write");
    at += put;
    bytes -= static_cast<std::size_t>(put);
  }
  // The disk begins with what is there, so that commit() waits for less. Only a hint.
  if (at - static_cast<const char*>(data) >= kLongWrite) ::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
}

void AtomicFile::commit_as(fs::path path) {
  path_ = std::move(path);
  commit();
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("write");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("write");
  ::close(std::exchange(descriptor_, -1));
  const auto folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
}

void write_file(const fs::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

void expect_writable(const fs::path& path) {
  const AtomicFile probe(path);
}

NewFolder::NewFolder(fs::path path, std::error_code& error) {
  std::error_code ignored;
  for (auto folder = path; !folder.empty() && !fs::exists(folder, ignored); folder = folder.parent_path())
    made_.push_back(folder);
  fs::create_directories(path, error);
}

NewFolder::~NewFolder() {
  std::error_code ignored;
  for (const auto& folder : made_) fs::remove(folder, ignored);
}

}  // namespace weightloom
