#include "zip_writer.hpp"

#include <zlib.h>

#include <algorithm>

namespace weightloom {
namespace {

constexpr std::uint64_t kAlignment = 64;
constexpr std::uint16_t kZip64 = 1, kPadding = 0x4246;  // extra fields; "FB" is PyTorch's own

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::uint32_t narrow(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
}

std::string field(std::uint16_t id, const std::string& value) {
  return raw(id) + raw(static_cast<std::uint16_t>(value.size())) + value;
}

// What the two headers of an entry share: version, flags (names are UTF-8), method (stored), time, checksum, sizes.
std::string shared_header(std::uint32_t crc, std::uint64_t size) {
  return raw<std::uint16_t>(45) + raw<std::uint16_t>(0x800) + std::string(6, '\0') + raw(crc) + raw(narrow(size)) +
         raw(narrow(size));
}

std::uint32_t checksum(std::string_view head, std::span<const std::byte> bytes) {
  auto crc = ::crc32_z(0, nullptr, 0);
  if (!head.empty()) crc = ::crc32_z(crc, reinterpret_cast<const Bytef*>(head.data()), head.size());
  if (!bytes.empty()) crc = ::crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  return static_cast<std::uint32_t>(crc);
}

}  // namespace

void ZipWriter::add(const std::string& name, std::string_view head, std::span<const std::byte> bytes) {
  const auto crc = checksum(head, bytes);
  const std::uint64_t size = head.size() + bytes.size(), offset = at_;
  // Sizes beyond 32 bits stand in an extra field, and so does what fills up to the alignment.
  const std::string sizes = size >= UINT32_MAX ? raw(size) + raw(size) : "";
  const auto wide = sizes.empty() ? std::string() : field(kZip64, sizes);
  const auto gap = (kAlignment - (offset + 30 + name.size() + wide.size() + 4) % kAlignment) % kAlignment;
  const auto extra = wide + field(kPadding, std::string(gap, 'Z'));
  write("PK\x03\x04" + shared_header(crc, size) + raw(static_cast<std::uint16_t>(name.size())) +
        raw(static_cast<std::uint16_t>(extra.size())) + name + extra);
  write(head);
  file_.write(bytes.data(), bytes.size());
  at_ += bytes.size();
  const auto beyond = sizes + (offset >= UINT32_MAX ? raw(offset) : "");
  const auto central = beyond.empty() ? std::string() : field(kZip64, beyond);
  directory_ += "PK\x01\x02" + raw<std::uint16_t>(45) + shared_header(crc, size) +
                raw(static_cast<std::uint16_t>(name.size())) + raw(static_cast<std::uint16_t>(central.size())) +
                std::string(10, '\0') + raw(narrow(offset)) + name + central;
  ++entries_;
}

void ZipWriter::commit() {
  const auto begin = at_;
  write(directory_);
  if (begin >= UINT32_MAX || entries_ >= UINT16_MAX) {
    const auto end = at_;
    write("PK\x06\x06" + raw(std::uint64_t{44}) + raw<std::uint16_t>(45) + raw<std::uint16_t>(45) +
          std::string(8, '\0') + raw(entries_) + raw(entries_) + raw(std::uint64_t{directory_.size()}) + raw(begin));
    write("PK\x06\x07" + std::string(4, '\0') + raw(end) + raw(std::uint32_t{1}));
  }
  const auto count = static_cast<std::uint16_t>(std::min<std::uint64_t>(entries_, UINT16_MAX));
  write("PK\x05\x06" + std::string(4, '\0') + raw(count) + raw(count) + raw(narrow(directory_.size())) +
        raw(narrow(begin)) + std::string(2, '\0'));
  file_.commit();
}

void ZipWriter::write(std::string_view text) {
  file_.write(text);
  at_ += text.size();
}

}  // namespace weightloom
