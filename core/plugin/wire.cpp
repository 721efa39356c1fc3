#include "wire.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

bool send_all(int descriptor, const char* data, std::size_t size) {
  while (size > 0) {
    auto sent = ::send(descriptor, data, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == ENOTSOCK) sent = ::write(descriptor, data, size);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool receive_all(int descriptor, char* data, std::size_t size) {
  while (size > 0) {
    const auto got = ::read(descriptor, data, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    data += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

Packer& Packer::number(std::uint64_t value) {
  bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  return *this;
}

Packer& Packer::text(std::string_view value) {
  number(value.size());
  bytes_.append(value);
  return *this;
}

std::uint64_t Unpacker::number() {
  std::uint64_t value = 0;
  if (rest_.size() < sizeof(value))
    throw Error(ErrorCode::kPlugin, "plugin.wire", "cannot understand a plugin's process", "its message ends early");
  std::memcpy(&value, rest_.data(), sizeof(value));
  rest_.remove_prefix(sizeof(value));
  return value;
}

std::string_view Unpacker::view() {
  const auto size = number();
  if (size > rest_.size())
    throw Error(ErrorCode::kPlugin, "plugin.wire", "cannot understand a plugin's process", "its message ends early");
  const auto result = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return result;
}

bool send_message(int descriptor, std::string_view bytes) {
  const std::uint64_t size = bytes.size();
  return send_all(descriptor, reinterpret_cast<const char*>(&size), sizeof(size)) &&
         send_all(descriptor, bytes.data(), bytes.size());
}

std::optional<std::string> receive_message(int descriptor) {
  std::uint64_t size = 0;
  if (!receive_all(descriptor, reinterpret_cast<char*>(&size), sizeof(size)) || size > kMostMessageBytes)
    return std::nullopt;
  std::string bytes(size, '\0');
  if (!receive_all(descriptor, bytes.data(), size)) return std::nullopt;
  return bytes;
}

}  // namespace weightloom
