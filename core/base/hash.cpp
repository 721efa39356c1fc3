#include "weightloom/base/hash.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <vector>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/progress.hpp"

namespace weightloom {

struct Sha256::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Impl() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  if (!impl_->context || EVP_DigestInit_ex(impl_->context, EVP_sha256(), nullptr) != 1)
    throw Error(ErrorCode::kFailure, "hash.init", "cannot start SHA-256", "OpenSSL refused");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(const void* data, std::size_t bytes) {
  EVP_DigestUpdate(impl_->context, data, bytes);
  return *this;
}

Digest Sha256::finish() {
  Digest digest{};
  EVP_DigestFinal_ex(impl_->context, digest.data(), nullptr);
  return digest;
}

Digest sha256(std::string_view bytes) {
  return Sha256().update(bytes).finish();
}

Digest sha256_file(const std::filesystem::path& path) {
  const FileReader file(path);
  Sha256 hash;
  std::vector<std::byte> buffer(std::min<std::uint64_t>(file.size(), 1 << 20));
  for (std::uint64_t at = 0; at < file.size(); at += buffer.size()) {
    throw_if_interrupted();
    buffer.resize(std::min<std::uint64_t>(file.size() - at, buffer.size()));
    file.read(at, buffer);
    hash.update(buffer.data(), buffer.size());
  }
  return hash.finish();
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string to_hex(const Digest& digest) {
  return to_hex(std::string_view{reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string from_hex(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(value(digits[i]) << 4 | value(digits[i + 1]));
  return bytes;
}

std::string short_hash(std::string_view text) {
  return to_hex(sha256(text)).substr(0, 16);
}

std::uint64_t fnv1a(std::string_view text, std::uint64_t basis) {
  auto hash = basis;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace weightloom
