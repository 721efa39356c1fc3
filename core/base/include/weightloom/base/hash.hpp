#pragma once
// SHA-256, the hash of every identity in Weightloom (objects, tokenizers, generators, data sets), FNV-1a for buckets
// and seeds, and hexadecimal digits. Functions are [any-thread]; they throw kFailure "hash.init" when OpenSSL refuses.

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

// Incremental SHA-256 (FIPS 180-4). Not thread-safe; a hasher is used up by finish().
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
// Hash of a whole file, read in pieces. Throws what FileReader does (file.hpp), and kInterrupted.
Digest sha256_file(const std::filesystem::path& path);

// Two lower-case hexadecimal digits a byte.
std::string to_hex(std::string_view bytes);
std::string to_hex(const Digest& digest);
// Only lower-case hexadecimal digits? True of nothing at all.
bool is_hex(std::string_view text);
// The bytes of `digits`, for which is_hex() holds; an odd last digit is left out.
std::string from_hex(std::string_view digits);

// 16 hexadecimal digits of the SHA-256 of `text`: enough for cache keys and short ids.
std::string short_hash(std::string_view text);

// FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv). Not for identities.
inline constexpr std::uint64_t kFnvBasis = 0xcbf29ce484222325;
std::uint64_t fnv1a(std::string_view text, std::uint64_t basis = kFnvBasis);

}  // namespace weightloom
