#include "weightloom/formats/weights_file.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <regex>
#include <span>
#include <utility>

#include "safetensors_header.hpp"
#include "safetensors_index.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/formats/npy.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

// One page: indexes state a short "metadata" ahead of their "weight_map".
constexpr std::uint64_t kBeginning = 4096;
constexpr std::string_view kIndexExtension = ".safetensors.index.json";

bool begins_json_object(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

// The length keeps text apart: eight letters are a number far beyond the limit.
bool begins_as_safetensors(std::string_view beginning) {
  std::uint64_t length = 0;
  if (beginning.size() <= sizeof length) return false;
  std::memcpy(&length, beginning.data(), sizeof length);
  return length <= safetensors::kMaxHeader && begins_json_object(beginning.substr(sizeof length));
}

bool begins_as_index(std::string_view beginning) {
  return begins_json_object(beginning) && beginning.find("\"weight_map\"") != std::string_view::npos;
}

bool begins_as_npy(std::string_view beginning) {
  return beginning.starts_with("\x93NUMPY");
}

WeightsFile weights_of(SafetensorsFile file) {
  return {std::move(file.tensors), std::move(file.metadata), std::move(file.warnings), {}};
}

struct Reader {
  WeightsFormat format;
  std::string_view extension;
  bool (*matches)(std::string_view beginning);
  WeightsFile (*read)(const fs::path& path);
};
constexpr std::array<Reader, 3> kReaders{
    {{{.name = "safetensors", .self_contained = true, .found_by_searching = true},
      ".safetensors",
      begins_as_safetensors,
      [](const fs::path& path) { return weights_of(read_safetensors(path)); }},
     {{.name = "safetensors", .self_contained = false, .found_by_searching = true},
      kIndexExtension,
      begins_as_index,
      [](const fs::path& path) { return weights_of(safetensors::read_sharded(path)); }},
     {{.name = "npy", .self_contained = true, .found_by_searching = false},
      ".npy",
      begins_as_npy,
      [](const fs::path& path) {
        return WeightsFile{{{path.stem().string(), read_npy(path)}}, {}, {}, {}};
      }}}};

const Reader* reader_by_name(const fs::path& path) {
  const auto* found =
      std::ranges::find_if(kReaders, [&](const auto& reader) { return path.string().ends_with(reader.extension); });
  return found == kReaders.end() ? nullptr : found;
}

const Reader* reader_of(const fs::path& path) {
  const FileReader file(path);
  std::string beginning(std::min(file.size(), kBeginning), '\0');
  file.read(0, std::as_writable_bytes(std::span(beginning)));
  const auto* found = std::ranges::find_if(kReaders, [&](const auto& reader) { return reader.matches(beginning); });
  return found == kReaders.end() ? reader_by_name(path) : found;
}

// "model-00001-of-00003.safetensors" belongs to "model.safetensors.index.json".
bool is_shard(const fs::path& path) {
  static const std::regex kShard(R"((.*)-\d{5}-of-\d{5}\.safetensors)");
  std::smatch parts;
  const auto name = path.filename().string();
  std::error_code none;
  return std::regex_match(name, parts, kShard) &&
         fs::exists(path.parent_path() / (parts[1].str() + std::string(kIndexExtension)), none);
}

}  // namespace

std::optional<WeightsFormat> detect_format(const fs::path& path) {
  const auto* reader = reader_of(path);
  return reader ? std::optional(reader->format) : std::nullopt;
}

WeightsFile read_weights(const fs::path& path) {
  const auto* reader = reader_of(path);
  if (!reader)
    throw Error(ErrorCode::kRefused, "weights.unknown_format", "refusing to read '" + path.string() + "'",
                "it begins as no weights file does",
                "safetensors files, indexes of sharded ones, and .npy arrays are read; convert other checkpoints first")
        .at(path.string(), 0);
  auto file = reader->read(path);
  file.format = reader->format.name;
  return file;
}

bool is_checkpoint(const fs::path& path) {
  const Reader* reader = nullptr;
  try {
    reader = reader_of(path);
  } catch (const Error&) {
    reader = reader_by_name(path);
  }
  return reader && reader->format.found_by_searching && !is_shard(path);
}

std::string without_extension(const fs::path& path) {
  auto text = path.generic_string();
  if (const auto* reader = reader_by_name(path)) text.resize(text.size() - reader->extension.size());
  return text;
}

}  // namespace weightloom
