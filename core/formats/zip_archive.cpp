#include "zip_archive.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <span>
#include <utility>

#include "weightloom/base/progress.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kEnd = 22, kEnd64 = 56, kLocator64 = 20, kCentral = 46, kLocal = 30;
constexpr std::uint64_t kMostEntries = 1'000'000, kMostDirectory = 256u << 20;
// Deflate cannot do much better than 1000 : 1 on zeros; weights do not come near a hundred.
constexpr std::uint64_t kMostRatio = 100, kRatioFrom = 1u << 20;
constexpr std::uint16_t kEncrypted = 1, kStored = 0, kDeflated = 8;

template <class T>
T number(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

bool is_at(std::span<const std::byte> bytes, std::size_t at, const char (&magic)[5]) {
  return bytes.size() >= at + 4 && std::memcmp(bytes.data() + at, magic, 4) == 0;
}

Error zip_refusal(const std::filesystem::path& path, const char* id, std::string why, std::uint64_t offset) {
  return Error(ErrorCode::kRefused, std::string("zip.") + id, "refusing to read '" + path.string() + "'",
               std::move(why), "the file is damaged or was made to deceive: get it again from its source")
      .at(path.string(), offset);
}

}  // namespace

bool is_plain_entry_name(const std::string& name) {
  return !name.empty() && is_printable(name) && name.front() != '/' && name.find('\\') == std::string::npos &&
         name != ".." && !name.starts_with("../") && name.find("/../") == std::string::npos && !name.ends_with("/..");
}

ZipArchive::ZipArchive(const std::filesystem::path& path) : file_(path) {
  read_directory();
  check_entries();
}

Error ZipArchive::refusal(const char* id, std::string why, std::uint64_t offset) const {
  return zip_refusal(path(), id, std::move(why), offset);
}

void ZipArchive::read_directory() {
  const auto size = file_.size();
  if (size < kEnd) throw refusal("no_directory", "it is too short to end in a directory");
  std::vector<std::byte> end(kEnd);
  file_.read(size - kEnd, end);
  if (!is_at(end, 0, "PK\5\6") || number<std::uint16_t>(end, 20) != 0)
    throw refusal("no_directory", "it does not end in a directory: it was cut short, or something was put behind it",
                  size - kEnd);
  std::uint64_t count = number<std::uint16_t>(end, 10), bytes = number<std::uint32_t>(end, 12),
                begin = number<std::uint32_t>(end, 16), directory_end = size - kEnd;
  if (directory_end >= kLocator64) {
    std::vector<std::byte> locator(kLocator64), end64(kEnd64);
    file_.read(directory_end - kLocator64, locator);
    if (is_at(locator, 0, "PK\6\7")) {
      const auto at = number<std::uint64_t>(locator, 8);
      if (at > directory_end - kLocator64 || directory_end - kLocator64 - at != kEnd64)
        throw refusal("damaged", "its Zip64 directory is not where it should be", directory_end);
      file_.read(at, end64);
      if (!is_at(end64, 0, "PK\6\6")) throw refusal("damaged", "its Zip64 directory is not where it should be", at);
      count = number<std::uint64_t>(end64, 32);
      bytes = number<std::uint64_t>(end64, 40);
      begin = number<std::uint64_t>(end64, 48);
      directory_end = at;
    }
  }
  if (begin > directory_end || directory_end - begin != bytes)
    throw refusal("damaged", "its directory is not where it should be", directory_end);
  if (count > kMostEntries || bytes > kMostDirectory) throw refusal("limit_exceeded", "it has too many entries", begin);
  std::vector<std::byte> directory(bytes);
  file_.read(begin, directory);
  const std::span<const std::byte> all(directory);
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (all.size() - at < kCentral || !is_at(all, at, "PK\1\2"))
      throw refusal("damaged", "its directory ends early", begin + at);
    const auto head = all.subspan(at);
    const std::size_t name = number<std::uint16_t>(head, 28), extra = number<std::uint16_t>(head, 30),
                      comment = number<std::uint16_t>(head, 32);
    if (head.size() - kCentral < name + extra + comment)
      throw refusal("damaged", "its directory ends early", begin + at);
    ZipEntry entry;
    entry.name.assign(reinterpret_cast<const char*>(head.data()) + kCentral, name);
    if (number<std::uint16_t>(head, 8) & kEncrypted) throw refusal("encrypted", "'" + entry.name + "' is encrypted");
    const auto method = number<std::uint16_t>(head, 10);
    if (method != kStored && method != kDeflated)
      throw refusal("method", "'" + entry.name + "' is compressed in an unknown way");
    entry.deflated = method == kDeflated;
    entry.crc = number<std::uint32_t>(head, 16);
    entry.stored = number<std::uint32_t>(head, 20);
    entry.size = number<std::uint32_t>(head, 24);
    entry.data = number<std::uint32_t>(head, 42);  // of the local header, until check_entries()
    // Zip64: the fields that did not fit, in this order.
    for (std::size_t field = kCentral + name; field + 4 <= kCentral + name + extra;) {
      const auto id = number<std::uint16_t>(head, field);
      const std::size_t length = number<std::uint16_t>(head, field + 2);
      if (field + 4 + length > kCentral + name + extra) break;
      std::size_t value = field + 4;
      for (auto* wide : {&entry.size, &entry.stored, &entry.data})
        if (id == 1 && *wide == UINT32_MAX && value + 8 <= field + 4 + length) {
          *wide = number<std::uint64_t>(head, value);
          value += 8;
        }
      field += 4 + length;
    }
    entries_.push_back(std::move(entry));
    at += kCentral + name + extra + comment;
  }
  if (at != all.size()) throw refusal("damaged", "its directory holds more than its entries", begin + at);
}

