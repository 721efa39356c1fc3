#pragma once
// Messages between a host and the processes of its plugins: a length, then as many bytes. What comes from a plugin's
// process may be anything.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weightloom {

inline constexpr std::uint64_t kMostMessageBytes = std::uint64_t{512} << 20;

// Numbers and texts one after the other.
class Packer {
 public:
  Packer& number(std::uint64_t value);
  Packer& text(std::string_view value);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads what a Packer wrote. Throws kPlugin "plugin.wire" where it does not.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number();
  std::string text() { return std::string(view()); }
  std::string_view view();
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// False when the other end is gone. `descriptor` is a socket or a pipe; a pipe without a reader raises SIGPIPE.
bool send_message(int descriptor, std::string_view bytes);
// Nothing when the other end is gone or announces more than kMostMessageBytes.
std::optional<std::string> receive_message(int descriptor);

}  // namespace weightloom
