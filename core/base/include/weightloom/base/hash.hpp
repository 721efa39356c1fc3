#pragma once
// SHA-256, the hash of every identity in Weightloom (objects, tokenizers, generators, data sets).

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace weightloom {

using Digest = std::array<std::uint8_t, 32>;

// Incremental hash. Not thread-safe; a hasher is used up by finish().
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(const void* data, std::size_t bytes);
  Sha256& update(std::string_view text) { return update(text.data(), text.size()); }
  Digest finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Digest sha256(std::string_view bytes);
// Hash of a whole file, read in pieces. Throws kNotFound when it cannot be opened.
Digest sha256_file(const std::filesystem::path& path);
// 64 lower-case hexadecimal digits.
std::string to_hex(const Digest& digest);
// 16 hexadecimal digits of the hash of `text`: enough for cache keys and short ids.
std::string short_hash(std::string_view text);

}  // namespace weightloom
