#include "weightloom/formats/npz.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "npy_array.hpp"
#include "weightloom/base/error.hpp"
#include "weights_layout.hpp"
#include "zip_archive.hpp"
#include "zip_writer.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".npy";
constexpr std::size_t kLongestName = 1024;
// Of all arrays together; those of a megabyte and more have a bound of their own (zip_archive.cpp).
constexpr std::uint64_t kMostRatio = 100, kAlwaysAllowed = 64u << 20;

Error refusal(const fs::path& path, const char* id, std::string why, std::string hint, std::uint64_t offset = 0) {
  return Error(ErrorCode::kRefused, std::string("npz.") + id, "refusing to read '" + path.string() + "'",
               std::move(why), std::move(hint))
      .at(path.string(), offset);
}

void check_entries(const ZipArchive& archive) {
  std::uint64_t room = kMostRatio * archive.bytes() + kAlwaysAllowed;
  for (const auto& entry : archive.entries()) {
    if (!entry.name.ends_with(kExtension) || entry.name.size() == kExtension.size())
      throw refusal(archive.path(), "not_an_array", "it holds '" + entry.name + "', which is no array",
                    "save the arrays alone with numpy.savez", entry.data);
    if (entry.name.size() > kLongestName + kExtension.size())
      throw refusal(archive.path(), "bad_name", "the name of an array has more than 1024 bytes",
                    "give it a shorter name", entry.data);
    if (entry.size > room)
      throw refusal(archive.path(), "limit_exceeded", "its arrays are more than a hundred times as large as the file",
                    "save them with numpy.savez, which does not compress", entry.data);
    room -= entry.size;
  }
}

// Of an array of which these are the first bytes.
npy::ArrayHeader header_of(const ZipArchive& archive, const ZipEntry& entry, std::span<const std::byte> bytes) {
  const auto beginning = bytes.first(std::min(bytes.size(), npy::kLongestBeginning));
  try {
    return npy::parse_header(beginning, entry.size, archive.path().string());
  } catch (const Error& error) {
    throw Error(error.code(), error.id(), "refusing to read '" + archive.path().string() + "'",
                "'" + entry.name + "': " + (error.why().empty() ? error.summary() : error.why()), error.hint())
        .at(archive.path().string(), entry.data);
  }
}

HostTensor read_array(const ZipArchive& archive, const ZipEntry& entry) {
  auto bytes = archive.read(entry);
  const auto header = header_of(archive, entry, bytes);
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header.data_start));
  return npy::tensor_of(header, std::move(bytes));
}

std::string name_of(const ZipEntry& entry) {
  return entry.name.substr(0, entry.name.size() - kExtension.size());
}

// With the header of its array.
std::string check_writable(const std::string& name, const HostTensor& tensor) {
  const auto fail = [&](const char* id, const std::string& why, const std::string& hint = {}) {
    throw Error(ErrorCode::kUsage, id, "cannot write tensor '" + name + "' for NumPy", why, hint);
  };
  if (!is_plain_entry_name(name) || name.size() > kLongestName)
    fail("npz.bad_name", "in an archive the name would lead out of it, or could not be read back");
  if (tensor.bytes.size() != byte_count(tensor.dtype, tensor.shape))
    fail("npz.bad_tensor", "its bytes do not fill the shape " + to_string(tensor.shape));
  auto header = npy::header_text(tensor.dtype, tensor.shape);
  if (!header)
    fail("npz.unsupported_dtype", "NumPy has no type " + std::string(dtype_name(tensor.dtype)),
         "write safetensors, which has all types");
  return std::move(*header);
}

}  // namespace

TensorMap read_npz(const fs::path& path) {
  const ZipArchive archive(path);
  check_entries(archive);
  TensorMap tensors;
  for (const auto& entry : archive.entries()) tensors.emplace(name_of(entry), read_array(archive, entry));
  if (!archive.unchanged())
    throw refusal(path, "changed", "it was written while it was read", "read it when it is complete");
  return tensors;
}

std::optional<WeightsLayout> npz_layout(const fs::path& path) {
  const ZipArchive archive(path);
  check_entries(archive);
  WeightsLayout layout{.file_bytes = archive.bytes(), .entries = archive.entries()};
  for (const auto& entry : archive.entries()) {
    if (entry.deflated) return std::nullopt;
    const auto header = header_of(archive, entry, archive.beginning(entry, npy::kLongestBeginning));
    if (header.big_endian || header.fortran_order) return std::nullopt;
    layout.places.push_back(
        {name_of(entry), header.dtype, header.shape, entry.data + header.data_start, entry.size - header.data_start});
  }
  return layout.settle() ? std::optional(std::move(layout)) : std::nullopt;
}

void write_npz(const fs::path& path, const TensorMap& tensors) {
  std::vector<std::string> headers;
  for (const auto& [name, tensor] : tensors) headers.push_back(check_writable(name, tensor));
  ZipWriter zip(path);
  auto header = headers.begin();
  for (const auto& [name, tensor] : tensors) zip.add(name + std::string(kExtension), *header++, tensor.bytes);
  zip.commit();
}

}  // namespace weightloom