void ZipArchive::check_entries() {
  std::set<std::string> names;
  std::ranges::sort(entries_, {}, &ZipEntry::data);
  std::uint64_t free_from = 0;
  for (auto& entry : entries_) {
    if (!is_plain_entry_name(entry.name))
      throw refusal("bad_name", "the entry name '" + printable(entry.name) + "' is no plain relative path", entry.data);
    if (!names.insert(entry.name).second) throw refusal("duplicate_name", "'" + entry.name + "' appears twice");
    if (entry.data < free_from) throw refusal("overlap", "'" + entry.name + "' overlaps another entry", entry.data);
    if (entry.data > file_.size() || file_.size() - entry.data < kLocal)
      throw refusal("damaged", "'" + entry.name + "' is not in the file", entry.data);
    std::vector<std::byte> local(kLocal);
    file_.read(entry.data, local);
    const std::uint64_t name = number<std::uint16_t>(local, 26), extra = number<std::uint16_t>(local, 28);
    const auto header = entry.data;
    std::string said(name, '\0');
    if (is_at(local, 0, "PK\3\4") && file_.size() - header - kLocal >= name)
      file_.read(header + kLocal, std::as_writable_bytes(std::span(said)));
    if (!is_at(local, 0, "PK\3\4") || said != entry.name)
      throw refusal("damaged", "'" + entry.name + "' is called otherwise where it is", header);
    entry.data = header + kLocal + name + extra;
    if (entry.data > file_.size() || entry.stored > file_.size() - entry.data)
      throw refusal("damaged", "'" + entry.name + "' is not in the file", header);
    if (!entry.deflated && entry.stored != entry.size)
      throw refusal("damaged", "'" + entry.name + "' has two sizes", header);
    if (entry.size > kRatioFrom && entry.size / kMostRatio > entry.stored)
      throw refusal("ratio", "'" + entry.name + "' would grow more than a hundredfold", header);
    free_from = entry.data + entry.stored;
  }
  for (const auto& entry : entries_) by_name_.emplace(entry.name, &entry);
}

const ZipEntry* ZipArchive::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<std::byte> ZipArchive::beginning(const ZipEntry& entry, std::uint64_t bytes) const {
  std::vector<std::byte> begins(std::min(entry.stored, bytes));
  file_.read(entry.data, begins);
  return begins;
}

std::vector<std::byte> ZipArchive::read(const ZipEntry& entry) const {
  throw_if_interrupted();
  std::vector<std::byte> bytes(entry.stored);
  file_.read(entry.data, bytes);
  if (entry.deflated) {
    std::vector<std::byte> inflated(entry.size);
    z_stream stream{};
    if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw refusal("damaged", "zlib refuses", entry.data);
    std::size_t in = 0, out = 0;
    int state = Z_OK;
    while (state == Z_OK) {
      constexpr std::size_t kPiece = 1u << 30;  // zlib counts in 32 bits
      stream.next_in = reinterpret_cast<Bytef*>(bytes.data() + in);
      stream.avail_in = static_cast<uInt>(std::min(bytes.size() - in, kPiece));
      stream.next_out = reinterpret_cast<Bytef*>(inflated.data() + out);
      stream.avail_out = static_cast<uInt>(std::min(inflated.size() - out, kPiece));
      const auto given = stream.avail_in, room = stream.avail_out;
      state = ::inflate(&stream, Z_NO_FLUSH);
      in += given - stream.avail_in;
      out += room - stream.avail_out;
    }
    ::inflateEnd(&stream);
    if (state != Z_STREAM_END || in != bytes.size() || out != inflated.size())
      throw refusal("damaged", "'" + entry.name + "' does not unpack to its size", entry.data);
    bytes = std::move(inflated);
  }
  ZipChecksum checksum(entry);
  checksum.add(bytes);
  checksum.check(path());
  return bytes;
}

void ZipChecksum::add(std::span<const std::byte> bytes) {
  if (entry_.crc != 0) sum_ = ::crc32_z(sum_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

void ZipChecksum::check(const std::filesystem::path& path) const {
  if (entry_.crc != 0 && sum_ != entry_.crc)
    throw zip_refusal(path, "damaged", "the bytes of '" + entry_.name + "' have changed", entry_.data);
}

}  // namespace weightloom
